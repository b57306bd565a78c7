// Buckets as text and back, for --state.
#include "core/base/json.h"
#include "core/base/text.h"
#include "sandbox/s3/s3.h"
#include "sandbox/s3/s3_state.h"
#include "sandbox/state/saved_time.h"
#include "sandbox/state/world.h"

namespace fhctl::sandbox {
namespace {

Json headers_json(const std::vector<http::Header>& headers) {
  Json out = Json::array();
  for (const http::Header& header : headers) out.push_back({header.name, header.value});
  return out;
}

std::vector<http::Header> headers_of(const Json& json) {
  std::vector<http::Header> out;
  for (const Json& pair : json) out.push_back({pair.at(0).get<std::string>(), pair.at(1).get<std::string>()});
  return out;
}

Json version_json(const ObjectVersion& version) {
  return {
      {"id", version.id},     {"delete_marker", version.is_delete_marker}, {"body", to_base64(version.body)},
      {"etag", version.etag}, {"modified_ms", ms_of(version.modified)},    {"headers", headers_json(version.headers)}};
}

ObjectVersion version_of(const Json& json) {
  return {json.at("id").get<std::string>(),
          json.at("delete_marker").get<bool>(),
          from_base64(json.at("body").get<std::string>()).value_or(""),
          json.at("etag").get<std::string>(),
          time_of(json.at("modified_ms")),
          headers_of(json.at("headers"))};
}

Json upload_json(const MultipartUpload& upload) {
  Json parts = Json::array();
  for (const auto& [number, part] : upload.parts) {
    parts.push_back({{"number", number},
                     {"body", to_base64(part.body)},
                     {"etag", part.etag},
                     {"modified_ms", ms_of(part.modified)}});
  }
  return {{"initiated_ms", ms_of(upload.initiated)}, {"headers", headers_json(upload.headers)}, {"parts", parts}};
}

MultipartUpload upload_of(const Json& json) {
  MultipartUpload upload{time_of(json.at("initiated_ms")), headers_of(json.at("headers")), {}};
  for (const Json& part : json.at("parts")) {
    upload.parts[part.at("number").get<int>()] = {from_base64(part.at("body").get<std::string>()).value_or(""),
                                                  part.at("etag").get<std::string>(), time_of(part.at("modified_ms"))};
  }
  return upload;
}

Json settings_json(const Bucket& bucket) {
  Json out{{"region", bucket.region},
           {"created_ms", ms_of(bucket.created)},
           {"tags", bucket.tags},
           {"encryption", {bucket.encryption.algorithm, bucket.encryption.kms_key_id, bucket.encryption.bucket_key}},
           {"versioning", bucket.versioning},
           {"lifecycle", bucket.lifecycle},
           {"lifecycle_minimum_size", bucket.lifecycle_minimum_size},
           {"policy", bucket.policy},
           {"ownership", bucket.ownership},
           {"owner", bucket.owner},
           {"mfa_delete", bucket.mfa_delete},
           {"abac", bucket.abac},
           {"object_lock", bucket.object_lock}};
  if (const auto& block = bucket.public_access_block) {
    out["public_access_block"] = {block->block_acls, block->ignore_acls, block->block_policy, block->restrict_buckets};
  }
  return out;
}

Bucket settings_of(const std::string& name, const Json& json) {
  Bucket bucket;
  bucket.name = name;
  bucket.region = json.at("region").get<std::string>();
  bucket.created = time_of(json.at("created_ms"));
  bucket.tags = json.at("tags").get<std::map<std::string, std::string>>();
  const Json& encryption = json.at("encryption");
  bucket.encryption = {encryption.at(0).get<std::string>(), encryption.at(1).get<std::string>(),
                       encryption.at(2).get<bool>()};
  bucket.versioning = json.at("versioning").get<std::string>();
  bucket.lifecycle = json.at("lifecycle").get<std::string>();
  bucket.lifecycle_minimum_size = json.at("lifecycle_minimum_size").get<std::string>();
  bucket.policy = json.at("policy").get<std::string>();
  bucket.ownership = json.at("ownership").get<std::string>();
  bucket.object_lock = json.at("object_lock").get<bool>();
  bucket.owner = json.value("owner", "");  // absent in folders of earlier versions, like the next two
  bucket.mfa_delete = json.value("mfa_delete", "");
  bucket.abac = json.value("abac", false);
  bucket.public_access_block.reset();
  if (json.contains("public_access_block")) {
    const std::vector<bool> block = json.at("public_access_block").get<std::vector<bool>>();
    bucket.public_access_block = {block.at(0), block.at(1), block.at(2), block.at(3)};
  }
  return bucket;
}

// Keys are written in base64 like bodies: they may contain bytes that JSON cannot represent.
Json bucket_json(const Bucket& bucket) {
  Json out = settings_json(bucket);
  out["objects"] = Json::array();
  for (const auto& [key, versions] : bucket.objects) {
    Json list = Json::array();
    for (const ObjectVersion& version : versions) list.push_back(version_json(version));
    out["objects"].push_back({to_base64(key), list});
  }
  out["uploads"] = Json::array();
  for (const auto& [name, upload] : bucket.uploads) {
    out["uploads"].push_back({to_base64(name.first), name.second, upload_json(upload)});
  }
  return out;
}

Bucket bucket_of(const std::string& name, const Json& json) {
  Bucket bucket = settings_of(name, json);
  for (const Json& object : json.at("objects")) {
    std::vector<ObjectVersion>& versions = bucket.objects[from_base64(object.at(0).get<std::string>()).value_or("")];
    for (const Json& version : object.at(1)) versions.push_back(version_of(version));
  }
  for (const Json& upload : json.at("uploads")) {
    const std::string key = from_base64(upload.at(0).get<std::string>()).value_or("");
    bucket.uploads[{key, upload.at(1).get<std::string>()}] = upload_of(upload.at(2));
  }
  return bucket;
}

}  // namespace

std::string save_s3(const CloudState& world) {
  Json out = Json::object();
  for (const auto& [name, bucket] : world.s3->buckets) out[name] = bucket_json(bucket);
  return dump(out);
}

bool load_s3(CloudState& world, std::string_view text) {
  const Result<Json> json = parse_json(text, "saved buckets");
  if (!json || !json->is_object()) return false;
  S3State state;
  try {
    for (const auto& [name, bucket] : json->items()) state.buckets[name] = bucket_of(name, bucket);
  } catch (const Json::exception&) {
    return false;
  }
  *world.s3 = std::move(state);
  return true;
}

}  // namespace fhctl::sandbox
