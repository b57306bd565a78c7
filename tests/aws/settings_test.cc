#include "core/aws/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fakes.h"

namespace fhctl::aws {
namespace settings_test {
namespace {

using testing::HasSubstr;
using Variables = std::map<std::string, std::string, std::less<>>;

Result<Settings> resolve(Variables variables, const std::string& config, const SettingsFlags& flags = {}) {
  SharedConfig profiles;
  profiles.config_path = "config";
  profiles.credentials_path = "credentials";
  const Result<void> parsed = parse_shared_file(config, SharedFile::kConfig, "config", profiles);
  if (!parsed) return parsed.error();
  return resolve_settings(test::MapEnvironment(std::move(variables)), profiles, flags);
}

TEST(Settings, RegionComesFromTheFirstPlaceThatHasOne) {
  const std::string config = "[default]\nregion = from-profile\n";
  const Variables both = {{"AWS_REGION", "from-env"}, {"AWS_DEFAULT_REGION", "from-default"}};
  struct Case {
    Variables variables;
    std::string flag;
    std::string region;
    std::string source;
  };
  const Case cases[] = {
      {both, "from-flag", "from-flag", "--region"},
      {both, "", "from-env", "AWS_REGION"},
      {{{"AWS_REGION", " "}, {"AWS_DEFAULT_REGION", "from-default"}}, "", "from-default", "AWS_DEFAULT_REGION"},
      {{}, "", "from-profile", "profile default"},
  };
  for (const Case& c : cases) {
    const Result<Settings> settings = resolve(c.variables, config, {.region = c.flag});
    ASSERT_TRUE(settings);
    EXPECT_EQ(settings->region, c.region);
    EXPECT_EQ(settings->region_source, c.source);
  }
  EXPECT_EQ(resolve({}, "")->region, "");
}

TEST(Settings, ProfileComesFromFlagThenEnvironment) {
  const std::string config = "[profile a]\n[profile b]\n[profile c]\n";
  const Variables both = {{"AWS_PROFILE", "b"}, {"AWS_DEFAULT_PROFILE", "c"}};
  EXPECT_EQ(resolve(both, config, {.profile = "a"})->profile, "a");
  EXPECT_TRUE(resolve(both, config, {.profile = "a"})->profile_named_by_flag);
  EXPECT_EQ(resolve(both, config)->profile, "c");
  EXPECT_EQ(resolve({{"AWS_PROFILE", "b"}}, config)->profile, "b");
  EXPECT_FALSE(resolve({{"AWS_PROFILE", "b"}}, config)->profile_named_by_flag);
  EXPECT_EQ(resolve({}, config)->profile, "default");
}

TEST(Settings, FlagsVariablesAndPropertiesOfTheRest) {
  const std::string config =
      "[default]\nuse_fips_endpoint = TRUE\nuse_dualstack_endpoint = true\nca_bundle = /p.pem\nmax_attempts = 4\n";
  const Result<Settings> from_profile = resolve({}, config);
  ASSERT_TRUE(from_profile);
  EXPECT_TRUE(from_profile->use_fips);
  EXPECT_TRUE(from_profile->use_dualstack);
  EXPECT_EQ(from_profile->ca_bundle, "/p.pem");
  EXPECT_EQ(from_profile->max_attempts, 4);

  const Result<Settings> from_environment = resolve({{"AWS_USE_FIPS_ENDPOINT", "False"},
                                                     {"AWS_USE_DUALSTACK_ENDPOINT", "false"},
                                                     {"AWS_CA_BUNDLE", "/e.pem"},
                                                     {"AWS_MAX_ATTEMPTS", "7"}},
                                                    config, {.use_dualstack = true});
  ASSERT_TRUE(from_environment);
  EXPECT_FALSE(from_environment->use_fips);
  EXPECT_TRUE(from_environment->use_dualstack);
  EXPECT_EQ(from_environment->ca_bundle, "/e.pem");
  EXPECT_EQ(from_environment->max_attempts, 7);
  for (const auto& [text, fine] : {std::pair("1", true), {"1000", true}, {"0", false}, {"1001", false}}) {
    EXPECT_EQ(resolve({{"AWS_MAX_ATTEMPTS", text}}, config).has_value(), fine) << text;
  }
}

TEST(Settings, EndpointsOfEachServiceAndTheirSources) {
  const std::string config =
      "[default]\nservices = local\nendpoint_url = https://all.example\n"
      "[services local]\n"
      "cloudwatch_logs =\n  endpoint_url = https://logs.example\n"
      "iam =\n  endpoint_url = https://iam.example\n";
  const Result<Settings> settings = resolve({{"AWS_ENDPOINT_URL_IAM", "https://env-iam.example"}}, config);
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->endpoint_urls.at(Service::kLogs), "https://logs.example");
  EXPECT_EQ(settings->endpoint_sources.at(Service::kLogs), "services local");
  EXPECT_EQ(settings->endpoint_urls.at(Service::kIam), "https://env-iam.example");
  EXPECT_EQ(settings->endpoint_sources.at(Service::kIam), "AWS_ENDPOINT_URL_IAM");
  EXPECT_EQ(settings->endpoint_urls.at(Service::kFirehose), "https://all.example");
  EXPECT_EQ(settings->endpoint_sources.at(Service::kFirehose), "profile default");

  const Result<Settings> flagged =
      resolve({{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"}}, config, {.endpoint_url = "http://localhost:1"});
  ASSERT_TRUE(flagged);
  for (const Service service : kServices) EXPECT_EQ(flagged->endpoint_urls.at(service), "http://localhost:1");

  EXPECT_TRUE(resolve({{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"}}, config)->endpoint_urls.empty());
}

TEST(Settings, ErrorsNameTheInputAndThePlace) {
  struct Case {
    Variables variables;
    std::string config;
    SettingsFlags flags;
    std::string message;
    std::string hint;
  };
  const Case cases[] = {
      {{{"AWS_PROFILE", "prdo"}}, "[profile prod]\n", {}, "\"prdo\" in config or credentials", "\"prod\""},
      {{}, "[profile a]\n[profile b]\n", {.profile = "something"}, "\"something\"", "a, b"},
      {{}, "", {.profile = "x"}, "\"x\"", "aws configure"},
      {{{"AWS_USE_FIPS_ENDPOINT", "yes"}}, "", {}, "AWS_USE_FIPS_ENDPOINT is \"yes\"", ""},
      {{}, "[default]\nuse_dualstack_endpoint = 1\n", {}, "use_dualstack_endpoint in profile default is \"1\"", ""},
      {{}, "[default]\nservices = gone\n", {}, "[services gone]", "section"},
      {{{"AWS_MAX_ATTEMPTS", "many"}}, "", {}, "AWS_MAX_ATTEMPTS is \"many\"", ""},
      {{{"AWS_MAX_ATTEMPTS", "0"}}, "", {}, "AWS_MAX_ATTEMPTS is \"0\"", ""},
  };
  for (const Case& c : cases) {
    const Result<Settings> settings = resolve(c.variables, c.config, c.flags);
    ASSERT_FALSE(settings) << c.message;
    EXPECT_EQ(settings.error().kind, ErrorKind::kUsage);
    EXPECT_THAT(settings.error().message, HasSubstr(c.message));
    EXPECT_THAT(settings.error().hint, HasSubstr(c.hint));
  }
}

}  // namespace
}  // namespace settings_test
}  // namespace fhctl::aws
