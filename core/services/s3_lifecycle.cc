// Lifecycle rules: read, merged and written as XML, so that what fhctl does not know about them is kept.
#include "core/services/s3.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/services/protocols/response_errors.h"
#include "core/services/protocols/rest_xml.h"

namespace fhctl::s3 {
namespace {

constexpr const char* kMinimumSizeHeader = "x-amz-transition-default-minimum-object-size";

// Normalizes different spellings of the same meaning.
std::string canonical_rule(const pugi::xml_node& rule);

}  // namespace

Result<Lifecycle> get_lifecycle(aws::Client& client, const BucketRef& bucket) {
  constexpr const char* kOperation = "GetBucketLifecycleConfiguration";
  Result<http::Response> response = client.call(bucket_call("GET", kOperation, bucket, {{"lifecycle", ""}}));
  if (!response) {
    if (is_fault(response.error(), "NoSuchLifecycleConfiguration")) return Lifecycle{};
    return response.error();
  }
  ASSIGN_OR_RETURN(XmlDocument document, parse_xml(response->body, fmt::format("the answer to {}", kOperation)));
  Lifecycle lifecycle{{}, response->headers.find(kMinimumSizeHeader).value_or("")};
  for (const pugi::xml_node& rule : child_elements(document->document_element(), "Rule")) {
    lifecycle.rules.push_back({.id = child_text(rule, "ID").value_or(""), .xml = xml_text(rule)});
  }
  // A configuration always has a rule; without rules S3 returns 404. An unexpected document must not be read as "no
  // rules", because the rules of other tools would be lost.
  if (lifecycle.rules.empty()) return missing_member(kOperation, "Rule");
  return lifecycle;
}

Result<void> put_lifecycle(aws::Client& client, const BucketRef& bucket, const Lifecycle& lifecycle) {
  if (lifecycle.rules.empty()) return delete_lifecycle(client, bucket);  // S3 refuses a configuration without rules
  XmlDocument document = new_xml_document();
  pugi::xml_node root = append_root(*document, "LifecycleConfiguration");
  for (const LifecycleRule& rule : lifecycle.rules) {
    ASSIGN_OR_RETURN(XmlDocument parsed, parse_xml(rule.xml, fmt::format("lifecycle rule '{}'", rule.id)));
    root.append_copy(parsed->document_element());
  }
  aws::Call call = bucket_call("PUT", "PutBucketLifecycleConfiguration", bucket, {{"lifecycle", ""}});
  if (!lifecycle.minimum_size.empty()) call.request.headers.set(kMinimumSizeHeader, lifecycle.minimum_size);
  set_body(call, xml_text(*document));
  return call_for_nothing(client, call);
}

Result<void> delete_lifecycle(aws::Client& client, const BucketRef& bucket) {
  return call_for_nothing(client, bucket_call("DELETE", "DeleteBucketLifecycle", bucket, {{"lifecycle", ""}}));
}

LifecycleRule abort_uploads_rule(const std::string& id, int days) {
  XmlDocument document = new_xml_document();
  pugi::xml_node rule = document->append_child("Rule");
  append_text(rule, "ID", id);
  append_text(rule.append_child("Filter"), "Prefix", "");
  append_text(rule, "Status", "Enabled");
  append_text(rule.append_child("AbortIncompleteMultipartUpload"), "DaysAfterInitiation", std::to_string(days));
  return {.id = id, .xml = xml_text(*document)};
}

bool same_rule(const LifecycleRule& a, const LifecycleRule& b) {
  Result<XmlDocument> first = parse_xml(a.xml, "a lifecycle rule");
  Result<XmlDocument> second = parse_xml(b.xml, "a lifecycle rule");
  if (!first || !second) return a.xml == b.xml;
  return canonical_rule((*first)->document_element()) == canonical_rule((*second)->document_element());
}

namespace {

// These elements contain the user's text, where white space matters.
bool holds_user_text(std::string_view name) { return name == "Prefix" || name == "Key" || name == "Value"; }

// "name(child child)" or "name=text", children sorted. Recursive: parse_xml has bounded the depth.
std::string canonical_element(const pugi::xml_node& element) {
  std::string name(local_name(element));
  std::vector<std::string> children;
  for (const pugi::xml_node& child : element.children()) {
    if (child.type() == pugi::node_element) children.push_back(canonical_element(child));
  }
  if (children.empty()) {
    std::string text = text_of(element);
    if (!holds_user_text(name)) text = trim(text);
    return fmt::format("{}={}:{}", name, text.size(), text);
  }
  std::sort(children.begin(), children.end());
  return fmt::format("{}({})", name, join(children, " "));
}

// The prefix when the rule has no other filter: <Prefix> in the rule is the older spelling of <Filter><Prefix>, and
// without either the rule is for all objects.
std::optional<std::string> plain_prefix(const pugi::xml_node& rule) {
  pugi::xml_node filter = child_element(rule, "Filter");
  if (!filter) return child_text(rule, "Prefix").value_or("");
  for (const pugi::xml_node& child : filter.children()) {
    if (child.type() == pugi::node_element && local_name(child) != "Prefix") return std::nullopt;
  }
  return child_text(filter, "Prefix").value_or("");
}

std::string canonical_rule(const pugi::xml_node& rule) {
  std::optional<std::string> prefix = plain_prefix(rule);
  std::vector<std::string> parts;
  if (prefix) parts.push_back(fmt::format("prefix={}:{}", prefix->size(), *prefix));
  for (const pugi::xml_node& child : rule.children()) {
    if (child.type() != pugi::node_element) continue;
    bool said_already = prefix && (local_name(child) == "Filter" || local_name(child) == "Prefix");
    if (!said_already) parts.push_back(canonical_element(child));
  }
  std::sort(parts.begin(), parts.end());
  return join(parts, " ");
}

}  // namespace
}  // namespace fhctl::s3
