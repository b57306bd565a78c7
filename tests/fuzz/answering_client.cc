#include "tests/fuzz/answering_client.h"

#include <map>

#include "core/base/random.h"
#include "core/base/text.h"
#include "tests/support/fakes.h"
#include "tests/support/virtual_driver.h"

namespace fhctl::fuzz {
namespace {

constexpr int kStatuses[] = {200, 200, 200, 200, 400, 403, 404, 409, 412, 500, 503, 301, 304, 429, 204, 302};
constexpr std::size_t kAnswersMax = 16;
// More calls than the pages and retries of any valid response need: GetLogEvents and GetMetricData stop at 1,000 pages.
constexpr std::size_t kRequestsMax = 4000;
constexpr const char* kRegion = "eu-central-1";

std::vector<http::Response> read_answers(Input input, std::string_view content_type) {
  std::vector<http::Response> answers;
  while (answers.size() < kAnswersMax && (answers.empty() || !input.empty())) {
    http::Response response;
    const std::uint8_t choice = input.byte();
    response.status = kStatuses[choice % std::size(kStatuses)];
    response.headers.set("Content-Type", content_type);
    if ((choice & 0x10) != 0) response.headers.set("Date", "Tue, 20 Jan 2026 10:00:00 GMT");
    // The remaining bits say whether the body begins with headers, up to an empty line.
    response.body = input.piece();
    if ((choice & 0x20) != 0) {
      const std::size_t end = response.body.find("\n\n");
      for (const std::string& line : split(response.body.substr(0, end), '\n')) {
        const std::size_t colon = line.find(':');
        if (colon != std::string::npos && colon > 0)
          response.headers.add(line.substr(0, colon), line.substr(colon + 1));
      }
      response.body.erase(0, end == std::string::npos ? end : end + 2);
    }
    answers.push_back(std::move(response));
  }
  return answers;
}

aws::ClientOptions client_options() {
  static const std::map<aws::Service, aws::Endpoint> endpoints = [] {
    std::map<aws::Service, aws::Endpoint> made;
    for (const aws::Service service : aws::kServices) {
      made[service] = *aws::resolve_endpoint({.service = service, .region = kRegion, .custom_url = ""});
    }
    return made;
  }();
  aws::ClientOptions options;
  options.region = kRegion;
  options.endpoints = endpoints;
  return options;
}

Outcome call_once(const Operation& operation, const std::vector<http::Response>& answers) {
  test::VirtualDriver driver;
  Loop loop(driver);
  std::size_t asked = 0;
  test::ScriptedTransport transport(loop, [&](const http::Request&) -> Result<http::Response> {
    FUZZ_CHECK(asked < kRequestsMax);
    return answers[asked++ % answers.size()];
  });
  SeededEntropy entropy(7);
  test::FakeSignals signals;
  Cancellation control(loop, signals);
  aws::Client client(loop, transport, entropy, control,
                     {.access_key_id = "AKIDEXAMPLE",
                      .secret_access_key = "secret",
                      .session_token = "",
                      .expiration = {},
                      .account_id = "",
                      .source = "test"},
                     client_options());
  Outcome outcome;
  loop.run([&] { outcome = operation.call(client); });
  return outcome;
}

// Returns true if any response may have contained the code. Escapes and references could spell it differently.
bool could_say(const std::vector<http::Response>& answers, std::string_view code) {
  for (const http::Response& answer : answers) {
    if (contains(answer.body, code) || answer.body.find_first_of("\\&") != std::string::npos) return true;
    if (contains(answer.body, "<![CDATA[") || contains(answer.body, "<?") || contains(answer.body, "<!--")) return true;
    for (const http::Header& header : answer.headers.all) {
      if (contains(header.value, code)) return true;
    }
  }
  return false;
}

}  // namespace

void run_operation(const Operation& operation, Input input, std::string_view content_type) {
  const std::vector<http::Response> answers = read_answers(input, content_type);
  const Outcome once = call_once(operation, answers);
  const Outcome twice = call_once(operation, answers);
  FUZZ_CHECK(once.said == twice.said && once.absent == twice.absent && once.failed == twice.failed);
  FUZZ_CHECK(!once.said.empty());
  for (const int number : once.numbers) FUZZ_CHECK(could_say(answers, std::to_string(number)));
  if (!once.absent) return;
  const bool was_said = !operation.absent_code.empty() && could_say(answers, operation.absent_code);
  FUZZ_CHECK(was_said || (!operation.list.empty() && could_say(answers, operation.list)));
}

Outcome outcome(const Result<void>& result) { return result ? Outcome{.said = "done"} : failed(result); }

Outcome outcome(const Result<bool>& result) {
  if (!result) return failed(result);
  return {.said = *result ? "yes" : "no", .absent = !*result};
}

std::string describe_names(const std::vector<std::string>& names) {
  return std::to_string(names.size()) + " names: " + join(names, "\x01");
}

}  // namespace fhctl::fuzz
