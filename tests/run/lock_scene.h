// Fixture of the lock's tests: a bucket with one object and conditional writes, in virtual time.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/observe/lock_object.h"
#include "core/run/lock.h"
#include "tests/support/fakes.h"
#include "tests/support/virtual_driver.h"

namespace fhctl::pipeline {

inline const LockPlace kPlace{{"logs-bucket", "123456789012"}, "_fhctl/logs/us-west-2/lock", "logs"};

inline LockBody body_of(const std::string& holder) {
  LockBody body;
  body.run_id = holder + "-run";
  body.holder = holder;
  body.host = "workstation";
  body.boot_id = "another start of the machine";
  body.pid_namespace = "4026531836";
  body.pid = 77;
  body.pid_start = 5'000;
  body.command = "scale";
  return body;
}

struct LockRecorder final : Observer {
  std::vector<Event> events;
  void on(const Event& event) override { events.push_back(event); }
  template <class Kind>
  std::vector<Kind> all() const {
    std::vector<Kind> found;
    for (const Event& event : events) {
      if (const Kind* one = std::get_if<Kind>(&event)) found.push_back(*one);
    }
    return found;
  }
};

struct LockTest : testing::Test {
  test::VirtualDriver driver;
  Loop loop{driver};
  test::FakeSignals signals;
  test::FakeHost host;
  Cancellation control{loop, signals};
  SeededEntropy entropy{1};
  LockRecorder observer;

  std::string object;  // empty: the lock is not held
  int etag = 0;
  WallTime stored_at{};
  std::chrono::seconds paused{};  // how long AWS's clock ran while this machine's stood still
  bool silent = false;            // no response at all
  bool lose_answers_to_puts = false;
  int puts_that_get_lost = 0;  // the next requests that are lost before they arrive
  bool knows_conditions = true;
  bool refuses_to_create = false;   // a delete marker counts as an object
  bool refuses_to_replace = false;  // If-Match never holds
  std::string endpoint;
  test::ScriptedTransport transport{loop, [this](const http::Request& request) { return handle(request); }};

  Result<http::Response> handle(const http::Request& request) {
    if (request.method == "PUT" && puts_that_get_lost > 0) {
      --puts_that_get_lost;
      return Error{.kind = ErrorKind::kNetwork, .message = "no answer"};
    }
    if (silent) return Error{.kind = ErrorKind::kNetwork, .message = "no answer"};
    http::Response response;
    response.headers.set("Date", format_http_date(driver.wall_now() + paused));
    const bool absent_only = request.headers.find("If-None-Match").has_value();
    const std::string wanted = request.headers.find("If-Match").value_or("");
    const bool stale = !wanted.empty() && wanted != tag();
    const bool refuses = (absent_only && refuses_to_create) || (!wanted.empty() && refuses_to_replace);
    if (request.method != "GET" && knows_conditions && (refuses || (absent_only && !object.empty()) || stale)) {
      response.status = 412;
      return response;
    }
    if (request.method == "PUT") {
      store(request.body);
      if (lose_answers_to_puts) return Error{.kind = ErrorKind::kNetwork, .message = "no answer"};
    }
    if (request.method == "DELETE") object.clear();
    response.status = request.method == "DELETE" ? 204 : 200;
    if (object.empty() && request.method == "GET") {
      response.status = 404;
      response.headers.set("Content-Type", "application/xml");
      response.body = "<Error><Code>NoSuchKey</Code><Message>none</Message></Error>";
      return response;
    }
    response.headers.set("ETag", tag());
    response.headers.set("Last-Modified", format_http_date(stored_at));
    if (request.method == "GET") response.body = object;
    return response;
  }
  std::string tag() const { return "\"" + std::to_string(etag) + "\""; }
  void store(const std::string& text) {
    object = text;
    ++etag;
    stored_at = driver.wall_now();
  }
  int count(std::string_view method) const {
    return static_cast<int>(std::count_if(transport.requests.begin(), transport.requests.end(),
                                          [&](const http::Request& request) { return request.method == method; }));
  }

  template <class Act>
  void run(Act act) {
    aws::ClientOptions options;
    options.region = "us-west-2";
    for (const aws::Service service : aws::kServices) {
      options.endpoints[service] =
          *aws::resolve_endpoint({.service = service, .region = "us-west-2", .custom_url = endpoint});
    }
    aws::Client client(loop, transport, entropy, control,
                       {.access_key_id = "AKIDEXAMPLE", .secret_access_key = "secret", .source = "a test"}, options);
    loop.run([&] { act(client); });
  }
  Result<std::unique_ptr<Lock>> acquire(aws::Client& client, Duration timeout = std::chrono::seconds(30)) {
    return Lock::acquire(client, host, observer, kPlace, body_of("me"), {timeout, std::chrono::seconds(60)});
  }
};

}  // namespace fhctl::pipeline
