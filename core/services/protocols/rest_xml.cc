#include "core/services/protocols/rest_xml.h"

#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/aws/error_codes.h"
#include "core/base/digest.h"
#include "core/base/text.h"

namespace fhctl::s3 {
namespace {

constexpr const char* kNamespace = "http://s3.amazonaws.com/doc/2006-03-01/";

std::string write_query(const Query& query) {
  std::vector<std::string> parts;
  for (const auto& [name, value] : query) {
    std::string part = percent_encode(name);
    if (!value.empty()) part += "=" + percent_encode(value);
    parts.push_back(std::move(part));
  }
  return join(parts, "&");
}

}  // namespace

std::string bucket_resource(std::string_view bucket) { return fmt::format("bucket {}", bucket); }

aws::Call bucket_call(std::string method, std::string operation, const BucketRef& bucket, const Query& query) {
  aws::Call call;
  call.service = aws::Service::kS3;
  call.operation = std::move(operation);
  call.bucket = bucket.name;
  if (!bucket.name.empty()) call.resources.needs = bucket_resource(bucket.name);
  call.request.method = std::move(method);
  call.request.path = "/";
  call.request.query = write_query(query);
  if (!bucket.owner.empty()) call.request.headers.set("x-amz-expected-bucket-owner", bucket.owner);
  return call;
}

Result<aws::Call> object_call(std::string method, std::string operation, const BucketRef& bucket,
                              const std::string& key, const Query& query) {
  if (key.empty()) {
    return Error{
        .kind = ErrorKind::kUsage,
        .message = fmt::format("{} in bucket {}: the key of an object cannot be empty", operation, bucket.name)};
  }
  aws::Call call = bucket_call(std::move(method), std::move(operation), bucket, query);
  call.request.path = "/" + percent_encode(key, /*keep_slash=*/true);
  return call;
}

void set_body(aws::Call& call, std::string body, std::string_view content_type) {
  call.request.headers.set("Content-Type", content_type);
  call.request.headers.set("Content-MD5", to_base64(md5(body)));
  call.request.body = std::move(body);
}

pugi::xml_node append_root(pugi::xml_document& document, const char* name) {
  pugi::xml_node root = document.append_child(name);
  root.append_attribute("xmlns").set_value(kNamespace);
  return root;
}

void append_tags(pugi::xml_node parent, const Tags& tags) {
  for (const auto& [key, value] : tags) {
    pugi::xml_node tag = parent.append_child("Tag");
    append_text(tag, "Key", key);
    append_text(tag, "Value", value);
  }
}

Result<XmlDocument> call_for_document(aws::Client& client, const aws::Call& call) {
  ASSIGN_OR_RETURN(http::Response response, client.call(call));
  // The client has refused <Error> and HTML already; the names of other roots differ between servers.
  return parse_xml(response.body, "the answer to " + call.operation);
}

Result<void> call_for_nothing(aws::Client& client, const aws::Call& call) {
  ASSIGN_OR_RETURN(http::Response response, client.call(call));
  return ok();
}

Error judge_response(const aws::Call& call, const http::Response& response) {
  aws::ErrorClass verdict =
      aws::classify(call.service, call.operation, aws::read_error_response(call.service, response));
  return with_context(std::move(verdict.error), call.operation);
}

bool is_true(const std::optional<std::string>& text) { return text && equal_ignoring_case(*text, "true"); }

}  // namespace fhctl::s3
