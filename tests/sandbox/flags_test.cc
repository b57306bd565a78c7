// Every flag of the sandbox sets what it names, and nothing else.
#include "sandbox/flags/flags.h"

#include <functional>
#include <map>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "core/base/text.h"

namespace fhctl::sandbox {
namespace flags_test {
namespace {

using std::chrono::seconds;

const FlagRow& row_of(std::string_view name) {
  for (const FlagRow& row : flag_table()) {
    if (row.name == name) return row;
  }
  ADD_FAILURE() << "no flag " << name;
  return flag_table().front();
}

struct Case {
  const char* value;
  std::function<bool(const Settings&)> holds;  // false before the flag is set, true after
};

const std::map<std::string_view, Case>& cases() {
  static const std::map<std::string_view, Case> all = {
      {"--port", {"1", [](const Settings& s) { return s.port == 1; }}},
      {"--account", {"1", [](const Settings& s) { return s.account == "1"; }}},
      {"--access-key", {"a", [](const Settings& s) { return s.access_key_id == "a"; }}},
      {"--secret-key", {"a", [](const Settings& s) { return s.secret_access_key == "a"; }}},
      {"--session-token", {"a", [](const Settings& s) { return s.session_token == "a"; }}},
      {"--caller-policy", {"a", [](const Settings& s) { return s.caller_policy_file == "a"; }}},
      {"--tag-delay", {"7s", [](const Settings& s) { return s.tag_delay == seconds(7); }}},
      {"--seed", {"-1", [](const Settings& s) { return s.seed == ~std::uint64_t{0}; }}},
      {"--state", {"a", [](const Settings& s) { return s.state_folder == "a"; }}},
      {"--print-env", {"", [](const Settings& s) { return s.print_env; }}},
      {"--create-time", {"7s", [](const Settings& s) { return s.stream_create == seconds(7); }}},
      {"--delete-time", {"7s", [](const Settings& s) { return s.stream_delete == seconds(7); }}},
      {"--iam-delay", {"7s", [](const Settings& s) { return s.iam_delay == seconds(7); }}},
      {"--iam-message", {"2", [](const Settings& s) { return s.iam_message == 2; }}},
      {"--consistency-delay", {"s3=7s", [](const Settings& s) { return s.consistency.s3 == seconds(7); }}},
      {"--calls-per-second", {"2.5", [](const Settings& s) { return s.firehose_calls_per_second == 2.5; }}},
      {"--burst", {"2", [](const Settings& s) { return s.firehose_burst == 2; }}},
      {"--quota", {"2", [](const Settings& s) { return s.streams_max == 2; }}},
      {"--throughput-factor", {"2", [](const Settings& s) { return s.throughput_factor == 2; }}},
      {"--time-factor", {"2", [](const Settings& s) { return s.time_factor == 2; }}},
      {"--latency", {"2s", [](const Settings& s) { return s.latency == seconds(2); }}},
      {"--refuse-puts-to-deleting", {"", [](const Settings& s) { return !s.puts_to_deleting_accepted; }}},
      {"--allow-recreate-while-deleting", {"", [](const Settings& s) { return !s.recreate_while_deleting_refused; }}},
      {"--deleting-loses-buffers", {"", [](const Settings& s) { return !s.deleting_flushes; }}},
      {"--deleting-keeps-records", {"", [](const Settings& s) { return s.deleting_keeps_records; }}},
      {"--delivery-time", {"2s", [](const Settings& s) { return s.delivery_time == seconds(2); }}},
      {"--buffer-hint-factor", {"2", [](const Settings& s) { return s.buffer_hint_factor == 2; }}},
      {"--limits-rise", {"2", [](const Settings& s) { return s.limits_rise == 2; }}},
      {"--metric-lag", {"2s", [](const Settings& s) { return s.metric_lag == seconds(2); }}},
      {"--lose-points-of", {"a", [](const Settings& s) { return s.lose_points_of == "a"; }}},
      {"--lose-points", {"0.5", [](const Settings& s) { return s.lose_points == 0.5; }}},
      {"--duplicate-deliveries", {"0.5", [](const Settings& s) { return s.duplicate_deliveries == 0.5; }}},
      {"--metric-period", {"2s", [](const Settings& s) { return s.metric_period == seconds(2); }}},
      {"--idle-metrics-zero", {"", [](const Settings& s) { return s.idle_metrics_zero; }}},
      {"--freshness-on-delivery-only", {"", [](const Settings& s) { return !s.freshness_while_waiting; }}},
      {"--freshness-when-idle", {"", [](const Settings& s) { return s.freshness_when_idle; }}},
      {"--freshness-when-blocked", {"", [](const Settings& s) { return s.freshness_when_blocked; }}},
      {"--fail-creates", {"", [](const Settings& s) { return s.fail_creates; }}},
      {"--fail-create", {"a", [](const Settings& s) { return s.fail_create_name == "a"; }}},
      {"--fail-delivery", {"a", [](const Settings& s) { return s.fail_delivery == "a"; }}},
      {"--fail-delivery-stream", {"a", [](const Settings& s) { return s.fail_delivery_stream == "a"; }}},
      {"--kill-at-request", {"2", [](const Settings& s) { return s.kill_at_request == 2; }}},
      {"--kill-pid", {"2", [](const Settings& s) { return s.kill_pid == 2; }}},
      {"--kill-after-effect", {"", [](const Settings& s) { return s.kill_after_effect; }}},
      {"--fault-plan", {"a", [](const Settings& s) { return s.fault_plan_file == "a"; }}},
  };
  return all;
}

TEST(SandboxFlags, EachSetsItsOwnOptionOnly) {
  ASSERT_EQ(flag_table().size(), cases().size());
  for (const FlagRow& row : flag_table()) {
    const auto found = cases().find(row.name);
    ASSERT_NE(found, cases().end()) << row.name;
    Settings settings;
    EXPECT_FALSE(found->second.holds(settings)) << row.name;
    EXPECT_TRUE(set_flag(row, found->second.value, settings)) << row.name;
    for (const auto& [name, other] : cases()) {
      EXPECT_EQ(other.holds(settings), name == row.name) << row.name << " and " << name;
    }
  }
}

TEST(SandboxFlags, RowsAreComplete) {
  std::set<std::string_view> names;
  for (const FlagRow& row : flag_table()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_TRUE(starts_with(row.name, "--")) << row.name;
    EXPECT_FALSE(row.help.empty()) << row.name;
    EXPECT_EQ(row.form.empty(), std::holds_alternative<Toggle>(row.target)) << row.name;
  }
}

TEST(SandboxFlags, ConsistencyDelaysAreOfOneServiceOrOfAll) {
  const auto set = [](const char* value) {
    Settings settings;
    settings.consistency.logs = seconds(2);
    EXPECT_TRUE(set_flag(row_of("--consistency-delay"), value, settings)) << value;
    const ConsistencyDelays& delays = settings.consistency;
    return std::vector<Duration>{delays.iam, delays.logs, delays.s3, delays.firehose};
  };
  EXPECT_EQ(set("5s"), (std::vector<Duration>{seconds(5), seconds(5), seconds(5), seconds(5)}));
  EXPECT_EQ(set("iam=1m,firehose=3s"), (std::vector<Duration>{seconds(60), seconds(2), Duration{}, seconds(3)}));
  EXPECT_EQ(set("logs=0s"), (std::vector<Duration>(4)));
}

TEST(SandboxFlags, RefuseConsistencyDelaysOfOtherForms) {
  for (const char* value : {"", "later", "iam", "iam=5s,3s", "iam=5s,s3", "iam=5s,", "iam=", "sts=5s", "iam=-1s"}) {
    Settings settings;
    const Result<void> set = set_flag(row_of("--consistency-delay"), value, settings);
    ASSERT_FALSE(set) << value;
    EXPECT_EQ(set.error().kind, ErrorKind::kUsage);
    EXPECT_TRUE(starts_with(set.error().message, "--consistency-delay")) << set.error().message;
    EXPECT_EQ(settings.consistency.iam, Duration::zero()) << value;
  }
}

TEST(SandboxFlags, RefuseWhatTheyCannotRead) {
  const std::pair<const char*, const char*> table[] = {
      {"--port", ""},           {"--port", "x"},           {"--port", "4580.0"},       {"--burst", "99999999999"},
      {"--seed", "x"},          {"--seed", "1.5"},         {"--time-factor", "fast"},  {"--time-factor", "-1"},
      {"--latency", ""},        {"--latency", "a while"},  {"--metric-lag", "-1s"},    {"--metric-lag", "1s.."},
      {"--metric-lag", "..2s"}, {"--metric-lag", "1s..x"}, {"--metric-lag", "2s..1s"},
  };
  for (const auto& [name, value] : table) {
    Settings settings;
    const Result<void> set = set_flag(row_of(name), value, settings);
    ASSERT_FALSE(set) << name << " " << value;
    EXPECT_EQ(set.error().kind, ErrorKind::kUsage);
    EXPECT_TRUE(starts_with(set.error().message, name)) << set.error().message;
  }
}

TEST(SandboxFlags, ADurationMayBeARange) {
  Settings settings;
  ASSERT_TRUE(set_flag(row_of("--metric-lag"), "60s..10m", settings));
  EXPECT_EQ(settings.metric_lag, seconds(60));
  EXPECT_EQ(settings.metric_lag_max, seconds(600));
  ASSERT_TRUE(set_flag(row_of("--metric-lag"), "5s", settings));  // the last one counts
  EXPECT_EQ(settings.metric_lag, seconds(5));
  EXPECT_EQ(settings.metric_lag_max, seconds(0));
}

TEST(SandboxFlags, AreCheckedTogether) {
  EXPECT_TRUE(check_settings(Settings{}));
  const std::pair<std::vector<const char*>, const char*> table[] = {
      {{"--port", "65536"}, "--port"},
      {{"--port", "-1"}, "--port"},
      {{"--account", "12345678901x"}, "--account"},
      {{"--metric-period", "500ms"}, "--metric-period"},
      {{"--buffer-hint-factor", "0.5"}, "--buffer-hint-factor"},
      {{"--limits-rise", "0.5"}, "--limits-rise"},
      {{"--lose-points", "1.5"}, "--lose-points"},
      {{"--duplicate-deliveries", "2"}, "--duplicate-deliveries"},
      {{"--fail-delivery-stream", "logs-1"}, "--fail-delivery-stream"},
  };
  for (const auto& [words, named] : table) {
    Settings settings;
    ASSERT_TRUE(set_flag(row_of(words[0]), words[1], settings)) << words[0];
    const Result<void> checked = check_settings(settings);
    ASSERT_FALSE(checked) << named;
    EXPECT_EQ(checked.error().kind, ErrorKind::kUsage);
    EXPECT_TRUE(starts_with(checked.error().message, named)) << checked.error().message;
  }
  Settings settings;
  settings.fail_delivery = "AccessDenied";
  settings.fail_delivery_stream = "logs-1";
  settings.port = 0;
  EXPECT_TRUE(check_settings(settings));
}

}  // namespace
}  // namespace flags_test
}  // namespace fhctl::sandbox
