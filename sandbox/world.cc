#include "sandbox/world.h"

#include <utility>

#include <pugixml.hpp>

#include "core/base/json.h"
#include "core/base/text.h"
#include "sandbox/firehose_state.h"
#include "sandbox/iam_state.h"
#include "sandbox/logs_state.h"
#include "sandbox/metrics.h"
#include "sandbox/s3_state.h"
#include "sandbox/ssm_state.h"
#include "sandbox/xml.h"

namespace fhctl::sandbox {
namespace {

constexpr std::string_view kJsonType = "application/x-amz-json-1.1";

http::Response answer(int status, std::string_view content_type, std::string body) {
  http::Response response;
  response.status = status;
  response.headers.set("Content-Type", content_type);
  response.body = std::move(body);
  return response;
}

}  // namespace

World::World(Options given)
    : options(std::move(given)),
      entropy(options.seed),
      firehose(std::make_unique<FirehoseState>()),
      s3(std::make_unique<S3State>()),
      iam(std::make_unique<IamState>()),
      logs(std::make_unique<LogsState>()),
      metrics(std::make_unique<MetricsState>()),
      ssm(std::make_unique<SsmState>()) {}

World::~World() = default;

std::string_view partition_of(std::string_view region) {
  static constexpr std::pair<std::string_view, std::string_view> kPartitions[] = {
      {"cn-", "aws-cn"},         {"us-gov-", "aws-us-gov"}, {"eusc-", "aws-eusc"},     {"us-iso-", "aws-iso"},
      {"us-isob-", "aws-iso-b"}, {"eu-isoe-", "aws-iso-e"}, {"us-isof-", "aws-iso-f"},
  };
  for (const auto& [prefix, partition] : kPartitions) {
    if (starts_with(region, prefix)) return partition;
  }
  return "aws";
}

http::Response json_error(int status, std::string_view code, std::string_view message) {
  return answer(status, kJsonType, dump(Json{{"__type", code}, {"message", message}}));
}

http::Response json_answer(std::string body) { return answer(200, kJsonType, std::move(body)); }

http::Response query_error(int status, std::string_view code, std::string_view message, std::string_view xmlns) {
  pugi::xml_document document;
  pugi::xml_node root = add_element(document, "ErrorResponse");
  root.append_attribute("xmlns") = std::string(xmlns).c_str();
  pugi::xml_node error = add_element(root, "Error");
  add_text(error, "Type", status >= 500 ? "Receiver" : "Sender");
  add_text(error, "Code", std::string(code));
  add_text(error, "Message", std::string(message));
  add_text(root, "RequestId", std::string(kRequestIdMark));
  return answer(status, "text/xml", write_xml(document));
}

std::string random_uuid(Entropy& entropy) {
  std::string id = random_hex(entropy, 32);
  for (std::size_t at : {8u, 13u, 18u, 23u}) id.insert(at, 1, '-');
  return id;
}

std::string new_request_id(World& world) { return random_uuid(world.entropy); }

}  // namespace fhctl::sandbox
