// Delays, costs and codes of the SDKs' retry rules of 2026.
#include "core/aws/retry.h"

#include "core/aws/client.h"
#include "core/aws/error_codes.h"
#include "core/base/random.h"
#include "tests/conformance/vectors.h"
#include "tests/support/fakes.h"
#include "tests/support/virtual_driver.h"

namespace fhctl::aws {
namespace retries_test {
namespace {

constexpr double kTolerance = 1e-6;

// Always draws the largest number, so that jitter does not shorten the delay.
class WithoutJitter final : public Entropy {
 public:
  std::uint64_t next() override { return ~std::uint64_t{0}; }
};

Json vectors() { return conformance::read_json(conformance::folder() / "retries/retry-2026-vectors.json"); }

ErrorClass judged(const std::string& code, int status, std::string_view operation = "AnyOperation") {
  ErrorResponse response_error;
  response_error.code = code;
  response_error.http_status = status;
  return classify(Service::kFirehose, operation, response_error);
}

TEST(RetriesConformance, Backoff) {
  FHCTL_NEEDS_VECTORS();
  conformance::Count count("backoff");
  const Json document = vectors();
  const Json& defaults = document.at("defaults");
  EXPECT_EQ(backoff_cap(Retry::kTransient, 0), from_seconds(*get_number(defaults, "base_transient_s")));
  EXPECT_EQ(backoff_cap(Retry::kThrottling, 0), from_seconds(*get_number(defaults, "base_throttling_s")));
  EXPECT_EQ(backoff_cap(Retry::kThrottling, 99), from_seconds(*get_number(defaults, "max_backoff_s")));
  int retry = 0;
  WithoutJitter entropy;
  for (const Json& delay : document.at("backoff_no_jitter_transient_s")) {
    count.run();
    EXPECT_EQ(backoff_cap(Retry::kTransient, retry), from_seconds(delay.get<double>())) << retry;
    const Duration drawn = backoff(Retry::kTransient, retry, std::nullopt, entropy);
    EXPECT_NEAR(seconds_of(drawn), delay.get<double>(), kTolerance) << retry;
    ++retry;
  }
}

TEST(RetriesConformance, RetryAfterAndQuota) {
  FHCTL_NEEDS_VECTORS();
  conformance::Count count("x-amz-retry-after");
  const Json document = vectors();
  const Json& defaults = document.at("defaults");
  WithoutJitter entropy;
  for (const Json& item : document.at("retry_after_header").at("cases")) {
    count.run();
    RetryQuota quota;
    EXPECT_EQ(quota.available(), get_integer(defaults, "quota_capacity"));
    const std::string value = get_string(item, "value").value_or("");
    EXPECT_NEAR(seconds_of(backoff(Retry::kTransient, 0, value, entropy)), *get_number(item, "delay_s"), kTolerance)
        << value;
    EXPECT_TRUE(quota.take(Retry::kTransient));
    EXPECT_EQ(quota.available(), get_integer(item, "capacity_after_failure"));
    quota.give_back(Retry::kTransient);
    EXPECT_EQ(quota.available(), get_integer(item, "capacity_after_success"));
    EXPECT_TRUE(quota.take(Retry::kThrottling));
    EXPECT_EQ(quota.available(), 500 - *get_integer(defaults, "quota_cost_throttling"));
  }
}

TEST(RetriesConformance, Codes) {
  FHCTL_NEEDS_VECTORS();
  conformance::Count count("retry codes");
  const Json document = vectors();
  std::vector<std::string> throttling;
  for (const Json& code : document.at("throttling_codes")) throttling.push_back(code.get<std::string>());
  for (const std::string& code : throttling) {
    count.run();
    EXPECT_EQ(judged(code, 400).retry, Retry::kThrottling) << code;
    EXPECT_EQ(judged(code, 503).retry, Retry::kThrottling) << code;
  }
  for (const Json& item : document.at("transient_codes")) {
    count.run();
    const std::string code = item.get<std::string>();
    const bool both = std::find(throttling.begin(), throttling.end(), code) != throttling.end();
    EXPECT_EQ(judged(code, 400).retry, both ? Retry::kThrottling : Retry::kTransient) << code;
  }
  for (const Json& status : document.at("transient_status")) {
    count.run();
    EXPECT_EQ(judged("Unheard", status.get<int>()).retry, Retry::kTransient) << status;
  }
  // The only intended difference: in response to a create, this code means that the quota is exhausted.
  EXPECT_EQ(judged("LimitExceededException", 400, "CreateDeliveryStream").error.kind, ErrorKind::kQuota);
}

TEST(RetriesConformance, RequestHeader) {
  FHCTL_NEEDS_VECTORS();
  conformance::Count count("amz-sdk-request");
  const Json document = vectors();
  test::VirtualDriver driver;
  Loop loop(driver);
  test::FakeSignals signals;
  Cancellation control(loop, signals);
  SeededEntropy entropy(1);
  test::ScriptedTransport transport(loop, [](const http::Request&) {
    http::Response response;
    response.status = 200;
    response.body = "{}";
    return response;
  });
  ClientOptions options;
  options.region = "us-east-1";
  options.attempts_max = static_cast<int>(*get_integer(document.at("defaults"), "max_attempts"));
  options.endpoints[Service::kFirehose] = *resolve_endpoint({.service = Service::kFirehose, .region = "us-east-1"});
  Client client(loop, transport, entropy, control, {}, options);
  Call call{.service = Service::kFirehose, .operation = "ListDeliveryStreams", .request = {}, .bucket = ""};
  loop.run([&] { EXPECT_TRUE(client.call(call)); });
  ASSERT_EQ(transport.requests.size(), 1u);
  count.run();
  EXPECT_EQ(transport.requests[0].headers.find("amz-sdk-request"),
            get_string(document.at("amz_sdk_request_header"), "attempt1"));
}

}  // namespace
}  // namespace retries_test
}  // namespace fhctl::aws
