// `fhctl sandbox`: a local AWS on 127.0.0.1.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/context.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "sandbox/options.h"
#include "sandbox/server.h"

namespace fhctl::cli {
namespace {

constexpr std::size_t kPlanBytesMax = 1u << 20;

struct Options {
  std::optional<int> port, burst, quota, iam_message, kill_at_request, kill_pid;
  std::optional<std::string> account, access_key, secret_key, session_token, seed, state, fail_create, fault_plan;
  std::optional<std::string> fail_delivery, fail_delivery_stream;
  std::optional<Duration> create_time, delete_time, iam_delay, latency, metric_lag, metric_period, delivery_time;
  std::optional<double> calls_per_second, time_factor, throughput_factor, buffer_hint_factor, limits_rise;
  bool fail_creates = false, kill_after_effect = false, print_env = false;
  bool refuse_puts_to_deleting = false, allow_recreate_while_deleting = false, deleting_loses_buffers = false;
  bool deleting_keeps_records = false, idle_metrics_zero = false;
  bool freshness_on_delivery_only = false, freshness_when_idle = false, freshness_when_blocked = false;
};

void bind_place(Options& options, Flags& flags) {
  flags.integer("--port", "N", options.port, "the port on 127.0.0.1 (default 4580; 0: any free one)");
  flags.text("--account", "ID", options.account, "the account, 12 digits (default 123456789012)");
  flags.text("--access-key", "KEY", options.access_key, "the access key id that it accepts");
  flags.text("--secret-key", "KEY", options.secret_key, "the secret key that goes with it");
  flags.text("--session-token", "TOKEN", options.session_token, "the session token that requests have to carry");
  flags.text("--seed", "N", options.seed, "the seed of everything that is drawn (default 1)");
  flags.text("--state", "DIR", options.state, "keep everything in this folder (default: in memory)");
  flags.toggle("--print-env", options.print_env, "print the exports and leave");
}

void bind_behaviour(Options& options, Flags& flags) {
  flags.duration("--create-time", options.create_time, "how long a stream is CREATING (default 2s)");
  flags.duration("--delete-time", options.delete_time, "how long a stream is DELETING (default 2s)");
  flags.duration("--iam-delay", options.iam_delay, "until Firehose can assume a new role (default 3s)");
  flags.integer("--iam-message", "N", options.iam_message, "which message says so (default 0: drawn)");
  flags.number("--calls-per-second", "N", options.calls_per_second,
               "Firehose calls of each operation a second (default 5; 0: no limit)");
  flags.integer("--burst", "N", options.burst, "calls at once after a pause (default 5)");
  flags.integer("--quota", "N", options.quota, "delivery streams in a region (default 5000)");
  flags.number("--throughput-factor", "X", options.throughput_factor,
               "a stream takes X times what its region allows (default 1; 0: no limit)");
  flags.number("--time-factor", "X", options.time_factor, "buffers fill and flush X times faster (default 1)");
  flags.duration("--latency", options.latency, "added to every answer (default 0s)");
  flags.toggle("--refuse-puts-to-deleting", options.refuse_puts_to_deleting,
               "records to a stream in DELETING are refused (AWS does not say)");
  flags.toggle("--allow-recreate-while-deleting", options.allow_recreate_while_deleting,
               "a name may be used again while it is DELETING (AWS does not say)");
  flags.toggle("--deleting-loses-buffers", options.deleting_loses_buffers,
               "what is buffered when a stream is deleted is lost (AWS does not say)");
  flags.toggle("--deleting-keeps-records", options.deleting_keeps_records,
               "records that a stream in DELETING takes are delivered too, not lost (AWS does not say)");
}

void bind_delivery(Options& options, Flags& flags) {
  flags.duration("--delivery-time", options.delivery_time,
                 "each object lands up to so long after its time (default 0s)");
  flags.number("--buffer-hint-factor", "X", options.buffer_hint_factor,
               "each buffer takes 1 to X times its interval (default 1)");
  flags.number("--limits-rise", "X", options.limits_rise,
               "limits rise by X after each minute with throttling (default 0: never)");
}

void bind_metrics(Options& options, Flags& flags) {
  flags.duration("--metric-lag", options.metric_lag, "until a point in CloudWatch can be seen (default 90s)");
  flags.duration("--metric-period", options.metric_period, "one point in CloudWatch per period (default 60s)");
  flags.toggle("--idle-metrics-zero", options.idle_metrics_zero,
               "idle streams publish zeros, not nothing (AWS does not say)");
  flags.toggle("--freshness-on-delivery-only", options.freshness_on_delivery_only,
               "DataFreshness has no points while records wait (AWS does not say)");
  flags.toggle("--freshness-when-idle", options.freshness_when_idle,
               "DataFreshness is 0 when nothing waits, not missing (AWS does not say)");
  flags.toggle("--freshness-when-blocked", options.freshness_when_blocked,
               "DataFreshness grows when delivery fails, and is not missing");
}

void bind_faults(Options& options, Flags& flags) {
  flags.toggle("--fail-creates", options.fail_creates, "the next stream ends in CREATING_FAILED");
  flags.text("--fail-create", "NAME", options.fail_create, "the next stream of this name does");
  flags.text("--fail-delivery", "CODE", options.fail_delivery,
             "every delivery to S3 fails: AccessDenied, NoSuchBucket");
  flags.text("--fail-delivery-stream", "NAME", options.fail_delivery_stream, "only this stream's deliveries do");
  flags.integer("--kill-at-request", "K", options.kill_at_request, "kill the client when its K-th request arrives");
  flags.integer("--kill-pid", "PID", options.kill_pid, "kill this process (default: the one that connected)");
  flags.toggle("--kill-after-effect", options.kill_after_effect, "kill it after the request was carried out");
  flags.text("--fault-plan", "FILE", options.fault_plan, "faults by rule, a JSON list");
}

void bind(Options& options, Flags& flags) {
  bind_place(options, flags);
  bind_behaviour(options, flags);
  bind_delivery(options, flags);
  bind_metrics(options, flags);
  bind_faults(options, flags);
}

template <class From, class To>
void take(const std::optional<From>& from, To& to) {
  if (from) to = *from;
}

sandbox::Options taken_over(const Options& options) {
  sandbox::Options made;
  take(options.port, made.port);
  take(options.account, made.account);
  take(options.access_key, made.access_key_id);
  take(options.secret_key, made.secret_access_key);
  take(options.session_token, made.session_token);
  take(options.state, made.state_folder);
  take(options.create_time, made.stream_create);
  take(options.delete_time, made.stream_delete);
  take(options.iam_delay, made.iam_delay);
  take(options.iam_message, made.iam_message);
  take(options.calls_per_second, made.firehose_calls_per_second);
  take(options.burst, made.firehose_burst);
  take(options.quota, made.streams_max);
  take(options.throughput_factor, made.throughput_factor);
  take(options.time_factor, made.time_factor);
  take(options.latency, made.latency);
  take(options.metric_lag, made.metric_lag);
  take(options.metric_period, made.metric_period);
  take(options.delivery_time, made.delivery_time);
  take(options.buffer_hint_factor, made.buffer_hint_factor);
  take(options.limits_rise, made.limits_rise);
  take(options.fail_delivery, made.fail_delivery);
  take(options.fail_delivery_stream, made.fail_delivery_stream);
  take(options.fail_create, made.fail_create_name);
  take(options.kill_at_request, made.kill_at_request);
  take(options.kill_pid, made.kill_pid);
  made.fail_creates = options.fail_creates;
  made.kill_after_effect = options.kill_after_effect;
  made.puts_to_deleting_accepted = !options.refuse_puts_to_deleting;
  made.recreate_while_deleting_refused = !options.allow_recreate_while_deleting;
  made.deleting_flushes = !options.deleting_loses_buffers;
  made.deleting_keeps_records = options.deleting_keeps_records;
  made.idle_metrics_zero = options.idle_metrics_zero;
  made.freshness_while_waiting = !options.freshness_on_delivery_only;
  made.freshness_when_idle = options.freshness_when_idle;
  made.freshness_when_blocked = options.freshness_when_blocked;
  return made;
}

Result<sandbox::Options> sandbox_options(const Options& options, Context& context) {
  sandbox::Options made = taken_over(options);
  if (made.port < 0 || made.port > 65535) return usage_error("--port takes 0 to 65535.");
  if (made.account.size() != 12 || made.account.find_first_not_of("0123456789") != std::string::npos) {
    return usage_error("--account takes 12 digits.");
  }
  if (made.metric_period < std::chrono::seconds(1)) return usage_error("--metric-period takes at least 1s.");
  if (made.buffer_hint_factor < 1) return usage_error("--buffer-hint-factor takes 1 or more.");
  if (made.limits_rise != 0 && made.limits_rise < 1) return usage_error("--limits-rise takes 0, or 1 or more.");
  if (!made.fail_delivery_stream.empty() && made.fail_delivery.empty()) {
    return usage_error("--fail-delivery-stream goes with --fail-delivery.");
  }
  if (options.seed) {
    const std::optional<std::int64_t> seed = parse_integer(*options.seed);
    if (!seed) return usage_error("--seed takes a whole number.");
    made.seed = static_cast<std::uint64_t>(*seed);
  }
  if (options.fault_plan) {
    Result<std::optional<std::string>> text = context.world().files.read(*options.fault_plan, kPlanBytesMax);
    if (!text) return text.error();
    if (!*text) return usage_error(fmt::format("There is no file {}.", *options.fault_plan));
    made.fault_plan = **text;
  }
  return made;
}

std::string region_of(const Context& context) {
  const Environment& environment = context.world().environment;
  return context.globals().region.value_or(environment.get("AWS_REGION").value_or("us-west-2"));
}

std::string exports(const sandbox::Options& options, int port, const std::string& region) {
  std::string text = fmt::format("export AWS_ENDPOINT_URL=http://127.0.0.1:{}\n", port);
  text += fmt::format("export AWS_ACCESS_KEY_ID='{}'\n", options.access_key_id);
  text += fmt::format("export AWS_SECRET_ACCESS_KEY='{}'\n", options.secret_access_key);
  if (!options.session_token.empty()) text += fmt::format("export AWS_SESSION_TOKEN='{}'\n", options.session_token);
  return text + fmt::format("export AWS_REGION={}\n", region);
}

void tell_ready(Reporter& reporter, const sandbox::Options& options, int port, const std::string& region) {
  if (reporter.format() == Format::kHuman || reporter.format() == Format::kText) {
    reporter.answer(exports(options, port, region));
  }
  const OrderedJson json = {{"endpoint_url", fmt::format("http://127.0.0.1:{}", port)},
                            {"port", port},
                            {"access_key_id", options.access_key_id},
                            {"secret_access_key", options.secret_access_key},
                            {"session_token", options.session_token},
                            {"region", region}};
  reporter.answer_json("sandbox", dump(json));
}

Result<int> run(const Options& options, Context& context) {
  Result<sandbox::Options> made = sandbox_options(options, context);
  if (!made) return made.error();
  const std::string region = region_of(context);
  Reporter& reporter = context.reporter();
  if (options.print_env) {
    tell_ready(reporter, *made, made->port, region);
    return 0;
  }
  Result<void> served = sandbox::run_server(*made, [&](int port) {
    tell_ready(reporter, *made, port, region);
    reporter.say(
        fmt::format("The sandbox is ready on http://127.0.0.1:{}, account {}. In another terminal, paste the\n"
                    "exports and run `fhctl up`. Ctrl-C ends it{}.\n",
                    port, made->account, made->state_folder.empty() ? "; nothing is kept" : ""));
  });
  if (!served) return served.error();
  return 0;
}

}  // namespace

Command sandbox_command() {
  Command command;
  command.name = "sandbox";
  command.group = CommandGroup::kTool;
  command.summary = "run a local AWS: no account, no cost";
  command.usage = "[--port N] [--state DIR]";
  command.about =
      "Serves Firehose, S3, IAM, STS, CloudWatch (logs, and Firehose's metrics) and\n"
      "Parameter Store on 127.0.0.1 for every client, with signatures checked, slow\n"
      "creations, IAM that takes its time, five calls a second and records that are\n"
      "really delivered. It is stricter than AWS. When it is ready it prints the\n"
      "variables to set; everything else goes to stderr.";
  command.examples =
      "fhctl sandbox\n"
      "fhctl sandbox --port 0 --state ./aws --time-factor 10\n"
      "fhctl sandbox --delivery-time 90s --metric-lag 3m --deleting-loses-buffers\n"
      "eval \"$(fhctl sandbox --print-env)\"";
  command.bind = binder<Options>(bind, run);
  return command;
}

}  // namespace fhctl::cli
