// The credential chain with providers defined by the test.
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/credential_scene.h"

namespace fhctl::aws {
namespace credential_chain_test {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using Found = Result<std::optional<Credentials>>;
using Resolve = std::function<Found(const ProviderContext&)>;

class FakeProvider final : public CredentialProvider {
 public:
  FakeProvider(std::string name, Resolve resolve, std::vector<std::string>& asked)
      : name_(std::move(name)), resolve_(std::move(resolve)), asked_(asked) {}

  std::string_view name() const override { return name_; }

  Found resolve(const ProviderContext& context) override {
    asked_.push_back(name_);
    return resolve_(context);
  }

 private:
  std::string name_;
  Resolve resolve_;
  std::vector<std::string>& asked_;
};

Found nothing(const ProviderContext&) { return std::optional<Credentials>(); }

Resolve keys(const std::string& id) {
  return [id](const ProviderContext&) {
    return std::optional<Credentials>({.access_key_id = id, .secret_access_key = "secret", .source = "a fake"});
  };
}

struct CredentialChainTest : testing::Test {
  test::CredentialScene scene;
  std::vector<std::string> asked;  // names of the providers that were asked, in order

  CredentialChain chain(const std::vector<std::pair<std::string, Resolve>>& providers) {
    std::vector<std::unique_ptr<CredentialProvider>> made;
    for (const auto& [name, resolve] : providers) made.push_back(std::make_unique<FakeProvider>(name, resolve, asked));
    return CredentialChain(std::move(made));
  }
};

TEST_F(CredentialChainTest, TheFirstProviderThatHasCredentialsWins) {
  CredentialChain tested = chain({{"a", nothing}, {"b", keys("AKIDB")}, {"c", keys("AKIDC")}});
  const Result<Credentials> found = scene.resolve(tested);
  ASSERT_TRUE(found) << describe(found.error());
  EXPECT_EQ(found->access_key_id, "AKIDB");
  EXPECT_THAT(asked, ElementsAre("a", "b"));
}

TEST_F(CredentialChainTest, AnErrorOfAProviderEndsTheChain) {
  const Resolve broken = [](const ProviderContext&) -> Found {
    return make_error(ErrorKind::kCredentials, "the token has expired", "log in again");
  };
  CredentialChain tested = chain({{"a", nothing}, {"b", broken}, {"c", keys("AKIDC")}});
  const Result<Credentials> found = scene.resolve(tested);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error(), make_error(ErrorKind::kCredentials, "the token has expired", "log in again"));
  EXPECT_THAT(asked, ElementsAre("a", "b"));
}

TEST_F(CredentialChainTest, NothingFoundListsThePlacesInOrder) {
  CredentialChain tested = chain({{"first", nothing}, {"second", nothing}});
  const Result<Credentials> found = scene.resolve(tested);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::kCredentials);
  EXPECT_EQ(found.error().message, "no AWS credentials found (looked in: first, second)");
  EXPECT_NE(found.error().hint, "");
}

TEST_F(CredentialChainTest, KeysThatWouldAddAHeaderAreRefused) {
  CredentialChain tested = chain({{"a", keys("AKID\r\nX-Evil: 1")}});
  const Result<Credentials> found = scene.resolve(tested);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::kCredentials);
  EXPECT_EQ(found.error().message, "the access key id from a fake contains white space or a control character");
}

TEST_F(CredentialChainTest, AProviderMayWaitOnTheLoop) {
  const Resolve slow = [](const ProviderContext& context) -> Found {
    RETURN_IF_ERROR(context.control.sleep_for(seconds(30)));
    return std::optional<Credentials>({.access_key_id = "AKIDSLOW", .secret_access_key = "secret"});
  };
  CredentialChain tested = chain({{"slow", slow}});
  const Result<Credentials> found = scene.resolve(tested);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->access_key_id, "AKIDSLOW");
  EXPECT_EQ(scene.driver.elapsed(), seconds(30));
}

TEST_F(CredentialChainTest, ASignalEndsTheWaitOfAProvider) {
  const Resolve slow = [](const ProviderContext& context) -> Found {
    RETURN_IF_ERROR(context.control.sleep_for(seconds(30)));
    return std::optional<Credentials>();
  };
  CredentialChain tested = chain({{"slow", slow}, {"next", keys("AKIDNEXT")}});
  scene.driver.after(seconds(1), [this] { scene.signals.raise(2); });
  const Result<Credentials> found = scene.resolve(tested);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::kCancelled);
  EXPECT_LT(scene.driver.elapsed(), seconds(2));
  EXPECT_THAT(asked, ElementsAre("slow"));
}

TEST_F(CredentialChainTest, AProviderMayUseTheNetwork) {
  const Resolve metadata = [](const ProviderContext& context) -> Found {
    http::Request request;
    request.method = "GET";
    request.host = "169.254.170.2";
    request.path = "/keys";
    ASSIGN_OR_RETURN(const http::Response response, context.transport.exchange(request, {}));
    return std::optional<Credentials>({.access_key_id = response.body, .secret_access_key = "secret"});
  };
  scene.script = [](const http::Request& request) {
    http::Response response;
    response.status = 200;
    response.body = request.path == "/keys" ? "AKIDNET" : "";
    return response;
  };
  CredentialChain tested = chain({{"metadata", metadata}});
  const Result<Credentials> found = scene.resolve(tested);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->access_key_id, "AKIDNET");
  ASSERT_EQ(scene.transport.requests.size(), 1u);
  EXPECT_EQ(scene.transport.requests[0].host, "169.254.170.2");
}

TEST_F(CredentialChainTest, TwoCallsMayRunAtTheSameTime) {
  int calls = 0;
  const Resolve slow = [&](const ProviderContext& context) -> Found {
    const int call = ++calls;
    RETURN_IF_ERROR(context.control.sleep_for(seconds(call)));
    return std::optional<Credentials>({.access_key_id = "AKID" + std::to_string(call), .secret_access_key = "secret"});
  };
  CredentialChain tested = chain({{"slow", slow}});
  std::vector<std::string> found;
  scene.loop.run([&] {
    Group group(scene.loop);
    for (int i = 0; i < 2; ++i) {
      group.spawn([&] {
        const Result<Credentials> one = tested.resolve({scene.environment, scene.files, scene.config, scene.settings,
                                                        scene.transport, scene.entropy, scene.control});
        found.push_back(one ? one->access_key_id : describe(one.error()));
      });
    }
    group.join();
  });
  EXPECT_THAT(found, ElementsAre("AKID1", "AKID2"));
}

}  // namespace
}  // namespace credential_chain_test
}  // namespace fhctl::aws
