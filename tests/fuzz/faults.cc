// The error classifier: any status, headers and body become a fault and a verdict, and a page of nobody's service
// never becomes an answer about the resource.
#include "core/aws/fault.h"

#include "core/base/text.h"
#include "tests/fuzz/target.h"

namespace fhctl::fuzz::faults {
namespace {

constexpr std::string_view kOperations[] = {"CreateDeliveryStream", "UpdateDestination", "PutRecordBatch", "GetObject",
                                            "CreateLogGroup",       "GetRole",           "Other"};
constexpr int kStatuses[] = {200, 204, 301, 307, 400, 401, 403, 404, 405, 409, 412, 413, 429, 500, 501, 502, 503, 504};

http::Response read_response(Input& input) {
  http::Response response;
  response.status = kStatuses[input.below(std::size(kStatuses))];
  for (const std::string& line : split(input.piece(), '\n')) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos || colon == 0) continue;
    response.headers.add(line.substr(0, colon), trim(line.substr(colon + 1)));
  }
  response.body = input.rest();
  return response;
}

void check_fault(const aws::Fault& fault, const http::Response& response) {
  FUZZ_CHECK(fault.http_status == response.status);
  FUZZ_CHECK(!fault.code.empty());
  FUZZ_CHECK(fault.message.size() <= 500);
  const bool made_up = starts_with(fault.code, "HTTP ");
  if (!made_up) FUZZ_CHECK(!contains(fault.code, ":") && !contains(fault.code, "#") && trim(fault.code) == fault.code);
  if (made_up && fault.message.empty()) FUZZ_CHECK(!aws::is_foreign(fault));
}

void check_verdict(const aws::Verdict& verdict, const aws::Fault& fault) {
  const Error& error = verdict.error;
  FUZZ_CHECK(error.http_status == fault.http_status);
  FUZZ_CHECK(!error.message.empty());
  FUZZ_CHECK(!kind_name(error.kind).empty());
  if (aws::is_foreign(fault)) {
    // The page of a proxy says nothing about what was asked for.
    FUZZ_CHECK(error.kind != ErrorKind::kNotFound && error.kind != ErrorKind::kAlreadyExists);
    FUZZ_CHECK(error.kind != ErrorKind::kDenied && error.kind != ErrorKind::kCredentials);
    FUZZ_CHECK(error.aws_code.empty());
  }
  const bool coded = !starts_with(fault.code, "HTTP ");
  if (fault.http_status < 300 && !coded) FUZZ_CHECK(error.kind == ErrorKind::kProtocol);
  // Absence has a name: a code that AWS says, or its bare 404.
  if (error.kind == ErrorKind::kNotFound && fault.http_status != 404) FUZZ_CHECK(coded);
  if (verdict.retry == aws::Retry::kThrottling) FUZZ_CHECK(error.kind == ErrorKind::kThrottled);
  if (verdict.retry == aws::Retry::kSkew) FUZZ_CHECK(error.kind == ErrorKind::kSkewed);
}

}  // namespace

FUZZ_TARGET(faults) {
  Input choices(input);
  const aws::Service service = aws::kServices[choices.below(std::size(aws::kServices))];
  const std::string_view operation = kOperations[choices.below(std::size(kOperations))];
  const http::Response response = read_response(choices);
  const aws::Fault fault = aws::read_fault(service, response);
  const aws::Fault again = aws::read_fault(service, response);
  FUZZ_CHECK(fault.code == again.code && fault.message == again.message && fault.region == again.region);
  check_fault(fault, response);
  const aws::Verdict verdict = aws::judge(service, operation, fault);
  FUZZ_CHECK(verdict.error == aws::judge(service, operation, again).error);
  check_verdict(verdict, fault);

  const bool hidden = aws::error_in_success(service, response);
  FUZZ_CHECK(hidden == aws::error_in_success(service, response));
  if (response.status >= 300 || trim(response.body).empty()) FUZZ_CHECK(!hidden);
  if (aws::is_iam_propagation_message(fault.message)) FUZZ_CHECK(!fault.message.empty());
}

}  // namespace fhctl::fuzz::faults
