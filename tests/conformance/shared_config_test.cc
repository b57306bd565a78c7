// The profile parser against the specification file that the AWS SDKs share.
#include "core/aws/shared_config.h"

#include "core/base/text.h"
#include "tests/conformance/vectors.h"

namespace fhctl::aws {
namespace shared_config_test {
namespace {

// Where the specification and the AWS CLI differ, fhctl follows the CLI, so that the same files work with both.
const std::map<std::string, std::string> kCliDiffers = {
    {"Profile names support alphanumeric characters and - / . % @ _ : +", "the CLI takes any name without blanks"},
    {"Property definitions must contain an equals sign.", "the CLI takes ':' as well as '='"},
    {"Invalid profile names are ignored.", "the CLI takes names with blanks in the credentials file"},
    {"Default profile with profile prefix overrides default profile without prefix when profile prefix is first.",
     "the CLI takes whichever comes last"},
};

using Section =
    std::map<std::string, std::map<std::string, std::string>>;  // property -> its nested ones, or {"": value}
using Sections = std::map<std::string, Section>;

// "\nname = value\nother = x", as the vectors write nested properties.
std::map<std::string, std::string> parse_value(const std::string& value) {
  if (!starts_with(value, "\n")) return {{"", value}};
  std::map<std::string, std::string> nested;
  for (const std::string& line : split(value.substr(1), '\n')) {
    const std::size_t equals = std::min(line.find('='), line.size());
    const std::string rest = equals < line.size() ? line.substr(equals + 1) : "";
    nested[to_lower(trim(line.substr(0, equals)))] = std::string(trim(rest));
  }
  return nested;
}

Sections expected_sections(const Json* sections) {
  Sections result;
  if (sections == nullptr) return result;
  for (const auto& [name, properties] : sections->items()) {
    Section& section = result[name];
    for (const auto& [key, value] : properties.items()) section[to_lower(key)] = parse_value(value.get<std::string>());
  }
  return result;
}

Sections actual_sections(const std::map<std::string, ConfigSection>& sections) {
  Sections result;
  for (const auto& [name, properties] : sections) {
    Section& section = result[name];
    for (const auto& [key, value] : properties.values) {
      const auto nested = properties.nested.find(key);
      section[key] =
          nested == properties.nested.end() ? std::map<std::string, std::string>{{"", value}} : nested->second;
    }
  }
  return result;
}

Result<SharedConfig> parse(const Json& input) {
  SharedConfig set;
  Result<void> parsed =
      parse_shared_file(get_string(input, "configFile").value_or(""), SharedFile::kConfig, "the config file", set);
  if (!parsed) return parsed.error();
  parsed = parse_shared_file(get_string(input, "credentialsFile").value_or(""), SharedFile::kCredentials,
                             "the credentials file", set);
  if (!parsed) return parsed.error();
  return set;
}

// Returns how the outcome differs from the expected one; empty if it does not.
std::string difference(const Json& test) {
  const Result<SharedConfig> set = parse(*get_object(test, "input"));
  const Json& output = *get_object(test, "output");
  const Json* config = get_object(output, "config");
  if (config == nullptr) return set ? "an error was expected" : "";
  if (!set) return set.error().message;
  if (actual_sections(set->profiles) != expected_sections(get_object(*config, "profiles"))) return "other profiles";
  if (actual_sections(set->sso_sessions) != expected_sections(get_object(*config, "sso_sessions"))) {
    return "other sso sessions";
  }
  return "";
}

TEST(SharedConfigConformance, Parser) {
  FHCTL_NEEDS_VECTORS();
  conformance::Count count("profile parser");
  const Json document = conformance::read_json(conformance::folder() / "config/profile-parser-tests.json");
  const Json* tests = get_array(document, "tests");
  ASSERT_NE(tests, nullptr);
  for (const Json& test : *tests) {
    const std::string name = get_string(test, "name").value_or("");
    const std::string found = difference(test);
    const auto differs = kCliDiffers.find(name);
    if (differs != kCliDiffers.end()) {
      count.skip(differs->second);
      EXPECT_NE(found, "") << name << ": listed as different, but is not";
      continue;
    }
    count.run();
    EXPECT_EQ(found, "") << name << "\n" << dump(test);
  }
}

}  // namespace
}  // namespace shared_config_test
}  // namespace fhctl::aws
