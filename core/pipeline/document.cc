#include "core/pipeline/document.h"

#include <fmt/format.h>

#include "core/base/json.h"
#include "core/base/text.h"

namespace fhctl::pipeline {
namespace {

constexpr std::string_view kSchema = "fhctl.pipeline/1";

Error unreadable(std::string_view where, std::string_view what) {
  return Error{.kind = ErrorKind::kProtocol, .message = fmt::format("{}: {}", where, what)};
}

bool is_document_schema(std::string_view schema) {
  return schema == kSchema || starts_with(schema, fmt::format("{}.", kSchema));
}

// Reads a member that must be there, or remembers what is wrong.
std::string member(const Json& json, std::string_view name, std::vector<std::string>& problems) {
  std::optional<std::string> text = get_string(json, name);
  if (!text || text->empty()) problems.push_back(fmt::format("{} is missing or no text", name));
  return text.value_or("");
}

SpecValues read_spec(const Json& json, std::vector<std::string>& problems) {
  SpecValues values;
  const Json* spec = get_object(json, "spec");
  if (spec == nullptr) {
    problems.push_back("spec is missing or no object");
    return values;
  }
  for (const auto& [key, value] : spec->items()) {
    if (value.is_string()) {
      values[key] = value.get<std::string>();
    } else {
      problems.push_back(fmt::format("spec.{} is no text", key));
    }
  }
  return values;
}

}  // namespace

std::string format_document(const Document& document) {
  OrderedJson json;
  json["schema"] = kSchema;
  json["pipeline"] = document.pipeline;
  json["account"] = document.account;
  json["region"] = document.region;
  json["id"] = document.id;
  json["created_by"] = document.created_by;
  json["created_at"] = document.created_at;
  json["members"] = format_members(document.members);
  json["spec"] = OrderedJson::object();
  for (const auto& [key, value] : document.spec) json["spec"][key] = value;
  return dump(json, 2) + "\n";
}

Result<Document> parse_document(std::string_view text, std::string_view where) {
  Result<Json> parsed = parse_json(text, where);
  if (!parsed) return parsed.error();
  const Json& json = *parsed;
  if (!json.is_object()) return unreadable(where, "not a JSON object");
  std::optional<std::string> schema = get_string(json, "schema");
  if (!schema) return unreadable(where, "schema is missing or no text");
  if (!is_document_schema(*schema)) {
    Error error = unreadable(where, fmt::format("schema \"{}\" is not {}", *schema, kSchema));
    error.hint = "It was written by another version of fhctl: use that one or a newer one.";
    return error;
  }
  std::vector<std::string> problems;
  Document document{.pipeline = member(json, "pipeline", problems),
                    .account = member(json, "account", problems),
                    .region = member(json, "region", problems),
                    .id = member(json, "id", problems),
                    .created_by = member(json, "created_by", problems),
                    .created_at = member(json, "created_at", problems),
                    .spec = read_spec(json, problems),
                    .members = {}};
  std::optional<std::string> members = get_string(json, "members");
  std::optional<Members> numbers = members ? parse_members(*members) : std::nullopt;
  if (!numbers) problems.push_back("members is missing or not of the form \"1-2,4-6\"");
  if (!problems.empty()) return unreadable(where, join(problems, "; "));
  document.members = std::move(*numbers);
  return document;
}

}  // namespace fhctl::pipeline
