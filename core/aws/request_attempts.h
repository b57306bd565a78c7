// Private to the client (client.cc and request_attempts.cc): what its calls share, and one call with all its attempts.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "core/aws/client.h"
#include "core/aws/consistency.h"
#include "core/aws/error_codes.h"
#include "core/aws/sigv4.h"

namespace fhctl::aws {

// What the calls of one client share.
struct ClientState {
  Loop& loop;
  http::Transport& transport;
  Entropy& entropy;
  Cancellation& control;
  Credentials credentials;
  ClientOptions options;

  SigningKeys signing_keys = {};  // of these credentials
  std::string account = {};       // that the run works in; empty: not known yet
  RetryQuota quota = {};
  std::map<std::pair<Service, std::string>, std::unique_ptr<RateLimiter>> pacers = {};
  std::map<std::string, std::string> bucket_regions = {};  // of buckets that S3 said live elsewhere
  RecentChanges changes = {};
  bool answered = false;  // by anybody, in this run
  std::optional<WallTime> s3_time = {};
  std::optional<WallTime> latest_date = {};
  std::optional<Duration> clock_offset = {};
  std::function<Result<void>(const Call&)> guard = {};  // may be empty
  Duration clock_correction = Duration::zero();         // added to our clock before signing, after AWS complained

  RateLimiter& pacer(Service service, const std::string& operation);
  void learn_clock(Service service, const http::Response& response);
  bool is_custom(Service service) const;
};

// One call with all its attempts.
class RequestAttempts {
 public:
  RequestAttempts(ClientState& state, const Call& call);
  Result<http::Response> run();

 private:
  Result<void> take_turn();
  http::Request signed_request();
  void address(http::Request& request, SigningScope& scope) const;
  bool accepted(const http::Response& response) const;
  bool asks_for_object() const;
  std::optional<Instant> outdated_until(const Error& error) const;
  ErrorClass judged(const http::Response& response);
  Result<void> prepare_retry(const ErrorClass& verdict, const http::Response* response);
  Result<void> retry_network(const Error& error);
  Result<void> retry_credentials(const Error& error);
  Result<void> check_account(const Credentials& fresh) const;
  Result<void> retry_later(const ErrorClass& verdict, const http::Response* response);
  Result<void> wait_for_consistency(const Error& error, Instant until, Duration longest);
  Result<void> wait_before_retry(const Error& error, Duration delay);
  bool follow_region(const ErrorResponse& response_error, const http::Response& response);
  Error late(Error error) const;
  Error explained(Error error) const;
  Error given_up(Error error) const;
  std::string subject() const;
  void report(Trace trace) const;

  ClientState& state_;
  const Call& call_;
  RateLimiter& pacer_;
  Instant started_at_;
  int attempts_max_;
  std::string invocation_id_;
  std::string key_used_;  // the access key id of the last attempt
  int attempt_ = 1;
  Instant attempt_started_at_{};
  std::string last_try_;      // how it ended
  int network_failures_ = 0;  // in a row
  Instant network_failing_since_{};
  Retry last_retry_ = Retry::kNo;
  bool quota_taken_ = false;
  bool clock_corrected_ = false;
  bool credentials_refreshed_ = false;
  bool region_followed_ = false;
  bool region_changed_ = false;  // by the last answer
  ConsistencyWait consistency_wait_;
  int waits_ = 0;  // attempts that ended in a wait for consistency
  Duration waited_{};
  std::optional<Instant> busy_since_;
  Error waited_out_;  // the last error that was waited out
};

}  // namespace fhctl::aws
