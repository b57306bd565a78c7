#include "sandbox/wire/router.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/json.h"
#include "core/base/text.h"

namespace fhctl::sandbox {
namespace {

bool only_reads(std::string_view operation) {
  for (std::string_view verb : {"Get", "List", "Describe", "Head", "Filter", "Simulate"}) {
    if (starts_with(operation, verb)) return true;
  }
  return false;
}

// Parses as far as the member that names the resource, which is usually the first; the operation parses the rest.
class ResourceReader : public Json::json_sax_t {
 public:
  std::string resource;

  bool start_object(std::size_t /*members*/) override { return enter(); }
  bool start_array(std::size_t /*elements*/) override { return enter(); }
  bool end_object() override { return leave(); }
  bool end_array() override { return leave(); }
  bool key(string_t& name) override {
    static constexpr std::string_view kNames[] = {"DeliveryStreamName", "logGroupName", "logGroupNamePrefix",
                                                  "resourceArn", "Name"};
    names_it_ = depth_ == 1 && std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
    return true;
  }
  bool string(string_t& value) override {
    if (names_it_) resource = value;
    return !names_it_;
  }
  bool null() override { return other(); }
  bool boolean(bool /*value*/) override { return other(); }
  bool number_integer(number_integer_t /*value*/) override { return other(); }
  bool number_unsigned(number_unsigned_t /*value*/) override { return other(); }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { return other(); }
  bool binary(binary_t& /*value*/) override { return other(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

 private:
  bool enter() {
    ++depth_;
    return other();
  }
  bool leave() {
    --depth_;
    return true;
  }
  bool other() {
    names_it_ = false;
    return true;
  }

  int depth_ = 0;
  bool names_it_ = false;
};

// The JSON services name their resource in the body.
std::string json_resource(const std::string& body) {
  ResourceReader reader;
  Json::sax_parse(body, &reader);
  return std::move(reader.resource);
}

Route json_route(std::string_view service, std::string_view target, const http::Request& request) {
  Route route;
  route.service = service;
  route.operation = target.substr(target.find('.') + 1);
  // The target header identifies a put; there is no need to parse megabytes of records twice.
  route.resource = starts_with(route.operation, "PutRecord") ? "" : json_resource(request.body);
  return route;
}

Route query_route(const http::Request& request) {
  Route route;
  route.operation = form_field(request.body, "Action");
  const std::string version = form_field(request.body, "Version");
  route.service = version == "2011-06-15" ? "sts" : version == "2010-08-01" ? "monitoring" : "iam";
  route.resource = form_field(request.body, "RoleName");
  const std::string policy = form_field(request.body, "PolicyName");
  if (!policy.empty()) route.resource += "/" + policy;
  return route;
}

struct S3Name {
  std::string_view sub_resource;  // the query parameter that selects another operation
  std::string_view suffix;        // GET ?tagging of a bucket: Get + Bucket + Tagging
};

constexpr S3Name kBucketParts[] = {
    {"tagging", "BucketTagging"},
    {"versioning", "BucketVersioning"},
    {"lifecycle", "BucketLifecycleConfiguration"},
    {"encryption", "BucketEncryption"},
    {"publicAccessBlock", "PublicAccessBlock"},
    {"policy", "BucketPolicy"},
    {"abac", "BucketAbac"},
    {"policyStatus", "BucketPolicyStatus"},
    {"ownershipControls", "BucketOwnershipControls"},
    {"object-lock", "ObjectLockConfiguration"},
    {"location", "BucketLocation"},
    {"logging", "BucketLogging"},
    {"notification", "BucketNotificationConfiguration"},
    {"acl", "BucketAcl"},
    {"cors", "BucketCors"},
    {"website", "BucketWebsite"},
    {"replication", "BucketReplication"},
    {"requestPayment", "BucketRequestPayment"},
    {"accelerate", "BucketAccelerateConfiguration"},
};

bool has_parameter(std::string_view query, std::string_view name) {
  for (const std::string& part : split(query, '&')) {
    if (percent_decode(part.substr(0, part.find('='))) == name) return true;
  }
  return false;
}

std::string verb_of(const std::string& method) {
  if (method == "GET") return "Get";
  if (method == "PUT") return "Put";
  if (method == "DELETE") return "Delete";
  if (method == "HEAD") return "Head";
  return "";
}

std::string bucket_operation(const http::Request& request) {
  for (const S3Name& part : kBucketParts) {
    if (has_parameter(request.query, part.sub_resource)) return verb_of(request.method) + std::string(part.suffix);
  }
  if (request.method == "POST") return has_parameter(request.query, "delete") ? "DeleteObjects" : "";
  if (request.method == "PUT") return "CreateBucket";
  if (request.method == "DELETE") return "DeleteBucket";
  if (request.method == "HEAD") return "HeadBucket";
  if (has_parameter(request.query, "versions")) return "ListObjectVersions";
  if (has_parameter(request.query, "uploads")) return "ListMultipartUploads";
  return has_parameter(request.query, "list-type") ? "ListObjectsV2" : "ListObjects";
}

std::string object_operation(const http::Request& request) {
  if (has_parameter(request.query, "uploads")) return "CreateMultipartUpload";
  if (has_parameter(request.query, "uploadId")) {
    if (request.method == "PUT") return "UploadPart";
    if (request.method == "POST") return "CompleteMultipartUpload";
    return request.method == "DELETE" ? "AbortMultipartUpload" : "ListParts";
  }
  if (has_parameter(request.query, "tagging")) return verb_of(request.method) + "ObjectTagging";
  return request.method == "POST" ? "" : verb_of(request.method) + "Object";
}

// Buckets by path (/bucket/key) or by host (bucket.s3.localhost:4580/key).
std::string s3_resource(const http::Request& request) {
  std::string path = percent_decode(request.path).substr(1);
  const std::string host = request.headers.find("host").value_or(request.host);
  const std::size_t at = host.find(".s3.");
  if (at != std::string::npos) return host.substr(0, at) + (path.empty() ? "" : "/" + path);
  return path;
}

// Tags of a bucket by its ARN in S3 Control.
std::optional<Route> control_route(const http::Request& request) {
  constexpr std::string_view kTags = "/v20180820/tags/";
  if (!starts_with(request.path, kTags) || !request.headers.find("x-amz-account-id")) return std::nullopt;
  Route route;
  route.service = "s3";
  const std::string arn = percent_decode(request.path.substr(kTags.size()));
  route.resource = arn.substr(arn.rfind(':') + 1);
  route.operation = request.method == "GET"      ? "ListTagsForResource"
                    : request.method == "DELETE" ? "UntagResource"
                                                 : "TagResource";
  return route;
}

Route s3_route(const http::Request& request) {
  if (std::optional<Route> control = control_route(request)) return *control;
  Route route;
  route.service = "s3";
  route.resource = starts_with(request.path, "/") ? s3_resource(request) : "";
  const std::size_t slash = route.resource.find('/');
  if (route.resource.empty()) {
    route.operation = "ListBuckets";
  } else if (slash == std::string::npos || slash + 1 == route.resource.size()) {
    route.resource = route.resource.substr(0, slash);
    route.operation = bucket_operation(request);
  } else {
    route.operation = object_operation(request);
  }
  return route;
}

Route find_route(const http::Request& request) {
  const std::string target = request.headers.find("x-amz-target").value_or("");
  if (starts_with(target, "Firehose_20150804.")) return json_route("firehose", target, request);
  if (starts_with(target, "Logs_20140328.")) return json_route("logs", target, request);
  if (starts_with(target, "GraniteServiceVersion20100801.")) return json_route("monitoring", target, request);
  if (starts_with(target, "AmazonSSM.")) return json_route("ssm", target, request);
  const std::string type = to_lower(request.headers.find("content-type").value_or(""));
  if (request.method == "POST" && request.path == "/" && starts_with(type, "application/x-www-form-urlencoded")) {
    return query_route(request);
  }
  return s3_route(request);
}

}  // namespace

Route route_of(const http::Request& request) {
  Route route = find_route(request);
  route.mutating = !only_reads(route.operation);
  return route;
}

std::string form_field(std::string_view form, std::string_view name) {
  for (const std::string& part : split(form, '&')) {
    const std::size_t equals = part.find('=');
    if (equals == std::string::npos || part.substr(0, equals) != name) continue;
    return percent_decode(replace_all(part.substr(equals + 1), "+", "%20"));
  }
  return "";
}

}  // namespace fhctl::sandbox
