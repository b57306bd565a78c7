// Lifecycle of buckets in the simulated S3: names, regions, owners.
#include <algorithm>

#include "core/base/text.h"
#include "core/http/url.h"
#include "sandbox/s3/operations.h"

namespace fhctl::sandbox::s3 {
namespace {

constexpr const char* kRegions =
    "us-east-1 us-east-2 us-west-1 us-west-2 af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 "
    "ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 "
    "ap-southeast-6 ap-southeast-7 ca-central-1 ca-west-1 cn-north-1 cn-northwest-1 eu-central-1 eu-central-2 "
    "eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 me-south-1 "
    "mx-central-1 sa-east-1 us-gov-east-1 us-gov-west-1 eusc-de-east-1";

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool is_bucket_name(std::string_view name) {
  if (name.size() < 3 || name.size() > 63) return false;
  for (const char c : name) {
    if (!is_alphanumeric(c) && c != '.' && c != '-') return false;
  }
  if (!is_alphanumeric(name.front()) || !is_alphanumeric(name.back())) return false;
  if (contains(name, "..") || http::is_ip_address(name)) return false;
  for (const char* prefix : {"xn--", "sthree-", "amzn-s3-demo-"}) {
    if (starts_with(name, prefix)) return false;
  }
  for (const char* suffix : {"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"}) {
    if (ends_with(name, suffix)) return false;
  }
  return true;
}

// A bucket without a location is created in us-east-1; naming us-east-1 is refused. Other regions require their name.
std::optional<http::Response> check_location(const S3Call& call, std::string location) {
  const std::string& region = call.incoming.region;
  if (location == "EU") location = "eu-west-1";
  if (location == "us-east-1" || (!location.empty() && !is_listed(kRegions, location))) {
    return s3_error(call, 400, "InvalidLocationConstraint", "The specified location-constraint is not valid",
                    {{"LocationConstraint", location}});
  }
  if (location == region || (location.empty() && region == "us-east-1")) return std::nullopt;
  return s3_error(call, 400, "IllegalLocationConstraintException",
                  "The " + (location.empty() ? "unspecified" : location) +
                      " location constraint is incompatible for the region specific endpoint this request was sent "
                      "to.");
}

// Reads location and tags from the body. Without a body there are neither.
std::optional<http::Response> read_configuration(const S3Call& call, Bucket& bucket) {
  pugi::xml_document document;
  if (!call.body().empty()) {
    if (std::optional<http::Response> refusal = read_document(call, "CreateBucketConfiguration", document)) {
      return refusal;
    }
  }
  const pugi::xml_node root = document.document_element();
  if (!has_only(root, "LocationConstraint Tags") || count_of(root, "LocationConstraint") > 1 ||
      count_of(root, "Tags") > 1) {
    return s3_malformed(call);
  }
  if (std::optional<http::Response> refusal = check_location(call, child_text(root, "LocationConstraint"))) {
    return refusal;
  }
  // Other partitions refuse tags in this call.
  if (root.child("Tags") && partition_of(call.incoming.region) != "aws") {
    return s3_error(call, 400, "UnsupportedArgument", "The request contained an unsupported argument.");
  }
  http::Response refusal;
  const auto tags = read_tags(call, root.child("Tags"), refusal);
  if (!tags) return refusal;
  bucket.tags = *tags;
  return std::nullopt;
}

std::optional<http::Response> read_headers(const S3Call& call, Bucket& bucket) {
  const std::string account = call.world.options.account;
  const std::string space = call.header("x-amz-bucket-namespace").value_or("global");
  const bool has_regional_name = ends_with(bucket.name, "-" + account + "-" + bucket.region + "-an");
  const bool has_namespaces = !is_listed("me-central-1 me-south-1", bucket.region);
  if (space != "global" && (space != "account-regional" || !has_regional_name || !has_namespaces)) {
    return s3_error(call, 400, "InvalidNamespaceHeader",
                    "The bucket namespace header does not fit the name of the bucket.");
  }
  if (space == "global" && ends_with(bucket.name, "-an")) {
    return s3_error(
        call, 400, "InvalidBucketName",
        "The specified bucket is not valid: names that end with -an are those of account regional namespaces.",
        {{"BucketName", bucket.name}});
  }
  bucket.ownership = call.header("x-amz-object-ownership").value_or("BucketOwnerEnforced");
  if (!is_listed("BucketOwnerEnforced BucketOwnerPreferred ObjectWriter", bucket.ownership)) {
    return s3_error(call, 400, "InvalidArgument", "Invalid x-amz-object-ownership header");
  }
  if (call.header("x-amz-acl").value_or("private") != "private") {
    return s3_error(call, 400, "InvalidBucketAclWithObjectOwnership",
                    "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting");
  }
  const std::string lock = to_lower(call.header("x-amz-bucket-object-lock-enabled").value_or("false"));
  if (lock != "true" && lock != "false") {
    return s3_error(call, 400, "InvalidArgument", "Invalid x-amz-bucket-object-lock-enabled header");
  }
  bucket.object_lock = lock == "true";
  if (bucket.object_lock) bucket.versioning = "Enabled";
  return std::nullopt;
}

http::Response created(const S3Call& call) {
  http::Response response = s3_empty(call, 200);
  // us-east-1 returns the name alone, other regions a URL.
  response.headers.set("Location", call.incoming.region == "us-east-1"
                                       ? "/" + call.bucket_name
                                       : "http://" + call.bucket_name + ".s3.amazonaws.com/");
  response.headers.set("x-amz-bucket-arn", "arn:aws:s3:::" + call.bucket_name);
  return response;
}

}  // namespace

http::Response create_bucket(S3Call& call) {
  if (!is_bucket_name(call.bucket_name)) {
    return s3_error(call, 400, "InvalidBucketName", "The specified bucket is not valid.",
                    {{"BucketName", call.bucket_name}});
  }
  Bucket bucket;
  bucket.name = call.bucket_name;
  bucket.region = call.incoming.region;
  bucket.created = call.world.now;
  if (std::optional<http::Response> refusal = read_headers(call, bucket)) return *refusal;
  if (std::optional<http::Response> refusal = read_configuration(call, bucket)) return *refusal;
  if (is_foreign_bucket(call.world, bucket.name)) {
    return s3_error(call, 409, "BucketAlreadyExists",
                    "The requested bucket name is not available. The bucket namespace is shared by all users of the "
                    "system. Please select a different name and try again.",
                    {{"BucketName", bucket.name}});
  }
  const auto found = call.world.s3->buckets.find(bucket.name);
  if (found == call.world.s3->buckets.end()) {
    call.world.s3->buckets.emplace(bucket.name, bucket);
    return created(call);
  }
  // us-east-1 responds to the owner as if it had just created the bucket, and changes nothing.
  if (call.incoming.region == "us-east-1" && found->second.region == "us-east-1") return created(call);
  return s3_error(call, 409, "BucketAlreadyOwnedByYou",
                  "Your previous request to create the named bucket succeeded and you already own it.",
                  {{"BucketName", bucket.name}});
}

http::Response head_bucket(S3Call& call) {
  http::Response response = s3_empty(call, 200);
  response.headers.set("x-amz-bucket-region", call.bucket->region);
  response.headers.set("x-amz-bucket-arn", "arn:aws:s3:::" + call.bucket_name);
  response.headers.set("x-amz-access-point-alias", "false");
  return response;
}

http::Response get_location(S3Call& call) {
  pugi::xml_document document;
  pugi::xml_node root = s3_root(document, "LocationConstraint");
  const std::string& region = call.bucket->region;
  if (region != "us-east-1") root.append_child(pugi::node_pcdata).set_value(region.c_str());
  return s3_document(call, document);
}

http::Response delete_bucket(S3Call& call) {
  const Bucket& bucket = *call.bucket;
  if (!bucket.objects.empty()) {
    return s3_error(call, 409, "BucketNotEmpty",
                    bucket.versioning.empty() ? "The bucket you tried to delete is not empty"
                                              : "The bucket you tried to delete is not empty. You must delete all "
                                                "versions in the bucket.",
                    {{"BucketName", bucket.name}});
  }
  call.world.s3->buckets.erase(call.bucket_name);
  return s3_empty(call, 204);
}

http::Response list_buckets(S3Call& call) {
  const std::optional<std::int64_t> size = parse_integer(call.param("max-buckets").value_or("10000"));
  const std::optional<std::string> after = from_base64(call.param("continuation-token").value_or(""));
  if (!size || *size < 1 || *size > 10000 || !after) {
    return s3_error(call, 400, "InvalidArgument", "Invalid max-buckets or continuation-token");
  }
  const std::optional<std::string> region = call.param("bucket-region");
  if (region && !is_listed(kRegions, *region)) {
    return s3_error(call, 400, "InvalidArgument", "Argument value " + *region + " is not a valid AWS Region",
                    {{"ArgumentName", "bucket-region"}});
  }
  // Only a list that was asked for with a parameter names the region of each bucket.
  const bool has_parameter = call.param("max-buckets") || call.param("prefix") || region ||
                             !call.param("continuation-token").value_or("").empty();
  pugi::xml_document document;
  const pugi::xml_node root = s3_root(document, "ListAllMyBucketsResult");
  add_text(add_element(root, "Owner"), "ID", to_hex(call.world.options.account));
  const pugi::xml_node list = add_element(root, "Buckets");
  const std::string prefix = call.param("prefix").value_or("");
  std::int64_t count = 0;
  std::string last;
  for (const auto& [name, bucket] : call.world.s3->buckets) {
    const bool in_region = region.value_or(bucket.region) == bucket.region;
    if (name <= *after || !starts_with(name, prefix) || !in_region || !bucket.owner.empty()) continue;
    if (count++ == *size) {
      add_text(root, "ContinuationToken", to_base64(last));
      break;
    }
    const pugi::xml_node entry = add_element(list, "Bucket");
    add_text(entry, "Name", name);
    add_text(entry, "CreationDate", s3_time(bucket.created));
    if (has_parameter) add_text(entry, "BucketRegion", bucket.region);
    add_text(entry, "BucketArn", "arn:" + std::string(partition_of(bucket.region)) + ":s3:::" + name);
    last = name;
  }
  if (!prefix.empty()) add_text(root, "Prefix", prefix);
  return s3_document(call, document);
}

}  // namespace fhctl::sandbox::s3
