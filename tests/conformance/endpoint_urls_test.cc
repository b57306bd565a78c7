// Custom endpoints: the precedence of flag, environment, services section and profile, against botocore's table.
#include "core/aws/endpoints.h"
#include "core/aws/settings.h"
#include "core/base/text.h"
#include "tests/conformance/vectors.h"
#include "tests/support/fakes.h"

namespace fhctl::aws {
namespace endpoint_urls_test {
namespace {

std::map<std::string, std::string> strings_of(const Json& object) {
  std::map<std::string, std::string> result;
  for (const auto& [name, value] : object.items()) {
    if (value.is_string()) result[name] = value.get<std::string>();
  }
  return result;
}

SharedConfig profiles_of(const Json& suite) {
  SharedConfig set;
  for (const auto& [name, properties] : suite.at("profiles").items())
    set.profiles[name].values = strings_of(properties);
  for (const auto& [name, services] : suite.at("services").items()) {
    for (const auto& [service, properties] : services.items()) {
      set.services[name].values[service] = "";
      set.services[name].nested[service] = strings_of(properties);
    }
  }
  return set;
}

std::optional<Service> service_called(const std::string& name) {
  for (const Service service : kServices) {
    if (name == signing_name(service)) return service;
  }
  return std::nullopt;
}

void check_case(const Json& suite, const Json& test, Service service) {
  test::MapEnvironment environment;
  for (const auto& [name, value] : strings_of(suite.at("environments").at(test.at("environment").get<std::string>()))) {
    environment.values[name] = value;
  }
  const Json& client_config = suite.at("client_configs").at(test.at("client_config").get<std::string>());
  SettingsFlags flags;
  flags.profile = test.at("profile").get<std::string>();
  flags.endpoint_url = get_string(client_config, "endpoint_url").value_or("");
  // fhctl has no flag for this option of the SDK's client; the variable has the same effect.
  if (get_bool(client_config, "ignore_configured_endpoint_urls").value_or(false)) {
    environment.values["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "true";
  }
  const Result<Settings> settings = resolve_settings(environment, profiles_of(suite), flags);
  ASSERT_TRUE(settings);
  const auto custom = settings->endpoint_urls.find(service);
  const Result<Endpoint> endpoint =
      resolve_endpoint({.service = service,
                        .region = settings->region,
                        .custom_url = custom == settings->endpoint_urls.end() ? "" : custom->second});
  ASSERT_TRUE(endpoint);
  EXPECT_EQ(http::format_url(endpoint->url), get_string(test.at("output"), "endpointUrl"));
}

TEST(EndpointUrlsConformance, Precedence) {
  FHCTL_NEEDS_VECTORS();
  conformance::Count count("configured endpoint URLs");
  const Json document =
      conformance::read_json(conformance::folder() / "config/configured-endpoint-urls.profile-tests.json");
  const Json* suites = get_array(document, "testSuites");
  ASSERT_NE(suites, nullptr);
  for (const Json& suite : *suites) {
    for (const Json& test : suite.at("endpointUrlTests")) {
      const std::optional<Service> service = service_called(get_string(test, "service").value_or(""));
      if (!service) {
        count.skip("a service that fhctl does not call");
        continue;
      }
      SCOPED_TRACE(get_string(test, "name").value_or(""));
      count.run();
      check_case(suite, test, *service);
    }
  }
}

}  // namespace
}  // namespace endpoint_urls_test
}  // namespace fhctl::aws
