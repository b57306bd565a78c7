// One call to AWS: paced, signed, sent, judged, repeated. Everything in services/ goes through Client::call.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "core/aws/credentials.h"
#include "core/aws/endpoints.h"
#include "core/aws/fault.h"
#include "core/aws/pacing.h"
#include "core/aws/retry.h"
#include "core/base/control.h"
#include "core/base/random.h"
#include "core/http/message.h"
#include "core/http/transport.h"

namespace fhctl::aws {

// May the request be repeated when nobody knows whether it was carried out?
enum class Safety {
  kIdempotent,  // reads, deletes, puts of a whole state: repeat
  kOnce,        // creates: after a lost answer the caller looks for itself (kNetwork or kProtocol comes back at once)
};

struct Call {
  Service service;
  std::string operation;  // AWS's name: "CreateDeliveryStream", "PutBucketTagging"
  Safety safety = Safety::kIdempotent;
  http::Request request;           // for JSON and query services only headers and body; for S3 also method, path, query
  std::string bucket;              // S3: the client turns it into host or path
  int attempts_max = 0;            // for what is not worth a wait: gives up earlier than the client; 0: it does not
  bool statuses_are_data = false;  // S3 conditionals and HEAD: 304, 404 and 412 come back as responses, not as errors
};

// Whether it can only read: by its method (S3), by its name (all others).
bool only_reads(const Call& call);

// What happens inside a call, for --debug and for views. Secrets are cut out by whoever prints it.
struct Trace {
  enum class Kind { kSent, kAnswered, kNoAnswer, kRetrying, kPaced };
  Kind kind;
  Service service;
  std::string_view operation;
  int attempt = 1;
  const http::Request* request = nullptr;    // kSent
  const http::Response* response = nullptr;  // kAnswered
  const Error* error = nullptr;              // kNoAnswer, kRetrying
  Duration delay{};                          // kRetrying, kPaced
  double calls_per_second = 0;               // kRetrying after throttling: the pace from now on
};

struct ClientOptions {
  std::string region;
  std::map<Service, Endpoint> endpoints;
  bool force_path_style = false;
  int attempts_max = 0;                         // 0: until the deadline, but at most 12
  Duration patience = std::chrono::minutes(3);  // of one call with all its retries
  http::Limits limits;
  std::function<void(const Trace&)> trace;  // may be empty; must not wait
  // Reads the credentials again after ExpiredToken; an error ends the call. May be empty.
  std::function<Result<Credentials>()> refresh_credentials;
  // Whose account these credentials are of; asked after a refresh. May be empty; may wait.
  std::function<Result<std::string>(const Credentials&)> account_of;
};

struct ClientState;  // core/aws/call_run.h

class Client {
 public:
  Client(Loop& loop, http::Transport& transport, Entropy& entropy, Control& control, Credentials credentials,
         ClientOptions options);
  ~Client();

  // Waits. A response with a status below 300 (or a status that the call takes as data), else the judged error with the
  // operation as context. Handles pacing, retries, one clock correction, one credentials refresh, and S3's redirect to
  // another region (once, to a host of our own making, signed anew).
  Result<http::Response> call(const Call& call);

  // Asked right before each try of a call, the first as well: after a wait, or a sleep of the machine, what held when
  // the call was made may hold no more. Its error ends the call. Replaces an earlier guard.
  void set_guard(std::function<Result<void>(const Call&)> guard);

  // The account that the run works in: credentials of another one, after a refresh, end the call (kCredentials).
  void set_account(std::string account);

  // CreateBucket has just said that it is there. Parts of S3 may not know it for some seconds: for a minute, answers
  // that there is no such bucket are errors of kNotFound that are retried, also for calls that take a 404 as data.
  void bucket_was_made(const std::string& bucket);

  const std::string& region() const;
  const Partition& partition() const;
  const Credentials& credentials() const;
  // True when this service is reached at a custom endpoint: not AWS itself.
  bool custom_endpoint(Service service) const;
  const Endpoint& endpoint(Service service) const;
  // S3's clock at the last answer of any S3 call (its Date header), if there was one.
  std::optional<WallTime> server_time() const;
  // The latest Date of any answer: AWS's time without a word of our own clock.
  std::optional<WallTime> latest_date() const;
  // How far the server's clock is ahead of ours, learned from Date headers.
  std::optional<Duration> clock_offset() const;

  Loop& loop() const;
  Control& control() const;
  Entropy& entropy() const;

 private:
  std::unique_ptr<ClientState> state_;
};

}  // namespace fhctl::aws
