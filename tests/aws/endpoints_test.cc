#include "core/aws/endpoints.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "core/base/text.h"

namespace fhctl::aws {
namespace endpoints_test {
namespace {

TEST(Partitions, ByTheFormOfTheRegion) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"us-east-1", "aws"},
      {"mx-central-1", "aws"},
      {"cn-north-1", "aws-cn"},
      {"us-gov-west-1", "aws-us-gov"},
      {"us-iso-east-1", "aws-iso"},
      {"us-isob-east-1", "aws-iso-b"},
      {"eu-isoe-west-1", "aws-iso-e"},
      {"us-isof-south-1", "aws-iso-f"},
      {"eusc-de-east-1", "aws-eusc"},
      {"cn-", "aws"},
      {"cn-north", "aws"},
      {"us-gov-1", "aws"},
      {"", "aws"},
      {"nonsense", "aws"},
      {"cn-north-1x", "aws"},
  };
  for (const auto& [region, id] : cases) EXPECT_EQ(partition_of(region).id, id) << region;
}

TEST(Regions, SyntaxIsThatOfAHostLabel) {
  for (const char* region : {"us-east-1", "snow", "x", "US-EAST-1"}) EXPECT_TRUE(valid_region_syntax(region)) << region;
  for (const char* region : {"", "us east 1", "us-east-1.evil.com", "-a", "a-", "us-east-1/", "/a", "ü", "a\nb"}) {
    EXPECT_FALSE(valid_region_syntax(region)) << region;
  }
  EXPECT_FALSE(valid_region_syntax(std::string(64, 'a')));
}

TEST(Regions, KnownOnesAreValidAndUnique) {
  std::vector<std::string> regions = known_regions();
  std::sort(regions.begin(), regions.end());
  EXPECT_EQ(std::adjacent_find(regions.begin(), regions.end()), regions.end());
  for (const std::string& region : regions) EXPECT_TRUE(valid_region_syntax(region)) << region;
}

// The hosts of services whose vectors are not in the public folder, taken from botocore's rule sets.
TEST(Endpoints, HostsOfOtherServices) {
  struct Case {
    Service service;
    std::string region;
    bool fips;
    bool dualstack;
    std::string host;
    std::string signing_region;
  };
  const Case cases[] = {
      {Service::kIam, "eu-west-1", false, false, "iam.amazonaws.com", "us-east-1"},
      {Service::kIam, "us-west-2", true, false, "iam-fips.amazonaws.com", "us-east-1"},
      {Service::kIam, "us-west-2", false, true, "iam.global.api.aws", "us-east-1"},
      {Service::kIam, "us-west-2", true, true, "iam-fips.global.api.aws", "us-east-1"},
      {Service::kIam, "cn-northwest-1", false, false, "iam.cn-north-1.amazonaws.com.cn", "cn-north-1"},
      {Service::kIam, "cn-north-1", false, true, "iam.global.api.amazonwebservices.com.cn", "cn-north-1"},
      {Service::kIam, "us-gov-east-1", false, false, "iam.us-gov.amazonaws.com", "us-gov-west-1"},
      {Service::kIam, "us-gov-east-1", true, false, "iam.us-gov.amazonaws.com", "us-gov-west-1"},
      {Service::kIam, "us-gov-west-1", true, true, "iam.us-gov.api.aws", "us-gov-west-1"},
      {Service::kIam, "eusc-de-east-1", false, false, "iam.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1"},
      {Service::kIam, "us-iso-west-1", true, false, "iam-fips.us-iso-east-1.c2s.ic.gov", "us-iso-east-1"},
      {Service::kIam, "us-isof-east-1", false, false, "iam.us-isof-south-1.csp.hci.ic.gov", "us-isof-south-1"},
      {Service::kLogs, "us-west-2", false, false, "logs.us-west-2.amazonaws.com", "us-west-2"},
      {Service::kLogs, "us-west-2", true, true, "logs-fips.us-west-2.api.aws", "us-west-2"},
      {Service::kLogs, "us-gov-west-1", true, false, "logs.us-gov-west-1.amazonaws.com", "us-gov-west-1"},
      {Service::kLogs, "us-gov-west-1", true, true, "logs-fips.us-gov-west-1.api.aws", "us-gov-west-1"},
      {Service::kLogs, "cn-north-1", true, false, "logs-fips.cn-north-1.amazonaws.com.cn", "cn-north-1"},
      {Service::kLogs, "eu-isoe-west-1", false, false, "logs.eu-isoe-west-1.cloud.adc-e.uk", "eu-isoe-west-1"},
      {Service::kCloudWatch, "us-west-2", false, false, "monitoring.us-west-2.amazonaws.com", "us-west-2"},
      {Service::kCloudWatch, "us-west-2", false, true, "monitoring.us-west-2.api.aws", "us-west-2"},
      {Service::kCloudWatch, "us-west-2", true, false, "monitoring-fips.us-west-2.amazonaws.com", "us-west-2"},
      {Service::kCloudWatch, "us-west-2", true, true, "monitoring-fips.us-west-2.api.aws", "us-west-2"},
      {Service::kCloudWatch, "us-gov-east-1", false, false, "monitoring.us-gov-east-1.amazonaws.com", "us-gov-east-1"},
      {Service::kCloudWatch, "us-gov-west-1", true, false, "monitoring.us-gov-west-1.amazonaws.com", "us-gov-west-1"},
      {Service::kCloudWatch, "us-gov-west-1", true, true, "monitoring.us-gov-west-1.api.aws", "us-gov-west-1"},
      {Service::kCloudWatch, "cn-north-1", false, true, "monitoring.cn-north-1.api.amazonwebservices.com.cn",
       "cn-north-1"},
      {Service::kCloudWatch, "cn-north-1", true, false, "monitoring-fips.cn-north-1.amazonaws.com.cn", "cn-north-1"},
      {Service::kCloudWatch, "us-isob-east-1", false, false, "monitoring.us-isob-east-1.sc2s.sgov.gov",
       "us-isob-east-1"},
      {Service::kCloudWatch, "eusc-de-east-1", false, false, "monitoring.eusc-de-east-1.amazonaws.eu",
       "eusc-de-east-1"},
      {Service::kS3Control, "us-west-2", false, false, "s3-control.us-west-2.amazonaws.com", "us-west-2"},
      {Service::kS3Control, "us-west-2", true, true, "s3-control-fips.dualstack.us-west-2.amazonaws.com", "us-west-2"},
      {Service::kS3Control, "cn-north-1", false, false, "s3-control.cn-north-1.amazonaws.com.cn", "cn-north-1"},
      {Service::kSsm, "us-west-2", false, false, "ssm.us-west-2.amazonaws.com", "us-west-2"},
      {Service::kSsm, "us-west-2", false, true, "ssm.us-west-2.api.aws", "us-west-2"},
      {Service::kSsm, "us-west-2", true, false, "ssm-fips.us-west-2.amazonaws.com", "us-west-2"},
      {Service::kSsm, "us-west-2", true, true, "ssm-fips.us-west-2.api.aws", "us-west-2"},
      {Service::kSsm, "us-gov-east-1", false, false, "ssm.us-gov-east-1.amazonaws.com", "us-gov-east-1"},
      {Service::kSsm, "us-gov-west-1", true, false, "ssm.us-gov-west-1.amazonaws.com", "us-gov-west-1"},
      {Service::kSsm, "us-gov-west-1", true, true, "ssm-fips.us-gov-west-1.api.aws", "us-gov-west-1"},
      {Service::kSsm, "cn-north-1", false, true, "ssm.cn-north-1.api.amazonwebservices.com.cn", "cn-north-1"},
      {Service::kSsm, "cn-north-1", true, false, "ssm-fips.cn-north-1.amazonaws.com.cn", "cn-north-1"},
      {Service::kSsm, "us-isob-east-1", false, false, "ssm.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1"},
      {Service::kSsm, "eusc-de-east-1", false, false, "ssm.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1"},
  };
  for (const Case& c : cases) {
    const Result<Endpoint> endpoint = resolve_endpoint(
        {.service = c.service, .region = c.region, .use_fips = c.fips, .use_dualstack = c.dualstack, .custom_url = ""});
    ASSERT_TRUE(endpoint) << c.host;
    EXPECT_EQ(endpoint->url.host, c.host);
    EXPECT_EQ(endpoint->signing_region, c.signing_region) << c.host;
  }
}

TEST(Endpoints, ErrorsNameTheInput) {
  struct Case {
    EndpointRequest request;
    std::string part;
  };
  const Case cases[] = {
      {{.service = Service::kS3, .region = "", .custom_url = ""}, "No region"},
      {{.service = Service::kS3, .region = "us east", .custom_url = ""}, "us east"},
      {{.service = Service::kS3, .region = "cn-north-1", .use_fips = true, .custom_url = ""}, "aws-cn"},
      {{.service = Service::kS3, .region = "us-east-1", .use_fips = true, .custom_url = "https://x.example"}, "FIPS"},
      {{.service = Service::kIam, .region = "us-east-1", .use_dualstack = true, .custom_url = "https://x.example"},
       "dual-stack"},
      {{.service = Service::kLogs, .region = "us-east-1", .custom_url = "http://x.example"}, "http://x.example"},
      {{.service = Service::kLogs, .region = "us-east-1", .custom_url = "localhost:4566"}, "CloudWatch Logs"},
  };
  for (const Case& c : cases) {
    const Result<Endpoint> endpoint = resolve_endpoint(c.request);
    ASSERT_FALSE(endpoint) << c.part;
    EXPECT_EQ(endpoint.error().kind, ErrorKind::kUsage);
    EXPECT_TRUE(contains(describe(endpoint.error()), c.part)) << describe(endpoint.error());
  }
}

TEST(Endpoints, CustomOnesKeepTheSigningRegion) {
  const Result<Endpoint> iam =
      resolve_endpoint({.service = Service::kIam, .region = "us-gov-east-1", .custom_url = "http://127.0.0.1:5000/x"});
  ASSERT_TRUE(iam);
  EXPECT_EQ(iam->signing_region, "us-gov-west-1");
  EXPECT_EQ(http::format_url(iam->url), "http://127.0.0.1:5000/x");
}

TEST(BucketAddress, PathStyleWhereAHostCannotBe) {
  struct Case {
    std::string endpoint;
    std::string bucket;
    bool forced;
    std::string expected;
  };
  const Case cases[] = {
      {"https://s3.us-east-1.amazonaws.com", "logs-1", false, "https://logs-1.s3.us-east-1.amazonaws.com"},
      {"https://s3.us-east-1.amazonaws.com", "logs.1", false, "https://s3.us-east-1.amazonaws.com/logs.1"},
      {"http://s3.localhost:9000", "logs.1", false, "http://logs.1.s3.localhost:9000"},
      {"http://localhost:9000", "logs", false, "http://localhost:9000/logs"},
      {"http://127.0.0.1:9000", "logs", false, "http://127.0.0.1:9000/logs"},
      {"http://[::1]:9000", "logs", false, "http://[::1]:9000/logs"},
      {"https://s3.example.com", "logs", true, "https://s3.example.com/logs"},
      {"https://s3.example.com", "evil.com/#", false, "https://s3.example.com/evil.com%2F%23"},
      {"https://s3.example.com", "Logs", false, "https://s3.example.com/Logs"},
      {"https://s3.example.com", "-logs", false, "https://s3.example.com/-logs"},
      {"http://s3.localhost", "a..b", false, "http://s3.localhost/a..b"},
      {"https://s3.example.com", "", false, "https://s3.example.com"},
  };
  for (const Case& c : cases) {
    const Endpoint endpoint{.url = *http::parse_url(c.endpoint), .signing_region = "us-east-1"};
    const BucketAddress address = address_bucket(endpoint, c.bucket, c.forced);
    EXPECT_EQ(http::format_url(address.url) + address.path_prefix, c.expected);
  }
}

}  // namespace
}  // namespace endpoints_test
}  // namespace fhctl::aws
