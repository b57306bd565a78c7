// Error responses of AWS, and successful responses that must not be classified as errors.
#include "core/aws/error_response.h"

#include "core/base/text.h"
#include "tests/conformance/vectors.h"

namespace fhctl::aws {
namespace xml_errors_test {
namespace {

namespace fs = std::filesystem;

// Returns the service in the file's name: IAM for "iam-get-user.xml".
std::optional<Service> service_of_file(const fs::path& path) {
  const std::string name = path.filename().string();
  for (const Service service : {Service::kS3, Service::kIam, Service::kSts}) {
    if (starts_with(name, std::string(signing_name(service)) + "-")) return service;
  }
  return std::nullopt;
}

http::Response response_of(int status, const fs::path& path) {
  http::Response response;
  response.status = status;
  response.body = conformance::read_text(path);
  return response;
}

TEST(XmlConformance, Errors) {
  FHCTL_NEEDS_VECTORS();
  conformance::Count count("XML errors");
  for (const fs::path& path : conformance::entries(conformance::folder() / "xml/errors")) {
    if (path.extension() != ".xml") continue;
    const std::optional<Service> service = service_of_file(path);
    if (!service) {
      count.skip("a service that fhctl does not call");
      continue;
    }
    SCOPED_TRACE(path.filename().string());
    count.run();
    fs::path meaning = path;
    const Json document = conformance::read_json(meaning.replace_extension(".json"));
    const Json& error = document.at("Error");
    const ErrorResponse response_error = read_error_response(*service, response_of(400, path));
    EXPECT_EQ(response_error.code, get_string(error, "Code"));
    EXPECT_EQ(response_error.message, get_string(error, "Message"));
    const Json* metadata = get_object(document, "ResponseMetadata");
    const std::optional<std::string> id = metadata != nullptr ? get_string(*metadata, "RequestId") : std::nullopt;
    EXPECT_EQ(response_error.request_id, id.value_or(response_error.request_id));
    EXPECT_TRUE(error_in_success(*service, response_of(200, path)));
  }
}

TEST(XmlConformance, SuccessesAreNoErrors) {
  FHCTL_NEEDS_VECTORS();
  conformance::Count count("XML successes");
  for (const fs::path& path : conformance::entries(conformance::folder() / "xml/responses")) {
    if (path.extension() != ".xml") continue;
    const std::optional<Service> service = service_of_file(path);
    if (!service) {
      count.skip("a service that fhctl does not call");
      continue;
    }
    SCOPED_TRACE(path.filename().string());
    count.run();
    http::Response response = response_of(200, path);
    EXPECT_FALSE(error_in_success(*service, response));
    response.body.resize(response.body.size() / 2);
    EXPECT_TRUE(error_in_success(*service, response)) << "cut in the middle";
  }
}

}  // namespace
}  // namespace xml_errors_test
}  // namespace fhctl::aws
