// Endpoints given by users: an accepted one names one host, is unchanged after writing and reading, and uses plain http
// only on loopback.
#include "core/http/url.h"

#include <algorithm>

#include "core/aws/endpoints.h"
#include "core/base/text.h"
#include "tests/fuzz/target.h"

namespace fhctl::fuzz::url {
namespace {

void check_url(std::string_view text) {
  const Result<http::Url> url = http::parse_url(text);
  if (!url) {
    FUZZ_CHECK(url.error().kind == ErrorKind::kUsage && !url.error().hint.empty());
    // The text may contain a password.
    const Result<http::Url> secret = http::parse_url(std::string(text) + "hunter2@");
    FUZZ_CHECK(!secret && !contains(secret.error().message + secret.error().hint, "hunter2"));
    return;
  }
  FUZZ_CHECK(url->scheme == "https" || url->scheme == "http");
  FUZZ_CHECK(!url->host.empty() && to_lower(url->host) == url->host);
  FUZZ_CHECK(url->host.find_first_of("/@?#\\% ") == std::string::npos);
  FUZZ_CHECK(url->port >= 0 && url->port <= 65535);
  FUZZ_CHECK(url->path.empty() || (starts_with(url->path, "/") && !ends_with(url->path, "/")));
  FUZZ_CHECK(std::all_of(url->path.begin(), url->path.end(), [](char c) { return c > ' ' && c < '\x7f'; }));
  const Result<http::Url> again = http::parse_url(http::format_url(*url));
  FUZZ_CHECK(again && *again == *url);
}

void check_endpoint(std::string_view url, std::string_view region, std::string_view bucket) {
  for (const aws::Service service : aws::kServices) {
    const aws::EndpointRequest request{
        .service = service, .region = std::string(region), .custom_url = std::string(url)};
    const Result<aws::Endpoint> endpoint = aws::resolve_endpoint(request);
    if (!endpoint) {
      FUZZ_CHECK(endpoint.error().kind == ErrorKind::kUsage);
      continue;
    }
    FUZZ_CHECK(aws::valid_region_syntax(region) && !endpoint->signing_region.empty());
    if (endpoint->url.scheme == "http") FUZZ_CHECK(http::is_loopback(endpoint->url.host));
    const aws::BucketAddress address = aws::address_bucket(*endpoint, bucket);
    FUZZ_CHECK(address.url.scheme == endpoint->url.scheme && address.url.port == endpoint->url.port);
    // A bucket's name never leads to a host outside of the endpoint's domain.
    FUZZ_CHECK(address.url.host == endpoint->url.host || ends_with(address.url.host, "." + endpoint->url.host));
    FUZZ_CHECK(address.url.host.find_first_of("/@?#\\% ") == std::string::npos);
    FUZZ_CHECK(address.path_prefix.empty() || address.url.host == endpoint->url.host);
    FUZZ_CHECK(address.path_prefix.find_first_of("?# \r\n") == std::string::npos);
  }
}

}  // namespace

FUZZ_TARGET(url) {
  check_url(input);
  Input pieces(input);
  const std::string_view region = pieces.piece();
  const std::string_view bucket = pieces.piece();
  const std::string_view url = pieces.rest();
  check_url(url);
  check_endpoint(url, "us-west-2", bucket);
  check_endpoint("", region, bucket);
}

}  // namespace fhctl::fuzz::url
