#include "sandbox/cloud/cloud.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/base/random.h"
#include "core/base/text.h"
#include "sandbox/access/access.h"
#include "sandbox/cloudwatch/cloudwatch.h"
#include "sandbox/cloudwatch/cloudwatch_wire.h"
#include "sandbox/firehose/firehose.h"
#include "sandbox/firehose/firehose_state.h"
#include "sandbox/iam/iam.h"
#include "sandbox/iam/iam_state.h"
#include "sandbox/logs/logs.h"
#include "sandbox/logs/logs_state.h"
#include "sandbox/metrics/metrics.h"
#include "sandbox/s3/s3.h"
#include "sandbox/s3/s3_state.h"
#include "sandbox/ssm/ssm.h"
#include "sandbox/ssm/ssm_state.h"
#include "sandbox/sts/sts.h"
#include "sandbox/wire/error_reply.h"
#include "sandbox/wire/reply.h"

namespace fhctl::sandbox {
namespace {

std::chrono::milliseconds in_milliseconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration);
}

http::Response html_page() {
  http::Response response;
  response.status = 502;
  response.headers.set("Content-Type", "text/html");
  response.body = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n";
  return response;
}

http::Response ok_with_error(std::string_view service) {
  http::Response response = wire_error(service, 500, "InternalError", "We encountered an internal error.");
  response.status = 200;
  return response;
}

// Returns the response of a fault that replaces the service; nullopt if the service is to handle the request.
std::optional<http::Response> answer_instead(const FaultRule& fault, std::string_view service) {
  switch (fault.kind) {
    case FaultKind::kThrottle:
      return refuse(service, Refusal::kThrottled, fault.message);
    case FaultKind::kAccessDenied:
      return refuse(service, Refusal::kDenied, fault.message);
    case FaultKind::kExpiredToken:
      return refuse(service, Refusal::kExpired, fault.message);
    case FaultKind::kUnavailable:
      return refuse(service, Refusal::kUnavailable, fault.message);
    case FaultKind::kError:
      return wire_error(service, fault.status, fault.code.empty() ? "InternalFailure" : fault.code, fault.message);
    case FaultKind::kHtml:
      return html_page();
    case FaultKind::kOkWithError:
      return ok_with_error(service);
    default:
      return std::nullopt;
  }
}

// Date and the request ids that each service sends; users quote them to AWS support.
void add_common_headers(http::Response& response, const Route& route, CloudState& world) {
  response.headers.set("Date", format_http_date(world.now));
  response.headers.set("Server", "fhctl-sandbox");
  if (wire_of(route.service) == Wire::kS3) {
    if (!response.headers.find("x-amz-request-id")) {
      response.headers.set("x-amz-request-id", to_upper(random_hex(world.entropy, 16)));
    }
    response.headers.set("x-amz-id-2", to_base64(random_hex(world.entropy, 36)));
    return;
  }
  if (!response.headers.find("x-amzn-RequestId")) response.headers.set("x-amzn-RequestId", new_request_id(world));
  if (response.headers.find("content-type") == "text/xml") {
    response.body = replace_all(std::move(response.body), kRequestIdMark, *response.headers.find("x-amzn-RequestId"));
  }
}

}  // namespace

Cloud::Cloud(Options options)
    : options_(std::move(options)), world_(std::make_unique<CloudState>(options_)), faults_(options_) {}

void Cloud::set_time(WallTime now) {
  world_->now = now + in_milliseconds(shift_);
  advance_firehose(*world_);
}

void Cloud::advance(WallTime now) { set_time(now + in_milliseconds(clock_error_)); }

void Cloud::shift_clock(Duration by) { shift_ += by; }

void Cloud::reset() {
  std::unique_ptr<CloudState> fresh = std::make_unique<CloudState>(options_);
  fresh->now = world_->now;
  fresh->lag = std::move(world_->lag);
  world_ = std::move(fresh);
  faults_ = Faults(options_);
  journal_.clear();
  ++changes_;
}

std::uint64_t Cloud::revision() const { return changes_ + world_->firehose->changes; }

http::Response Cloud::handle(const http::Request& request, WallTime now) {
  Answer answer = exchange(request, now);
  if (answer.fate != Fate::kSent) return {};
  return std::move(answer.response);
}

Answer Cloud::exchange(http::Request request, WallTime now) {
  now += in_milliseconds(clock_error_);
  set_time(now);
  if (!request.headers.find("host")) request.headers.set("Host", request.authority());
  const Route route = route_of(request);
  Answer answer = decide(request, route, now);
  if (route.service == "monitoring") finish_cloudwatch_answer(request, route.operation, answer.response);
  answer.delay += world_->options.latency;
  add_common_headers(answer.response, route, *world_);
  const bool is_signed = request.headers.find("authorization").has_value();
  const bool sent = answer.fate == Fate::kSent || answer.fate == Fate::kTruncated;
  journal_.push_back({is_signed ? faults_.requests() : 0, route, sent ? answer.response.status : 0});
  if (journal_.size() > kJournalMax) journal_.pop_front();
  return answer;
}

// Draws once for each signed request: which fault applies, and whether the request is carried out.
Answer Cloud::decide(http::Request& request, const Route& route, WallTime now) {
  Answer answer;
  FaultRule fault;
  if (request.headers.find("authorization")) fault = faults_.draw(route);
  if (std::optional<http::Response> instead = answer_instead(fault, route.service)) {
    answer.response = std::move(*instead);
    return answer;
  }
  const bool carried_out = fault.kind != FaultKind::kKillBefore && fault.kind != FaultKind::kDropBefore;
  if (carried_out) answer.response = perform(request, route, now);
  switch (fault.kind) {
    case FaultKind::kKillBefore:
    case FaultKind::kKillAfter:
      answer.fate = Fate::kClientDies;
      break;
    case FaultKind::kDropBefore:
    case FaultKind::kDropAfter:
      answer.fate = Fate::kDropped;
      break;
    case FaultKind::kTruncate:
      answer.fate = Fate::kTruncated;
      break;
    case FaultKind::kDelay:
      answer.delay = fault.delay;
      break;
    default:
      break;
  }
  return answer;
}

http::Response Cloud::perform(http::Request& request, const Route& route, WallTime now) {
  const Verdict verdict = verify(world_->options, derived_keys_, request, route.service, now, world_->now);
  if (verdict.refusal) return *verdict.refusal;
  if (route.mutating) ++changes_;
  const std::string caller =
      "arn:" + std::string(partition_of(verdict.scope.region)) + ":iam::" + world_->options.account + ":user/sandbox";
  Incoming incoming{request, verdict.scope.region, caller};
  if (std::optional<http::Response> refusal = refuse_caller(*world_, incoming, route)) return *refusal;
  incoming.denied = judge_of(*world_, incoming);
  const std::string& service = verdict.scope.service;
  if (service == "firehose") return handle_firehose(*world_, incoming);
  if (service == "logs") return handle_logs(*world_, incoming);
  if (service == "iam") return handle_iam(*world_, incoming);
  if (service == "sts") return handle_sts(*world_, incoming);
  if (service == "monitoring") return handle_monitoring(*world_, incoming);
  if (service == "ssm") return handle_ssm(*world_, incoming);
  return handle_s3(*world_, incoming);
}

}  // namespace fhctl::sandbox
