// Lifecycle rules: validated, converted to the form that AWS returns, and stored as a document.
#include <set>

#include "core/base/text.h"
#include "sandbox/s3/operations.h"

namespace fhctl::sandbox::s3 {
namespace {

constexpr std::size_t kRulesMax = 1000;
constexpr std::size_t kRuleIdMax = 255;
constexpr const char* kActions =
    "Expiration Transition NoncurrentVersionExpiration NoncurrentVersionTransition AbortIncompleteMultipartUpload";
constexpr const char* kMinimumSizeHeader = "x-amz-transition-default-minimum-object-size";
constexpr const char* kColderClasses = "GLACIER STANDARD_IA ONEZONE_IA INTELLIGENT_TIERING DEEP_ARCHIVE GLACIER_IR";

using Problem = std::optional<http::Response>;

bool is_positive(const pugi::xml_node& node, const char* name) {
  if (!node.child(name)) return true;
  const std::optional<std::int64_t> number = parse_integer(child_text(node, name));
  return has_once(node, name) && number && *number > 0;
}

// What each action may contain; all numbers must be above zero.
bool is_action(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  if (name == "Expiration") {
    const std::string marker = child_text(node, "ExpiredObjectDeleteMarker");
    const std::size_t count = static_cast<std::size_t>(std::distance(node.begin(), node.end()));
    return has_only(node, "Days Date ExpiredObjectDeleteMarker") && count == 1 && is_positive(node, "Days") &&
           is_listed("true false", marker.empty() ? "true" : marker);
  }
  if (name == "AbortIncompleteMultipartUpload") {
    return has_only(node, "DaysAfterInitiation") && has_once(node, "DaysAfterInitiation") &&
           is_positive(node, "DaysAfterInitiation");
  }
  if (name == "NoncurrentVersionExpiration") {
    return has_only(node, "NoncurrentDays NewerNoncurrentVersions") && has_once(node, "NoncurrentDays") &&
           is_positive(node, "NoncurrentDays") && is_positive(node, "NewerNoncurrentVersions");
  }
  if (!is_listed(kColderClasses, child_text(node, "StorageClass"))) return false;
  if (name == "Transition") return has_only(node, "Days Date StorageClass");
  return has_only(node, "NoncurrentDays NewerNoncurrentVersions StorageClass") && is_positive(node, "NoncurrentDays");
}

bool is_filter(const pugi::xml_node& filter, bool inside_and) {
  const char* names = inside_and ? "Prefix Tag ObjectSizeGreaterThan ObjectSizeLessThan"
                                 : "Prefix Tag And ObjectSizeGreaterThan ObjectSizeLessThan";
  if (!has_only(filter, names)) return false;
  for (const pugi::xml_node tag : filter.children("Tag")) {
    if (!has_only(tag, "Key Value") || !has_once(tag, "Key") || !has_once(tag, "Value")) return false;
  }
  if (inside_and) return count_of(filter, "Prefix") <= 1;
  const auto count = std::distance(filter.begin(), filter.end());
  return count <= 1 && (!filter.child("And") || is_filter(filter.child("And"), true));
}

Problem check_rule(const S3Call& call, const pugi::xml_node& rule) {
  const bool has_prefix = has_once(rule, "Prefix");
  const bool has_filter = has_once(rule, "Filter");
  if (!has_only(rule, std::string("ID Status Prefix Filter ") + kActions) || !has_once(rule, "Status") ||
      !is_listed("Enabled Disabled", child_text(rule, "Status")) || has_prefix == has_filter ||
      !is_filter(rule.child("Filter"), false)) {
    return s3_malformed(call);
  }
  bool acts = false;
  for (const pugi::xml_node child : rule.children()) {
    if (!is_listed(kActions, child.name())) continue;
    if (!is_action(child)) return s3_malformed(call);
    acts = true;
  }
  if (!acts) {
    return s3_error(call, 400, "InvalidRequest", "At least one action needs to be specified in a rule");
  }
  if (count_of(rule, "ID") > 1 || child_text(rule, "ID").size() > kRuleIdMax) {
    return s3_error(call, 400, "InvalidArgument", "ID length should not exceed allowed limit of 255");
  }
  return std::nullopt;
}

// Writes a rule in the form of GET: an ID first, the prefix inside a filter.
void write_rule(CloudState& world, const pugi::xml_node& rule, pugi::xml_node list) {
  pugi::xml_node out = add_element(list, "Rule");
  const std::string id = child_text(rule, "ID");
  add_text(out, "ID", id.empty() ? to_base64(random_hex(world.entropy, 24)) : id);
  if (const pugi::xml_node filter = rule.child("Filter")) {
    out.append_copy(filter);
  } else {
    add_text(add_element(out, "Filter"), "Prefix", child_text(rule, "Prefix"));
  }
  add_text(out, "Status", child_text(rule, "Status"));
  for (const pugi::xml_node child : rule.children()) {
    if (is_listed(kActions, child.name())) out.append_copy(child);
  }
}

}  // namespace

http::Response put_lifecycle(S3Call& call) {
  pugi::xml_document document;
  if (Problem refusal = read_document(call, "LifecycleConfiguration", document)) return *refusal;
  const pugi::xml_node root = document.document_element();
  const std::size_t count = count_of(root, "Rule");
  if (!has_only(root, "Rule") || count == 0 || count > kRulesMax) return s3_malformed(call);
  std::set<std::string> ids;
  pugi::xml_document kept;
  const pugi::xml_node list = s3_root(kept, "LifecycleConfiguration");
  for (const pugi::xml_node rule : root.children("Rule")) {
    if (Problem refusal = check_rule(call, rule)) return *refusal;
    const std::string id = child_text(rule, "ID");
    if (!id.empty() && !ids.insert(id).second) {
      return s3_error(call, 400, "InvalidArgument", "Rule ID must be unique. Found same ID for more than one rule");
    }
    write_rule(call.world, rule, list);
  }
  const std::string minimum = call.header(kMinimumSizeHeader).value_or("all_storage_classes_128K");
  if (!is_listed("all_storage_classes_128K varies_by_storage_class", minimum)) {
    return s3_error(call, 400, "InvalidRequest", std::string("Invalid ") + kMinimumSizeHeader);
  }
  call.bucket->lifecycle = write_xml(kept);
  call.bucket->lifecycle_minimum_size = minimum;
  http::Response response = s3_empty(call, 200);
  response.headers.set(kMinimumSizeHeader, minimum);
  return response;
}

http::Response get_lifecycle(S3Call& call) {
  if (call.bucket->lifecycle.empty()) {
    return s3_error(call, 404, "NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist",
                    {{"BucketName", call.bucket_name}});
  }
  http::Response response = s3_empty(call, 200);
  response.headers.set("Content-Type", "application/xml");
  response.headers.set(kMinimumSizeHeader, call.bucket->lifecycle_minimum_size);
  response.body = call.bucket->lifecycle;
  return response;
}

http::Response delete_lifecycle(S3Call& call) {
  call.bucket->lifecycle.clear();
  return s3_empty(call, 204);
}

}  // namespace fhctl::sandbox::s3
