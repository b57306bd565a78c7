// DeleteObjects: up to 1000 keys in one request, with a result for each.
#include "sandbox/s3/operations.h"
#include "sandbox/s3/store.h"

namespace fhctl::sandbox::s3 {
namespace {

constexpr std::size_t kKeysMax = 1000;

bool is_request(const pugi::xml_node& root) {
  const std::size_t keys = count_of(root, "Object");
  const std::string quiet = child_text(root, "Quiet");
  if (!has_only(root, "Object Quiet") || keys == 0 || keys > kKeysMax || count_of(root, "Quiet") > 1) return false;
  if (root.child("Quiet") && quiet != "true" && quiet != "false") return false;
  for (const pugi::xml_node object : root.children("Object")) {
    if (!has_only(object, "Key VersionId") || !has_once(object, "Key") || count_of(object, "VersionId") > 1) {
      return false;
    }
  }
  return true;
}

void write_error(pugi::xml_node root, const std::string& key, const char* code, const char* message) {
  const pugi::xml_node error = add_element(root, "Error");
  add_text(error, "Key", key);
  add_text(error, "Code", code);
  add_text(error, "Message", message);
}

// Why this object may not be deleted.
std::optional<std::string> refusal_of(const S3Call& call, const std::string& key, const std::string& id) {
  if (!call.incoming.denied) return std::nullopt;
  return call.incoming.denied(
      id.empty() ? "s3:DeleteObject" : "s3:DeleteObjectVersion",
      "arn:" + std::string(partition_of(call.incoming.region)) + ":s3:::" + call.bucket_name + "/" + key);
}

void write_deleted(pugi::xml_node root, const std::string& key, const std::string& asked_id, const Deletion& done) {
  const pugi::xml_node deleted = add_element(root, "Deleted");
  add_text(deleted, "Key", key);
  if (!asked_id.empty()) add_text(deleted, "VersionId", asked_id);
  if (!done.is_delete_marker) return;
  add_bool(deleted, "DeleteMarker", true);
  add_text(deleted, "DeleteMarkerVersionId", done.version_id);
}

}  // namespace

http::Response delete_objects(S3Call& call) {
  pugi::xml_document document;
  if (std::optional<http::Response> refusal = read_document(call, "Delete", document)) return *refusal;
  const pugi::xml_node request = document.document_element();
  if (!is_request(request)) return s3_malformed(call);
  const bool is_quiet = child_text(request, "Quiet") == "true";
  pugi::xml_document answer;
  const pugi::xml_node root = s3_root(answer, "DeleteResult");
  for (const pugi::xml_node object : request.children("Object")) {
    const std::string key = child_text(object, "Key");
    const std::string id = child_text(object, "VersionId");
    if (key.empty() || key.size() > kKeyBytesMax) {
      write_error(root, key, key.empty() ? "UserKeyMustBeSpecified" : "KeyTooLongError",
                  key.empty() ? "The bucket POST must contain the specified field name." : "Your key is too long");
      continue;
    }
    if (!id.empty() && lacks_mfa(call)) {
      write_error(root, key, "AccessDenied", "Mfa Authentication must be used for this request");
      continue;
    }
    if (refuse_by_policy(call, id.empty() ? "s3:DeleteObject" : "s3:DeleteObjectVersion", key)) {
      write_error(root, key, "AccessDenied", "Access Denied");
      continue;
    }
    if (const std::optional<std::string> refusal = refusal_of(call, key, id)) {
      write_error(root, key, "AccessDenied", refusal->c_str());
      continue;
    }
    // A key that does not exist counts as deleted.
    const Deletion done = delete_object(call.world, *call.bucket, key, id);
    if (!is_quiet) write_deleted(root, key, id, done);
  }
  return s3_document(call, answer);
}

}  // namespace fhctl::sandbox::s3
