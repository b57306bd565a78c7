#include "sandbox/flags/flags.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/base/flag_value.h"
#include "core/base/text.h"

namespace fhctl::sandbox {
namespace {

using S = Settings;

constexpr FlagRow kFlags[] = {
    // Address and access.
    {"--port", "N", "the port on 127.0.0.1 (default 4580; 0: any free one)", &S::port},
    {"--account", "ID", "the account, 12 digits (default 123456789012)", &S::account},
    {"--access-key", "KEY", "the access key id that it accepts", &S::access_key_id},
    {"--secret-key", "KEY", "the secret key that goes with it", &S::secret_access_key},
    {"--session-token", "TOKEN", "the session token that requests have to carry", &S::session_token},
    {"--caller-policy", "FILE", "an IAM policy: the caller may only do what it allows (default: everything)",
     &S::caller_policy_file},
    {"--tag-delay", "DURATION", "until its conditions see the tags of a new stream (default 0s)", &S::tag_delay},
    {"--seed", "N", "the seed of everything that is drawn (default 1)", &S::seed},
    {"--state", "DIR", "keep everything in this folder (default: in memory)", &S::state_folder},
    {"--print-env", "", "print the exports and leave", Toggle{&S::print_env, true}},
    // Streams, roles and limits.
    {"--create-time", "DURATION", "how long a stream is CREATING (default 2s)", &S::stream_create},
    {"--delete-time", "DURATION", "how long a stream is DELETING (default 2s)", &S::stream_delete},
    {"--iam-delay", "DURATION", "until Firehose can assume a new role (default 3s)", &S::iam_delay},
    {"--iam-message", "N", "which message says so (default 0: drawn)", &S::iam_message},
    {"--consistency-delay", "DELAYS",
     "until reads and dependent writes see a change: iam=5s,logs=3s,s3=2s,firehose=2s, or 5s for all (default 0s)",
     &S::consistency},
    {"--calls-per-second", "N", "Firehose calls of each operation a second (default 5; 0: no limit)",
     &S::firehose_calls_per_second},
    {"--burst", "N", "calls at once after a pause (default 5)", &S::firehose_burst},
    {"--quota", "N", "delivery streams in a region (default 5000)", &S::streams_max},
    {"--throughput-factor", "X", "a stream takes X times what its region allows (default 1; 0: no limit)",
     &S::throughput_factor},
    {"--time-factor", "X", "buffers fill and flush X times faster (default 1)", &S::time_factor},
    {"--latency", "DURATION", "added to every answer (default 0s)", &S::latency},
    {"--refuse-puts-to-deleting", "", "records to a stream in DELETING are refused (AWS does not say)",
     Toggle{&S::puts_to_deleting_accepted, false}},
    {"--allow-recreate-while-deleting", "", "a name may be used again while it is DELETING (AWS does not say)",
     Toggle{&S::recreate_while_deleting_refused, false}},
    {"--deleting-loses-buffers", "", "what is buffered when a stream is deleted is lost (AWS does not say)",
     Toggle{&S::deleting_flushes, false}},
    {"--deleting-keeps-records", "",
     "records that a stream in DELETING takes are delivered too, not lost (AWS does not say)",
     Toggle{&S::deleting_keeps_records, true}},
    // Delivery.
    {"--delivery-time", "DURATION", "each object lands up to so long after its time (default 0s)", &S::delivery_time},
    {"--duplicate-deliveries", "X", "this share of the objects lands twice, 0 to 1 (default 0)",
     &S::duplicate_deliveries},
    {"--buffer-hint-factor", "X", "each buffer takes 1 to X times its interval (default 1)", &S::buffer_hint_factor},
    {"--limits-rise", "X", "limits rise by X after each minute with throttling (default 0: never)", &S::limits_rise},
    // Metrics.
    {"--metric-lag", "DURATION", "until a point in CloudWatch can be seen (default 90s); 60s..10m: drawn for each",
     DurationRange{&S::metric_lag, &S::metric_lag_max}},
    {"--lose-points-of", "METRIC", "points of this metric are never published: DeliveryToS3.Records",
     &S::lose_points_of},
    {"--lose-points", "X", "only this share of them, 0 to 1 (default 1)", &S::lose_points},
    {"--metric-period", "DURATION", "one point in CloudWatch per period (default 60s)", &S::metric_period},
    {"--idle-metrics-zero", "", "idle streams publish zeros, not nothing (AWS does not say)",
     Toggle{&S::idle_metrics_zero, true}},
    {"--freshness-on-delivery-only", "", "DataFreshness has no points while records wait (AWS does not say)",
     Toggle{&S::freshness_while_waiting, false}},
    {"--freshness-when-idle", "", "DataFreshness is 0 when nothing waits, not missing (AWS does not say)",
     Toggle{&S::freshness_when_idle, true}},
    {"--freshness-when-blocked", "", "DataFreshness grows when delivery fails, and is not missing",
     Toggle{&S::freshness_when_blocked, true}},
    // Faults.
    {"--fail-creates", "", "the next stream ends in CREATING_FAILED", Toggle{&S::fail_creates, true}},
    {"--fail-create", "NAME", "the next stream of this name does", &S::fail_create_name},
    {"--fail-delivery", "CODE", "every delivery to S3 fails: AccessDenied, NoSuchBucket", &S::fail_delivery},
    {"--fail-delivery-stream", "NAME", "only this stream's deliveries do", &S::fail_delivery_stream},
    {"--kill-at-request", "K", "kill the client when its K-th request arrives", &S::kill_at_request},
    {"--kill-pid", "PID", "kill this process (default: the one that connected)", &S::kill_pid},
    {"--kill-after-effect", "", "kill it after the request was carried out", Toggle{&S::kill_after_effect, true}},
    {"--fault-plan", "FILE", "faults by rule, a JSON list", &S::fault_plan_file},
};

Error usage(std::string message) { return make_error(ErrorKind::kUsage, std::move(message)); }

// "5s" for every service, or "iam=5s,logs=3s": the services that are not named keep their delay.
Result<void> set_delays(std::string_view flag, const std::string& value, ConsistencyDelays& delays) {
  if (!contains(value, "=")) {
    ASSIGN_OR_RETURN(const Duration all, parse_duration_flag(flag, value));
    for (const auto& [name, member] : kConsistencyDelays) delays.*member = all;
    return ok();
  }
  ConsistencyDelays changed = delays;
  for (const std::string& part : split(value, ',')) {
    const std::string service = part.substr(0, part.find('='));
    const auto known = std::find_if(std::begin(kConsistencyDelays), std::end(kConsistencyDelays),
                                    [&](const auto& row) { return row.first == service; });
    if (known == std::end(kConsistencyDelays)) {
      return usage(std::string(flag) + " takes delays of iam, logs, s3 and firehose, not of \"" + service + "\"");
    }
    const std::string delay = part.substr(std::min(part.size(), service.size() + 1));
    ASSIGN_OR_RETURN(changed.*known->second, parse_duration_flag(flag, delay));
  }
  delays = changed;
  return ok();
}

// Parses a value according to the type of a row's target, and stores it there.
struct Setter {
  const FlagRow& row;
  const std::string& value;
  Settings& settings;

  Result<void> operator()(const Toggle& toggle) const {
    settings.*toggle.member = toggle.value;
    return ok();
  }
  Result<void> operator()(const DurationRange& range) const {
    const std::size_t dots = value.find("..");
    ASSIGN_OR_RETURN(const Duration least, parse_duration_flag(row.name, value.substr(0, dots)));
    settings.*range.least = least;
    settings.*range.most = Duration::zero();
    if (dots == std::string::npos) return ok();
    ASSIGN_OR_RETURN(settings.*range.most, parse_duration_flag(row.name, value.substr(dots + 2)));
    if (settings.*range.most < least) return usage(std::string(row.name) + " takes the shorter duration first");
    return ok();
  }
  Result<void> operator()(int Settings::*member) const {
    ASSIGN_OR_RETURN(settings.*member, parse_int_flag(row.name, value));
    return ok();
  }
  Result<void> operator()(double Settings::*member) const {
    ASSIGN_OR_RETURN(settings.*member, parse_number_flag(row.name, value));
    return ok();
  }
  // A negative number is read as the unsigned number with the same bits: any 64 bits are a seed.
  Result<void> operator()(std::uint64_t Settings::*member) const {
    const std::optional<std::int64_t> number = parse_integer(value);
    if (!number) return usage(std::string(row.name) + " takes a whole number");
    settings.*member = static_cast<std::uint64_t>(*number);
    return ok();
  }
  Result<void> operator()(Duration Settings::*member) const {
    ASSIGN_OR_RETURN(settings.*member, parse_duration_flag(row.name, value));
    return ok();
  }
  Result<void> operator()(ConsistencyDelays Settings::*member) const {
    return set_delays(row.name, value, settings.*member);
  }
  Result<void> operator()(std::string Settings::*member) const {
    settings.*member = value;
    return ok();
  }
  Result<void> operator()(std::optional<std::string> Settings::*member) const {
    settings.*member = value;
    return ok();
  }
};

}  // namespace

std::span<const FlagRow> flag_table() { return kFlags; }

Result<void> set_flag(const FlagRow& row, const std::string& value, Settings& settings) {
  return std::visit(Setter{row, value, settings}, row.target);
}

Result<void> check_settings(const Settings& settings) {
  if (settings.port < 0 || settings.port > 65535) return usage("--port takes 0 to 65535");
  if (settings.account.size() != 12 || settings.account.find_first_not_of("0123456789") != std::string::npos) {
    return usage("--account takes 12 digits");
  }
  if (settings.metric_period < std::chrono::seconds(1)) return usage("--metric-period takes at least 1s");
  if (settings.buffer_hint_factor < 1) return usage("--buffer-hint-factor takes 1 or more");
  if (settings.limits_rise != 0 && settings.limits_rise < 1) return usage("--limits-rise takes 0, or 1 or more");
  for (const auto& [flag, share] : {std::pair("--lose-points", settings.lose_points),
                                    std::pair("--duplicate-deliveries", settings.duplicate_deliveries)}) {
    if (share > 1) return usage(std::string(flag) + " takes 0 to 1");
  }
  if (!settings.fail_delivery_stream.empty() && settings.fail_delivery.empty()) {
    return usage("--fail-delivery-stream goes with --fail-delivery");
  }
  return ok();
}

}  // namespace fhctl::sandbox
