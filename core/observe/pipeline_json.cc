#include "core/observe/pipeline_json.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/spec/spec_keys.h"
#include "core/spec/spec_validation.h"

namespace fhctl::pipeline {
namespace {

constexpr std::string_view kSchema = "fhctl.pipeline/1";
// Marks a document whose "spec" has only values that a user set. fhctl 0.1 stored every key, and a 0.1 that rewrites a
// document drops this member, so its absence says that no user chose the values that equal the defaults of 0.1.
constexpr std::string_view kSpecValues = "spec_values";
constexpr std::string_view kOnlySet = "set";
constexpr std::string_view kDroppedTags = "dropped_tags";

constexpr std::string_view kRequires = "requires";

// Keys that a version before the one named must not ignore: it would create other resources in place of these.
constexpr std::pair<std::string_view, std::string_view> kRequiredKeys[] = {{"logs.existing", "0.2.0"}};

constexpr std::array<std::string_view, 12> kKnownMembers = {"schema", "pipeline",   "account",    "region",
                                                            "id",     "created_by", "created_at", "members",
                                                            "spec",   kSpecValues,  "intent",     kDroppedTags};

bool is_known_member(std::string_view name) {
  return std::find(kKnownMembers.begin(), kKnownMembers.end(), name) != kKnownMembers.end();
}

// The defaults of fhctl 0.1, which it stored for every key that the user had not set. This table never changes: it
// describes documents that exist.
// Names whose defaults contain the pipeline's own name are in is_old_default().
constexpr std::pair<std::string_view, std::string_view> kDefaultsOf01[] = {
    {"bucket.abort_uploads_days", "7"},
    {"bucket.existing", ""},
    {"delivery.buffer_interval", "60s"},
    {"delivery.buffer_size", "5MiB"},
    {"delivery.compression", "gzip"},
    {"delivery.error_prefix", "errors/!{firehose:error-output-type}/"},
    {"delivery.kms_key", ""},
    {"delivery.newline", "false"},
    {"delivery.prefix", "logs/"},
    {"drain.flush_margin", "60s"},
    {"drain.lag", "120s"},
    {"drain.patience", "600s"},
    {"drain.period", "60s"},
    {"drain.quiet", "180s"},
    {"drain.time", "900s"},
    {"lock_lease", "60s"},
    {"logs.enabled", "true"},
    {"logs.retention", "30d"},
    {"logs.stream", "S3Delivery"},
    {"manifest.parameter", ""},
    {"manifest.poll", "30s"},
    {"manifest.producers", "1"},
    {"manifest.record_ttl", "30s"},
    {"manifest.stale", "600s"},
    {"role.existing", ""},
    {"role.path", "/"},
    {"role.permissions_boundary", ""},
    {"role.policy", "delivery"},
    {"role.trust", "none"},
};

bool is_old_default(const Document& document, std::string_view key, std::string_view value) {
  if (key == "bucket.name") {
    return value.empty() || value == default_bucket(document.pipeline, document.account, document.region);
  }
  if (key == "role.name") return value.empty() || value == default_role(document.pipeline, document.region);
  if (key == "logs.group") return value.empty() || value == default_log_group(document.pipeline);
  return std::any_of(std::begin(kDefaultsOf01), std::end(kDefaultsOf01),
                     [&](const auto& row) { return row.first == key && row.second == value; });
}

Error unreadable(std::string_view where, std::string_view what) {
  return Error{.kind = ErrorKind::kProtocol, .message = fmt::format("{}: {}", where, what)};
}

bool is_document_schema(std::string_view schema) {
  return schema == kSchema || starts_with(schema, fmt::format("{}.", kSchema));
}

// Returns a member that must be there, or adds what is wrong to `problems`.
std::string member(const Json& json, std::string_view name, std::vector<std::string>& problems) {
  std::optional<std::string> text = get_string(json, name);
  if (!text || text->empty()) problems.push_back(fmt::format("{} is missing or no text", name));
  return text.value_or("");
}

// Whether this version can work with the value: a key that it knows, and a text that the key accepts.
bool is_readable(const std::string& key, const Json& value) {
  if (!value.is_string()) return false;
  const std::string& text = value.get_ref<const std::string&>();
  if (starts_with(key, kTagPrefix)) return !tag_problem(key.substr(kTagPrefix.size()), text);
  const SpecKey* known = find_spec_key(key);
  Spec scratch;
  return known != nullptr && known->set(scratch, text);
}

void read_spec(const Json& json, Document& document, std::vector<std::string>& problems) {
  const Json* spec = get_object(json, "spec");
  if (spec == nullptr) {
    problems.push_back("spec is missing or no object");
    return;
  }
  const bool only_set = get_string(json, kSpecValues).has_value();
  for (const auto& [key, value] : spec->items()) {
    if (!stored_in_document(key)) continue;
    if (!is_readable(key, value)) {
      document.unknown_spec[key] = dump(value);
      continue;
    }
    const std::string& text = value.get_ref<const std::string&>();
    if (only_set || !is_old_default(document, key, text)) document.spec[key] = text;
  }
}

std::optional<StoredIntent> read_intent(const Json& json) {
  const Json* intent = get_object(json, "intent");
  if (intent == nullptr) return std::nullopt;
  const std::optional<std::string> run = get_string(*intent, "run");
  if (!run || run->empty()) return std::nullopt;
  return StoredIntent{*run, get_string(*intent, "command").value_or(""), get_string(*intent, "holder").value_or(""),
                      get_string(*intent, "at").value_or("")};
}

// Texts that cannot be tag keys are ignored: a run removes the tags that are listed here.
std::set<std::string> read_dropped_tags(const Json& json) {
  std::set<std::string> keys;
  const auto found = json.find(kDroppedTags);
  if (found == json.end() || !found->is_array()) return keys;
  for (const Json& key : *found) {
    if (key.is_string() && !tag_problem(key.get<std::string>(), "")) keys.insert(key.get<std::string>());
  }
  return keys;
}

// "requires": {"KEY": "VERSION"}; a list of keys is understood as well. Anything else cannot be satisfied.
std::map<std::string, std::string> read_requires(const Json& json) {
  std::map<std::string, std::string> required;
  const auto found = json.find(kRequires);
  if (found == json.end() || found->is_null()) return required;
  if (found->is_object()) {
    for (const auto& [key, version] : found->items()) {
      required[key] = version.is_string() ? version.get<std::string>() : "";
    }
  } else if (found->is_array() &&
             std::all_of(found->begin(), found->end(), [](const Json& key) { return key.is_string(); })) {
    for (const Json& key : *found) required[key.get<std::string>()] = "";
  } else {
    required[std::string(kRequires)] = "";
  }
  for (const auto& [key, version] : kRequiredKeys) required.erase(std::string(key));
  return required;
}

OrderedJson intent_json(const StoredIntent& intent) {
  return {{"run", intent.run_id}, {"command", intent.command}, {"holder", intent.holder}, {"at", intent.at}};
}

// "requires" without the entries of kRequiredKeys, which depend on the spec alone.
Json without_own_requirements(Json required) {
  if (required.is_object()) {
    for (const auto& [key, version] : kRequiredKeys) required.erase(std::string(key));
  } else if (required.is_array()) {
    Json left = Json::array();
    for (const Json& key : required) {
      const bool own = std::any_of(std::begin(kRequiredKeys), std::end(kRequiredKeys),
                                   [&key](const auto& row) { return key == row.first; });
      if (!own) left.push_back(key);
    }
    required = std::move(left);
  }
  return required;
}

bool has_required_key(const Document& document) {
  return std::any_of(std::begin(kRequiredKeys), std::end(kRequiredKeys), [&document](const auto& row) {
    const std::string key(row.first);
    return document.spec.contains(key) || document.unknown_spec.contains(key);
  });
}

// The text was written by dump() from a parsed value, so it is JSON.
OrderedJson value_of(const std::string& text) { return OrderedJson::parse(text, nullptr, false); }

// The "requires" that was read, if any, and the keys of kRequiredKeys that the document has. nullopt: neither.
std::optional<OrderedJson> requires_json(const Document& document) {
  const auto kept = document.unknown_members.find(std::string(kRequires));
  std::optional<OrderedJson> required;
  if (kept != document.unknown_members.end()) required = value_of(kept->second);
  for (const auto& [name, version] : kRequiredKeys) {
    const std::string key(name);
    if (!document.spec.contains(key) && !document.unknown_spec.contains(key)) continue;
    if (!required || required->is_null()) required = OrderedJson::object();
    if (required->is_array()) required->push_back(key);
    if (required->is_object()) (*required)[key] = version;
  }
  return required;
}

}  // namespace

bool stored_in_document(std::string_view key) { return key != "name" && key != "count" && key != "manifest.file"; }

bool is_destroy(const std::optional<StoredIntent>& intent) { return intent && intent->command == "destroy"; }

bool names_resource(std::string_view key) {
  constexpr std::string_view kNames[] = {"bucket.name",   "bucket.existing", "bucket.owner",  "role.name",
                                         "role.existing", "role.path",       "role.policy",   "logs.group",
                                         "logs.existing", "logs.stream"};
  return std::find(std::begin(kNames), std::end(kNames), key) != std::end(kNames);
}

std::string format_document(const Document& document) {
  OrderedJson json;
  json["schema"] = document.schema.empty() ? std::string(kSchema) : document.schema;
  json["pipeline"] = document.pipeline;
  json["account"] = document.account;
  json["region"] = document.region;
  json["id"] = document.id;
  json["created_by"] = document.created_by;
  json["created_at"] = document.created_at;
  json["members"] = format_members(document.members);
  if (!document.dropped_tags.empty()) json[std::string(kDroppedTags)] = document.dropped_tags;
  if (document.intent) json["intent"] = intent_json(*document.intent);
  json[std::string(kSpecValues)] = kOnlySet;
  json["spec"] = OrderedJson::object();
  for (const auto& [key, value] : document.spec) json["spec"][key] = value;
  for (const auto& [key, value] : document.unknown_spec) {
    if (!document.spec.contains(key)) json["spec"][key] = value_of(value);
  }
  if (const std::optional<OrderedJson> required = requires_json(document)) json[std::string(kRequires)] = *required;
  for (const auto& [name, value] : document.unknown_members) {
    if (name != kRequires) json[name] = value_of(value);
  }
  return dump(json, 2) + "\n";
}

std::vector<std::pair<std::string, std::string>> missing_requirements(const Document& document) {
  std::vector<std::pair<std::string, std::string>> missing;
  for (const auto& [key, version] : document.requires_version) {
    const bool known = key != kRequires && (is_known_member(key) || find_spec_key(key) != nullptr);
    if (!known) missing.emplace_back(key, version);
  }
  return missing;
}

void set_aside_settings(Document& document) {
  for (const auto& [key, value] : document.spec) {
    if (!names_resource(key)) document.unknown_spec[key] = dump(Json(value));
  }
  std::erase_if(document.spec, [](const auto& entry) { return !names_resource(entry.first); });
}

std::vector<std::string> unreadable_keys(const Document& document) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : document.unknown_spec) {
    if (find_spec_key(key) != nullptr || starts_with(key, kTagPrefix)) keys.push_back(key);
  }
  return keys;
}

Result<Document> parse_document(std::string_view text, std::string_view where) {
  ASSIGN_OR_RETURN(Json parsed, parse_json(text, where));
  const Json& json = parsed;
  if (!json.is_object()) return unreadable(where, "not a JSON object");
  std::optional<std::string> schema = get_string(json, "schema");
  if (!schema) return unreadable(where, "schema is missing or no text");
  if (!is_document_schema(*schema)) {
    Error error = unreadable(where, fmt::format("schema \"{}\" is not {}", *schema, kSchema));
    error.hint = "it was written by another version of fhctl: use that one or a newer one";
    return error;
  }
  std::vector<std::string> problems;
  Document document;
  document.schema = *schema == kSchema ? "" : *schema;
  document.pipeline = member(json, "pipeline", problems);
  document.account = member(json, "account", problems);
  document.region = member(json, "region", problems);
  document.id = member(json, "id", problems);
  document.created_by = member(json, "created_by", problems);
  document.created_at = member(json, "created_at", problems);
  read_spec(json, document, problems);
  document.dropped_tags = read_dropped_tags(json);
  document.intent = read_intent(json);
  document.requires_version = read_requires(json);
  for (const auto& [name, value] : json.items()) {
    if (is_known_member(name)) continue;
    const Json kept = name == kRequires ? without_own_requirements(value) : value;
    const bool rewritten = kept != value || has_required_key(document);
    if (!kept.empty() || !rewritten) document.unknown_members[name] = dump(kept);
  }
  std::optional<std::string> members = get_string(json, "members");
  std::optional<Members> numbers = members ? parse_members(*members) : std::nullopt;
  if (!numbers) problems.push_back("members is missing or not of the form \"1-2,4-6\"");
  if (!problems.empty()) return unreadable(where, join(problems, "; "));
  document.members = std::move(*numbers);
  return document;
}

}  // namespace fhctl::pipeline
