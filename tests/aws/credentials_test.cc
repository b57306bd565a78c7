// The default credential chain.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/credential_scene.h"

namespace fhctl::aws {
namespace credentials_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using Variables = std::map<std::string, std::string, std::less<>>;

struct World {
  Variables variables{};
  std::string config{};
  std::string credentials{};
  std::string profile = "default";
  bool by_flag = false;

  Result<Credentials> load() const {
    test::CredentialScene scene;
    scene.files.files["/h/.aws/config"] = config;
    scene.files.files["/h/.aws/credentials"] = credentials;
    scene.environment.values = variables;
    scene.environment.values["HOME"] = "/h";
    ASSIGN_OR_RETURN(scene.config, load_shared_config(scene.environment, scene.files));
    scene.settings.profile = profile;
    scene.settings.profile_named_by_flag = by_flag;
    return scene.resolve_default();
  }
};

constexpr const char* kKeys = "aws_access_key_id = AKIDPROFILE\naws_secret_access_key = secret\n";

TEST(Credentials, EnvironmentFirstUnlessTheProfileWasNamedByAFlag) {
  World world{.variables = {{"AWS_ACCESS_KEY_ID", "AKIDENV"},
                            {"AWS_SECRET_ACCESS_KEY", "secret"},
                            {"AWS_SECURITY_TOKEN", "legacy"},
                            {"AWS_CREDENTIAL_EXPIRATION", "2026-01-20T10:04:11Z"},
                            {"AWS_ACCOUNT_ID", "123456789012"}},
              .config = "",
              .credentials = std::string("[default]\n") + kKeys};
  const Result<Credentials> found = world.load();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->access_key_id, "AKIDENV");
  EXPECT_EQ(found->session_token, "legacy");
  EXPECT_EQ(found->account_id, "123456789012");
  EXPECT_EQ(found->source, "environment (AWS_ACCESS_KEY_ID)");
  ASSERT_TRUE(found->expiration);
  EXPECT_EQ(format_iso8601(*found->expiration), "2026-01-20T10:04:11Z");

  world.variables["AWS_SESSION_TOKEN"] = "token";
  EXPECT_EQ(world.load()->session_token, "token");

  world.by_flag = true;
  ASSERT_TRUE(world.load());
  EXPECT_EQ(world.load()->access_key_id, "AKIDPROFILE");
  EXPECT_EQ(world.load()->source, "/h/.aws/credentials [default]");
  EXPECT_EQ(world.load()->session_token, "");
  EXPECT_EQ(key_tail(*world.load()), "FILE");
}

TEST(Credentials, KeyOfTheConfigFileAndTokenOfTheOther) {
  const World world{.variables = {{"AWS_ACCESS_KEY_ID", "  "}},
                    .config = "[profile x]\naws_session_token = stale\naws_account_id = 123456789012\n",
                    .credentials = std::string("[x]\n") + kKeys,
                    .profile = "x"};
  const Result<Credentials> found = world.load();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->session_token, "");
  EXPECT_EQ(found->account_id, "123456789012");
}

TEST(Credentials, ErrorsSayWhatIsMissingAndWhatToDo) {
  struct Case {
    std::string name;
    World world;
    std::vector<std::string> parts;
    std::string hint;
  };
  const std::string keys = kKeys;
  const Case cases[] = {
      {"no secret", {.variables = {{"AWS_ACCESS_KEY_ID", "A"}}}, {"AWS_SECRET_ACCESS_KEY is not"}, "unset"},
      {"half a profile",
       {.config = "[default]\naws_access_key_id = A\n"},
       {"aws_secret_access_key", "/h/.aws/config"},
       "configure"},
      {"other half", {.credentials = "[default]\naws_secret_access_key = s\n"}, {"no aws_access_key_id"}, "configure"},
      {"role",
       {.config = "[profile x]\nrole_arn = r\nsource_profile = y\n" + keys, .profile = "x"},
       {"\"x\"", "role_arn"},
       "aws configure export-credentials --profile x --format env"},
      {"sso", {.config = "[default]\nsso_account_id = 1\nsso_role_name = r\n" + keys}, {"SSO"}, "export-credentials"},
      {"sso session", {.config = "[default]\nsso_session = s\n"}, {"SSO"}, "export-credentials"},
      {"process",
       {.config = "[default]\ncredential_process = p\n" + keys},
       {"credential_process"},
       "export-credentials"},
      {"login", {.config = "[default]\nlogin_session = p\n"}, {"login_session"}, "export-credentials"},
      {"profile's web identity",
       {.config = "[default]\nweb_identity_token_file = p\n"},
       {"web identity"},
       "export-credentials"},
      {"web identity",
       {.variables = {{"AWS_WEB_IDENTITY_TOKEN_FILE", "/t"}}, .credentials = "[default]\n" + keys},
       {"AWS_WEB_IDENTITY_TOKEN_FILE", "this version"},
       "export-credentials --format env"},
      {"container",
       {.variables = {{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/t"}}},
       {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "this version"},
       "export-credentials --format env"},
      {"nothing",
       {.config = "[profile x]\nregion = r\n", .profile = "x"},
       {"no AWS credentials found (looked in: environment, /h/.aws/credentials [x], /h/.aws/config [x])"},
       "fhctl sandbox"},
      {"nothing for a flag",
       {.profile = "x", .by_flag = true},
       {"(looked in: /h/.aws/credentials [x]"},
       "fhctl sandbox"},
      {"line break",
       {.variables = {{"AWS_ACCESS_KEY_ID", "A\r\nX-Evil: 1"}, {"AWS_SECRET_ACCESS_KEY", "s"}}},
       {"access key id", "environment"},
       "copy"},
  };
  for (const Case& c : cases) {
    const Result<Credentials> found = c.world.load();
    ASSERT_FALSE(found) << c.name;
    EXPECT_EQ(found.error().kind, ErrorKind::kCredentials) << c.name;
    for (const std::string& part : c.parts) EXPECT_THAT(found.error().message, HasSubstr(part)) << c.name;
    EXPECT_THAT(found.error().hint, HasSubstr(c.hint)) << c.name;
    EXPECT_THAT(describe(found.error()) + found.error().hint, testing::Not(HasSubstr("= secret"))) << c.name;
  }
}

TEST(Credentials, StaticKeysOfTheCredentialsFileBeatAProcess) {
  const World world{.variables = {{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://x"}},
                    .config = "[default]\ncredential_process = p\n",
                    .credentials = std::string("[default]\n") + kKeys};
  ASSERT_TRUE(world.load());
  EXPECT_EQ(world.load()->access_key_id, "AKIDPROFILE");
}

TEST(Credentials, TailNeverShowsMoreThanFour) {
  EXPECT_EQ(key_tail({.access_key_id = "AKIAIOSFODNN7EXAMPLE"}), "MPLE");
  EXPECT_EQ(key_tail({.access_key_id = "abc"}), "abc");
  EXPECT_EQ(key_tail({}), "");
}

}  // namespace
}  // namespace credentials_test
}  // namespace fhctl::aws
