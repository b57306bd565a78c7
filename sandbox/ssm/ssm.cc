// Parameter Store of Systems Manager: parameters of type String in the tier Standard, and only their newest version.
#include "sandbox/ssm/ssm.h"

#include <algorithm>

#include "core/base/json.h"
#include "core/base/text.h"
#include "sandbox/ssm/ssm_state.h"
#include "sandbox/state/world.h"
#include "sandbox/wire/reply.h"
#include "sandbox/wire/shape.h"
#include "sandbox/wire/tag_rules.h"

namespace fhctl::sandbox {
namespace {

constexpr std::string_view kTarget = "AmazonSSM.";
constexpr std::size_t kValueBytesMax = 4096;
constexpr std::size_t kNameMax = 1011;
constexpr std::ptrdiff_t kLevelsMax = 15;

const Shape kBoolean = {.kind = ShapeKind::kBoolean};
const Shape kName = {.kind = ShapeKind::kString, .min = 1, .max = 2048};
const Shape kText = {.kind = ShapeKind::kString};
const Shape kDescription = {.kind = ShapeKind::kString, .max = 1024};
const Shape kType = {.kind = ShapeKind::kString, .values = {"String", "StringList", "SecureString"}};
const Shape kTier = {.kind = ShapeKind::kString, .values = {"Standard", "Advanced", "Intelligent-Tiering"}};
const Shape kTagKey = {.kind = ShapeKind::kString, .min = 1, .max = 128};
const Shape kTagValue = {.kind = ShapeKind::kString, .max = 256};
const Shape kTag = {.kind = ShapeKind::kStructure, .members = {{"Key", &kTagKey, true}, {"Value", &kTagValue, true}}};
const Shape kTags = {.kind = ShapeKind::kList, .max = 1000, .element = &kTag};
const Shape kPut = {.kind = ShapeKind::kStructure,
                    .members = {{"Name", &kName, true},
                                {"Value", &kText, true},
                                {"Description", &kDescription},
                                {"Type", &kType},
                                {"KeyId", &kText},
                                {"Overwrite", &kBoolean},
                                {"AllowedPattern", &kText},
                                {"Tags", &kTags},
                                {"Tier", &kTier},
                                {"Policies", &kText},
                                {"DataType", &kText}}};
const Shape kGet = {.kind = ShapeKind::kStructure, .members = {{"Name", &kName, true}, {"WithDecryption", &kBoolean}}};
const Shape kDelete = {.kind = ShapeKind::kStructure, .members = {{"Name", &kName, true}}};

struct Call {
  CloudState& world;
  const std::string& region;
  const Json& body;
  std::string name;

  std::map<std::pair<std::string, std::string>, SsmParameter>& parameters() const { return world.ssm->parameters; }
};

http::Response invalid(const std::string& message) { return json_error(400, "ValidationException", message); }

http::Response not_found(const Call& call) {
  return json_error(400, "ParameterNotFound", "Parameter " + call.name + " not found.");
}

std::optional<http::Response> refuse_name(const std::string& name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view(".-_/").find(c) != std::string_view::npos;
  };
  if (contains(name, ":")) return invalid("The sandbox does not simulate ARNs, versions and labels in names.");
  if (name.size() > kNameMax) return invalid("Parameter name must not be longer than 1011 characters.");
  const std::string lower = to_lower(starts_with(name, "/") ? name.substr(1) : name);
  if (starts_with(lower, "aws") || starts_with(lower, "ssm")) {
    return invalid("Parameter name: can't be prefixed with \"aws\" or \"ssm\" (case-insensitive).");
  }
  if (!std::all_of(name.begin(), name.end(), allowed) || contains(name, "//") || ends_with(name, "/")) {
    return invalid(
        "Parameter name: each sub-path can be formed as a mix of letters, numbers and the following 3 "
        "symbols .-_");
  }
  if (contains(name, "/") && !starts_with(name, "/")) return invalid("Parameter name must be a fully qualified name.");
  if (std::count(name.begin(), name.end(), '/') > kLevelsMax) {
    return json_error(400, "HierarchyLevelLimitExceededException", "A hierarchy can have a maximum of 15 levels.");
  }
  return std::nullopt;
}

std::optional<http::Response> refuse_value(const std::string& value) {
  if (value.empty()) {
    return invalid(
        "1 validation error detected: Value '' at 'value' failed to satisfy constraint: Member must have "
        "length greater than or equal to 1.");
  }
  if (value.size() > kValueBytesMax) {
    return invalid(
        "Standard tier parameters support a maximum parameter value of 4096 characters. To create a larger "
        "parameter value, upgrade the parameter to use the advanced-parameter tier.");
  }
  const std::size_t opened = value.find("{{");
  if (opened != std::string::npos && value.find("}}", opened) != std::string::npos) {
    return invalid("Parameter value: can't nest another parameter. Do not use \"{{}}\" in the value.");
  }
  return std::nullopt;
}

// Refuses what AWS supports and this sandbox does not.
std::optional<http::Response> refuse_kind(const Json& body) {
  if (get_string(body, "Type").value_or("String") != "String" || get_string(body, "KeyId")) {
    return invalid("The sandbox simulates only parameters of type String.");
  }
  if (get_string(body, "Tier").value_or("Standard") != "Standard") {
    return invalid("The sandbox simulates only the tier Standard.");
  }
  for (const char* member : {"AllowedPattern", "Policies"}) {
    if (get_string(body, member)) return invalid(std::string("The sandbox does not simulate ") + member + ".");
  }
  if (get_string(body, "DataType").value_or("text") != "text") {
    return invalid("The sandbox simulates only the data type text.");
  }
  return std::nullopt;
}

std::optional<http::Response> read_tags(const Json& body, std::map<std::string, std::string>& tags) {
  if (const std::optional<std::string> problem = read_tag_list(body, tags)) return invalid(*problem);
  if (tags.size() > kTagsMax) return json_error(400, "TooManyTagsError", "A parameter can have at most 50 tags.");
  return std::nullopt;
}

http::Response put_parameter(Call& call) {
  const std::string value = get_string(call.body, "Value").value_or("");
  const bool overwrite = get_bool(call.body, "Overwrite").value_or(false);
  std::map<std::string, std::string> tags;
  if (std::optional<http::Response> refusal = refuse_kind(call.body)) return *refusal;
  if (std::optional<http::Response> refusal = refuse_value(value)) return *refusal;
  if (std::optional<http::Response> refusal = read_tags(call.body, tags)) return *refusal;
  if (overwrite && !tags.empty()) {
    return invalid(
        "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, "
        "please remove overwrite flag. To update tags for an existing parameter, please use "
        "AddTagsToResource or RemoveTagsFromResource.");
  }
  const auto found = call.parameters().find({call.region, call.name});
  const bool is_new = found == call.parameters().end();
  if (!is_new && !overwrite) {
    return json_error(400, "ParameterAlreadyExists",
                      "The parameter already exists. To overwrite this value, set the overwrite option in the request "
                      "to true.");
  }
  if (is_new && !get_string(call.body, "Type")) {
    return invalid("A parameter type is required when you create a parameter.");
  }
  SsmParameter& parameter = call.parameters()[{call.region, call.name}];
  if (!is_new) ++parameter.version;
  if (is_new) parameter.tags = std::move(tags);
  parameter.value = value;
  parameter.description = get_string(call.body, "Description").value_or(parameter.description);
  parameter.changed_at = call.world.now;
  return json_answer(dump(Json{{"Version", parameter.version}, {"Tier", "Standard"}}));
}

http::Response get_parameter(Call& call) {
  const auto found = call.parameters().find({call.region, call.name});
  if (found == call.parameters().end()) return not_found(call);
  const SsmParameter& parameter = found->second;
  const std::string arn = "arn:" + std::string(partition_of(call.region)) + ":ssm:" + call.region + ":" +
                          call.world.options.account + ":parameter" + (starts_with(call.name, "/") ? "" : "/") +
                          call.name;
  return json_answer(
      dump(Json{{"Parameter",
                 {{"Name", call.name},
                  {"Type", "String"},
                  {"Value", parameter.value},
                  {"Version", parameter.version},
                  {"LastModifiedDate", static_cast<double>(parameter.changed_at.time_since_epoch().count()) / 1000},
                  {"ARN", arn},
                  {"DataType", "text"}}}}));
}

http::Response delete_parameter(Call& call) {
  if (call.parameters().erase({call.region, call.name}) == 0) return not_found(call);
  return json_answer("{}");
}

struct Operation {
  std::string_view name;
  const Shape* shape;
  http::Response (*run)(Call&);
};

constexpr Operation kOperations[] = {
    {"PutParameter", &kPut, put_parameter},
    {"GetParameter", &kGet, get_parameter},
    {"DeleteParameter", &kDelete, delete_parameter},
};

}  // namespace

http::Response handle_ssm(CloudState& world, const Incoming& incoming) {
  const http::Request& request = incoming.raw;
  const std::string target = request.headers.find("x-amz-target").value_or("");
  const std::string name = starts_with(target, kTarget) ? target.substr(kTarget.size()) : "";
  const auto* operation = std::find_if(std::begin(kOperations), std::end(kOperations),
                                       [&name](const Operation& known) { return known.name == name; });
  if (operation == std::end(kOperations) || request.method != "POST" || request.path != "/") {
    return json_error(400, "UnknownOperationException", "The requested operation is not known.");
  }
  if (request.headers.find("content-type") != "application/x-amz-json-1.1") {
    return json_error(400, "SerializationException", "The Content-Type must be application/x-amz-json-1.1.");
  }
  const Json body = Json::parse(request.body, nullptr, false);
  if (std::optional<http::Response> refusal = check_shape(body, *operation->shape)) return *refusal;
  Call call{world, incoming.region, body, get_string(body, "Name").value_or("")};
  if (std::optional<http::Response> refusal = refuse_name(call.name)) return *refusal;
  return operation->run(call);
}

std::string save_ssm(const CloudState& world) {
  Json out = Json::array();
  for (const auto& [where, parameter] : world.ssm->parameters) {
    out.push_back({{"region", where.first},
                   {"name", where.second},
                   {"value", parameter.value},
                   {"description", parameter.description},
                   {"version", parameter.version},
                   {"changed_at", parameter.changed_at.time_since_epoch().count()},
                   {"tags", parameter.tags}});
  }
  return dump(out);
}

bool load_ssm(CloudState& world, std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_array()) return false;
  SsmState state;
  for (const Json& item : json) {
    const std::optional<std::string> name = get_string(item, "name");
    if (!name) return false;
    SsmParameter& parameter = state.parameters[{get_string(item, "region").value_or(""), *name}];
    parameter.value = get_string(item, "value").value_or("");
    parameter.description = get_string(item, "description").value_or("");
    parameter.version = get_integer(item, "version").value_or(1);
    parameter.changed_at = WallTime(std::chrono::milliseconds(get_integer(item, "changed_at").value_or(0)));
    if (const Json* tags = get_object(item, "tags")) {
      for (const auto& [key, value] : tags->items()) parameter.tags[key] = get_string(*tags, key).value_or("");
    }
  }
  *world.ssm = std::move(state);
  return true;
}

}  // namespace fhctl::sandbox
