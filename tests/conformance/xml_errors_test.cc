// Error answers as AWS sends them, and successes that must not be taken for errors.
#include "core/aws/fault.h"

#include "core/base/text.h"
#include "tests/conformance/vectors.h"

namespace fhctl::aws {
namespace {

namespace fs = std::filesystem;

// "iam-get-user.xml" is of IAM.
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
    const Fault fault = read_fault(*service, response_of(400, path));
    EXPECT_EQ(fault.code, get_string(error, "Code"));
    EXPECT_EQ(fault.message, get_string(error, "Message"));
    const Json* metadata = get_object(document, "ResponseMetadata");
    const std::optional<std::string> id = metadata != nullptr ? get_string(*metadata, "RequestId") : std::nullopt;
    EXPECT_EQ(fault.request_id, id.value_or(fault.request_id));
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
}  // namespace fhctl::aws
