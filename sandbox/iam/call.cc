#include "sandbox/iam/call.h"

#include <algorithm>

#include "core/base/text.h"
#include "sandbox/wire/reply.h"
#include "sandbox/wire/tag_rules.h"

namespace fhctl::sandbox {
namespace {

std::size_t count_members(const IamCall& call, std::string_view prefix) {
  return static_cast<std::size_t>(std::count_if(call.params.begin(), call.params.end(),
                                                [&](const auto& param) { return starts_with(param.first, prefix); }));
}

}  // namespace

const std::string& IamCall::param(const std::string& name) const {
  static const std::string kNone;
  const auto found = params.find(name);
  return found == params.end() ? kNone : found->second;
}

http::Response iam_error(int status, std::string_view code, std::string_view message) {
  return query_error(status, code, message, kIamNamespace);
}

http::Response iam_invalid(std::string_view message) {
  return iam_error(400, "ValidationError", "1 validation error detected: " + std::string(message));
}

IamAnswer::IamAnswer(const IamCall& call) : action_(call.action) {
  root_ = document_.append_child((action_ + "Response").c_str());
  root_.append_attribute("xmlns").set_value(kIamNamespace);
}

pugi::xml_node IamAnswer::result() {
  if (!result_) result_ = root_.append_child((action_ + "Result").c_str());
  return result_;
}

http::Response IamAnswer::finish() {
  add_text(add_element(root_, "ResponseMetadata"), "RequestId", std::string(kRequestIdMark));
  http::Response response;
  response.status = 200;
  response.headers.set("Content-Type", "text/xml");
  response.body = write_xml(document_);
  return response;
}

std::optional<std::vector<std::string>> read_iam_tag_keys(const IamCall& call, http::Response& refusal) {
  std::vector<std::string> keys;
  for (int n = 1; call.has("TagKeys.member." + std::to_string(n)); ++n) {
    keys.push_back(call.param("TagKeys.member." + std::to_string(n)));
  }
  if (keys.empty() || keys.size() > kTagsMax || keys.size() != count_members(call, "TagKeys.member.")) {
    refusal = iam_invalid("Value at 'tagKeys' failed to satisfy constraint: Member must be a list of 1 to 50 keys");
    return std::nullopt;
  }
  return keys;
}

std::optional<IamTags> read_iam_tags(const IamCall& call, http::Response& refusal) {
  IamTags tags;
  for (int n = 1;; ++n) {
    const std::string prefix = "Tags.member." + std::to_string(n) + ".";
    if (!call.has(prefix + "Key") && !call.has(prefix + "Value")) break;
    const std::string key = call.param(prefix + "Key");
    const std::string value = call.param(prefix + "Value");
    std::optional<std::string> problem = tag_problem(key, value);
    if (!call.has(prefix + "Key") || !call.has(prefix + "Value")) problem = "Member must not be null";
    if (problem) {
      refusal = iam_invalid(*problem);
      return std::nullopt;
    }
    const bool is_known =
        std::any_of(tags.begin(), tags.end(), [&](const auto& tag) { return equal_ignoring_case(tag.first, key); });
    if (is_known) {
      refusal =
          iam_error(400, "InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.");
      return std::nullopt;
    }
    tags.emplace_back(key, value);
  }
  if (tags.size() > kTagsMax || tags.size() * 2 != count_members(call, "Tags.member.")) {
    refusal = iam_invalid("Value at 'tags' failed to satisfy constraint: Member must be a list of at most 50 tags");
    return std::nullopt;
  }
  return tags;
}

std::optional<std::vector<std::string>> read_page(const IamCall& call, const std::vector<std::string>& names,
                                                  pugi::xml_node result, http::Response& refusal) {
  const std::optional<std::int64_t> size = parse_integer(call.has("MaxItems") ? call.param("MaxItems") : "100");
  const std::optional<std::string> after = from_base64(call.param("Marker"));
  if (!size || *size < 1 || *size > 1000) {
    refusal = iam_invalid("Value '" + call.param("MaxItems") +
                          "' at 'maxItems' failed to satisfy constraint: Member must be between 1 and 1000");
    return std::nullopt;
  }
  if (!after || (call.has("Marker") && after->empty())) {
    refusal = iam_error(400, "ValidationError", "Invalid Marker.");
    return std::nullopt;
  }
  auto begin = names.begin();
  if (!after->empty()) {
    begin = std::find_if(names.begin(), names.end(), [&](const std::string& name) { return name > *after; });
  }
  const auto left = static_cast<std::int64_t>(names.end() - begin);
  const auto end = begin + static_cast<std::ptrdiff_t>(std::min(left, *size));
  add_bool(result, "IsTruncated", end != names.end());
  if (end != names.end()) add_text(result, "Marker", to_base64(*(end - 1)));
  return std::vector<std::string>(begin, end);
}

bool is_iam_name(std::string_view name, std::size_t size_max) {
  for (const char c : name) {
    const bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!alphanumeric && std::string_view("_+=,.@-").find(c) == std::string_view::npos) return false;
  }
  return !name.empty() && name.size() <= size_max;
}

bool is_iam_text(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const unsigned char c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 && c != '\t' && c != '\n' && c != '\r') return false;
    if (c < 0x80) continue;
    // U+0080 to U+00FF are two bytes in UTF-8, the first of them C2 or C3.
    if ((c != 0xC2 && c != 0xC3) || i + 1 >= text.size()) return false;
    if ((static_cast<unsigned char>(text[++i]) & 0xC0) != 0x80) return false;
  }
  return true;
}

}  // namespace fhctl::sandbox
