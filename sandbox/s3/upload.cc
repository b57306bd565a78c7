// Multipart uploads, which a bucket stores besides objects.
#include <vector>

#include "core/base/digest.h"
#include "core/base/text.h"
#include "sandbox/s3/operations.h"
#include "sandbox/s3/store.h"

namespace fhctl::sandbox::s3 {
namespace {

constexpr int kPartNumberMax = 10000;
constexpr std::size_t kPartBytesMin = 5 * 1024 * 1024;  // of every part but the last

using Uploads = std::map<std::pair<std::string, std::string>, MultipartUpload>;

Uploads::iterator find_upload(S3Call& call) {
  return call.bucket->uploads.find({call.key, call.param("uploadId").value_or("")});
}

http::Response no_such_upload(const S3Call& call) {
  return s3_error(call, 404, "NoSuchUpload",
                  "The specified upload does not exist. The upload ID may be invalid, or the upload may have been "
                  "aborted or completed.",
                  {{"UploadId", call.param("uploadId").value_or("")}});
}

// Joins the parts that the request names. Returns an error response if the list is not one of parts in order.
std::optional<http::Response> assemble(const S3Call& call, const MultipartUpload& upload, const pugi::xml_node& root,
                                       ObjectVersion& version) {
  int last = 0;
  std::size_t last_size = kPartBytesMin;
  std::string digests;
  for (const pugi::xml_node node : root.children("Part")) {
    const std::optional<std::int64_t> number = parse_integer(child_text(node, "PartNumber"));
    if (!has_only(node, "PartNumber ETag ChecksumCRC32 ChecksumCRC32C ChecksumCRC64NVME ChecksumSHA1 ChecksumSHA256") ||
        !number || *number < 1 || *number > kPartNumberMax) {
      return s3_malformed(call);
    }
    if (*number <= last) {
      return s3_error(call, 400, "InvalidPartOrder", "The list of parts was not in ascending order.");
    }
    const auto part = upload.parts.find(static_cast<int>(*number));
    const std::string etag = "\"" + replace_all(child_text(node, "ETag"), "\"", "") + "\"";
    if (part == upload.parts.end() || part->second.etag != etag) {
      return s3_error(call, 400, "InvalidPart", "One or more of the specified parts could not be found.");
    }
    if (last_size < kPartBytesMin) {
      return s3_error(call, 400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size");
    }
    last = static_cast<int>(*number);
    last_size = part->second.body.size();
    version.body += part->second.body;
    digests += md5(part->second.body);
  }
  const std::size_t count = count_of(root, "Part");
  if (count == 0 || !has_only(root, "Part")) return s3_malformed(call);
  version.etag = "\"" + to_hex(md5(digests)) + "-" + std::to_string(count) + "\"";
  return std::nullopt;
}

}  // namespace

http::Response create_upload(S3Call& call) {
  const std::string id = random_hex(call.world.entropy, 64);
  call.bucket->uploads[{call.key, id}] = MultipartUpload{call.world.now, headers_to_keep(call), {}};
  pugi::xml_document document;
  const pugi::xml_node root = s3_root(document, "InitiateMultipartUploadResult");
  add_text(root, "Bucket", call.bucket_name);
  add_text(root, "Key", call.key);
  add_text(root, "UploadId", id);
  http::Response response = s3_document(call, document);
  response.headers.set("x-amz-server-side-encryption",
                       call.header("x-amz-server-side-encryption").value_or(call.bucket->encryption.algorithm));
  return response;
}

http::Response upload_part(S3Call& call) {
  const auto upload = find_upload(call);
  if (upload == call.bucket->uploads.end()) return no_such_upload(call);
  const std::optional<std::int64_t> number = parse_integer(call.param("partNumber").value_or(""));
  if (!number || *number < 1 || *number > kPartNumberMax) {
    return s3_error(call, 400, "InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive",
                    {{"ArgumentName", "partNumber"}});
  }
  UploadPart& part = upload->second.parts[static_cast<int>(*number)];
  part = {call.body(), md5_etag(call.body()), call.world.now};
  http::Response response = s3_empty(call, 200);
  response.headers.set("ETag", part.etag);
  return response;
}

http::Response complete_upload(S3Call& call) {
  const auto upload = find_upload(call);
  if (upload == call.bucket->uploads.end()) return no_such_upload(call);
  pugi::xml_document document;
  if (std::optional<http::Response> refusal = read_document(call, "CompleteMultipartUpload", document)) return *refusal;
  if (std::optional<http::Response> refusal = check_write_conditions(call)) return *refusal;
  ObjectVersion version;
  version.headers = upload->second.headers;
  const pugi::xml_node parts = document.document_element();
  if (std::optional<http::Response> refusal = assemble(call, upload->second, parts, version)) return *refusal;
  const ObjectVersion& stored = put_version(call.world, *call.bucket, call.key, std::move(version));
  call.bucket->uploads.erase(upload);
  pugi::xml_document answer;
  const pugi::xml_node root = s3_root(answer, "CompleteMultipartUploadResult");
  add_text(root, "Location", "/" + call.bucket_name + "/" + percent_encode(call.key, true));
  add_text(root, "Bucket", call.bucket_name);
  add_text(root, "Key", call.key);
  add_text(root, "ETag", stored.etag);
  http::Response response = s3_document(call, answer);
  if (!call.bucket->versioning.empty()) response.headers.set("x-amz-version-id", stored.id);
  return response;
}

http::Response abort_upload(S3Call& call) {
  const auto upload = find_upload(call);
  if (upload == call.bucket->uploads.end()) return no_such_upload(call);
  call.bucket->uploads.erase(upload);
  return s3_empty(call, 204);
}

}  // namespace fhctl::sandbox::s3
