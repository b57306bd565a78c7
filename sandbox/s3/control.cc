// S3 Control, as far as it tags buckets.
#include "core/base/text.h"
#include "sandbox/s3/bucket_policy.h"
#include "sandbox/s3/operations.h"
#include "sandbox/wire/tag_rules.h"

namespace fhctl::sandbox::s3 {
namespace {

constexpr std::string_view kTagsPath = "/v20180820/tags/";
constexpr const char* kControlNamespace = "http://awss3control.amazonaws.com/doc/2018-08-20/";

http::Response tag(S3Call& call) {
  pugi::xml_document document;
  if (!parse_xml(document, call.body())) return s3_malformed(call);
  const pugi::xml_node root = document.document_element();
  if (root.name() != std::string_view("TagResourceRequest") || !has_only(root, "Tags") || !has_once(root, "Tags") ||
      root.attribute("xmlns").value() != std::string_view(kControlNamespace)) {
    return s3_malformed(call);
  }
  http::Response refusal;
  const auto given = read_tags(call, root.child("Tags"), refusal);
  if (!given) return refusal;
  std::map<std::string, std::string> tags = call.bucket->tags;
  for (const auto& [key, value] : *given) tags[key] = value;
  if (tags.size() > kTagsMax) return s3_error(call, 400, "InvalidTag", "The number of tags exceeds the limit of 50.");
  call.bucket->tags = std::move(tags);
  return s3_empty(call, 204);
}

// The parameter tagKeys is given once for each key.
http::Response untag(S3Call& call) {
  std::vector<std::string> keys;
  for (const std::string& part : split(call.incoming.raw.query, '&')) {
    const std::size_t equals = part.find('=');
    if (equals == std::string::npos || part.substr(0, equals) != "tagKeys") {
      return s3_error(call, 400, "InvalidRequest", "The parameter " + part + " is not one of UntagResource.");
    }
    keys.push_back(percent_decode(part.substr(equals + 1)));
  }
  if (keys.empty()) return s3_error(call, 400, "InvalidRequest", "Missing the parameter tagKeys.");
  for (const std::string& key : keys) call.bucket->tags.erase(key);
  return s3_empty(call, 204);
}

http::Response list_tags(S3Call& call) {
  pugi::xml_document document;
  pugi::xml_node root = document.append_child("ListTagsForResourceResult");
  root.append_attribute("xmlns").set_value(kControlNamespace);
  const pugi::xml_node list = add_element(root, "Tags");
  for (const auto& [key, value] : call.bucket->tags) {
    const pugi::xml_node entry = add_element(list, "Tag");
    add_text(entry, "Key", key);
    add_text(entry, "Value", value);
  }
  return s3_document(call, document);
}

}  // namespace

std::optional<http::Response> answer_control(CloudState& world, const Incoming& incoming) {
  const std::optional<std::string> account = incoming.raw.headers.find("x-amz-account-id");
  if (!account || !starts_with(incoming.raw.path, kTagsPath)) return std::nullopt;
  S3Call call{world, incoming, {}, {}, false, {}, nullptr};
  const std::string arn = percent_decode(incoming.raw.path.substr(kTagsPath.size()));
  call.bucket_name = arn.substr(arn.rfind(':') + 1);
  const auto found = world.s3->buckets.find(call.bucket_name);
  if (*account != world.options.account || is_foreign_bucket(world, call.bucket_name)) {
    return s3_error(call, 403, "AccessDenied", "Access Denied");
  }
  if (found == world.s3->buckets.end() || found->second.region != incoming.region ||
      arn != arn_in_bucket(found->second, "")) {
    return s3_error(call, 404, "NoSuchResource", "The specified resource does not exist.");
  }
  call.bucket = &found->second;
  const std::string& method = incoming.raw.method;
  if (method == "GET") return list_tags(call);
  if (method == "DELETE") return untag(call);
  if (method == "POST") return tag(call);
  return s3_error(call, 405, "MethodNotAllowed", "The specified method is not allowed against this resource.");
}

}  // namespace fhctl::sandbox::s3
