// A sandbox state with a bucket and a role that Firehose can use, and a way to call Firehose without signatures.
#pragma once

#include <chrono>
#include <string>

#include "core/base/json.h"
#include "core/base/text.h"
#include "sandbox/firehose/firehose.h"
#include "sandbox/firehose/firehose_state.h"
#include "sandbox/iam/iam.h"
#include "sandbox/iam/iam_state.h"
#include "sandbox/s3/s3.h"
#include "sandbox/s3/s3_state.h"
#include "sandbox/state/world.h"

namespace fhctl::sandbox {

struct FirehoseFixture {
  CloudState world;
  std::string region = "us-east-1";

  explicit FirehoseFixture(Options options = Options{}) : world(options) {
    world.now = *parse_iso8601("2026-01-20T10:00:00Z");
    ask_s3("PUT", "/logs-bucket");
    ask_iam("Action=CreateRole&Version=2010-05-08&RoleName=delivery&AssumeRolePolicyDocument=" +
            percent_encode(R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":)"
                           R"({"Service":"firehose.amazonaws.com"},"Action":"sts:AssumeRole"}]})"));
    allow(R"({"Effect":"Allow","Action":["s3:PutObject","logs:PutLogEvents"],"Resource":"*"})");
    pass(std::chrono::minutes(3));  // until IAM has propagated
  }

  void allow(const std::string& statement) {
    ask_iam("Action=PutRolePolicy&Version=2010-05-08&RoleName=delivery&PolicyName=p&PolicyDocument=" +
            percent_encode(R"({"Version":"2012-10-17","Statement":[)" + statement + "]}"));
  }

  http::Response ask_s3(const std::string& method, const std::string& path) {
    http::Request request;
    request.method = method;
    request.path = path;
    request.headers.set("Host", "127.0.0.1:4580");
    return handle_s3(world, {request, region, caller()});
  }

  http::Response ask_iam(const std::string& form) {
    http::Request request;
    request.method = "POST";
    request.headers.set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
    request.body = form;
    return handle_iam(world, {request, "us-east-1", caller()});
  }

  http::Response ask_text(const std::string& operation, const std::string& body) {
    http::Request request;
    request.method = "POST";
    request.headers.set("Content-Type", "application/x-amz-json-1.1");
    request.headers.set("X-Amz-Target", "Firehose_20150804." + operation);
    request.body = body;
    return handle_firehose(world, {request, region, caller()});
  }

  http::Response ask(const std::string& operation, const Json& body) { return ask_text(operation, body.dump()); }

  // "ok", or the error's code.
  std::string outcome(const std::string& operation, const Json& body) { return code_of(ask(operation, body)); }

  static std::string code_of(const http::Response& response) {
    const Json json = Json::parse(response.body, nullptr, false);
    return response.status == 200 ? "ok" : get_string(json, "__type").value_or("?");
  }

  Json answer(const std::string& operation, const Json& body) {
    return Json::parse(ask(operation, body).body, nullptr, false);
  }

  static Json destination() {
    return {{"RoleARN", "arn:aws:iam::123456789012:role/delivery"}, {"BucketARN", "arn:aws:s3:::logs-bucket"}};
  }

  static Json create_body(const std::string& name, Json destination = FirehoseFixture::destination()) {
    return {{"DeliveryStreamName", name}, {"ExtendedS3DestinationConfiguration", std::move(destination)}};
  }

  // Creates a stream and waits until it is ACTIVE.
  void make_stream(const std::string& name, Json destination = FirehoseFixture::destination()) {
    ask("CreateDeliveryStream", create_body(name, std::move(destination)));
    pass(std::chrono::seconds(2));
  }

  std::string put(const std::string& name, const std::string& data) {
    return outcome("PutRecord", {{"DeliveryStreamName", name}, {"Record", {{"Data", to_base64(data)}}}});
  }

  Json describe(const std::string& name) {
    return answer("DescribeDeliveryStream", {{"DeliveryStreamName", name}})["DeliveryStreamDescription"];
  }

  std::string status(const std::string& name) {
    const Json description = describe(name);
    return description.is_object() ? description["DeliveryStreamStatus"].get<std::string>() : "gone";
  }

  void pass(std::chrono::milliseconds time) {
    world.now += time;
    advance_firehose(world);
  }

  const Traffic& traffic(const std::string& name) { return world.firehose->traffic[{region, name}]; }
  const std::map<std::string, std::vector<ObjectVersion>>& objects() {
    return world.s3->buckets["logs-bucket"].objects;
  }

  std::string caller() const { return "arn:aws:iam::123456789012:user/sandbox"; }
};

}  // namespace fhctl::sandbox
