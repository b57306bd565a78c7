// Partitions, regions and where a service's API lives. Tables after botocore's partitions.json and endpoint rules.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/http/url.h"

namespace fhctl::aws {

enum class Service { kFirehose, kS3, kIam, kLogs, kSts, kCloudWatch, kSsm, kS3Control };
inline constexpr Service kServices[] = {Service::kFirehose, Service::kS3,         Service::kIam, Service::kLogs,
                                        Service::kSts,      Service::kCloudWatch, Service::kSsm, Service::kS3Control};

std::string_view service_name(Service service);  // "Firehose", "CloudWatch Logs", "CloudWatch", ...: for people
std::string_view signing_name(
    Service service);  // "firehose", "s3" (S3 Control too), "iam", "logs", "sts", "monitoring", "ssm"
std::string_view environment_suffix(Service service);  // "FIREHOSE", "CLOUDWATCH_LOGS", "CLOUDWATCH", "SSM", ...

struct Partition {
  std::string_view id;          // "aws", "aws-cn", "aws-us-gov", "aws-eusc", "aws-iso", ...
  std::string_view dns_suffix;  // "amazonaws.com"
  std::string_view dual_stack_suffix;
  std::string_view global_region;  // where IAM signs
};

// By the region's form; a region that matches nothing belongs to "aws".
const Partition& partition_of(std::string_view region);
bool valid_region_syntax(std::string_view region);  // a host label: what may be put into a host name at all
// The regions known to fhctl, for "did you mean". A region that is not among them may still be right.
const std::vector<std::string>& known_regions();

struct Endpoint {
  http::Url url{};
  std::string signing_region{};
};

struct EndpointRequest {
  Service service;
  std::string region{};
  bool use_fips = false;
  bool use_dualstack = false;
  std::string custom_url{};  // empty: AWS's own
};

// Errors (kUsage): no region, a region that cannot stand in a host name, FIPS or dual-stack together with a custom
// endpoint or in a partition without it, a custom URL that is not one or is plain http off loopback.
Result<Endpoint> resolve_endpoint(const EndpointRequest& request);

struct BucketAddress {
  http::Url url{};            // scheme, host and port to use
  std::string path_prefix{};  // "/bucket" for path style, "" for virtual hosts
};

// Path style for IP addresses, "localhost", dotted names over https and names that are no host label; else a virtual
// host. `force_path_style` is for custom endpoints that know nothing else.
BucketAddress address_bucket(const Endpoint& s3, std::string_view bucket, bool force_path_style = false);

}  // namespace fhctl::aws
