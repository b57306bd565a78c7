#include "core/aws/request_attempts.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "core/aws/denied.h"
#include "core/aws/error_codes.h"
#include "core/base/text.h"

namespace fhctl::aws {
namespace {

constexpr int kAttemptsMax = 12;

// The longest pauses of waits for consistency.
constexpr Duration kOutdatedPauseMax = std::chrono::seconds(15);
constexpr Duration kBusyPauseMax = std::chrono::seconds(30);

// Patience without any response. As long as no request of this run had a response, the network is probably down, and
// the user should see the error soon; later, a longer wait is worth it.
struct NetworkPatience {
  int attempts_max;
  Duration total_max;
};
constexpr NetworkPatience kFirstContact = {4, std::chrono::seconds(10)};
constexpr NetworkPatience kLater = {8, std::chrono::seconds(60)};
constexpr int kNetworkBackoffStart = 2;  // such errors last longer than 50 ms

// Lists and descriptions stay far below it, and several come at once; objects may be larger.
constexpr std::size_t kAnswerBytesMax = 8u << 20;

// A smaller difference is not mentioned, because AWS accepts it.
constexpr Duration kSkewNotable = std::chrono::minutes(4);

std::string make_uuid(Entropy& entropy);

int attempts_of(const ClientState& state, const Call& call) {
  const int most = state.options.attempts_max > 0 ? state.options.attempts_max : kAttemptsMax;
  return call.attempts_max > 0 ? std::min(call.attempts_max, most) : most;
}

}  // namespace

RequestAttempts::RequestAttempts(ClientState& state, const Call& call)
    : state_(state),
      call_(call),
      pacer_(state.pacer(call.service, call.operation)),
      started_at_(state.loop.now()),
      attempts_max_(attempts_of(state, call)),
      invocation_id_(make_uuid(state.entropy)),
      consistency_wait_(state, subject()) {}

Result<http::Response> RequestAttempts::run() {
  for (;; ++attempt_) {
    if (Result<void> turn = take_turn(); !turn) return with_context(late(turn.error()), call_.operation);
    const http::Request request = signed_request();
    report({.kind = Trace::Kind::kSent, .service = {}, .operation = {}, .request = &request});
    attempt_started_at_ = state_.loop.now();
    http::Limits limits = state_.options.limits;
    if (!asks_for_object()) limits.response_bytes_max = std::min(limits.response_bytes_max, kAnswerBytesMax);
    if (state_.control.deadline() != kNever) {
      limits.total = std::min(limits.total, state_.control.deadline() - attempt_started_at_);
    }
    Result<http::Response> answer = state_.transport.exchange(request, limits);

    ErrorClass verdict;
    if (answer) {
      state_.answered = true;
      network_failures_ = 0;
      state_.learn_clock(call_.service, *answer);
      report({.kind = Trace::Kind::kAnswered, .service = {}, .operation = {}, .response = &*answer});
      if (accepted(*answer)) {
        pacer_.on_success();
        quota_taken_ ? state_.quota.give_back(last_retry_) : state_.quota.refund_one();
        if (answer->status < 300) {
          state_.changes.note(call_.resources, settle_time(call_.service), state_.loop.now());
        }
        return answer;
      }
      verdict = judged(*answer);
    } else {
      verdict.error = answer.error();
      report({.kind = Trace::Kind::kNoAnswer, .service = {}, .operation = {}, .error = &verdict.error});
    }
    if (Result<void> again = prepare_retry(verdict, answer ? &*answer : nullptr); !again) {
      return with_context(explained(again.error()), call_.operation);
    }
  }
}

Result<void> RequestAttempts::take_turn() {
  const Instant asked_at = state_.loop.now();
  RETURN_IF_ERROR(pacer_.acquire(state_.control));
  const Duration waited = state_.loop.now() - asked_at;
  if (waited > Duration::zero()) {
    report({.kind = Trace::Kind::kPaced, .service = {}, .operation = {}, .delay = waited});
  }
  RETURN_IF_ERROR(state_.control.check());
  return state_.guard ? state_.guard(call_) : ok();
}

http::Request RequestAttempts::signed_request() {
  http::Request request = call_.request;
  SigningScope scope;
  scope.service = signing_name(call_.service);
  scope.region = state_.options.endpoints.at(call_.service).signing_region;
  address(request, scope);
  request.headers.set("amz-sdk-invocation-id", invocation_id_);
  request.headers.set("amz-sdk-request", fmt::format("attempt={}; max={}", attempt_, attempts_max_ + waits_));
  key_used_ = state_.credentials.access_key_id;
  const Duration correction = state_.clock_correction;
  sign(request, state_.credentials, scope,
       state_.loop.wall_now() + std::chrono::duration_cast<std::chrono::milliseconds>(correction), state_.signing_keys);
  return request;
}

// Fills in where the request goes. A bucket that is known to live in another region gets that region's host.
void RequestAttempts::address(http::Request& request, SigningScope& scope) const {
  Endpoint endpoint = state_.options.endpoints.at(call_.service);
  std::string prefix = endpoint.url.path;
  if (call_.service == Service::kS3 || call_.service == Service::kS3Control) {
    scope.double_encode_path = false;
    scope.normalize_path = false;
    scope.sign_content_hash = true;
  }
  if (call_.service == Service::kS3Control && !state_.is_custom(call_.service)) {
    endpoint.url.host = call_.account + "." + endpoint.url.host;
  }
  if (call_.service == Service::kS3) {
    const auto elsewhere = state_.bucket_regions.find(call_.bucket);
    if (elsewhere != state_.bucket_regions.end()) {
      if (!state_.is_custom(call_.service)) {
        endpoint.url.host = replace_all(endpoint.url.host, "." + scope.region + ".", "." + elsewhere->second + ".");
      }
      scope.region = elsewhere->second;
    }
    const BucketAddress address = address_bucket(endpoint, call_.bucket, state_.options.force_path_style);
    endpoint.url = address.url;
    prefix += address.path_prefix;
  }
  request.scheme = endpoint.url.scheme;
  request.host = endpoint.url.host;
  request.port = endpoint.url.port;
  const bool bare = request.path.empty() || request.path == "/";
  if (!prefix.empty()) request.path = bare ? prefix : prefix + request.path;
}

// Until when the answer may show the state before a change of this run; nullopt: it is the present state.
std::optional<Instant> RequestAttempts::outdated_until(const Error& error) const {
  const RecentChanges& changes = state_.changes;
  const CallResources& resources = call_.resources;
  const Instant now = state_.loop.now();
  if (error.kind == ErrorKind::kNotFound) {
    // S3 also says 404 about an object, or a setting, of a bucket that is there.
    const bool about_it =
        call_.service != Service::kS3 || error.aws_code == "NoSuchBucket" || call_.operation == "HeadBucket";
    return about_it ? changes.created(resources.needs, now) : std::nullopt;
  }
  if (error.kind == ErrorKind::kAlreadyExists) return changes.deleted(resources.creates, now);
  // The parts that this run has deleted still hold the resource.
  if (starts_with(error.aws_code, "DeleteConflict")) return changes.changed(resources.deletes, now);
  return std::nullopt;
}

bool RequestAttempts::accepted(const http::Response& response) const {
  if (call_.statuses_are_data && (response.status == 304 || response.status == 404 || response.status == 412)) {
    const ErrorResponse response_error = read_error_response(call_.service, response);
    // The 404 page of a proxy says nothing about a bucket.
    if (is_foreign(response_error)) return false;
    return response.status != 404 || !outdated_until(classify(call_.service, call_.operation, response_error).error);
  }
  if (response.status < 200 || response.status >= 300) return false;
  return asks_for_object() || !error_in_success(call_.service, response);
}

// The only response whose body is the user's data: it may be large, and broken XML.
bool RequestAttempts::asks_for_object() const {
  return call_.service == Service::kS3 && call_.operation == "GetObject";
}

ErrorClass RequestAttempts::judged(const http::Response& response) {
  const ErrorResponse response_error = read_error_response(call_.service, response);
  ErrorClass verdict = classify(call_.service, call_.operation, response_error);
  const bool about_signature =
      response_error.code == "SignatureDoesNotMatch" || response_error.code == "InvalidSignatureException";
  const Duration offset = state_.clock_offset.value_or(Duration::zero());
  if (about_signature && std::chrono::abs(offset) >= kSkewNotable) verdict.retry = Retry::kSkew;
  if (verdict.error.kind == ErrorKind::kDenied) {
    explain_denial(verdict.error, call_, response_error.message, state_.options.region, state_.account);
  }
  region_changed_ = follow_region(response_error, response);
  return verdict;
}

// S3 says that the bucket is in another region: only the region's name is used, never a host from the response.
bool RequestAttempts::follow_region(const ErrorResponse& response_error, const http::Response& response) {
  if (call_.service != Service::kS3 || call_.bucket.empty() || region_followed_) return false;
  const bool bare_head = call_.request.method == "HEAD" && (response.status == 301 || response.status == 400);
  const bool points_elsewhere =
      response.status == 301 || response.status == 302 || response.status == 307 || bare_head ||
      response_error.code == "PermanentRedirect" || response_error.code == "AuthorizationHeaderMalformed" ||
      (response_error.code == "IllegalLocationConstraintException" && call_.operation != "CreateBucket");
  if (!points_elsewhere || !valid_region_syntax(response_error.region)) return false;
  if (&partition_of(response_error.region) != &partition_of(state_.options.region)) return false;
  const auto known = state_.bucket_regions.find(call_.bucket);
  const std::string& current =
      known != state_.bucket_regions.end() ? known->second : state_.options.endpoints.at(Service::kS3).signing_region;
  if (response_error.region == current) return false;
  state_.bucket_regions[call_.bucket] = response_error.region;
  region_followed_ = true;
  return true;
}

// Waits until the next attempt may be made; an error ends the call.
Result<void> RequestAttempts::prepare_retry(const ErrorClass& verdict, const http::Response* response) {
  const Error& error = verdict.error;
  if (error.kind == ErrorKind::kCancelled || error.kind == ErrorKind::kTimeout) return error;
  if (response == nullptr) return retry_network(error);
  if (region_changed_) return wait_before_retry(error, Duration::zero());
  if (verdict.retry == Retry::kThrottling) pacer_.on_throttled();
  if (verdict.retry == Retry::kSkew) {
    if (clock_corrected_ || !state_.clock_offset) return error;
    clock_corrected_ = true;
    state_.clock_correction = *state_.clock_offset;
    return wait_before_retry(error, Duration::zero());
  }
  if (error.kind == ErrorKind::kCredentials) return retry_credentials(error);
  if (const std::optional<Instant> until = outdated_until(error)) {
    return wait_for_consistency(error, *until, kOutdatedPauseMax);
  }
  if (verdict.retry == Retry::kBusy) {
    if (!busy_since_) busy_since_ = attempt_started_at_;
    return wait_for_consistency(error, *busy_since_ + kBusyMax, kBusyPauseMax);
  }
  if (verdict.retry == Retry::kNo) return consistency_wait_.begun() ? given_up(error) : error;
  // Whether a create was carried out is unknown: the caller reads the resource.
  if (error.kind == ErrorKind::kProtocol && call_.safety == Idempotency::kNotIdempotent) return error;
  return retry_later(verdict, response);
}

Result<void> RequestAttempts::retry_network(const Error& error) {
  if (call_.safety == Idempotency::kNotIdempotent || error.kind == ErrorKind::kUntrusted) return error;
  const NetworkPatience patience = state_.answered ? kLater : kFirstContact;
  if (network_failures_ == 0) network_failing_since_ = attempt_started_at_;
  const int failures = ++network_failures_;
  const Duration delay = backoff(Retry::kTransient, failures + kNetworkBackoffStart, std::nullopt, state_.entropy);
  const Instant next = state_.loop.now() + delay;
  if (failures >= patience.attempts_max || next - network_failing_since_ >= patience.total_max ||
      attempt_ - waits_ >= attempts_max_) {
    return given_up(error);
  }
  return wait_before_retry(error, delay);
}

Result<void> RequestAttempts::retry_credentials(const Error& error) {
  if (!contains(error.aws_code, "ExpiredToken") || credentials_refreshed_) return error;
  credentials_refreshed_ = true;
  // Another call may have refreshed them while this one was in flight.
  if (state_.credentials.access_key_id == key_used_) {
    if (!state_.options.refresh_credentials) return error;
    const std::string token_used = state_.credentials.session_token;  // another call may replace it during the wait
    ASSIGN_OR_RETURN(Credentials fresh, state_.options.refresh_credentials());
    if (fresh.access_key_id == key_used_ && fresh.session_token == token_used) return error;
    RETURN_IF_ERROR(check_account(fresh));
    state_.credentials = fresh;
    state_.signing_keys.forget();
  }
  return wait_before_retry(error, Duration::zero());
}

// Refuses credentials of another account, to which the user may have switched during the run: the pipeline would be
// split across two accounts.
Result<void> RequestAttempts::check_account(const Credentials& fresh) const {
  if (state_.account.empty() || !state_.options.account_of) return ok();
  ASSIGN_OR_RETURN(const std::string account, state_.options.account_of(fresh));
  if (account == state_.account) return ok();
  return make_error(
      ErrorKind::kCredentials,
      fmt::format("the credentials expired, and the new ones (key ending in {}) are of account {}, not {}",
                  key_tail(fresh), account, state_.account),
      fmt::format("with credentials of account {} the same command continues", state_.account));
}

Result<void> RequestAttempts::retry_later(const ErrorClass& verdict, const http::Response* response) {
  if (attempt_ - waits_ >= attempts_max_) return given_up(verdict.error);
  const std::optional<std::string> hint = response->headers.find("x-amz-retry-after");
  const Duration delay = backoff(verdict.retry, attempt_ - waits_ - 1,
                                 hint ? std::optional<std::string_view>(*hint) : std::nullopt, state_.entropy);
  if (state_.loop.now() + delay - started_at_ - waited_ > state_.options.patience) return given_up(verdict.error);
  // Throttling is handled by the rate limiter; tokens limit the retries to a failing service.
  if (verdict.retry == Retry::kTransient) {
    if (!state_.quota.take(Retry::kTransient)) return given_up(verdict.error);
    quota_taken_ = true;
    last_retry_ = Retry::kTransient;
  }
  return wait_before_retry(verdict.error, delay);
}

// Waits for AWS to show what this run has changed, or to end another operation on the resource. Neither is a failing
// service, so that the retry quota does not apply.
Result<void> RequestAttempts::wait_for_consistency(const Error& error, Instant until, Duration longest) {
  // An optional call ends soon.
  if (call_.attempts_max > 0 && attempt_ >= attempts_max_) return given_up(error);
  const Instant begun = state_.loop.now();
  waited_out_ = error;
  const Result<bool> waited = consistency_wait_.pause_at_most(error.message, until, longest);
  waited_ += state_.loop.now() - begun;
  ++waits_;
  if (!waited) return late(waited.error());
  return *waited ? ok() : Result<void>(given_up(error));
}

Result<void> RequestAttempts::wait_before_retry(const Error& error, Duration delay) {
  const double pace = error.kind == ErrorKind::kThrottled ? pacer_.rate() : 0;
  report({.kind = Trace::Kind::kRetrying,
          .service = {},
          .operation = {},
          .error = &error,
          .delay = delay,
          .calls_per_second = pace});
  if (delay <= Duration::zero()) return ok();
  last_try_ = error.message;
  const Result<void> slept = state_.control.sleep_until(state_.loop.now() + delay);
  if (!slept) return late(slept.error());
  return ok();
}

// When the deadline ends the run, its error also names what the call waited for, or the last failure.
Error RequestAttempts::late(Error error) const {
  if (error.kind != ErrorKind::kTimeout) return error;
  if (!consistency_wait_.begun()) {
    if (!last_try_.empty()) error.message += "; the last try: " + last_try_;
    return error;
  }
  error = consistency_wait_.explained(std::move(error));
  error.aws_code = waited_out_.aws_code;
  error.request_id = waited_out_.request_id;
  if (!waited_out_.hint.empty()) error.hint = waited_out_.hint;
  return error;
}

// Adds what only the client knows: which key was used, and how far the clock is off.
Error RequestAttempts::explained(Error error) const {
  if (error.kind == ErrorKind::kCredentials && error.http_status != 0) {
    error.message += fmt::format(" (the key ending in {} from {})", key_tail(state_.credentials),
                                 state_.credentials.source.empty() ? "an unknown source" : state_.credentials.source);
  }
  const Duration offset = state_.clock_offset.value_or(Duration::zero());
  const bool clock_matters = error.kind == ErrorKind::kSkewed || error.kind == ErrorKind::kCredentials;
  if (clock_matters && std::chrono::abs(offset) >= kSkewNotable) {
    error.message += fmt::format("; this machine's clock is {} {} AWS's", format_duration(std::chrono::abs(offset)),
                                 offset > Duration::zero() ? "behind" : "ahead of");
  }
  return error;
}

Error RequestAttempts::given_up(Error error) const {
  if (consistency_wait_.begun()) {
    error.message += fmt::format(" ({})", consistency_wait_.summary());
  } else if (attempt_ > 1) {
    error.message +=
        fmt::format(" (gave up after {} attempts in {})", attempt_, format_duration(state_.loop.now() - started_at_));
  }
  return error;
}

// What a wait is for.
std::string RequestAttempts::subject() const {
  const CallResources& resources = call_.resources;
  for (const std::string* name : {&resources.creates, &resources.deletes, &resources.changes, &resources.needs}) {
    if (!name->empty()) return *name;
  }
  return call_.operation;
}

void RequestAttempts::report(Trace trace) const {
  if (!state_.options.trace) return;
  trace.service = call_.service;
  trace.operation = call_.operation;
  trace.attempt = attempt_;
  state_.options.trace(trace);
}

namespace {

// A random UUID, version 4.
std::string make_uuid(Entropy& entropy) {
  std::string hex = random_hex(entropy, 32);
  hex[12] = '4';
  hex[16] = "89ab"[random_below(entropy, 4)];
  return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4), hex.substr(16, 4),
                     hex.substr(20));
}

}  // namespace
}  // namespace fhctl::aws
