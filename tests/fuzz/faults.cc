// The error classifier: any status, headers and body result in an error response and an error class, and a page that is
// not from the service never counts as a response about the resource.
#include "core/aws/error_response.h"

#include "core/aws/error_codes.h"
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

void check_fault(const aws::ErrorResponse& response_error, const http::Response& response) {
  FUZZ_CHECK(response_error.http_status == response.status);
  FUZZ_CHECK(!response_error.code.empty());
  FUZZ_CHECK(response_error.message.size() <= 500);
  const bool made_up = starts_with(response_error.code, "HTTP ");
  if (!made_up)
    FUZZ_CHECK(!contains(response_error.code, ":") && !contains(response_error.code, "#") &&
               trim(response_error.code) == response_error.code);
  if (made_up && response_error.message.empty()) FUZZ_CHECK(!aws::is_foreign(response_error));
}

void check_verdict(const aws::ErrorClass& verdict, const aws::ErrorResponse& response_error) {
  const Error& error = verdict.error;
  FUZZ_CHECK(error.http_status == response_error.http_status);
  FUZZ_CHECK(!error.message.empty());
  FUZZ_CHECK(!kind_name(error.kind).empty());
  if (aws::is_foreign(response_error)) {
    // A proxy's page says nothing about the requested resource.
    FUZZ_CHECK(error.kind != ErrorKind::kNotFound && error.kind != ErrorKind::kAlreadyExists);
    FUZZ_CHECK(error.kind != ErrorKind::kDenied && error.kind != ErrorKind::kCredentials);
    FUZZ_CHECK(error.aws_code.empty());
  }
  const bool coded = !starts_with(response_error.code, "HTTP ");
  if (response_error.http_status < 300 && !coded) FUZZ_CHECK(error.kind == ErrorKind::kProtocol);
  // "Absent" requires a known code of AWS, or a 404 of AWS without a body.
  if (error.kind == ErrorKind::kNotFound && response_error.http_status != 404) FUZZ_CHECK(coded);
  if (verdict.retry == aws::Retry::kThrottling) FUZZ_CHECK(error.kind == ErrorKind::kThrottled);
  if (verdict.retry == aws::Retry::kSkew) FUZZ_CHECK(error.kind == ErrorKind::kSkewed);
}

}  // namespace

FUZZ_TARGET(faults) {
  Input choices(input);
  const aws::Service service = aws::kServices[choices.below(std::size(aws::kServices))];
  const std::string_view operation = kOperations[choices.below(std::size(kOperations))];
  const http::Response response = read_response(choices);
  const aws::ErrorResponse response_error = aws::read_error_response(service, response);
  const aws::ErrorResponse again = aws::read_error_response(service, response);
  FUZZ_CHECK(response_error.code == again.code && response_error.message == again.message &&
             response_error.region == again.region);
  check_fault(response_error, response);
  const aws::ErrorClass verdict = aws::classify(service, operation, response_error);
  FUZZ_CHECK(verdict.error == aws::classify(service, operation, again).error);
  check_verdict(verdict, response_error);

  const bool hidden = aws::error_in_success(service, response);
  FUZZ_CHECK(hidden == aws::error_in_success(service, response));
  if (response.status >= 300 || trim(response.body).empty()) FUZZ_CHECK(!hidden);
  if (aws::is_iam_propagation_message(response_error.message)) FUZZ_CHECK(!response_error.message.empty());
}

}  // namespace fhctl::fuzz::faults
