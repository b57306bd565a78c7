#include "core/services/s3_objects.h"

#include <utility>

#include "core/base/text.h"
#include "core/services/protocols/response_errors.h"
#include "core/services/protocols/rest_xml.h"

namespace fhctl::s3 {
namespace {

constexpr const char* kAlgorithmHeader = "x-amz-server-side-encryption";
constexpr const char* kKeyHeader = "x-amz-server-side-encryption-aws-kms-key-id";

Object read_object(http::Response&& response);
std::optional<WallTime> date_of(const http::Response& response);

}  // namespace

Result<std::optional<Object>> get_object(aws::Client& client, const BucketRef& bucket, const std::string& key) {
  ASSIGN_OR_RETURN(aws::Call call, object_call("GET", "GetObject", bucket, key));
  Result<http::Response> response = client.call(call);
  if (response) return std::optional<Object>(read_object(std::move(*response)));
  if (is_fault(response.error(), "NoSuchKey")) return std::optional<Object>();
  return response.error();
}

Result<ConditionalObject> get_object_if_changed(aws::Client& client, const BucketRef& bucket, const std::string& key,
                                                const std::string& etag) {
  using Answer = ConditionalObject::Answer;
  ASSIGN_OR_RETURN(aws::Call call, object_call("GET", "GetObject", bucket, key));
  call.statuses_are_data = true;
  call.request.headers.set("If-None-Match", etag);
  ASSIGN_OR_RETURN(http::Response response, client.call(call));
  if (response.status < 300) return ConditionalObject{Answer::kFound, read_object(std::move(response))};
  if (response.status == 304) return ConditionalObject{Answer::kUnchanged, {}};
  Error refusal = judge_response(call, response);
  if (is_fault(refusal, "NoSuchKey")) return ConditionalObject{Answer::kAbsent, {}};
  return refusal;
}

Result<PutAnswer> put_object(aws::Client& client, const BucketRef& bucket, const std::string& key,
                             const std::string& body, const std::string& content_type, const PutCondition& condition,
                             const Encryption& encryption) {
  using Outcome = PutAnswer::Outcome;
  ASSIGN_OR_RETURN(aws::Call call, object_call("PUT", "PutObject", bucket, key));
  set_body(call, body, content_type);
  if (!encryption.algorithm.empty()) call.request.headers.set(kAlgorithmHeader, encryption.algorithm);
  if (!encryption.kms_key_id.empty()) call.request.headers.set(kKeyHeader, encryption.kms_key_id);
  bool conditional = condition.if_absent || !condition.if_match.empty();
  if (condition.if_absent) call.request.headers.set("If-None-Match", "*");
  if (!condition.if_match.empty()) call.request.headers.set("If-Match", condition.if_match);
  if (conditional) call.safety = aws::Idempotency::kNotIdempotent;
  call.statuses_are_data = conditional;

  ASSIGN_OR_RETURN(http::Response response, client.call(call));
  if (response.status < 300) {
    return PutAnswer{Outcome::kStored, response.headers.find("ETag").value_or(""), date_of(response)};
  }
  if (response.status == 412) return PutAnswer{Outcome::kConditionFailed, "", date_of(response)};
  // Under If-Match an object that is gone is a 404, not a 412.
  Error refusal = judge_response(call, response);
  if (!condition.if_match.empty() && is_fault(refusal, "NoSuchKey")) {
    return PutAnswer{Outcome::kConditionFailed, "", date_of(response)};
  }
  return refusal;
}

Result<bool> delete_object(aws::Client& client, const BucketRef& bucket, const std::string& key,
                           const std::string& version_id, const std::string& if_match) {
  Query query;
  if (!version_id.empty()) query["versionId"] = version_id;
  ASSIGN_OR_RETURN(aws::Call call, object_call("DELETE", "DeleteObject", bucket, key, query));
  // Repeating a delete is safe even under a condition, because it can only delete the object that the ETag names.
  if (!if_match.empty()) call.request.headers.set("If-Match", if_match);
  call.statuses_are_data = !if_match.empty();

  Result<http::Response> response = client.call(call);
  if (response && response->status < 300) return true;
  if (response && response->status == 412) return false;
  Error refusal = response ? judge_response(call, *response) : response.error();
  if (is_fault(refusal, "NoSuchKey") || is_fault(refusal, "NoSuchVersion")) return true;
  return refusal;
}

Result<std::vector<DeleteFailure>> delete_objects(aws::Client& client, const BucketRef& bucket,
                                                  const std::vector<ObjectVersion>& versions) {
  if (versions.empty()) return std::vector<DeleteFailure>{};
  XmlDocument document = new_xml_document();
  pugi::xml_node root = append_root(*document, "Delete");
  for (const ObjectVersion& version : versions) {
    if (!xml_can_carry(version.key)) {
      return Error{.kind = ErrorKind::kUsage,
                   .message = "DeleteObjects cannot name the key '" + escape_for_terminal(version.key) + "'"};
    }
    pugi::xml_node object = root.append_child("Object");
    append_text(object, "Key", version.key);
    if (!version.version_id.empty()) append_text(object, "VersionId", version.version_id);
  }
  append_text(root, "Quiet", "true");
  aws::Call call = bucket_call("POST", "DeleteObjects", bucket, {{"delete", ""}});
  set_body(call, xml_text(*document));

  ASSIGN_OR_RETURN(XmlDocument answer, call_for_document(client, call));
  std::vector<DeleteFailure> failures;
  // Some servers list what they deleted in spite of Quiet, so only the errors count.
  for (const pugi::xml_node& error : child_elements(answer->document_element(), "Error")) {
    DeleteFailure failure{.key = child_text(error, "Key").value_or(""),
                          .version_id = child_text(error, "VersionId").value_or(""),
                          .code = child_text(error, "Code").value_or(""),
                          .message = child_text(error, "Message").value_or("")};
    if (failure.code != "NoSuchKey" && failure.code != "NoSuchVersion") failures.push_back(std::move(failure));
  }
  return failures;
}

Result<bool> abort_multipart_upload(aws::Client& client, const BucketRef& bucket, const std::string& key,
                                    const std::string& upload_id) {
  if (upload_id.empty()) {  // the call would delete the object
    return Error{.kind = ErrorKind::kUsage, .message = "AbortMultipartUpload needs the id of an upload"};
  }
  ASSIGN_OR_RETURN(aws::Call call,
                   object_call("DELETE", "AbortMultipartUpload", bucket, key, {{"uploadId", upload_id}}));
  Result<void> aborted = call_for_nothing(client, call);
  if (aborted) return true;
  if (is_fault(aborted.error(), "NoSuchUpload")) return false;
  return aborted.error();
}

namespace {

Object read_object(http::Response&& response) {
  Object object;
  object.etag = response.headers.find("ETag").value_or("");
  if (std::optional<std::string> modified = response.headers.find("Last-Modified")) {
    object.last_modified = parse_http_date(*modified);
  }
  object.date = date_of(response);
  object.encryption.algorithm = response.headers.find(kAlgorithmHeader).value_or("");
  object.encryption.kms_key_id = response.headers.find(kKeyHeader).value_or("");
  object.body = std::move(response.body);
  return object;
}

std::optional<WallTime> date_of(const http::Response& response) {
  std::optional<std::string> date = response.headers.find("Date");
  return date ? parse_http_date(*date) : std::nullopt;
}

}  // namespace
}  // namespace fhctl::s3
