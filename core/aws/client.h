// Calls AWS: limits the rate, signs, sends, classifies errors and retries. Everything in services/ uses Client::call.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "core/aws/consistency.h"
#include "core/aws/credentials.h"
#include "core/aws/endpoints.h"
#include "core/aws/error_response.h"
#include "core/aws/rate_limiter.h"
#include "core/aws/retry.h"
#include "core/base/cancellation.h"
#include "core/base/random.h"
#include "core/http/message.h"
#include "core/transport/transport.h"

namespace fhctl::aws {

// Whether a request may be repeated when it is unknown whether it was carried out.
enum class Idempotency {
  kIdempotent,     // reads, deletes, puts of a whole state: repeat
  kNotIdempotent,  // creates: kNetwork and kProtocol come back at once, and the caller reads the resource
};

struct Call {
  Service service;
  std::string operation;  // AWS's name: "CreateDeliveryStream", "PutBucketTagging"
  Idempotency safety = Idempotency::kIdempotent;
  http::Request request;           // for JSON and query services only headers and body; else also method, path, query
  std::string bucket;              // S3: the client turns it into host or path
  std::string account = {};        // S3 Control: AWS's host begins with it
  int attempts_max = 0;            // for optional calls: fewer attempts than the client allows; 0: the client's number
  bool statuses_are_data = false;  // S3 conditionals and HEAD: 304, 404 and 412 come back as responses, not as errors
  CallResources resources = {};
};

// Whether the call only reads: decided by the method for S3, by the operation's name for all other services.
bool only_reads(const Call& call);

// What happens inside a call, for --debug and for views. It contains secrets: the function that prints it removes them.
struct Trace {
  enum class Kind { kSent, kAnswered, kNoAnswer, kRetrying, kPaced, kWaiting };
  Kind kind;
  Service service;
  std::string_view operation;
  int attempt = 1;
  const http::Request* request = nullptr;    // kSent
  const http::Response* response = nullptr;  // kAnswered
  const Error* error = nullptr;              // kNoAnswer, kRetrying
  Duration delay{};                          // kRetrying, kPaced, kWaiting
  double calls_per_second = 0;               // kRetrying after throttling: the pace from now on
  // kWaiting, of a wait for consistency, which may be for no single operation:
  std::string_view resource = {};
  std::string_view reason = {};
  Duration elapsed{};
  bool over = false;  // the wait has ended
};

struct ClientOptions {
  std::string region;
  std::map<Service, Endpoint> endpoints;
  bool force_path_style = false;
  // Of one call with all its retries; the waits for consistency do not count.
  int attempts_max = 0;  // 0: until the deadline, but at most 12
  Duration patience = std::chrono::minutes(3);
  http::Limits limits;
  std::function<void(const Trace&)> trace;  // may be empty; must not wait
  // Resolves the credentials again after ExpiredToken; an error ends the call. May be empty; may wait.
  std::function<Result<Credentials>()> refresh_credentials;
  // Returns the account of these credentials; called after a refresh. May be empty; may wait.
  std::function<Result<std::string>(const Credentials&)> account_of;
};

struct ClientState;  // core/aws/request_attempts.h

class Client {
 public:
  Client(Loop& loop, http::Transport& transport, Entropy& entropy, Cancellation& control, Credentials credentials,
         ClientOptions options);
  ~Client();

  // Sends the call. Returns a response with a status below 300 (or a status that the call takes as data), else the
  // classified error with the operation as context. Handles rate limits, retries, one clock correction, one credentials
  // refresh, and S3's redirect to another region (once; the host is built from the region's name, and the request is
  // signed again). Responses that do not show yet what this run has changed, and refusals because of another operation
  // on the resource, are waited out (core/aws/consistency.h); the former also for calls that take a status as data.
  // Waits.
  Result<http::Response> call(const Call& call);

  // Called right before every attempt, including the first, because what was true when the call was made may no longer
  // be true after a wait or after the machine slept. An error of the guard ends the call. Replaces an earlier guard.
  void set_guard(std::function<Result<void>(const Call&)> guard);

  // The account that the run works in. Credentials of another account, after a refresh, end the call (kCredentials).
  void set_account(std::string account);

  // To be called when this run has found out that a create call whose response was lost did create the resource. After
  // calls that succeeded the client knows it.
  void note_created(Service service, const std::string& resource);
  // What this run has created, changed and deleted lately.
  const RecentChanges& recent_changes() const;
  // A wait of the caller, for what it reads of `resource`.
  ConsistencyWait consistency_wait(std::string resource);

  const std::string& region() const;
  const Partition& partition() const;
  const Credentials& credentials() const;
  // True when this service is reached at a custom endpoint instead of AWS.
  bool custom_endpoint(Service service) const;
  const Endpoint& endpoint(Service service) const;
  // S3's clock at the last response to any S3 call (its Date header), if there was one.
  std::optional<WallTime> server_time() const;
  // The latest Date header of any response: AWS's time, independent of the local clock.
  std::optional<WallTime> latest_date() const;
  // How far the server's clock is ahead of the local one, derived from Date headers.
  std::optional<Duration> clock_offset() const;
  // The present time by AWS's clock: ours, corrected by clock_offset() once that is known.
  WallTime now() const;

  Loop& loop() const;
  Cancellation& control() const;
  Entropy& entropy() const;

 private:
  std::unique_ptr<ClientState> state_;
};

}  // namespace fhctl::aws
