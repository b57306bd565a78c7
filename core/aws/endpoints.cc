#include "core/aws/endpoints.h"

#include <algorithm>

#include <fmt/core.h>

#include "core/base/text.h"

namespace fhctl::aws {
namespace {

struct ServiceRow {
  std::string_view name;
  std::string_view signing_name;  // and the first label of its hosts
  std::string_view environment_suffix;
};

constexpr ServiceRow kServiceRows[] = {
    {"Firehose", "firehose", "FIREHOSE"},
    {"S3", "s3", "S3"},
    {"IAM", "iam", "IAM"},
    {"CloudWatch Logs", "logs", "CLOUDWATCH_LOGS"},
    {"STS", "sts", "STS"},
    {"CloudWatch", "monitoring", "CLOUDWATCH"},
    {"Systems Manager", "ssm", "SSM"},
    {"S3 Control", "s3", "S3_CONTROL"},  // its hosts begin with "s3-control"
};

const ServiceRow& row_of(Service service) { return kServiceRows[static_cast<std::size_t>(service)]; }

// IAM is one service for a whole partition. Only the hosts that do not follow the rule "iam[-fips].SUFFIX" stand here.
struct IamHosts {
  std::string_view partition;
  std::string_view plain;
  std::string_view fips;
  std::string_view dual_stack;
  std::string_view fips_dual_stack;
};

constexpr IamHosts kIamHosts[] = {
    {"aws", "", "", "iam.global.api.aws", "iam-fips.global.api.aws"},
    {"aws-cn", "iam.cn-north-1.amazonaws.com.cn", "", "iam.global.api.amazonwebservices.com.cn", ""},
    {"aws-us-gov", "iam.us-gov.amazonaws.com", "iam.us-gov.amazonaws.com", "iam.us-gov.api.aws", "iam.us-gov.api.aws"},
    {"aws-eusc", "iam.eusc-de-east-1.amazonaws.eu", "", "", ""},
    {"aws-iso", "iam.us-iso-east-1.c2s.ic.gov", "iam-fips.us-iso-east-1.c2s.ic.gov", "", ""},
    {"aws-iso-b", "iam.us-isob-east-1.sc2s.sgov.gov", "iam-fips.us-isob-east-1.sc2s.sgov.gov", "", ""},
    {"aws-iso-e", "iam.eu-isoe-west-1.cloud.adc-e.uk", "", "", ""},
    {"aws-iso-f", "iam.us-isof-south-1.csp.hci.ic.gov", "", "", ""},
};

Error usage(std::string message, std::string hint);
Result<Endpoint> custom_endpoint(const EndpointRequest& request);
std::string aws_host(const EndpointRequest& request);
bool fits_virtual_host(std::string_view bucket, bool dots_allowed);

}  // namespace

std::string_view service_name(Service service) { return row_of(service).name; }
std::string_view signing_name(Service service) { return row_of(service).signing_name; }
std::string_view environment_suffix(Service service) { return row_of(service).environment_suffix; }

Result<Endpoint> resolve_endpoint(const EndpointRequest& request) {
  if (request.region.empty()) {
    return usage("No region.", "use `--region us-west-2`, AWS_REGION, or a profile with a region");
  }
  if (!valid_region_syntax(request.region)) {
    return usage(fmt::format("\"{}\" cannot be a region: it cannot be part of a host name", request.region),
                 "a region looks like us-west-2");
  }
  if (!request.custom_url.empty()) return custom_endpoint(request);

  const Partition& partition = partition_of(request.region);
  if (request.use_fips && request.service == Service::kS3 && partition.id == "aws-cn") {
    return usage(fmt::format("S3 has no FIPS endpoints in partition {} (region {})", partition.id, request.region),
                 "leave out --use-fips, AWS_USE_FIPS_ENDPOINT and use_fips_endpoint there");
  }
  Endpoint endpoint;
  endpoint.url.scheme = "https";
  endpoint.url.host = to_lower(aws_host(request));
  endpoint.signing_region = request.service == Service::kIam ? std::string(partition.global_region) : request.region;
  return endpoint;
}

BucketAddress address_bucket(const Endpoint& s3, std::string_view bucket, bool force_path_style) {
  BucketAddress address;
  address.url = s3.url;
  if (bucket.empty()) return address;
  const std::string& host = s3.url.host;
  // Over https a dotted name would not match the wildcard certificate.
  const bool path_style = force_path_style || host == "localhost" || http::is_ip_address(host) ||
                          !fits_virtual_host(bucket, /*dots_allowed=*/s3.url.scheme == "http");
  if (path_style) {
    address.path_prefix = "/" + percent_encode(bucket);
  } else {
    address.url.host = std::string(bucket) + "." + host;
  }
  return address;
}

namespace {

Error usage(std::string message, std::string hint) {
  return make_error(ErrorKind::kUsage, std::move(message), std::move(hint));
}

Result<Endpoint> custom_endpoint(const EndpointRequest& request) {
  for (const auto& [asked, what] :
       {std::pair(request.use_fips, "FIPS"), std::pair(request.use_dualstack, "dual-stack")}) {
    if (!asked) continue;
    return usage(fmt::format("{} endpoints and the custom endpoint {} for {} exclude each other", what,
                             request.custom_url, service_name(request.service)),
                 "leave out one of the two");
  }
  Result<http::Url> url = http::parse_url(request.custom_url);
  if (!url) return with_context(url.error(), fmt::format("the endpoint URL for {}", service_name(request.service)));
  if (url->scheme == "http" && !http::is_loopback(url->host)) {
    return usage(fmt::format("the endpoint {} for {} is plain http and not on this machine: requests and session "
                             "tokens could be read on the way",
                             request.custom_url, service_name(request.service)),
                 "use https, or a tunnel to a port of localhost");
  }
  Endpoint endpoint;
  endpoint.url = *url;
  endpoint.signing_region =
      request.service == Service::kIam ? std::string(partition_of(request.region).global_region) : request.region;
  return endpoint;
}

std::string iam_host(const EndpointRequest& request, const Partition& partition) {
  std::string_view special;
  for (const IamHosts& row : kIamHosts) {
    if (row.partition != partition.id) continue;
    if (request.use_dualstack) {
      special = request.use_fips ? row.fips_dual_stack : row.dual_stack;
    } else {
      special = request.use_fips ? row.fips : row.plain;
    }
  }
  if (!special.empty()) return std::string(special);
  return fmt::format("iam{}.{}", request.use_fips ? "-fips" : "",
                     request.use_dualstack ? partition.dual_stack_suffix : partition.dns_suffix);
}

// In GovCloud the plain hosts of these services are the FIPS hosts: CloudWatch's always, the others' as long as they
// are not dual-stack.
bool plain_host_is_fips(const EndpointRequest& request, const Partition& partition) {
  if (partition.id != "aws-us-gov") return false;
  if (request.service == Service::kCloudWatch) return true;
  return !request.use_dualstack &&
         (request.service == Service::kSts || request.service == Service::kLogs || request.service == Service::kSsm);
}

std::string aws_host(const EndpointRequest& request) {
  const Partition& partition = partition_of(request.region);
  const std::string_view fips = request.use_fips && !plain_host_is_fips(request, partition) ? "-fips" : "";
  if (request.service == Service::kIam) return iam_host(request, partition);
  if (request.service == Service::kS3 || request.service == Service::kS3Control) {
    return fmt::format("{}{}{}.{}.{}", request.service == Service::kS3 ? "s3" : "s3-control", fips,
                       request.use_dualstack ? ".dualstack" : "", request.region, partition.dns_suffix);
  }
  return fmt::format("{}{}.{}.{}", signing_name(request.service), fips, request.region,
                     request.use_dualstack ? partition.dual_stack_suffix : partition.dns_suffix);
}

bool fits_virtual_host(std::string_view bucket, bool dots_allowed) {
  if (bucket.size() < 3 || bucket.size() > 63 || http::is_ip_address(bucket)) return false;
  const auto is_inner = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  const std::vector<std::string> labels = split(bucket, '.');
  if (labels.size() > 1 && !dots_allowed) return false;
  return std::all_of(labels.begin(), labels.end(), [&](const std::string& label) {
    return !label.empty() && label.front() != '-' && label.back() != '-' &&
           std::all_of(label.begin(), label.end(), is_inner);
  });
}

}  // namespace
}  // namespace fhctl::aws
