#include "tests/sim/harness/sim_process.h"

#include "core/aws/sigv4.h"
#include "core/base/text.h"
#include "sandbox/wire/error_reply.h"
#include "tests/sim/harness/damaged_response.h"
#include "tests/sim/harness/seeded_bug.h"

namespace fhctl::test {
namespace {

Error reset() { return {.kind = ErrorKind::kNetwork, .message = "the connection was reset"}; }
Error no_space(const std::string& path) { return {.message = "'" + path + "': No space left on device"}; }

}  // namespace

void Body::go_on() {
  while (!dead && loop.now() < asleep_until) loop.sleep_until(asleep_until);
  if (dead) die();
}

void Body::die() {
  if (!dead) {
    dead = true;
    result.killed = true;
    world.processes_of.at(container).alive.erase(pid);
    if (world.watcher != nullptr) world.watcher->run_ended(facts);
    ended.set();
  }
  while (true) loop.sleep_until(kNever);
}

void Body::forget_unsynced() {
  for (const auto& [path, before] : unsynced) {
    if (before) {
      world.files.files[path] = *before;
    } else {
      world.files.files.erase(path);
    }
  }
  unsynced.clear();
}

Result<FileKind> BodyFiles::kind(const std::string& path) {
  body_.go_on();
  return body_.world.files.kind(path);
}

Result<std::optional<std::string>> BodyFiles::read(const std::string& path, std::size_t bytes_max) {
  body_.go_on();
  return body_.world.files.read(path, bytes_max);
}

Result<void> BodyFiles::write_new(const std::string& path, std::string_view bytes, unsigned mode) {
  body_.go_on();
  if (!body_.disk_full) return body_.world.files.write_new(path, bytes, mode);
  (void)body_.world.files.write_new(path, bytes.substr(0, bytes.size() / 2), mode);
  return no_space(path);
}

Result<void> BodyFiles::rename(const std::string& from, const std::string& to) {
  body_.go_on();
  if (body_.disk_full) return no_space(to);
  auto& files = body_.world.files.files;
  const auto there = files.find(to);
  const auto before = there == files.end() ? std::nullopt : std::optional(there->second);
  Result<void> renamed = body_.world.files.rename(from, to);
  if (!renamed) return renamed;
  body_.unsynced.emplace(to, before);
  if (body_.world.watcher != nullptr) body_.world.watcher->file_changed(body_.facts, to, files[to]);
  return renamed;
}

Result<void> BodyFiles::sync_directory(const std::string& path) {
  body_.go_on();
  if (body_.disk_full) return no_space(path);
  body_.unsynced.clear();
  return body_.world.files.sync_directory(path);
}

Result<void> BodyFiles::remove(const std::string& path) {
  body_.go_on();
  return body_.world.files.remove(path);
}

Result<void> BodyFiles::make_directories(const std::string& path) {
  body_.go_on();
  return body_.world.files.make_directories(path);
}

Result<http::Response> BodyTransport::exchange(const http::Request& request, const http::Limits& limits) {
  bool overslept = body_.loop.now() < body_.asleep_until;
  body_.go_on();
  Simulation& world = body_.world;
  if (world.watcher != nullptr && body_.stopped_at) {
    world.watcher->begun_after_stop(body_.facts, sandbox::route_of(request));
  }
  body_.loop.sleep_for(latency());
  overslept = overslept || body_.loop.now() < body_.asleep_until;
  body_.go_on();
  if (overslept) return reset();  // the connection did not survive the sleep
  Result<http::Response> answer = wrongly_or_rightly(request, limits);
  body_.go_on();
  return answer;
}

// With a seeded bug in between, status 0 stands for "no response".
Result<http::Response> BodyTransport::wrongly_or_rightly(const http::Request& request, const http::Limits& limits) {
  const std::shared_ptr<MistakeAct> seeded_bug = body_.world.seeded_bug;
  if (!seeded_bug) return one_request(request, limits);
  http::Response response =
      (*seeded_bug)(request, sandbox::route_of(request), [&](const http::Request& bent) -> http::Response {
        http::Request sent = bent;
        sign_again(sent);
        const Result<http::Response> answer = one_request(sent, limits);
        return answer ? *answer : http::Response{};
      });
  if (response.status == 0) return reset();
  return response;
}

Result<http::Response> BodyTransport::one_request(const http::Request& request, const http::Limits& limits) {
  const int number = ++body_.result.requests;
  if (disturbance_.intervene) {
    if (auto answer = disturbance_.intervene(number, request)) return *answer;
  }
  const sandbox::Route route = sandbox::route_of(request);
  return strike(fault_for(number, request, route), request, route, limits);
}

Fault BodyTransport::fault_for(int number, const http::Request& request, const sandbox::Route& route) const {
  if (disturbance_.kill_at == number) {
    return {disturbance_.after_effect ? FaultKind::kDieAfter : FaultKind::kDieBefore, {}};
  }
  if (disturbance_.lose_answer_at == number) return {FaultKind::kLostAfter, {}};
  return disturbance_.fault ? disturbance_.fault(number, request, route) : Fault{};
}

Result<http::Response> BodyTransport::strike(const Fault& fault, const http::Request& request,
                                             const sandbox::Route& route, const http::Limits& limits) {
  if (const auto refused = refusal(fault.kind, route)) return deliver(*refused);
  switch (fault.kind) {
    case FaultKind::kDieBefore:
      body_.die();
    case FaultKind::kPowerLoss:
      body_.forget_unsynced();
      body_.die();
    case FaultKind::kDieAfter:
      (void)perform(request, route, false);
      body_.die();
    case FaultKind::kLostBefore:
      return reset();
    case FaultKind::kLostAfter:
      (void)perform(request, route, false);
      body_.loop.sleep_for(latency());
      return reset();
    case FaultKind::kTimeout:
      (void)perform(request, route, false);
      body_.loop.sleep_for(limits.total);
      return Error{.kind = ErrorKind::kNetwork, .message = "no answer in time"};
    case FaultKind::kTwice: {
      http::Response first = perform(request, route);
      (void)perform(request, route, false);
      return deliver(std::move(first));
    }
    case FaultKind::kSlow:
      body_.loop.sleep_for(fault.time);
      return deliver(perform(request, route));
    case FaultKind::kAsleep:  // the request has been sent
      body_.asleep_until = body_.loop.now() + fault.time;
      return deliver(perform(request, route));
    case FaultKind::kStop:
      body_.signals.raise(2);
      if (!body_.stopped_at) body_.stopped_at = body_.loop.now();
      return deliver(perform(request, route));
    case FaultKind::kDiskFull:
      body_.disk_full = true;
      return deliver(perform(request, route));
    case FaultKind::kStale:
    case FaultKind::kTagsLate:
    case FaultKind::kSamePage:
      return deliver(read_past(fault, request, route));
    case FaultKind::kOkWithError:
      return deliver(keys_refused(request));
    case FaultKind::kCutShort:
    case FaultKind::kGarbled:
    case FaultKind::kWrongType:
    case FaultKind::kNewMembers:
      return deliver(garbled(fault.kind, perform(request, route, fault.kind == FaultKind::kNewMembers)));
    default:
      return deliver(perform(request, route));
  }
}

// Returns the response of the service, or of a proxy, that replaces the execution of the request.
std::optional<http::Response> BodyTransport::refusal(FaultKind kind, const sandbox::Route& route) const {
  using sandbox::Refusal;
  const std::string& service = route.service;
  switch (kind) {
    case FaultKind::kThrottle:
      return sandbox::refuse(service, Refusal::kThrottled);
    case FaultKind::kUnavailable:
      return sandbox::refuse(service, Refusal::kUnavailable);
    case FaultKind::kDenied:
      return sandbox::refuse(service, Refusal::kDenied);
    case FaultKind::kExpired:
      return sandbox::refuse(service, Refusal::kExpired);
    case FaultKind::kInternal:
      return sandbox::wire_error(service, 500, service == "s3" ? "InternalError" : "InternalFailure", "Try again.");
    case FaultKind::kSkewed:
      return sandbox::wire_error(service, 403, service == "s3" ? "RequestTimeTooSkewed" : "InvalidSignatureException",
                                 "Signature expired: 20260120T094500Z is now earlier than 20260120T095500Z");
    case FaultKind::kConflict:
      if (service == "s3") return sandbox::wire_error(service, 409, "OperationAborted", "A conflicting operation.");
      if (service == "iam") return sandbox::wire_error(service, 409, "ConcurrentModification", "Try again.");
      if (service == "logs") return sandbox::wire_error(service, 400, "OperationAbortedException", "Try again.");
      return sandbox::wire_error(service, 400, "ResourceInUseException", "It is being changed.");
    case FaultKind::kQuota:
      if (service == "s3") return sandbox::wire_error(service, 400, "TooManyBuckets", "You have too many buckets.");
      if (service == "iam") return sandbox::wire_error(service, 409, "LimitExceeded", "Cannot exceed quota.");
      return sandbox::wire_error(service, 400, "LimitExceededException", "You have reached the limit.");
    case FaultKind::kHtml: {
      http::Response response;
      response.status = 502;
      response.headers.set("Content-Type", "text/html");
      response.body = "<html><body><h1>502 Bad Gateway</h1></body></html>";
      return response;
    }
    default:
      return std::nullopt;
  }
}

http::Response BodyTransport::read_past(const Fault& fault, const http::Request& request, const sandbox::Route& route) {
  Simulation& world = body_.world;
  if (fault.kind == FaultKind::kStale && world.past) {
    auto then = world.past->answer(world.cloud, route, request, world.driver.wall_now(), fault.time);
    if (then) return std::move(*then);
  }
  http::Response response = perform(request, route);
  if (fault.kind == FaultKind::kTagsLate) return without_tags(std::move(response));
  if (fault.kind == FaultKind::kSamePage) return with_more(std::move(response));
  return response;
}

// Signs as fhctl would have signed.
void BodyTransport::sign_again(http::Request& request) const {
  const auto words = split(request.headers.find("authorization").value_or(""), '/');  // .../date/region/service/...
  if (words.size() < 4) return;
  aws::SigningScope scope{.region = words[2], .service = words[3]};
  if (scope.service == "s3") {
    scope.double_encode_path = scope.normalize_path = false;
    scope.sign_content_hash = true;
  }
  const sandbox::Options& options = body_.world.cloud.world().options;
  aws::Credentials credentials;
  credentials.access_key_id = options.access_key_id;
  credentials.secret_access_key = options.secret_access_key;
  aws::sign(request, credentials, scope, body_.world.driver.wall_now());
}

http::Response BodyTransport::perform(const http::Request& request, const sandbox::Route& route, bool heard) {
  Simulation& world = body_.world;
  const WallTime now = world.driver.wall_now();
  if (world.past && route.mutating) world.past->remember(world.cloud.world(), route.service, now);
  const AppliedRequest applied{body_.facts, route, request, world.cloud.world(), heard};
  if (world.watcher != nullptr) {
    world.cloud.advance(now);
    world.watcher->before(applied);
  }
  http::Response response = world.cloud.handle(request, now);
  if (route.mutating && response.status > 0 && response.status < 300) {
    body_.result.changing.push_back(route.operation);
  }
  if (world.watcher != nullptr) world.watcher->after(applied, response);
  return response;
}

Result<http::Response> BodyTransport::deliver(http::Response response) {
  body_.loop.sleep_for(latency());
  if (response.status == 0) return reset();
  return response;
}

Duration BodyTransport::latency() { return std::chrono::milliseconds(2 + random_below(body_.world.entropy, 12)); }

}  // namespace fhctl::test
