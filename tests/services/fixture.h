// The real client, with signatures and error classification, over a transport with scripted responses in virtual time.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "core/aws/client.h"
#include "core/base/random.h"
#include "tests/support/fakes.h"
#include "tests/support/virtual_driver.h"

namespace fhctl::test {

inline http::Response answer(int status, std::string body = "", std::vector<http::Header> headers = {}) {
  http::Response response;
  response.status = status;
  response.headers.all = std::move(headers);
  response.body = std::move(body);
  return response;
}

// An error response of the JSON services: {"__type": code} and a message.
inline http::Response json_fault(std::string_view code, int status = 400) {
  return answer(status, R"({"__type":")" + std::string(code) + R"(","message":"no"})");
}
inline http::Response query_fault(std::string_view code, int status) {
  return answer(status, "<ErrorResponse><Error><Type>Sender</Type><Code>" + std::string(code) +
                            "</Code><Message>no</Message></Error><RequestId>r</RequestId></ErrorResponse>");
}
inline http::Response s3_fault(std::string_view code, int status) {
  return answer(status, "<?xml version=\"1.0\"?><Error><Code>" + std::string(code) +
                            "</Code><Message>no</Message><RequestId>r</RequestId></Error>");
}

class ServiceTest : public ::testing::Test {
 protected:
  // Runs `act` with a client. The responses are returned in order; the last one is repeated.
  template <class Act>
  auto with_answers(std::deque<Result<http::Response>> answers, Act act) {
    VirtualDriver driver;
    Loop loop(driver);
    ScriptedTransport transport(loop, [&answers](const http::Request&) {
      Result<http::Response> next = answers.front();
      if (answers.size() > 1) answers.pop_front();
      return next;
    });
    SeededEntropy entropy(7);
    FakeSignals signals;
    Cancellation control(loop, signals);
    aws::ClientOptions options;
    options.region = region;
    for (aws::Service service : aws::kServices) {
      options.endpoints[service] = *aws::resolve_endpoint({.service = service, .region = region, .custom_url = ""});
    }
    aws::Client client(loop, transport, entropy, control,
                       {.access_key_id = "AKIDEXAMPLE",
                        .secret_access_key = "secret",
                        .session_token = "",
                        .expiration = {},
                        .account_id = "",
                        .source = "test"},
                       options);
    std::optional<decltype(act(client))> result;
    loop.run([&] { result.emplace(act(client)); });
    requests = transport.requests;
    return *result;
  }
  template <class Act>
  auto with_answer(Result<http::Response> only, Act act) {
    return with_answers({std::move(only)}, act);
  }

  const http::Request& request(std::size_t number = 0) const { return requests.at(number); }
  std::string header(std::string_view name, std::size_t number = 0) const {
    return request(number).headers.find(name).value_or("(none)");
  }

  std::string region = "eu-central-1";
  std::vector<http::Request> requests;
};

}  // namespace fhctl::test
