// The state of the simulated AWS and what its services ask of each other. One thread at a time is inside it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/random.h"
#include "core/base/time.h"
#include "core/http/message.h"
#include "sandbox/options.h"

namespace fhctl::sandbox {

struct FirehoseState;  // sandbox/firehose_state.h
struct S3State;        // sandbox/s3_state.h
struct IamState;       // sandbox/iam_state.h
struct LogsState;      // sandbox/logs_state.h
struct MetricsState;   // sandbox/metrics.h
struct SsmState;       // sandbox/ssm_state.h

struct World {
  explicit World(Options options);
  ~World();

  Options options;
  SeededEntropy entropy;
  WallTime now{};  // set before each request; services read no other clock
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
};

http::Response handle_firehose(World& world, const Incoming& incoming);
http::Response handle_s3(World& world, const Incoming& incoming);
http::Response handle_iam(World& world, const Incoming& incoming);
http::Response handle_logs(World& world, const Incoming& incoming);
http::Response handle_sts(World& world, const Incoming& incoming);
http::Response handle_monitoring(World& world, const Incoming& incoming);  // CloudWatch metrics
http::Response handle_ssm(World& world, const Incoming& incoming);         // Parameter Store

// Time passes up to world.now: streams become ACTIVE or vanish, buffers are delivered.
void advance_firehose(World& world);

// --- what services ask of each other ---

// Firehose asks IAM whether it can use a role for a stream. An empty answer is yes; else the message of the
// InvalidArgumentException with which CreateDeliveryStream and UpdateDestination refuse (no such role, its trust policy
// does not let Firehose in, or IAM has not spread yet).
std::optional<std::string> refuse_role(World& world, std::string_view role_arn);
// May the role do this now? Looks at its inline policies as they are in force. An explicit Deny wins.
bool role_may(World& world, std::string_view role_arn, std::string_view action, std::string_view resource_arn);

// Firehose puts what it delivers. An empty answer is success; else the S3 error code ("NoSuchBucket").
std::optional<std::string> deliver_object(World& world, const std::string& bucket, const std::string& key,
                                          std::string body);
bool bucket_exists(World& world, const std::string& bucket);

// Firehose writes its delivery errors. False when there is no such group or stream.
bool append_log_event(World& world, const std::string& region, const std::string& group, const std::string& stream,
                      const std::string& message);

// --- saving and loading (--state DIR): each service turns its state into text and back ---
std::string save_firehose(const World& world);
std::string save_s3(const World& world);
std::string save_iam(const World& world);
std::string save_logs(const World& world);
std::string save_metrics(const World& world);
std::string save_ssm(const World& world);
bool load_firehose(World& world, std::string_view text);
bool load_s3(World& world, std::string_view text);
bool load_iam(World& world, std::string_view text);
bool load_logs(World& world, std::string_view text);
bool load_metrics(World& world, std::string_view text);
bool load_ssm(World& world, std::string_view text);

// --- answers ---
// "aws", "aws-cn", "aws-us-gov", ...: the second field of every ARN in that region.
std::string_view partition_of(std::string_view region);
// Cloud replaces this by the request's id wherever it stands in an answer of IAM or STS.
inline constexpr std::string_view kRequestIdMark = "@REQUEST-ID@";
http::Response json_error(int status, std::string_view code, std::string_view message);
http::Response json_answer(std::string body);  // application/x-amz-json-1.1
http::Response query_error(int status, std::string_view code, std::string_view message, std::string_view xmlns);
std::string new_request_id(World& world);
std::string random_uuid(Entropy& entropy);  // "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"

}  // namespace fhctl::sandbox
