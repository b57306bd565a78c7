// The state of the simulated AWS. Only one thread may use it at a time.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/random.h"
#include "core/base/time.h"
#include "core/http/message.h"
#include "sandbox/state/options.h"

namespace fhctl::sandbox {

struct FirehoseState;  // sandbox/firehose/firehose_state.h
struct S3State;        // sandbox/s3/s3_state.h
struct IamState;       // sandbox/iam/iam_state.h
struct LogsState;      // sandbox/logs/logs_state.h
struct MetricsState;   // sandbox/metrics/metrics.h
struct SsmState;       // sandbox/ssm/ssm_state.h

// Each service defines its own state, see above; sandbox/cloud/world.cc includes all of them and creates and destroys
// them.
struct CloudState {
  explicit CloudState(Options options);
  ~CloudState();

  Options options;
  SeededEntropy entropy;
  WallTime now{};  // set before each request; services read no other clock
  // How far behind the present a request sees a service whose changes take `delay` to become visible (history.h): from
  // 0 to `delay`. Empty: always `delay`. The simulation draws it for each request: on AWS, requests that see a change
  // may be followed by one that does not.
  std::function<Duration(Duration delay)> lag;
  std::unique_ptr<FirehoseState> firehose;
  std::unique_ptr<S3State> s3;
  std::unique_ptr<IamState> iam;
  std::unique_ptr<LogsState> logs;
  std::unique_ptr<MetricsState> metrics;
  std::unique_ptr<SsmState> ssm;
};

// A request after its signature was verified.
struct Incoming {
  const http::Request& raw;  // path and query exactly as on the wire
  std::string region;        // of the signature's scope; IAM is global
  std::string caller_arn;    // arn:aws:iam::ACCOUNT:user/sandbox
  // For requests that name many resources, of which each is judged separately: returns why the caller may not do this,
  // in AWS's words. Empty: the caller may do everything.
  std::function<std::optional<std::string>(const std::string& action, const std::string& resource_arn)> denied = {};
};

// "aws", "aws-cn", "aws-us-gov", ...: the second field of every ARN in that region.
std::string_view partition_of(std::string_view region);
std::string new_request_id(CloudState& world);
std::string random_uuid(Entropy& entropy);  // "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"

}  // namespace fhctl::sandbox
