// The whole sandbox: a few requests with valid signatures and any content. Each gets a response in the format of its
// service, and a second cloud gives the same responses.
#include "sandbox/cloud/cloud.h"

#include "core/aws/sigv4.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/services/protocols/xml.h"
#include "tests/fuzz/target.h"

namespace fhctl::fuzz::cloud {
namespace {

constexpr int kRequestsMax = 6;
const WallTime kStart{std::chrono::milliseconds(1'768'903'451'000)};  // 2026-01-20T10:04:11Z

struct Service {
  std::string_view name;
  std::string_view target_prefix;  // empty: not JSON
};
constexpr Service kServices[] = {{"firehose", "Firehose_20150804."},
                                 {"s3", ""},
                                 {"iam", ""},
                                 {"logs", "Logs_20140328."},
                                 {"sts", ""},
                                 {"monitoring", "GraniteServiceVersion20100801."},
                                 {"ssm", "AmazonSSM."}};

struct Step {
  Service service;
  http::Request request;
  std::chrono::seconds pause{};  // before it
};

// "PUT /bucket?tagging", then headers, a line each.
void read_s3_head(std::string_view head, http::Request& request) {
  const std::vector<std::string> lines = split(head, '\n');
  const std::size_t blank = lines.front().find(' ');
  if (blank != std::string::npos && blank > 0) request.method = lines.front().substr(0, blank);
  const std::string target = blank == std::string::npos ? "" : lines.front().substr(blank + 1);
  const std::size_t question = target.find('?');
  request.path = "/" + percent_encode(percent_decode(target.substr(0, question)), true);
  if (question != std::string::npos) request.query = replace_all(target.substr(question + 1), "+", "");
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::size_t colon = lines[i].find(':');
    const std::string name = lines[i].substr(0, colon);
    const bool token =
        name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == std::string::npos;
    if (colon != std::string::npos && colon > 0 && token) request.headers.add(name, trim(lines[i].substr(colon + 1)));
  }
}

Step read_step(Input& input) {
  Step step;
  const std::uint8_t choice = input.byte();
  step.service = kServices[choice % std::size(kServices)];
  step.pause = std::chrono::seconds(choice / std::size(kServices));
  const std::string_view head = input.piece();
  http::Request& request = step.request;
  request.scheme = "http";
  request.host = "127.0.0.1";
  request.port = 4580;
  request.method = "POST";
  if (!step.service.target_prefix.empty()) {
    request.headers.set("Content-Type", "application/x-amz-json-1.1");
    request.headers.set("X-Amz-Target", std::string(step.service.target_prefix) + std::string(head));
  } else if (step.service.name == "s3") {
    read_s3_head(head, request);
  } else {
    request.headers.set("Content-Type", "application/x-www-form-urlencoded");
  }
  request.body = input.piece();
  return step;
}

void sign(const Step& step, http::Request& request, WallTime now) {
  const sandbox::Options options;
  const bool is_s3 = step.service.name == "s3";
  aws::SigningScope scope;
  scope.region = "us-east-1";
  scope.service = step.service.name;
  scope.double_encode_path = scope.normalize_path = !is_s3;
  scope.sign_content_hash = is_s3;
  aws::Credentials credentials;
  credentials.access_key_id = options.access_key_id;
  credentials.secret_access_key = options.secret_access_key;
  aws::sign(request, credentials, scope, now);
}

void check_answer(const Step& step, const http::Response& answer) {
  FUZZ_CHECK(answer.status >= 200 && answer.status <= 599);
  if (answer.body.empty()) return;
  const bool is_json = starts_with(answer.headers.find("content-type").value_or(""), "application/x-amz-json");
  if (is_json) FUZZ_CHECK(parse_json(answer.body, "the answer").has_value());
  const bool is_query = step.service.name == "iam" || step.service.name == "sts";
  if (is_query || (step.service.name == "s3" && answer.status >= 400)) {
    FUZZ_CHECK(parse_xml(answer.body, "the answer").has_value());
  }
}

std::string run(const std::vector<Step>& steps) {
  sandbox::Cloud cloud{sandbox::Options{}};
  WallTime now = kStart;
  std::string said;
  for (const Step& step : steps) {
    now += step.pause;
    http::Request request = step.request;
    sign(step, request, now);
    const http::Response answer = cloud.handle(request, now);
    check_answer(step, answer);
    said += std::to_string(answer.status) + answer.body + "\n";
    for (const http::Header& header : answer.headers.all) said += header.name + ":" + header.value + "\n";
  }
  return said;
}

}  // namespace

FUZZ_TARGET(cloud) {
  Input choices(input);
  std::vector<Step> steps;
  while (steps.size() < kRequestsMax && !choices.empty()) steps.push_back(read_step(choices));
  FUZZ_CHECK(run(steps) == run(steps));
}

}  // namespace fhctl::fuzz::cloud
