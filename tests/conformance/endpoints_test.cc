// Hosts and signing regions against botocore's endpoint tests, and partitions against its partitions.json.
#include "core/aws/endpoints.h"

#include <set>

#include "core/base/text.h"
#include "tests/conformance/vectors.h"

namespace fhctl::aws {
namespace endpoints_test {
namespace {

namespace fs = std::filesystem;

// Parameters that change nothing for the ordinary calls and buckets that fhctl uses.
const std::set<std::string> kPlainParameters = {"Region",
                                                "UseFIPS",
                                                "UseDualStack",
                                                "Endpoint",
                                                "Bucket",
                                                "Key",
                                                "ForcePathStyle",
                                                "Prefix",
                                                "CopySource",
                                                "UseArnRegion",
                                                "DisableAccessPoints",
                                                "DisableMultiRegionAccessPoints",
                                                "DisableS3ExpressSessionAuth"};

std::optional<Service> service_of_folder(const std::string& name) {
  for (const Service service : kServices) {
    if (name == signing_name(service)) return service;
  }
  return std::nullopt;
}

// Returns why a case does not apply to fhctl; empty if it applies.
std::string not_ours(Service service, const Json& test) {
  const Json* params = get_object(test, "params");
  if (params == nullptr) return "no parameters";
  for (const auto& [name, value] : params->items()) {
    const bool off = value.is_boolean() && !value.get<bool>();
    if (off || kPlainParameters.contains(name)) continue;
    // The legacy global endpoint affects only S3 in us-east-1.
    const bool no_matter = service == Service::kS3 && get_string(*params, "Region") != "us-east-1";
    if (name != "UseGlobalEndpoint" || !no_matter) return name;
  }
  const std::string bucket = get_string(*params, "Bucket").value_or("");
  if (starts_with(bucket, "arn:")) return "ARNs as buckets";
  for (const std::string_view suffix : {"--x-s3", "--xa-s3", "--op-s3"}) {
    if (ends_with(bucket, suffix)) return "Express and Outposts buckets";
  }
  const std::string region = get_string(*params, "Region").value_or("");
  if (ends_with(region, "-global")) return "pseudo regions";
  if (region.empty() && params->contains("Endpoint"))
    return "no region: fhctl needs one to sign, custom endpoint or not";
  return "";
}

EndpointRequest request_of(Service service, const Json& params) {
  EndpointRequest request;
  request.service = service;
  request.region = get_string(params, "Region").value_or("");
  request.use_fips = get_bool(params, "UseFIPS").value_or(false);
  request.use_dualstack = get_bool(params, "UseDualStack").value_or(false);
  request.custom_url = get_string(params, "Endpoint").value_or("");
  return request;
}

void check_endpoint(const EndpointRequest& request, const Json& params, const Json& expected) {
  Result<Endpoint> endpoint = resolve_endpoint(request);
  const Result<http::Url> custom = http::parse_url(request.custom_url);
  if (custom && custom->scheme == "http" && !http::is_loopback(custom->host)) {
    // botocore would use plain http; fhctl refuses. The placement of the bucket can still be compared.
    ASSERT_FALSE(endpoint);
    endpoint = Endpoint{.url = *custom, .signing_region = request.region};
  }
  ASSERT_TRUE(endpoint) << describe(endpoint.error());
  const BucketAddress address = address_bucket(*endpoint, get_string(params, "Bucket").value_or(""),
                                               get_bool(params, "ForcePathStyle").value_or(false));
  EXPECT_EQ(http::format_url(address.url) + address.path_prefix, get_string(expected, "url"));
  const Json* properties = get_object(expected, "properties");
  const Json* schemes = properties != nullptr ? get_array(*properties, "authSchemes") : nullptr;
  if (schemes == nullptr || schemes->empty()) return;
  const std::optional<std::string> signing_region = get_string(schemes->at(0), "signingRegion");
  EXPECT_EQ(endpoint->signing_region, signing_region.value_or(endpoint->signing_region));
}

TEST(EndpointsConformance, HostsAndSigningRegions) {
  FHCTL_NEEDS_VECTORS();
  int services = 0;
  for (const fs::path& folder : conformance::entries(conformance::folder() / "endpoints")) {
    const std::optional<Service> service = service_of_folder(folder.filename().string());
    if (!service || !fs::exists(folder / "endpoint-tests-1.json")) continue;
    ++services;
    conformance::Count count("endpoints of " + std::string(service_name(*service)));
    const Json document = conformance::read_json(folder / "endpoint-tests-1.json");
    const Json* cases = get_array(document, "testCases");
    ASSERT_NE(cases, nullptr);
    for (const Json& test : *cases) {
      if (const std::string reason = not_ours(*service, test); !reason.empty()) {
        count.skip(reason);
        continue;
      }
      count.run();
      const Json& params = test.at("params");
      SCOPED_TRACE(dump(params));
      const EndpointRequest request = request_of(*service, params);
      const Json* expected = get_object(test.at("expect"), "endpoint");
      if (expected == nullptr) {
        const Result<Endpoint> endpoint = resolve_endpoint(request);
        ASSERT_FALSE(endpoint) << get_string(test.at("expect"), "error").value_or("");
        EXPECT_EQ(endpoint.error().kind, ErrorKind::kUsage);
      } else {
        check_endpoint(request, params, *expected);
      }
    }
  }
  EXPECT_GT(services, 0) << "no endpoint tests of a service that fhctl calls";
}

TEST(EndpointsConformance, Partitions) {
  FHCTL_NEEDS_VECTORS();
  conformance::Count count("regions of partitions.json");
  const Json document = conformance::read_json(conformance::folder() / "endpoints/partitions.json");
  const Json* partitions = get_array(document, "partitions");
  ASSERT_NE(partitions, nullptr);
  for (const Json& partition : *partitions) {
    const std::string id = get_string(partition, "id").value_or("");
    for (const auto& [region, ignored] : partition.at("regions").items()) {
      if (ends_with(region, "-global")) {
        count.skip("pseudo regions");
        continue;
      }
      count.run();
      const Partition& found = partition_of(region);
      EXPECT_EQ(found.id, id) << region;
      EXPECT_EQ(found.dns_suffix, get_string(partition.at("outputs"), "dnsSuffix")) << region;
      EXPECT_EQ(found.dual_stack_suffix, get_string(partition.at("outputs"), "dualStackDnsSuffix")) << region;
    }
  }
}

}  // namespace
}  // namespace endpoints_test
}  // namespace fhctl::aws
