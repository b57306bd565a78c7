// Fixture of the client's tests.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "core/aws/client.h"
#include "core/base/random.h"
#include "tests/support/fakes.h"
#include "tests/support/virtual_driver.h"

namespace fhctl::aws {

using Answer = std::function<Result<http::Response>(const http::Request&)>;

inline Answer status(int code, std::string body = "", std::vector<http::Header> headers = {}) {
  return [=](const http::Request&) {
    http::Response response;
    response.status = code;
    response.body = body;
    response.headers.all = headers;
    return response;
  };
}

inline Answer coded(int code, const std::string& name, std::vector<http::Header> headers = {}) {
  return status(code, R"({"__type":")" + name + R"(","message":"so it is"})", std::move(headers));
}

inline Answer silence(std::string message = "connecting to firehose: refused") {
  return [=](const http::Request&) { return Error{.kind = ErrorKind::kNetwork, .message = message}; };
}

// A client with scripted responses in virtual time. The last response is repeated.
struct ClientTest : testing::Test {
  test::VirtualDriver driver;
  Loop loop{driver};
  test::FakeSignals signals;
  Cancellation control{loop, signals};
  SeededEntropy entropy{1};
  std::deque<Answer> answers;
  std::vector<Trace::Kind> traces;
  std::unique_ptr<Client> client;
  ClientOptions options;
  Credentials credentials{.access_key_id = "AKIDEXAMPLE", .secret_access_key = "secret", .source = "a test"};
  test::ScriptedTransport transport{loop, [this](const http::Request& request) {
                                      const Answer answer = answers.front();
                                      if (answers.size() > 1) answers.pop_front();
                                      return answer(request);
                                    }};

  ClientTest() {
    options.region = "us-west-2";
    for (const Service service : kServices) {
      options.endpoints[service] = *resolve_endpoint({.service = service, .region = "us-west-2"});
    }
    options.trace = [this](const Trace& trace) { traces.push_back(trace.kind); };
  }

  void use_endpoint(const std::string& url) {
    for (const Service service : kServices) {
      options.endpoints[service] = *resolve_endpoint({.service = service, .region = "us-west-2", .custom_url = url});
    }
  }

  Result<http::Response> run(const Call& call) {
    if (!client) client = std::make_unique<Client>(loop, transport, entropy, control, credentials, options);
    Result<http::Response> result = Error{};
    loop.run([&] { result = client->call(call); });
    return result;
  }

  std::size_t sent() const { return transport.requests.size(); }
  double elapsed() const { return seconds_of(driver.elapsed()); }
  static std::string header(const http::Request& request, std::string_view name) {
    return request.headers.find(name).value_or("(none)");
  }
};

inline Call list_streams(Idempotency safety = Idempotency::kIdempotent) {
  Call call{
      .service = Service::kFirehose, .operation = "ListDeliveryStreams", .safety = safety, .request = {}, .bucket = ""};
  call.request.method = "POST";
  call.request.headers.set("X-Amz-Target", "Firehose_20150804.ListDeliveryStreams");
  call.request.body = "{}";
  return call;
}

inline Call get_object(std::string bucket, std::string path, std::string operation = "GetObject") {
  Call call{.service = Service::kS3, .operation = std::move(operation), .request = {}, .bucket = std::move(bucket)};
  call.request.path = std::move(path);
  return call;
}

}  // namespace fhctl::aws
