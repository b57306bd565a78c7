// The simulated S3: parses a request, finds its operation, and does the checks that do not depend on the operation.
#include "sandbox/s3/s3.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/base/text.h"
#include "sandbox/s3/bucket_policy.h"
#include "sandbox/s3/checksum.h"
#include "sandbox/s3/operations.h"

namespace fhctl::sandbox {
namespace {

enum class Level { kService, kBucket, kObject };

struct Operation {
  const char* method;
  Level level;
  const char* marker;   // the query parameter that selects this operation; empty: none
  const char* params;   // the other parameters that it accepts
  const char* headers;  // of the x-amz- family, beyond those that every request may carry
  bool checksum_required;
  http::Response (*run)(S3Call&);
  const char* action;  // that a bucket policy may deny
};

// A put may describe the object's data, so it accepts more headers than other requests.
constexpr const char* kPutHeaders =
    "x-amz-meta-* x-amz-acl x-amz-storage-class x-amz-server-side-encryption "
    "x-amz-server-side-encryption-aws-kms-key-id x-amz-server-side-encryption-bucket-key-enabled "
    "x-amz-checksum-algorithm x-amz-checksum-type";
constexpr const char* kReadParams =
    "versionId response-content-type response-content-encoding response-content-disposition "
    "response-content-language response-cache-control response-expires";
constexpr const char* kDeleteHeaders = "x-amz-bypass-governance-retention x-amz-mfa";

// For each method and level, the more specific operations come first.
constexpr Operation kOperations[] = {
    {"GET", Level::kService, "", "max-buckets continuation-token prefix bucket-region", "", false, s3::list_buckets,
     "s3:ListAllMyBuckets"},

    {"GET", Level::kBucket, "location", "", "", false, s3::get_location, "s3:GetBucketLocation"},
    {"GET", Level::kBucket, "tagging", "", "", false, s3::get_tagging, "s3:GetBucketTagging"},
    {"PUT", Level::kBucket, "tagging", "", "", true, s3::put_tagging, "s3:PutBucketTagging"},
    {"DELETE", Level::kBucket, "tagging", "", "", false, s3::delete_tagging, "s3:PutBucketTagging"},
    {"GET", Level::kBucket, "publicAccessBlock", "", "", false, s3::get_public_access_block,
     "s3:GetBucketPublicAccessBlock"},
    {"PUT", Level::kBucket, "publicAccessBlock", "", "", true, s3::put_public_access_block,
     "s3:PutBucketPublicAccessBlock"},
    {"DELETE", Level::kBucket, "publicAccessBlock", "", "", false, s3::delete_public_access_block,
     "s3:PutBucketPublicAccessBlock"},
    {"GET", Level::kBucket, "encryption", "", "", false, s3::get_encryption, "s3:GetEncryptionConfiguration"},
    {"PUT", Level::kBucket, "encryption", "", "", true, s3::put_encryption, "s3:PutEncryptionConfiguration"},
    {"DELETE", Level::kBucket, "encryption", "", "", false, s3::delete_encryption, "s3:PutEncryptionConfiguration"},
    {"GET", Level::kBucket, "versioning", "", "", false, s3::get_versioning, "s3:GetBucketVersioning"},
    {"PUT", Level::kBucket, "versioning", "", "x-amz-mfa", true, s3::put_versioning, "s3:PutBucketVersioning"},
    {"GET", Level::kBucket, "lifecycle", "", "", false, s3::get_lifecycle, "s3:GetLifecycleConfiguration"},
    {"PUT", Level::kBucket, "lifecycle", "", "x-amz-transition-default-minimum-object-size", true, s3::put_lifecycle,
     "s3:PutLifecycleConfiguration"},
    {"DELETE", Level::kBucket, "lifecycle", "", "", false, s3::delete_lifecycle, "s3:PutLifecycleConfiguration"},
    {"GET", Level::kBucket, "abac", "", "", false, s3::get_abac, "s3:GetBucketAbac"},
    {"PUT", Level::kBucket, "abac", "", "", false, s3::put_abac, "s3:PutBucketAbac"},
    {"GET", Level::kBucket, "policy", "", "", false, s3::get_policy, "s3:GetBucketPolicy"},
    {"PUT", Level::kBucket, "policy", "", "x-amz-confirm-remove-self-bucket-access", true, s3::put_policy,
     "s3:PutBucketPolicy"},
    {"DELETE", Level::kBucket, "policy", "", "", false, s3::delete_policy, "s3:DeleteBucketPolicy"},
    {"GET", Level::kBucket, "object-lock", "", "", false, s3::get_object_lock, "s3:GetBucketObjectLockConfiguration"},
    {"GET", Level::kBucket, "versions", "prefix delimiter key-marker version-id-marker max-keys encoding-type", "",
     false, s3::list_versions, "s3:ListBucketVersions"},
    {"GET", Level::kBucket, "uploads", "prefix delimiter key-marker upload-id-marker max-uploads encoding-type", "",
     false, s3::list_uploads, "s3:ListBucketMultipartUploads"},
    {"GET", Level::kBucket, "list-type",
     "prefix delimiter max-keys continuation-token start-after encoding-type fetch-owner", "", false,
     s3::list_objects_v2, "s3:ListBucket"},
    {"GET", Level::kBucket, "", "prefix delimiter max-keys marker encoding-type", "", false, s3::list_objects,
     "s3:ListBucket"},
    {"POST", Level::kBucket, "delete", "", kDeleteHeaders, true, s3::delete_objects, ""},
    {"HEAD", Level::kBucket, "", "", "", false, s3::head_bucket, "s3:ListBucket"},
    {"PUT", Level::kBucket, "", "",
     "x-amz-acl x-amz-object-ownership x-amz-bucket-object-lock-enabled "
     "x-amz-bucket-namespace",
     false, s3::create_bucket, "s3:CreateBucket"},
    {"DELETE", Level::kBucket, "", "", "", false, s3::delete_bucket, "s3:DeleteBucket"},

    {"PUT", Level::kObject, "uploadId", "partNumber", "", false, s3::upload_part, "s3:PutObject"},
    {"POST", Level::kObject, "uploadId", "", "x-amz-checksum-type x-amz-mp-object-size", false, s3::complete_upload,
     "s3:PutObject"},
    {"DELETE", Level::kObject, "uploadId", "", "", false, s3::abort_upload, "s3:AbortMultipartUpload"},
    {"POST", Level::kObject, "uploads", "", kPutHeaders, false, s3::create_upload, "s3:PutObject"},
    {"PUT", Level::kObject, "", "", kPutHeaders, false, s3::put_object, "s3:PutObject"},
    {"GET", Level::kObject, "", kReadParams, "x-amz-checksum-mode", false, s3::get_object, "s3:GetObject"},
    {"HEAD", Level::kObject, "", kReadParams, "x-amz-checksum-mode", false, s3::get_object, "s3:GetObject"},
    {"DELETE", Level::kObject, "", "versionId", kDeleteHeaders, false, s3::remove_object, "s3:DeleteObject"},
};

// Accepted in every request; the JavaScript SDK sends the name of the operation in x-id.
constexpr const char* kCommonParams = "x-id";
constexpr const char* kCommonHeaders =
    "x-amz-date x-amz-content-sha256 x-amz-security-token x-amz-user-agent x-amz-expected-bucket-owner";
constexpr const char* kBodyHeaders =
    "x-amz-sdk-checksum-algorithm x-amz-checksum-crc32 x-amz-checksum-crc32c x-amz-checksum-crc64nvme "
    "x-amz-checksum-sha1 x-amz-checksum-sha256 x-amz-checksum-sha512 x-amz-checksum-md5 x-amz-checksum-xxhash* "
    "x-amz-trailer x-amz-decoded-content-length";

Level level_of(const S3Call& call) {
  if (call.bucket_name.empty()) return Level::kService;
  return call.key.empty() ? Level::kBucket : Level::kObject;
}

const Operation* find_operation(const S3Call& call) {
  for (const Operation& operation : kOperations) {
    const std::string_view marker = operation.marker;
    if (operation.method == call.incoming.raw.method && operation.level == level_of(call) &&
        (marker.empty() || call.param(marker))) {
      return &operation;
    }
  }
  return nullptr;
}

http::Response not_implemented(const S3Call& call, const char* what, const std::string& name) {
  return s3_error(call, 501, "NotImplemented",
                  std::string("A ") + what + " you provided implies functionality that is not implemented",
                  {{what, name}});
}

std::optional<http::Response> refuse_unknown(const S3Call& call, const Operation& operation) {
  for (const auto& [name, value] : call.query) {
    if (name != operation.marker && !is_listed(operation.params, name) && !is_listed(kCommonParams, name)) {
      return not_implemented(call, "query", name);
    }
  }
  const std::string_view method = operation.method;
  const bool has_body = method == "PUT" || method == "POST";
  for (const http::Header& header : call.incoming.raw.headers.all) {
    const std::string name = to_lower(header.name);
    if (!starts_with(name, "x-amz-") || is_listed(kCommonHeaders, name) || is_listed(operation.headers, name) ||
        (has_body && is_listed(kBodyHeaders, name))) {
      continue;
    }
    return not_implemented(call, "header", name);
  }
  return std::nullopt;
}

// Other regions only report that the bucket exists and where. A virtual host leads to the bucket's own region, where
// only the signature is wrong; a path leads to the region of the request.
http::Response wrong_region(const S3Call& call) {
  const std::string& region = call.bucket->region;
  http::Response response =
      call.virtual_host
          ? s3_error(call, 400, "AuthorizationHeaderMalformed",
                     "The authorization header is malformed; the region '" + call.incoming.region +
                         "' is wrong; expecting '" + region + "'",
                     {{"Region", region}})
          : s3_error(call, 301, "PermanentRedirect",
                     "The bucket you are attempting to access must be addressed using the specified endpoint. Please "
                     "send all future requests to this endpoint.",
                     {{"Endpoint", call.incoming.raw.headers.find("host").value_or(call.incoming.raw.authority())},
                      {"Bucket", call.bucket_name},
                      {"Region", region}});
  response.headers.set("x-amz-bucket-region", region);
  return response;
}

http::Response access_denied(const S3Call& call) {
  http::Response response = s3_error(call, 403, "AccessDenied", "Access Denied");
  response.headers.set("x-amz-bucket-region", call.bucket ? call.bucket->region : call.incoming.region);
  return response;
}

http::Response no_such_bucket(const S3Call& call) {
  return s3_error(call, 404, "NoSuchBucket", "The specified bucket does not exist", {{"BucketName", call.bucket_name}});
}

// Sets call.bucket, or returns why this bucket is not accessible.
std::optional<http::Response> find_bucket(S3Call& call) {
  const std::optional<std::string> owner = call.header("x-amz-expected-bucket-owner");
  const bool is_foreign = is_foreign_bucket(call.world, call.bucket_name);
  if (is_foreign && owner != kOtherAccount) return access_denied(call);
  if (is_foreign) {
    // Every bucket of the other account exists, in the region in which it is first used.
    Bucket& bucket = call.world.s3->buckets[call.bucket_name];
    if (bucket.name.empty()) {
      bucket.name = call.bucket_name;
      bucket.region = call.incoming.region;
      bucket.created = call.world.now;
      bucket.owner = kOtherAccount;
    }
  }
  const auto found = call.world.s3->buckets.find(call.bucket_name);
  if (found == call.world.s3->buckets.end()) return no_such_bucket(call);
  call.bucket = &found->second;
  if (call.bucket->region != call.incoming.region) return wrong_region(call);
  const std::string& account = call.bucket->owner.empty() ? call.world.options.account : call.bucket->owner;
  if (owner && *owner != account) return access_denied(call);
  return std::nullopt;
}

// What the policy of the bucket does not allow. Its owner may always change the policy: else a mistake could not be
// undone. A bucket of the other account lets callers that name its owner list it and work with objects.
std::optional<http::Response> ask_bucket_policy(const S3Call& call, const Operation& operation) {
  const std::string_view action = operation.action;
  const bool is_setting = operation.level == Level::kBucket && !starts_with(action, "s3:List") && !action.empty() &&
                          action != "s3:GetBucketLocation";
  if (!call.bucket->owner.empty() && is_setting) return access_denied(call);
  if (action.empty() || contains(action, "BucketPolicy")) return std::nullopt;
  return refuse_by_policy(call, std::string(action) + (call.param("versionId") ? "Version" : ""), call.key);
}

http::Response run(S3Call& call, const Operation& operation, bool needs_bucket) {
  if (needs_bucket) {
    if (std::optional<http::Response> refusal = find_bucket(call)) return *refusal;
    if (std::optional<http::Response> refusal = ask_bucket_policy(call, operation)) return *refusal;
  }
  // The checksum that completes an upload is that of the whole object, not of this body.
  if (operation.run != s3::complete_upload) {
    if (std::optional<http::Response> refusal = verify_checksums(call, operation.checksum_required)) return *refusal;
  }
  return operation.run(call);
}

// Objects and their lists are strongly consistent; only the existence and the settings of a bucket are not.
Access access_of(const Operation& operation) {
  using Run = http::Response (*)(S3Call&);
  constexpr Run kOfObjects[] = {s3::list_objects, s3::list_objects_v2, s3::list_versions, s3::list_uploads,
                                s3::delete_objects};
  const bool of_objects =
      std::find(std::begin(kOfObjects), std::end(kOfObjects), operation.run) != std::end(kOfObjects);
  if (operation.level == Level::kObject || of_objects) return Access::kCheck;
  const std::string_view method = operation.method;
  return method == "GET" || method == "HEAD" ? Access::kRead : Access::kChange;
}

// Refuses what contradicts the buckets of the time `then`: a request to a bucket that is not visible yet, and the
// creation of one whose deletion is not visible yet.
std::optional<http::Response> refuse_by_earlier(const S3Call& call, const Operation& operation, PastTime then) {
  const S3State& state = *call.world.s3;
  const auto* earlier = state.history.at(call.bucket_name, then);
  if (earlier == nullptr || is_foreign_bucket(call.world, call.bucket_name)) return std::nullopt;
  const auto present = state.buckets.find(call.bucket_name);
  if (operation.run != s3::create_bucket) {
    // Once an object was written, requests for objects must find it: they are strongly consistent.
    const bool has_objects = present != state.buckets.end() && !present->second.objects.empty();
    if (*earlier || (has_objects && access_of(operation) == Access::kCheck)) return std::nullopt;
    return no_such_bucket(call);
  }
  if (!*earlier || present != state.buckets.end()) return std::nullopt;
  return s3_error(call, 409, "OperationAborted",
                  "A conflicting conditional operation is currently in progress against this resource. Please try "
                  "again.");
}

// Carries out the request with the delay until changes of buckets become visible (state/history.h). Unlike a role or a
// log group, a bucket of an earlier time is not complete: it has no objects.
http::Response carry_out_on_bucket(S3Call& call, const Operation& operation, bool needs_bucket) {
  S3State& state = *call.world.s3;
  const Duration delay = call.world.options.consistency.s3;
  const Access access = access_of(operation);
  std::optional<std::string> bucket;
  if (!call.bucket_name.empty()) bucket = call.bucket_name;
  if (const std::optional<PastTime> then = earlier_time(call.world, state.history, delay, bucket)) {
    if (access == Access::kRead) {
      const Rewound<S3State::Buckets> rewound(state.buckets, state.history, bucket, *then);
      return run(call, operation, needs_bucket);
    }
    if (std::optional<http::Response> refusal = refuse_by_earlier(call, operation, *then)) return *refusal;
  }
  if (access != Access::kChange || delay <= Duration::zero()) return run(call, operation, needs_bucket);
  std::optional<Bucket> before;
  if (const auto found = state.buckets.find(call.bucket_name); found != state.buckets.end()) {
    static_cast<BucketSettings&>(before.emplace()) = found->second;
  }
  http::Response response = run(call, operation, needs_bucket);
  if (response.status < 300) state.history.changed(call.bucket_name, std::move(before), call.world.now, delay);
  return response;
}

http::Response answer(S3Call& call) {
  if (std::optional<http::Response> refusal = read_address(call)) return *refusal;
  const Operation* operation = find_operation(call);
  if (operation == nullptr) {
    return s3_error(call, 405, "MethodNotAllowed", "The specified method is not allowed against this resource.",
                    {{"Method", call.incoming.raw.method}});
  }
  if (std::optional<http::Response> refusal = refuse_unknown(call, *operation)) return *refusal;
  const bool needs_bucket = operation->level != Level::kService && operation->run != s3::create_bucket;
  if (!needs_bucket && call.header("x-amz-expected-bucket-owner")) {
    return not_implemented(call, "header", "x-amz-expected-bucket-owner");
  }
  return carry_out_on_bucket(call, *operation, needs_bucket);
}

}  // namespace

std::optional<http::Response> refuse_by_policy(const S3Call& call, const std::string& action, const std::string& key) {
  S3Request request{action, key, call.incoming.caller_arn, {}};
  for (const char* name : {"x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id"}) {
    if (const std::optional<std::string> value = call.header(name)) request.context[std::string("s3:") + name] = *value;
  }
  if (!bucket_policy_denies(*call.bucket, request)) return std::nullopt;
  return s3_error(call, 403, "AccessDenied",
                  "User: " + call.incoming.caller_arn + " is not authorized to perform: " + action +
                      " on resource: \"" + arn_in_bucket(*call.bucket, key) +
                      "\" with an explicit deny in a resource-based policy");
}

http::Response handle_s3(CloudState& world, const Incoming& incoming) {
  if (std::optional<http::Response> control = s3::answer_control(world, incoming)) return *control;
  S3Call call{world, incoming, {}, {}, false, {}, nullptr};
  http::Response response = answer(call);
  if (incoming.raw.method == "HEAD") {
    // The response to a HEAD has no body, whatever the status, so errors have no code.
    response.body.clear();
  }
  return response;
}

}  // namespace fhctl::sandbox
