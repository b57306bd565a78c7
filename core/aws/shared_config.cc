#include "core/aws/shared_config.h"

#include <utility>
#include <vector>

#include <fmt/core.h>

#include "core/base/text.h"

namespace fhctl::aws {
namespace {

constexpr std::size_t kFileBytesMax = 4u << 20;

// Parses one file line by line. A line that is indented deeper than the property above it belongs to that property.
class FileParser {
 public:
  FileParser(SharedFile kind, std::string path) : kind_(kind), path_(std::move(path)) {}

  Result<void> parse(std::string_view text);
  void merge_into(SharedConfig& into);

 private:
  Result<void> parse_line(std::string_view line);
  Result<void> open_section(std::string_view line);
  Result<void> read_property(std::string_view line, std::size_t indent);
  Result<void> read_continuation(std::string_view line);
  ConfigSection* find_section(std::string_view header);
  ConfigSection* find_config_section(std::string_view type, std::string_view name);
  Error at_line(std::string_view what) const;

  SharedFile kind_;
  std::string path_;
  int line_number_ = 0;
  SharedConfig found_;
  // "[default]" and "[profile default]" of the config file: the AWS CLI takes the one that comes last, whole.
  ConfigSection plain_default_;
  ConfigSection prefixed_default_;
  enum class Default { kNone, kPlain, kPrefixed } last_default_ = Default::kNone;

  bool in_section_ = false;
  ConfigSection* section_ = nullptr;  // nullptr in a section that is read over
  std::string property_;              // the one that a deeper line continues; empty: none yet
  bool property_is_nested_ = false;   // "s3 =": deeper lines are properties of their own
  std::size_t property_indent_ = 0;
};

std::string file_path(const Environment& environment, std::string_view variable, std::string_view name);
Result<void> load_file(FileSystem& files, const std::string& path, SharedFile kind, SharedConfig& into);
std::string_view without_comment(std::string_view line);

}  // namespace

std::string ConfigSection::value(std::string_view name) const {
  const auto found = values.find(std::string(name));
  return found == values.end() ? "" : std::string(trim(found->second));
}

std::string ConfigSection::origin(std::string_view name) const {
  const auto found = origins.find(std::string(name));
  return found == origins.end() ? "" : found->second;
}

const ConfigSection* SharedConfig::find(std::string_view profile) const {
  const auto found = profiles.find(std::string(profile));
  return found == profiles.end() ? nullptr : &found->second;
}

Result<void> parse_shared_file(std::string_view text, SharedFile kind, const std::string& path, SharedConfig& into) {
  FileParser parser(kind, path);
  RETURN_IF_ERROR(parser.parse(text));
  parser.merge_into(into);
  return ok();
}

Result<SharedConfig> load_shared_config(const Environment& environment, FileSystem& files) {
  SharedConfig set;
  set.config_path = file_path(environment, "AWS_CONFIG_FILE", "config");
  set.credentials_path = file_path(environment, "AWS_SHARED_CREDENTIALS_FILE", "credentials");
  RETURN_IF_ERROR(load_file(files, set.config_path, SharedFile::kConfig, set));
  RETURN_IF_ERROR(load_file(files, set.credentials_path, SharedFile::kCredentials, set));
  return set;
}

namespace {

Result<void> FileParser::parse(std::string_view text) {
  if (starts_with(text, "\xef\xbb\xbf")) text.remove_prefix(3);  // editors on Windows put it there
  for (const std::string& line : split(text, '\n')) {
    ++line_number_;
    if (Result<void> parsed = parse_line(line); !parsed) return parsed;
  }
  return ok();
}

Result<void> FileParser::parse_line(std::string_view line) {
  const std::string_view content = trim(line);
  if (content.empty()) return ok();
  const std::size_t indent = line.find_first_not_of(" \t");
  if (content.front() == '#' || content.front() == ';') return ok();
  if (in_section_ && !property_.empty() && indent > property_indent_) return read_continuation(content);
  if (content.front() == '[') return open_section(content);
  return read_property(line, indent);
}

Result<void> FileParser::open_section(std::string_view line) {
  const std::size_t end = line.find(']');
  if (end == std::string_view::npos) return at_line("the section's closing ']' is missing");
  const std::string_view rest = trim(line.substr(end + 1));
  if (!rest.empty() && rest.front() != '#' && rest.front() != ';') return at_line("text after the section's ']'");
  in_section_ = true;
  property_.clear();
  section_ = find_section(trim(line.substr(1, end - 1)));
  return ok();
}

// Removes matching quotes: "'a b'" and "\"a b\"" are a b. A name with white space needs quotes.
std::optional<std::string> section_name(std::string_view text) {
  const std::string_view name = trim(text);
  if (name.size() >= 2 && (name.front() == '"' || name.front() == '\'') && name.back() == name.front()) {
    return std::string(name.substr(1, name.size() - 2));
  }
  if (name.empty() || name.find_first_of(" \t") != std::string_view::npos) return std::nullopt;
  return std::string(name);
}

ConfigSection* FileParser::find_section(std::string_view header) {
  if (kind_ == SharedFile::kCredentials) {
    // Names stand alone here, spaces and all; "[profile x]" is a mistake that every SDK reads over.
    const std::size_t blank = header.find_first_of(" \t");
    if (header.empty() || (blank != std::string_view::npos && header.substr(0, blank) == "profile")) return nullptr;
    return &found_.profiles[std::string(header)];
  }
  if (header == "default") {
    last_default_ = Default::kPlain;
    return &plain_default_;
  }
  const std::size_t blank = header.find_first_of(" \t");
  if (blank == std::string_view::npos) return nullptr;
  return find_config_section(header.substr(0, blank), header.substr(blank));
}

ConfigSection* FileParser::find_config_section(std::string_view type, std::string_view quoted_name) {
  const std::optional<std::string> name = section_name(quoted_name);
  if (!name) return nullptr;
  if (type == "sso-session") return &found_.sso_sessions[*name];
  if (type == "services") return &found_.services[*name];
  if (type != "profile") return nullptr;
  if (*name != "default") return &found_.profiles[*name];
  last_default_ = Default::kPrefixed;
  return &prefixed_default_;
}

// The AWS CLI's parser takes the first '=' or ':'.
Result<void> FileParser::read_property(std::string_view line, std::size_t indent) {
  if (!in_section_) return at_line("a property before the first section");
  const std::string_view content = trim(without_comment(line));
  const std::size_t delimiter = content.find_first_of("=:");
  if (delimiter == std::string_view::npos) return at_line("expected \"name = value\"");
  const std::string name = to_lower(trim(content.substr(0, delimiter)));
  if (name.empty()) return at_line("a property without a name");
  const std::string value(trim(content.substr(delimiter + 1)));
  property_ = name;
  property_indent_ = indent;
  property_is_nested_ = value.empty();
  if (section_ == nullptr || name.find_first_of(" \t") != std::string::npos) return ok();
  section_->values[name] = value;
  section_->origins[name] = path_;
  section_->nested.erase(name);
  return ok();
}

Result<void> FileParser::read_continuation(std::string_view line) {
  if (!property_is_nested_) {
    if (section_ != nullptr && section_->values.count(property_) != 0) {
      section_->values[property_] += "\n" + std::string(line);
    }
    return ok();
  }
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos) {
    return at_line(fmt::format("expected \"name = value\" below \"{} =\"", property_));
  }
  const std::string name = to_lower(trim(line.substr(0, equals)));
  if (name.empty()) return at_line(fmt::format("a property without a name below \"{} =\"", property_));
  if (section_ == nullptr || section_->values.count(property_) == 0) return ok();
  section_->nested[property_][name] = std::string(trim(line.substr(equals + 1)));
  return ok();
}

Error FileParser::at_line(std::string_view what) const {
  return make_error(ErrorKind::kUsage, fmt::format("{}, line {}: {}", path_, line_number_, what),
                    "correct the file, or name another with AWS_CONFIG_FILE or AWS_SHARED_CREDENTIALS_FILE");
}

void merge_section(ConfigSection& into, const ConfigSection& from) {
  for (const auto& [name, value] : from.values) {
    into.values[name] = value;
    into.nested.erase(name);
  }
  for (const auto& [name, properties] : from.nested) into.nested[name] = properties;
  for (const auto& [name, origin] : from.origins) into.origins[name] = origin;
}

void FileParser::merge_into(SharedConfig& into) {
  if (last_default_ != Default::kNone) {
    found_.profiles["default"] = last_default_ == Default::kPlain ? plain_default_ : prefixed_default_;
  }
  for (const auto& [name, section] : found_.profiles) merge_section(into.profiles[name], section);
  for (const auto& [name, section] : found_.sso_sessions) merge_section(into.sso_sessions[name], section);
  for (const auto& [name, section] : found_.services) merge_section(into.services[name], section);
}

// A comment begins at a '#' or ';' after white space.
std::string_view without_comment(std::string_view line) {
  for (std::size_t i = 1; i < line.size(); ++i) {
    const bool after_blank = line[i - 1] == ' ' || line[i - 1] == '\t';
    if (after_blank && (line[i] == '#' || line[i] == ';')) return line.substr(0, i);
  }
  return line;
}

std::string file_path(const Environment& environment, std::string_view variable, std::string_view name) {
  const std::string home = environment.get("HOME").value_or("");
  const auto below_home = [&](std::string_view rest) { return (home.empty() ? "~" : home) + std::string(rest); };
  const std::string named = environment.get(variable).value_or("");
  if (named.empty()) return below_home("/.aws/" + std::string(name));
  return starts_with(named, "~/") ? below_home(named.substr(1)) : named;
}

Result<void> load_file(FileSystem& files, const std::string& path, SharedFile kind, SharedConfig& into) {
  ASSIGN_OR_RETURN(std::optional<std::string> text, files.read(path, kFileBytesMax));
  if (!text) return ok();
  return parse_shared_file(*text, kind, path, into);
}

}  // namespace
}  // namespace fhctl::aws
