// Lists of the simulated S3: objects, versions, uploads. At most 1000 entries per page, ordered by the bytes of the
// keys.
#include <algorithm>

#include "core/base/text.h"
#include "sandbox/s3/operations.h"
#include "sandbox/s3/store.h"

namespace fhctl::sandbox::s3 {
namespace {

// State that all lists share.
struct Listing {
  std::string prefix;
  std::string delimiter;
  bool url_encoded = false;
  int size = kPageMax;
  int count = 0;
  bool truncated = false;
  std::string last;  // the last key or common prefix written

  std::string name(const std::string& key) const { return url_encoded ? s3_url_encode(key) : key; }
  // Returns the part of the key up to the first delimiter after the prefix; empty if the key is not grouped.
  std::string group_of(const std::string& key) const {
    if (delimiter.empty()) return "";
    const std::size_t at = key.find(delimiter, prefix.size());
    return at == std::string::npos ? "" : key.substr(0, at + delimiter.size());
  }
  // Takes one place on the page. Returns false and sets `truncated` if none is left.
  bool take(const std::string& entry) {
    if (count == size) {
      truncated = size > 0;
      return false;
    }
    ++count;
    last = entry;
    return true;
  }
};

std::optional<Listing> read_listing(const S3Call& call, const char* size_name, http::Response& refusal) {
  Listing listing;
  listing.prefix = call.param("prefix").value_or("");
  listing.delimiter = call.param("delimiter").value_or("");
  const std::string encoding = call.param("encoding-type").value_or("");
  if (call.param("encoding-type") && encoding != "url") {
    refusal = s3_error(call, 400, "InvalidArgument", "Invalid Encoding Method specified in Request",
                       {{"ArgumentName", "encoding-type"}, {"ArgumentValue", encoding}});
    return std::nullopt;
  }
  listing.url_encoded = encoding == "url";
  const std::optional<int> size = read_page_size(call, size_name, refusal);
  if (!size) return std::nullopt;
  listing.size = *size;
  return listing;
}

void write_prefixes(pugi::xml_node root, const Listing& listing, const std::vector<std::string>& prefixes) {
  for (const std::string& prefix : prefixes) {
    add_text(add_element(root, "CommonPrefixes"), "Prefix", listing.name(prefix));
  }
}

void write_query(pugi::xml_node root, const Listing& listing, const char* size_name) {
  add_text(root, "Prefix", listing.name(listing.prefix));
  if (!listing.delimiter.empty()) add_text(root, "Delimiter", listing.name(listing.delimiter));
  add_text(root, size_name, std::to_string(listing.size));
  if (listing.url_encoded) add_text(root, "EncodingType", "url");
  add_bool(root, "IsTruncated", listing.truncated);
}

void write_owner(pugi::xml_node entry, const S3Call& call) {
  add_text(add_element(entry, "Owner"), "ID", to_hex(call.world.options.account));
}

std::string storage_class(const std::vector<http::Header>& headers) {
  for (const http::Header& header : headers) {
    if (header.name == "x-amz-storage-class") return header.value;
  }
  return "STANDARD";
}

// The algorithms whose checksums are stored with the object, and what the checksums cover.
void write_checksum(pugi::xml_node entry, const ObjectVersion& object) {
  constexpr std::string_view kPrefix = "x-amz-checksum-";
  std::string type;
  for (const http::Header& header : object.headers) {
    if (header.name == "x-amz-checksum-type") {
      type = header.value;
    } else if (starts_with(header.name, kPrefix)) {
      add_text(entry, "ChecksumAlgorithm", to_upper(header.name.substr(kPrefix.size())));
    }
  }
  if (!type.empty()) add_text(entry, "ChecksumType", type);
}

void write_object(pugi::xml_node entry, const Listing& listing, const std::string& key, const ObjectVersion& object) {
  add_text(entry, "Key", listing.name(key));
  add_text(entry, "LastModified", s3_time(object.modified));
  add_text(entry, "ETag", object.etag);
  write_checksum(entry, object);
  add_text(entry, "Size", std::to_string(object.body.size()));
  add_text(entry, "StorageClass", storage_class(object.headers));
}

// Writes the objects after `after`, which is a key or, at the end of a page, a common prefix; all keys with that prefix
// are skipped.
void write_objects(pugi::xml_node root, const S3Call& call, Listing& listing, const std::string& after, bool owners) {
  std::vector<std::string> prefixes;
  const auto& objects = call.bucket->objects;
  for (auto at = objects.lower_bound(std::max(listing.prefix, after)); at != objects.end(); ++at) {
    const std::string& key = at->first;
    if (!starts_with(key, listing.prefix)) break;
    const ObjectVersion* object = current_object(*call.bucket, key);
    const std::string group = listing.group_of(key);
    const bool is_behind = !after.empty() && (key <= after || (!group.empty() && group == after));
    if (object == nullptr || is_behind || (!group.empty() && group == listing.last)) continue;
    if (!listing.take(group.empty() ? key : group)) break;
    if (!group.empty()) {
      prefixes.push_back(group);
      continue;
    }
    const pugi::xml_node entry = add_element(root, "Contents");
    write_object(entry, listing, key, *object);
    if (owners) write_owner(entry, call);
  }
  write_prefixes(root, listing, prefixes);
}

// Where a page of versions begins: after this version of this key, or after all versions of the key.
struct VersionMarker {
  std::string key;
  std::string id;
};

// Versions that were deleted since the previous page are skipped: the page continues with the rest of the key.
std::size_t first_index(const std::string& key, const std::vector<ObjectVersion>& versions,
                        const VersionMarker& marker) {
  if (key != marker.key) return 0;
  if (marker.id.empty()) return versions.size();
  for (std::size_t i = 0; i < versions.size(); ++i) {
    if (versions[i].id == marker.id) return i + 1;
  }
  return 0;
}

void write_version(pugi::xml_node root, const S3Call& call, const Listing& listing, const std::string& key,
                   const ObjectVersion& version, bool is_latest) {
  const pugi::xml_node entry = add_element(root, version.is_delete_marker ? "DeleteMarker" : "Version");
  if (version.is_delete_marker) {
    add_text(entry, "Key", listing.name(key));
    add_text(entry, "LastModified", s3_time(version.modified));
  } else {
    write_object(entry, listing, key, version);
  }
  add_text(entry, "VersionId", version.id);
  add_bool(entry, "IsLatest", is_latest);
  write_owner(entry, call);
}

// Returns the id of the last version written; the key is in the listing.
std::string write_versions(pugi::xml_node root, const S3Call& call, Listing& listing, const VersionMarker& marker) {
  std::vector<std::string> prefixes;
  std::string last_id;
  const auto& objects = call.bucket->objects;
  for (auto at = objects.lower_bound(std::max(listing.prefix, marker.key)); at != objects.end(); ++at) {
    const auto& [key, versions] = *at;
    if (!starts_with(key, listing.prefix) || listing.truncated) break;
    const std::string group = listing.group_of(key);
    if (!group.empty()) {
      if (group == listing.last || group == marker.key) continue;
      if (!listing.take(group)) break;
      prefixes.push_back(group);
      last_id.clear();
      continue;
    }
    for (std::size_t i = first_index(key, versions, marker); i < versions.size() && listing.take(key); ++i) {
      write_version(root, call, listing, key, versions[i], i == 0);
      last_id = versions[i].id;
    }
  }
  write_prefixes(root, listing, prefixes);
  return last_id;
}

// Where a page of uploads begins: after this upload, or after all uploads of the key.
struct UploadMarker {
  std::string key;
  std::string id;
};

struct ListedUpload {
  std::string key;
  std::string id;
  const MultipartUpload* upload;
};

// The uploads behind the marker by key, and those of one key in the order in which they were begun, as S3 lists them.
// Its documentation says that they are in the order of their ids.
std::vector<ListedUpload> uploads_behind(const Bucket& bucket, const UploadMarker& marker) {
  std::vector<ListedUpload> uploads;
  for (const auto& [name, upload] : bucket.uploads) {
    if (name.first >= marker.key) uploads.push_back({name.first, name.second, &upload});
  }
  std::stable_sort(uploads.begin(), uploads.end(), [](const ListedUpload& a, const ListedUpload& b) {
    return a.key != b.key ? a.key < b.key : a.upload->initiated < b.upload->initiated;
  });
  const auto is_marker = [&](const ListedUpload& each) { return each.id == marker.id; };
  const auto is_behind = [&](const ListedUpload& each) { return each.key > marker.key; };
  auto begin = uploads.begin();
  if (!marker.id.empty()) {
    begin = std::find_if(uploads.begin(), uploads.end(), is_marker) + 1;
  } else if (!marker.key.empty()) {
    begin = std::find_if(uploads.begin(), uploads.end(), is_behind);
  }
  return {begin, uploads.end()};
}

void write_upload(pugi::xml_node root, const S3Call& call, const Listing& listing, const ListedUpload& listed) {
  const std::string& caller = call.incoming.caller_arn;
  const pugi::xml_node entry = add_element(root, "Upload");
  add_text(entry, "Key", listing.name(listed.key));
  add_text(entry, "UploadId", listed.id);
  const pugi::xml_node initiator = add_element(entry, "Initiator");
  add_text(initiator, "ID", caller);
  add_text(initiator, "DisplayName", caller.substr(caller.rfind('/') + 1));
  write_owner(entry, call);
  add_text(entry, "StorageClass", storage_class(listed.upload->headers));
  add_text(entry, "Initiated", s3_time(listed.upload->initiated));
}

// Returns the last upload of the page. A marker within a group skips the whole group.
UploadMarker write_uploads(pugi::xml_node root, const S3Call& call, Listing& listing, const UploadMarker& marker) {
  std::vector<std::string> prefixes;
  UploadMarker last;
  for (const ListedUpload& listed : uploads_behind(*call.bucket, marker)) {
    if (!starts_with(listed.key, listing.prefix)) continue;
    const std::string group = listing.group_of(listed.key);
    if (!group.empty() && (group == listing.last || starts_with(marker.key, group))) continue;
    if (!listing.take(group.empty() ? listed.key : group)) break;
    if (!group.empty()) {
      prefixes.push_back(group);
      continue;
    }
    write_upload(root, call, listing, listed);
    last = {listed.key, listed.id};
  }
  write_prefixes(root, listing, prefixes);
  return last;
}

}  // namespace

http::Response list_objects_v2(S3Call& call) {
  http::Response refusal;
  std::optional<Listing> listing = read_listing(call, "max-keys", refusal);
  if (!listing) return refusal;
  const std::string token = call.param("continuation-token").value_or("");
  const std::optional<std::string> after = from_base64(token);
  if (call.param("list-type") != "2" || !after || (call.param("continuation-token") && token.empty())) {
    return s3_error(call, 400, "InvalidArgument", "The continuation token provided is incorrect",
                    {{"ArgumentName", "continuation-token"}});
  }
  pugi::xml_document document;
  const pugi::xml_node root = s3_root(document, "ListBucketResult");
  add_text(root, "Name", call.bucket_name);
  const std::string start_after = call.param("start-after").value_or("");
  write_objects(root, call, *listing, token.empty() ? start_after : *after, call.param("fetch-owner") == "true");
  write_query(root, *listing, "MaxKeys");
  add_text(root, "KeyCount", std::to_string(listing->count));
  if (!token.empty()) add_text(root, "ContinuationToken", token);
  if (!start_after.empty()) add_text(root, "StartAfter", listing->name(start_after));
  if (listing->truncated) add_text(root, "NextContinuationToken", to_base64(listing->last));
  return s3_document(call, document);
}

http::Response list_objects(S3Call& call) {
  http::Response refusal;
  std::optional<Listing> listing = read_listing(call, "max-keys", refusal);
  if (!listing) return refusal;
  pugi::xml_document document;
  const pugi::xml_node root = s3_root(document, "ListBucketResult");
  add_text(root, "Name", call.bucket_name);
  add_text(root, "Marker", listing->name(call.param("marker").value_or("")));
  write_objects(root, call, *listing, call.param("marker").value_or(""), true);
  write_query(root, *listing, "MaxKeys");
  // Without a delimiter AWS returns no NextMarker: the caller uses the last key.
  if (listing->truncated && !listing->delimiter.empty()) add_text(root, "NextMarker", listing->name(listing->last));
  return s3_document(call, document);
}

http::Response list_versions(S3Call& call) {
  http::Response refusal;
  std::optional<Listing> listing = read_listing(call, "max-keys", refusal);
  if (!listing) return refusal;
  const VersionMarker marker{call.param("key-marker").value_or(""), call.param("version-id-marker").value_or("")};
  if (marker.key.empty() && !marker.id.empty()) {
    return s3_error(call, 400, "InvalidArgument", "A version-id marker cannot be specified without a key marker.",
                    {{"ArgumentName", "version-id-marker"}, {"ArgumentValue", marker.id}});
  }
  pugi::xml_document document;
  const pugi::xml_node root = s3_root(document, "ListVersionsResult");
  add_text(root, "Name", call.bucket_name);
  add_text(root, "KeyMarker", listing->name(marker.key));
  add_text(root, "VersionIdMarker", marker.id);
  const std::string last_id = write_versions(root, call, *listing, marker);
  write_query(root, *listing, "MaxKeys");
  if (listing->truncated) {
    add_text(root, "NextKeyMarker", listing->name(listing->last));
    if (!last_id.empty()) add_text(root, "NextVersionIdMarker", last_id);
  }
  return s3_document(call, document);
}

http::Response list_uploads(S3Call& call) {
  http::Response refusal;
  std::optional<Listing> listing = read_listing(call, "max-uploads", refusal);
  if (!listing) return refusal;
  // Without a key the id is ignored. S3 refuses the id of an upload of another key; the sandbox also refuses that of an
  // upload which is gone, where the behavior of S3 is not known.
  UploadMarker marker{call.param("key-marker").value_or(""), call.param("upload-id-marker").value_or("")};
  if (marker.key.empty()) marker.id.clear();
  if (!marker.id.empty() && call.bucket->uploads.count({marker.key, marker.id}) == 0) {
    return s3_error(call, 400, "InvalidArgument", "Invalid uploadId marker",
                    {{"ArgumentName", "upload-id-marker"}, {"ArgumentValue", marker.id}});
  }
  pugi::xml_document document;
  const pugi::xml_node root = s3_root(document, "ListMultipartUploadsResult");
  add_text(root, "Bucket", call.bucket_name);
  add_text(root, "KeyMarker", listing->name(marker.key));
  add_text(root, "UploadIdMarker", marker.id);
  // Both are there on the last page too, and empty on a page without uploads.
  const UploadMarker next = write_uploads(root, call, *listing, marker);
  add_text(root, "NextKeyMarker", listing->name(next.key));
  add_text(root, "NextUploadIdMarker", next.id);
  if (!listing->prefix.empty()) add_text(root, "Prefix", listing->name(listing->prefix));
  if (!listing->delimiter.empty()) add_text(root, "Delimiter", listing->name(listing->delimiter));
  add_text(root, "MaxUploads", std::to_string(listing->size));
  if (listing->url_encoded) add_text(root, "EncodingType", "url");
  add_bool(root, "IsTruncated", listing->truncated);
  return s3_document(call, document);
}

}  // namespace fhctl::sandbox::s3
