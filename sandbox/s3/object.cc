// Single objects in the simulated S3: conditional writes, reads, deletes.
#include <algorithm>

#include "core/base/text.h"
#include "sandbox/s3/checksum.h"
#include "sandbox/s3/operations.h"
#include "sandbox/s3/store.h"

namespace fhctl::sandbox::s3 {
namespace {

constexpr const char* kStorageClasses =
    "STANDARD REDUCED_REDUNDANCY STANDARD_IA ONEZONE_IA INTELLIGENT_TIERING GLACIER DEEP_ARCHIVE GLACIER_IR";

http::Response precondition_failed(const S3Call& call, const char* condition) {
  return s3_error(call, 412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold",
                  {{"Condition", condition}});
}

http::Response no_such_key(const S3Call& call) {
  return s3_error(call, 404, "NoSuchKey", "The specified key does not exist.", {{"Key", call.key}});
}

// Etags are accepted with and without their quotes.
bool is_etag(const std::string& given, const std::string& etag) { return given == etag || "\"" + given + "\"" == etag; }

void set_version_headers(http::Response& response, const Bucket& bucket, const std::string& id, bool is_marker) {
  if (!bucket.versioning.empty() && !id.empty()) response.headers.set("x-amz-version-id", id);
  if (is_marker) response.headers.set("x-amz-delete-marker", "true");
}

std::optional<http::Response> check_put_headers(const S3Call& call) {
  const std::string storage = call.header("x-amz-storage-class").value_or("STANDARD");
  if (!is_listed(kStorageClasses, storage)) {
    return s3_error(call, 400, "InvalidStorageClass", "The storage class you specified is not valid",
                    {{"StorageClassRequested", storage}});
  }
  if (!is_listed("AES256 aws:kms aws:kms:dsse", call.header("x-amz-server-side-encryption").value_or("AES256"))) {
    return s3_error(call, 400, "InvalidArgument", "The encryption method specified is not supported");
  }
  // New buckets have ACLs disabled; only "private", which changes nothing, and bucket-owner-full-control are accepted.
  if (call.header("x-amz-acl") && !is_listed("private bucket-owner-full-control", *call.header("x-amz-acl"))) {
    return s3_error(call, 400, "AccessControlListNotSupported", "The bucket does not allow ACLs");
  }
  return std::nullopt;
}

// Returns the version that a read asks for; nullptr and an error response if there is no readable one.
const ObjectVersion* find_readable(const S3Call& call, http::Response& refusal) {
  const std::optional<std::string> id = call.param("versionId");
  const ObjectVersion* version =
      id ? find_version(*call.bucket, call.key, *id) : newest_version(*call.bucket, call.key);
  if (version != nullptr && !version->is_delete_marker) return version;
  if (version == nullptr) {
    refusal = id ? s3_error(call, 404, "NoSuchVersion", "The specified version does not exist.",
                            {{"Key", call.key}, {"VersionId", *id}})
                 : no_such_key(call);
    return nullptr;
  }
  refusal = id ? s3_error(call, 405, "MethodNotAllowed", "The specified method is not allowed against this resource.",
                          {{"Method", call.incoming.raw.method}, {"ResourceType", "DeleteMarker"}})
               : no_such_key(call);
  set_version_headers(refusal, *call.bucket, version->id, true);
  return nullptr;
}

struct Range {
  std::size_t first = 0;
  std::size_t length = 0;
};

// "bytes=a-b", "bytes=a-" and "bytes=-n". Other forms are ignored, as HTTP requires; nullopt: outside of the object.
std::optional<Range> read_range(const std::string& text, std::size_t size) {
  const Range whole{0, size};
  const std::size_t dash = text.find('-');
  if (!starts_with(text, "bytes=") || dash == std::string::npos) return whole;
  const std::optional<std::int64_t> first = parse_integer(text.substr(6, dash - 6));
  const std::optional<std::int64_t> last = parse_integer(text.substr(dash + 1));
  if (dash == 6) {
    if (!last || *last < 0) return whole;
    const std::size_t length = std::min(size, static_cast<std::size_t>(*last));
    return length == 0 ? std::nullopt : std::optional<Range>({size - length, length});
  }
  if (!first || *first < 0 || (!last && dash + 1 != text.size()) || (last && *last < *first)) return whole;
  const std::size_t begin = static_cast<std::size_t>(*first);
  if (begin >= size) return std::nullopt;
  const std::size_t end = last ? std::min(size, static_cast<std::size_t>(*last) + 1) : size;
  return Range{begin, end - begin};
}

void set_object_headers(const S3Call& call, const ObjectVersion& object, bool is_whole, http::Response& response) {
  for (const http::Header& header : object.headers) {
    const bool is_checksum = starts_with(header.name, "x-amz-checksum-");
    // The checksum of a part differs from that of the whole object.
    if (is_checksum && (!is_whole || to_upper(call.header("x-amz-checksum-mode").value_or("")) != "ENABLED")) continue;
    response.headers.set(header.name, header.value);
  }
  for (const auto& [name, value] : call.query) {
    if (starts_with(name, "response-")) response.headers.set(name.substr(std::string_view("response-").size()), value);
  }
  response.headers.set("ETag", object.etag);
  response.headers.set("Last-Modified", format_http_date(object.modified));
  response.headers.set("Accept-Ranges", "bytes");
  if (!response.headers.find("x-amz-server-side-encryption")) {
    response.headers.set("x-amz-server-side-encryption", call.bucket->encryption.algorithm);
  }
  set_version_headers(response, *call.bucket, object.id, false);
}

std::optional<http::Response> check_read_conditions(const S3Call& call, const ObjectVersion& object) {
  const std::optional<std::string> match = call.header("if-match");
  if (match && *match != "*" && !is_etag(*match, object.etag)) return precondition_failed(call, "If-Match");
  const std::optional<std::string> none_match = call.header("if-none-match");
  if (none_match && (*none_match == "*" || is_etag(*none_match, object.etag))) {
    http::Response response = s3_empty(call, 304);
    response.headers.set("ETag", object.etag);
    response.headers.set("Last-Modified", format_http_date(object.modified));
    return response;
  }
  if (call.header("if-modified-since") || call.header("if-unmodified-since")) {
    return s3_error(call, 501, "NotImplemented", "A header you provided implies functionality that is not implemented");
  }
  return std::nullopt;
}

}  // namespace

std::vector<http::Header> headers_to_keep(const S3Call& call) {
  constexpr const char* kKept =
      "content-type content-encoding content-disposition content-language cache-control expires x-amz-meta-* "
      "x-amz-storage-class x-amz-server-side-encryption*";
  std::vector<http::Header> kept;
  for (const http::Header& header : call.incoming.raw.headers.all) {
    const std::string name = to_lower(header.name);
    std::string value = header.value;
    // "aws-chunked" describes the transfer, not the object.
    if (name == "content-encoding") value = std::string(trim(replace_all(value, "aws-chunked", "")));
    if (value.empty() || !is_listed(kKept, name) || (name == "x-amz-storage-class" && value == "STANDARD")) continue;
    kept.push_back({name, value});
  }
  if (!call.header("content-type")) kept.push_back({"content-type", "binary/octet-stream"});
  if (!call.header("x-amz-server-side-encryption")) {
    const BucketEncryption& encryption = call.bucket->encryption;
    kept.push_back({"x-amz-server-side-encryption", encryption.algorithm});
    if (!encryption.kms_key_id.empty()) {
      kept.push_back({"x-amz-server-side-encryption-aws-kms-key-id", encryption.kms_key_id});
    }
  }
  return kept;
}

// A delete marker counts as absent. If-Match on what is absent is a 404, not a 412.
std::optional<http::Response> check_write_conditions(const S3Call& call) {
  const ObjectVersion* object = current_object(*call.bucket, call.key);
  const std::optional<std::string> none_match = call.header("if-none-match");
  const std::optional<std::string> match = call.header("if-match");
  if ((none_match && *none_match != "*") || (match && none_match) || (match && *match == "*")) {
    return s3_error(call, 501, "NotImplemented", "A header you provided implies functionality that is not implemented",
                    {{"Header", none_match ? "If-None-Match" : "If-Match"}});
  }
  if (none_match && object != nullptr) return precondition_failed(call, "If-None-Match");
  if (match && object == nullptr) return no_such_key(call);
  if (match && !is_etag(*match, object->etag)) return precondition_failed(call, "If-Match");
  return std::nullopt;
}

http::Response put_object(S3Call& call) {
  if (std::optional<http::Response> refusal = check_put_headers(call)) return *refusal;
  if (std::optional<http::Response> refusal = check_write_conditions(call)) return *refusal;
  ObjectVersion version;
  version.body = call.body();
  version.headers = headers_to_keep(call);
  const http::Header checksum = checksum_to_keep(call);
  version.headers.push_back(checksum);
  version.headers.push_back({"x-amz-checksum-type", "FULL_OBJECT"});
  const ObjectVersion& stored = put_version(call.world, *call.bucket, call.key, std::move(version));
  http::Response response = s3_empty(call, 200);
  response.headers.set("ETag", stored.etag);
  response.headers.set(checksum.name, checksum.value);
  response.headers.set("x-amz-checksum-type", "FULL_OBJECT");
  for (const http::Header& header : stored.headers) {
    if (starts_with(header.name, "x-amz-server-side-encryption")) response.headers.set(header.name, header.value);
  }
  set_version_headers(response, *call.bucket, stored.id, false);
  return response;
}

http::Response get_object(S3Call& call) {
  http::Response refusal;
  const ObjectVersion* object = find_readable(call, refusal);
  if (object == nullptr) return refusal;
  if (std::optional<http::Response> answer = check_read_conditions(call, *object)) return *answer;
  const std::size_t size = object->body.size();
  const std::optional<Range> range = read_range(call.header("range").value_or(""), size);
  if (!range) {
    return s3_error(call, 416, "InvalidRange", "The requested range is not satisfiable",
                    {{"RangeRequested", *call.header("range")}, {"ActualObjectSize", std::to_string(size)}});
  }
  const bool is_whole = range->length == size;
  http::Response response = s3_empty(call, is_whole ? 200 : 206);
  set_object_headers(call, *object, is_whole, response);
  response.headers.set("Content-Length", std::to_string(range->length));
  if (!is_whole) {
    response.headers.set("Content-Range", "bytes " + std::to_string(range->first) + "-" +
                                              std::to_string(range->first + range->length - 1) + "/" +
                                              std::to_string(size));
  }
  response.body = object->body.substr(range->first, range->length);
  return response;
}

http::Response remove_object(S3Call& call) {
  const std::string id = call.param("versionId").value_or("");
  if (call.param("versionId") && id.empty()) {
    return s3_error(call, 400, "InvalidArgument", "Version id cannot be the empty string",
                    {{"ArgumentName", "versionId"}});
  }
  if (const std::optional<std::string> match = call.header("if-match")) {
    const ObjectVersion* object = newest_version(*call.bucket, call.key);
    if (object == nullptr) return no_such_key(call);
    if (object->is_delete_marker || (*match != "*" && !is_etag(*match, object->etag))) {
      return precondition_failed(call, "If-Match");
    }
  }
  if (!id.empty() && lacks_mfa(call)) {
    return s3_error(call, 403, "AccessDenied", "Mfa Authentication must be used for this request");
  }
  const Deletion deletion = delete_object(call.world, *call.bucket, call.key, id);
  http::Response response = s3_empty(call, 204);
  set_version_headers(response, *call.bucket, deletion.version_id, deletion.is_delete_marker);
  return response;
}

}  // namespace fhctl::sandbox::s3
