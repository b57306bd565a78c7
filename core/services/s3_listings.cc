// The lists of S3, page by page. Keys are asked for in URL encoding, because XML cannot carry every key.
#include <utility>

#include "core/base/text.h"
#include "core/services/protocols/response_errors.h"
#include "core/services/protocols/rest_xml.h"
#include "core/services/s3_objects.h"

namespace fhctl::s3 {
namespace {

// A page, with its keys still as they were sent.
struct Page {
  std::string operation;
  XmlDocument document;
  pugi::xml_node root;
  bool url_encoded = false;
  bool truncated = false;
};

// Where the next page begins: after a key, and within the key after an id.
struct Marker {
  std::string key;
  std::string id;
};

Result<Page> fetch_page(aws::Client& client, const std::string& operation, const BucketRef& bucket, Query query);
std::string decode_key(const Page& page, const std::string& key);
Result<std::string> required_key(const Page& page, const pugi::xml_node& element);
Result<std::string> required_text(const Page& page, const pugi::xml_node& element, std::string_view name);
Result<Marker> next_marker(const Page& page, std::string_view id_name, const Marker& before);
void set_unless_empty(Query& query, const std::string& name, const std::string& value);

}  // namespace

Result<VersionsPage> list_object_versions(aws::Client& client, const BucketRef& bucket, const std::string& prefix,
                                          const std::string& key_marker, const std::string& version_id_marker) {
  Query query{{"versions", ""}};
  set_unless_empty(query, "prefix", prefix);
  set_unless_empty(query, "key-marker", key_marker);
  set_unless_empty(query, "version-id-marker", version_id_marker);
  ASSIGN_OR_RETURN(Page page, fetch_page(client, "ListObjectVersions", bucket, std::move(query)));

  VersionsPage versions;
  for (const pugi::xml_node& element : page.root.children()) {
    bool is_marker = local_name(element) == "DeleteMarker";
    if (!is_marker && local_name(element) != "Version") continue;
    ASSIGN_OR_RETURN(std::string key, required_key(page, element));
    ASSIGN_OR_RETURN(std::string id, required_text(page, element, "VersionId"));
    versions.versions.push_back({.key = key,
                                 .version_id = id,
                                 .is_delete_marker = is_marker,
                                 .is_latest = child_text(element, "IsLatest").value_or("") == "true",
                                 .size = parse_integer(child_text(element, "Size").value_or("0")).value_or(0),
                                 .last_modified = child_text(element, "LastModified").value_or("")});
  }
  versions.truncated = page.truncated;
  if (!page.truncated) return versions;
  ASSIGN_OR_RETURN(Marker next, next_marker(page, "NextVersionIdMarker", {key_marker, version_id_marker}));
  versions.next_key_marker = next.key;
  versions.next_version_id_marker = next.id;
  return versions;
}

Result<ObjectsPage> list_objects(aws::Client& client, const BucketRef& bucket, const std::string& prefix,
                                 const std::string& token, int most) {
  Query query{{"list-type", "2"}, {"max-keys", std::to_string(most)}};
  set_unless_empty(query, "prefix", prefix);
  set_unless_empty(query, "continuation-token", token);
  ASSIGN_OR_RETURN(Page page, fetch_page(client, "ListObjectsV2", bucket, std::move(query)));

  ObjectsPage objects;
  for (const pugi::xml_node& element : child_elements(page.root, "Contents")) {
    ASSIGN_OR_RETURN(std::string key, required_key(page, element));
    objects.objects.push_back({.key = key,
                               .size = parse_integer(child_text(element, "Size").value_or("0")).value_or(0),
                               .last_modified = child_text(element, "LastModified").value_or("")});
  }
  objects.truncated = page.truncated;
  if (!page.truncated) return objects;
  objects.next_token = child_text(page.root, "NextContinuationToken").value_or("");  // opaque: never URL-encoded
  if (objects.next_token.empty() || objects.next_token == token) return stuck_pages(page.operation);
  return objects;
}

Result<UploadsPage> list_multipart_uploads(aws::Client& client, const BucketRef& bucket, const std::string& key_marker,
                                           const std::string& upload_id_marker) {
  Query query{{"uploads", ""}};
  set_unless_empty(query, "key-marker", key_marker);
  set_unless_empty(query, "upload-id-marker", upload_id_marker);
  ASSIGN_OR_RETURN(Page page, fetch_page(client, "ListMultipartUploads", bucket, std::move(query)));

  UploadsPage uploads;
  for (const pugi::xml_node& element : child_elements(page.root, "Upload")) {
    ASSIGN_OR_RETURN(std::string key, required_key(page, element));
    ASSIGN_OR_RETURN(std::string id, required_text(page, element, "UploadId"));
    uploads.uploads.push_back({.key = key, .upload_id = id});
  }
  uploads.truncated = page.truncated;
  if (!page.truncated) return uploads;
  ASSIGN_OR_RETURN(Marker next, next_marker(page, "NextUploadIdMarker", {key_marker, upload_id_marker}));
  uploads.next_key_marker = next.key;
  uploads.next_upload_id_marker = next.id;
  return uploads;
}

namespace {

Result<Page> fetch_page(aws::Client& client, const std::string& operation, const BucketRef& bucket, Query query) {
  query["encoding-type"] = "url";
  ASSIGN_OR_RETURN(XmlDocument document, call_for_document(client, bucket_call("GET", operation, bucket, query)));
  Page page{.operation = operation, .document = std::move(document), .root = {}};
  page.root = page.document->document_element();
  // The member that every list has. A document without it is not an empty list but another document.
  std::optional<std::string> truncated = child_text(page.root, "IsTruncated");
  if (!truncated) return missing_member(operation, "IsTruncated");
  page.truncated = is_true(truncated);
  page.url_encoded = child_text(page.root, "EncodingType") == "url";
  return page;
}

// S3 writes a space as '+' and a plus sign as "%2B". Servers that ignore encoding-type do not say EncodingType either.
std::string decode_key(const Page& page, const std::string& key) {
  return page.url_encoded ? percent_decode(replace_all(key, "+", " ")) : key;
}

Result<std::string> required_key(const Page& page, const pugi::xml_node& element) {
  ASSIGN_OR_RETURN(std::string key, required_text(page, element, "Key"));
  return decode_key(page, key);
}

// Empty text is refused as well: a delete with an empty key or id means something else.
Result<std::string> required_text(const Page& page, const pugi::xml_node& element, std::string_view name) {
  std::optional<std::string> text = child_text(element, name);
  if (!text || text->empty()) return missing_member(page.operation, name);
  return *text;
}

// Markers only grow, byte by byte; following one that does not would never end.
Result<Marker> next_marker(const Page& page, std::string_view id_name, const Marker& before) {
  Marker next{.key = decode_key(page, child_text(page.root, "NextKeyMarker").value_or("")),
              .id = child_text(page.root, id_name).value_or("")};
  bool advances = next.key > before.key || (next.key == before.key && next.id != before.id);
  if (next.key.empty() || !advances) return stuck_pages(page.operation);
  return next;
}

void set_unless_empty(Query& query, const std::string& name, const std::string& value) {
  if (!value.empty()) query[name] = value;
}

}  // namespace
}  // namespace fhctl::s3
