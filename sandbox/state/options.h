// Settings of the sandbox: times, rates, limits, and both variants of each behaviour of AWS that could not be verified.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/time.h"

namespace fhctl::sandbox {

// How long after a change requests still see the state before it (state/history.h). 0: every change is visible at once.
struct ConsistencyDelays {
  Duration iam{};       // roles, their policies and tags, as IAM itself shows them
  Duration logs{};      // log groups and log streams; not events
  Duration s3{};        // buckets and their settings; not objects
  Duration firehose{};  // the list of streams, and their tags
};

inline constexpr std::pair<std::string_view, Duration ConsistencyDelays::*> kConsistencyDelays[] = {
    {"iam", &ConsistencyDelays::iam},
    {"logs", &ConsistencyDelays::logs},
    {"s3", &ConsistencyDelays::s3},
    {"firehose", &ConsistencyDelays::firehose},
};

struct Options {
  int port = 4580;  // 0: any free one
  std::string account = "123456789012";
  std::string access_key_id = "AKIASANDBOXEXAMPLE01";
  std::string secret_access_key = "sandbox/secret/key/of/no/worth/0123456789";
  std::string session_token;  // if set, requests must carry exactly this token
  std::uint64_t seed = 1;
  std::string state_folder;  // empty: memory only

  Duration stream_create = std::chrono::seconds(2);  // CREATING until ACTIVE
  Duration stream_delete = std::chrono::seconds(2);  // DELETING until gone
  Duration iam_delay = std::chrono::seconds(3);      // until Firehose can assume a new role
  int iam_message = 0;                               // 0: drawn from the seed; 1..n: the n-th documented message
  double firehose_calls_per_second = 5;              // per operation; 0: no limit
  int firehose_burst = 5;                            // calls at once: 1 or 5, AWS does not say
  int streams_max = 5000;                            // quota of delivery streams in a region
  double throughput_factor = 1;                      // factor on a stream's limits in its region; 0: no limit
  double time_factor = 1;                            // buffers fill and flush faster by this factor
  bool fail_creates = false;                         // the next stream ends in CREATING_FAILED; reset after that stream
  std::string fail_create_name;                      // the next stream of this name does; reset too
  Duration latency{};                                // added to every response

  ConsistencyDelays consistency;
  // What the caller may do: IAM policies by kind. "identity", "boundary", "session", "scp", "rcp" and "endpoint" must
  // allow a request and may deny it, "resource" may only deny it. Without any, everything is allowed.
  std::map<std::string, std::string> caller_policies;
  Duration tag_delay{};  // until the conditions of these policies see the tags of a new delivery stream

  // Metrics in CloudWatch.
  Duration metric_period = std::chrono::seconds(60);  // one point per period
  Duration metric_lag = std::chrono::seconds(90);     // a point becomes visible this long after the end of its period
  Duration metric_lag_max{};            // if longer than metric_lag: each point has a lag between the two; random
  std::string lose_points_of;           // a metric; some of its points are never published; empty: none
  double lose_points = 1;               // the share of these points; random
  bool idle_metrics_zero = false;       // true: an idle stream publishes zeros for Incoming* and ThrottledRecords
  bool freshness_while_waiting = true;  // false: DataFreshness has points only for periods in which something landed
  bool freshness_when_idle = false;     // true: DataFreshness is 0 when nothing waits; else there is no point then
  bool freshness_when_blocked = false;  // true: it grows when no delivery succeeds; else there is no point then

  // Late delivery, and limits that change.
  Duration delivery_time{};          // each object arrives at most this long after its buffer was closed; random
  double duplicate_deliveries = 0;   // the share of objects that are delivered twice; random
  double buffer_hint_factor = 1;     // the interval is only a hint: each buffer takes it times 1 to this factor; random
  double limits_rise = 0;            // a stream's limits are multiplied by this after each minute with throttling, to
                                     // at most 10 times the initial limits; 0: never
  std::string fail_delivery;         // every put to S3 fails with this code ("AccessDenied"); empty: none
  std::string fail_delivery_stream;  // only those of this stream; empty: of all

  // Unverified behaviour: both variants of what AWS's documentation leaves open.
  bool puts_to_deleting_accepted = true;
  bool recreate_while_deleting_refused = true;
  bool deleting_keeps_records = false;  // a record accepted in DELETING is buffered like any other, else it is lost
  bool deleting_flushes =
      true;  // a DELETING stream continues to deliver, everything before it vanishes; else it stops delivering

  // The client is killed when its k-th request arrives (SIGKILL, before or after the request took effect). 0: never.
  int kill_at_request = 0;
  int kill_pid = 0;                // 0: the process at the other end of the connection
  bool kill_after_effect = false;  // the request is carried out, its response is never sent
  // Faults by rule, for tests: see sandbox/cloud/faults.h.
  std::string fault_plan;
};

}  // namespace fhctl::sandbox
