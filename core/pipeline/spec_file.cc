// fhctl.toml -> one layer of the spec. The only file that knows TOML.
#include <fmt/format.h>

#include "core/base/text.h"
#include "core/pipeline/spec.h"
#include "core/pipeline/spec_rules.h"

// A header like "[=]" breaks an assertion of toml++ 3.3, behind which its own error message stands. With NDEBUG the
// assertion would become a promise to the compiler; like this it is nothing, and the message comes.
#undef NDEBUG
#define TOML_ASSERT(expression) static_cast<void>(0)
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

namespace fhctl::pipeline {
namespace {

// One reading of one file: what was found so far, good and bad.
struct Reader {
  const std::string& path;
  Connection& connection;
  SpecLayer layer;
  std::multimap<toml::source_index, std::string> problems;  // by line: the tables come in the order of their names
  std::string hint;

  void complain(const toml::node& node, std::string_view what) {
    toml::source_index line = node.source().begin.line;
    problems.emplace(line, fmt::format("{}:{}: {}", path, line, what));
  }
};

const SpecKey* find_key(std::string_view name) {
  for (const SpecKey& key : spec_keys()) {
    if (key.key == name) return &key;
  }
  return nullptr;
}

bool is_section(std::string_view name) {
  std::string prefix = fmt::format("{}.", name);
  for (const SpecKey& key : spec_keys()) {
    if (starts_with(key.key, prefix)) return true;
  }
  return false;
}

std::string_view type_name(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "a number";
    case toml::node_type::floating_point:
      return "a number with a fraction";
    case toml::node_type::boolean:
      return "true or false";
    default:
      return "a date or time";
  }
}

// What stands there as the text that SpecKey::set reads; nullopt for other types than the key can have.
std::optional<std::string> text_of(const toml::node& node, std::string_view form) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer(); number && (form == "N" || form == "DURATION")) {
    return fmt::format("{}", number->get());
  }
  if (const auto* flag = node.as_boolean(); flag && form == "BOOL") return flag->get() ? "true" : "false";
  return std::nullopt;
}

std::string_view wanted_type(std::string_view form) {
  if (form == "N") return "a whole number";
  if (form == "BOOL") return "true or false";
  if (form == "DURATION") return "a string like \"60s\", or a number of seconds";
  if (form == "BYTES") return "a string like \"5MiB\"; a size needs its unit";
  return "a string";
}

void read_key(Reader& reader, const SpecKey& key, const toml::node& node) {
  std::optional<std::string> text = text_of(node, key.form);
  if (!text) {
    reader.complain(node, fmt::format("{} must be {}, not {}", key.key, wanted_type(key.form), type_name(node)));
    return;
  }
  Spec scratch;
  if (Result<void> set = key.set(scratch, *text); !set) {
    reader.complain(node, fmt::format("{} {}", key.key, set.error().message));
    if (reader.hint.empty()) reader.hint = set.error().hint;
    return;
  }
  std::string name(key.key);
  reader.layer.origins[name] = fmt::format("{} line {}", reader.path, node.source().begin.line);
  reader.layer.values[name] = std::move(*text);
}

void read_connection(Reader& reader, std::string_view name, std::string& value, const toml::node& node) {
  if (const auto* text = node.as_string()) {
    value = text->get();
    return;
  }
  reader.complain(node, fmt::format("{} must be a string, not {}", name, type_name(node)));
}

void read_tags(Reader& reader, const toml::node& node) {
  const toml::table* table = node.as_table();
  if (table == nullptr) {
    reader.complain(node, fmt::format("tags must be a table of strings, not {}", type_name(node)));
    return;
  }
  for (const auto& [key, value] : *table) {
    const auto* text = value.as_string();
    if (text == nullptr) {
      reader.complain(value, fmt::format("tags.{} must be a string, not {}", key.str(), type_name(value)));
      continue;
    }
    if (std::optional<std::string> problem = tag_problem(key.str(), text->get())) {
      reader.complain(value, *problem);
      continue;
    }
    std::string name = fmt::format("tags.{}", key.str());
    reader.layer.origins[name] = fmt::format("{} line {}", reader.path, value.source().begin.line);
    reader.layer.values[name] = text->get();
  }
}

void complain_unknown(Reader& reader, const std::string& name, const toml::node& node) {
  if (is_section(name)) {
    reader.complain(node, fmt::format("{} is a table: write its keys below [{}]", name, name));
    return;
  }
  std::vector<std::string> known = {"region", "profile", "tags"};
  for (const SpecKey& key : spec_keys()) {
    known.emplace_back(key.key);
    std::string section(key.key.substr(0, key.key.find('.')));
    if (section != key.key && known.back() != section) known.push_back(section);
  }
  std::optional<std::string> near = nearest(name, known);
  std::string question = near ? fmt::format("; did you mean {}?", *near) : "";
  reader.complain(node, fmt::format("there is no key {}{}", name, question));
}

void read_section(Reader& reader, std::string_view section, const toml::table& table) {
  for (const auto& [key, value] : table) {
    std::string name = fmt::format("{}.{}", section, key.str());
    if (const SpecKey* known = find_key(name)) {
      read_key(reader, *known, value);
    } else {
      complain_unknown(reader, name, value);
    }
  }
}

void read_root(Reader& reader, const toml::table& root) {
  for (const auto& [key, value] : root) {
    std::string name(key.str());
    if (name == "region") {
      read_connection(reader, name, reader.connection.region, value);
    } else if (name == "profile") {
      read_connection(reader, name, reader.connection.profile, value);
    } else if (name == "tags") {
      read_tags(reader, value);
    } else if (value.is_table() && is_section(name)) {
      read_section(reader, name, *value.as_table());
    } else if (const SpecKey* known = find_key(name)) {
      read_key(reader, *known, value);
    } else {
      complain_unknown(reader, name, value);
    }
  }
}

}  // namespace

Result<SpecLayer> parse_spec_file(std::string_view text, const std::string& path, Connection& connection) {
  toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    const toml::parse_error& error = parsed.error();
    return spec_error({fmt::format("{}:{}:{}: {}", path, error.source().begin.line, error.source().begin.column,
                                   error.description())});
  }
  Reader reader{.path = path,
                .connection = connection,
                .layer = {.origin = path, .values = {}, .origins = {}},
                .problems = {},
                .hint = ""};
  read_root(reader, parsed.table());
  if (reader.problems.empty()) return std::move(reader.layer);
  std::vector<std::string> lines;
  for (auto& [line, problem] : reader.problems) lines.push_back(std::move(problem));
  return spec_error(lines, reader.hint);
}

}  // namespace fhctl::pipeline
