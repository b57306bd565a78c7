#include "core/aws/shared_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/random.h"
#include "tests/support/fakes.h"

namespace fhctl::aws {
namespace shared_config_test {
namespace {

using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

SharedConfig parsed(std::string_view config) {
  SharedConfig set;
  const Result<void> result = parse_shared_file(config, SharedFile::kConfig, "config", set);
  EXPECT_TRUE(result) << (result ? "" : result.error().message);
  return set;
}

TEST(SharedConfig, NestedPropertiesKeepTheirNames) {
  const SharedConfig set = parsed(
      "[services local]\n"
      "s3 =\n"
      "  # the sandbox\n"
      "  endpoint_url = http://127.0.0.1:4566\n"
      "firehose =\n"
      "\tEndpoint_URL=http://127.0.0.1:4567\n"
      "[sso-session work]\n"
      "sso_region = eu-west-1\n");
  const auto& nested = set.services.at("local").nested;
  EXPECT_EQ(nested.at("s3").at("endpoint_url"), "http://127.0.0.1:4566");
  EXPECT_EQ(nested.at("firehose").at("endpoint_url"), "http://127.0.0.1:4567");
  EXPECT_EQ(set.sso_sessions.at("work").values.at("sso_region"), "eu-west-1");
}

TEST(SharedConfig, WhatTheAwsCliReadsIsRead) {
  struct Case {
    std::string text;
    std::string profile;
    std::string value;
  };
  const Case cases[] = {
      {"\xef\xbb\xbf[profile a]\nregion = r\n", "a", "r"},
      {"[profile a]\nregion: r\n", "a", "r"},
      {"[profile \"my team\"]\nregion = r\n", "my team", "r"},
      {"[profile a!b]\nregion = r\n", "a!b", "r"},
      {"  [profile a]\n  output = json\n  region = r\n", "a", "r"},
      {"[default]\nregion = old\n[profile default]\nregion = r\n", "default", "r"},
      {"[profile default]\nregion = old\n[default]\nregion = r\n", "default", "r"},
      {"[profile a]\nregion =\nregion = r", "a", "r"},
      {"[profile a]\nother = 1\n; region = no\n   # region = no\nregion = r", "a", "r"},
  };
  for (const Case& c : cases) {
    const SharedConfig set = parsed(c.text);
    const ConfigSection* section = set.find(c.profile);
    ASSERT_NE(section, nullptr) << c.text;
    EXPECT_EQ(section->values.at("region"), c.value) << c.text;
  }
}

TEST(SharedConfig, ErrorsNamePathAndLine) {
  const std::pair<std::string, std::string> cases[] = {
      {"[profile a]\nregion\n", "config, line 2"},
      {"\n\nregion = r\n", "config, line 3"},
      {"[profile a\n", "config, line 1"},
      {"[profile a] b\n", "config, line 1"},
      {"[profile a]\n= r\n", "config, line 2"},
      {"[profile a]\ns3 =\n  x\n", "config, line 3"},
      {"[profile a]\ns3 =\n  = x\n", "config, line 3"},
  };
  for (const auto& [text, place] : cases) {
    SharedConfig set;
    const Result<void> result = parse_shared_file(text, SharedFile::kConfig, "config", set);
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().kind, ErrorKind::kUsage);
    EXPECT_THAT(result.error().message, HasSubstr(place)) << text;
  }
}

TEST(SharedConfig, AnyBytesGiveAnErrorOrASetButNoCrash) {
  const std::string seed = "[profile a]\ns3 =\n  x = y # c\r\n[default]\nk=v\n]=[\t;\"'";
  SeededEntropy entropy(42);
  for (int i = 0; i < 3000; ++i) {
    std::string text = seed;
    for (int changes = 0; changes < 6; ++changes) {
      const std::size_t at = random_below(entropy, text.size());
      text[at] = random_below(entropy, 3) == 0 ? static_cast<char>(random_below(entropy, 256))
                                               : seed[random_below(entropy, seed.size())];
    }
    SharedConfig set;
    for (const SharedFile kind : {SharedFile::kConfig, SharedFile::kCredentials}) {
      static_cast<void>(parse_shared_file(text, kind, "config", set));
    }
  }
}

TEST(LoadSharedConfig, CredentialsFileWinsKeyByKey) {
  test::MemoryFiles files;
  files.files["/somewhere/.aws/config"] = "[profile x]\nregion = eu-west-1\naws_access_key_id = OLD\n";
  files.files["/somewhere/.aws/credentials"] = "[x]\naws_access_key_id = NEW\n";
  test::MapEnvironment environment;
  environment.values["HOME"] = "/somewhere";
  const Result<SharedConfig> set = load_shared_config(environment, files);
  ASSERT_TRUE(set);
  const ConfigSection& section = *set->find("x");
  EXPECT_THAT(section.values, UnorderedElementsAre(Pair("region", "eu-west-1"), Pair("aws_access_key_id", "NEW")));
  EXPECT_EQ(section.origins.at("aws_access_key_id"), "/somewhere/.aws/credentials");
  EXPECT_EQ(section.origins.at("region"), "/somewhere/.aws/config");
}

TEST(LoadSharedConfig, PathsComeFromTheEnvironment) {
  test::MemoryFiles files;
  files.files["/etc/aws"] = "[default]\nregion = r\n";
  const test::MapEnvironment environment(
      {{"HOME", "/somewhere"}, {"AWS_CONFIG_FILE", "/etc/aws"}, {"AWS_SHARED_CREDENTIALS_FILE", "~/keys"}});
  const Result<SharedConfig> set = load_shared_config(environment, files);
  ASSERT_TRUE(set);
  EXPECT_EQ(set->config_path, "/etc/aws");
  EXPECT_EQ(set->credentials_path, "/somewhere/keys");
  EXPECT_EQ(set->find("default")->values.at("region"), "r");
  EXPECT_EQ(set->find("other"), nullptr);
}

TEST(LoadSharedConfig, AFileThatCannotBeReadIsAnError) {
  test::MemoryFiles files;
  files.fail_at = 2;
  test::MapEnvironment environment;
  environment.values["HOME"] = "/h";
  const Result<SharedConfig> set = load_shared_config(environment, files);
  ASSERT_FALSE(set);
  EXPECT_THAT(set.error().message, HasSubstr("/h/.aws/credentials"));
}

}  // namespace
}  // namespace shared_config_test
}  // namespace fhctl::aws
