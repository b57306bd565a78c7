#include "core/spec/spec_template.h"

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/services/s3.h"
#include "core/spec/names.h"
#include "core/spec/spec_file.h"
#include "core/spec/spec_keys.h"
#include "core/spec/templates.h"

namespace fhctl::pipeline {
namespace {

// A TOML basic string.
std::string quote(std::string_view text) {
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      quoted += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

std::string toml_value(const SpecKey& key, std::string_view text) {
  bool bare = (key.form == "N" && parse_integer(text)) || (key.form == "BOOL" && (text == "true" || text == "false"));
  return bare ? std::string(text) : quote(text);
}

std::string default_of(const SpecKey& key) { return key.key == "name" ? std::string(kDefaultName) : key.get(Spec{}); }

std::string_view no_default(bool is_said) { return is_said ? "no default\n" : "no default, for example:\n"; }

// Recommends a bucket name that no other account can take, where the region has such names.
std::string recommended_bucket(const Connection& connection, const SpecValues& chosen) {
  if (!s3::has_account_regional_names(connection.region)) return "";
  const auto name = chosen.find("name");
  const std::string regional =
      s3::account_regional_name(name == chosen.end() ? std::string(kDefaultName) : name->second, "ACCOUNT",
                                connection.region.empty() ? "REGION" : connection.region);
  return fmt::format("# Recommended for a new pipeline, because only your account can have it: {}\n", quote(regional));
}

std::string key_lines(const SpecKey& key, const SpecValues& chosen, const Connection& connection) {
  std::string_view name = key.key.substr(key.key.find('.') + 1);  // npos + 1 is 0: a key without a table
  std::string standard = default_of(key);
  std::string lines = fmt::format("# {}\n# {} {} or {}; ", key.help, key.flag, key.form, key.environment);
  auto said = chosen.find(std::string(key.key));
  bool is_said = said != chosen.end();
  lines += standard.empty() ? no_default(is_said) : fmt::format("default {}\n", toml_value(key, standard));
  if (is_said) return lines + fmt::format("{} = {}\n\n", name, toml_value(key, said->second));
  lines += fmt::format("# {} = {}\n", name, toml_value(key, standard.empty() ? key.example : standard));
  if (key.key == "bucket.name") lines += recommended_bucket(connection, chosen);
  return lines + "\n";
}

std::string connection_lines(const Connection& connection) {
  auto line = [](std::string_view key, const std::string& value, std::string_view example) {
    std::string_view mark = value.empty() ? "# " : "";
    return fmt::format("{}{} = {}\n\n", mark, key, quote(value.empty() ? example : value));
  };
  return "# The AWS region. Left out: the region of the profile.\n# --region REGION or AWS_REGION\n" +
         line("region", connection.region, "us-west-2") +
         "# The profile in ~/.aws/config and ~/.aws/credentials.\n# --profile NAME or AWS_PROFILE\n" +
         line("profile", connection.profile, "logging");
}

std::string tag_lines(const SpecValues& chosen) {
  std::string lines =
      "# Tags for every resource, beside fhctl's own.\n"
      "# --tag KEY=VALUE (repeatable) or FHCTL_TAGS=\"KEY=VALUE,...\"\n"
      "[tags]\n";
  bool any = false;
  for (const auto& [key, value] : chosen) {
    if (!starts_with(key, kTagPrefix)) continue;
    lines += fmt::format("{} = {}\n", quote(key.substr(kTagPrefix.size())), quote(value));
    any = true;
  }
  return any ? lines : lines + "# team = \"platform\"\n";
}

}  // namespace

std::string format_init_file(const Connection& connection, const SpecValues& chosen) {
  std::string keys;
  std::string_view section;
  for (const SpecKey& key : spec_keys()) {
    std::size_t dot = key.key.find('.');
    std::string_view own = dot == std::string_view::npos ? "" : key.key.substr(0, dot);
    if (own != section) keys += fmt::format("[{}]\n", own);
    section = own;
    keys += key_lines(key, chosen, connection);
    if (key.key == "name") keys += connection_lines(connection);
  }
  keys += tag_lines(chosen);
  return replace_all(std::string(template_text("fhctl.toml")), "{{keys}}\n", keys);
}

}  // namespace fhctl::pipeline
