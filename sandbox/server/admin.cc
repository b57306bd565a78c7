#include "sandbox/server/admin.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/http/url.h"
#include "sandbox/access/access.h"
#include "sandbox/firehose/operations.h"
#include "sandbox/iam/iam_state.h"
#include "sandbox/logs/logs_state.h"
#include "sandbox/s3/s3_state.h"
#include "sandbox/ssm/ssm_state.h"

namespace fhctl::sandbox {
namespace {

constexpr std::string_view kRoot = "/_sandbox/";

http::Response answer(int status, const Json& json) {
  http::Response response;
  response.status = status;
  response.headers.set("Content-Type", "application/json");
  response.body = dump(json, 1) + "\n";
  return response;
}

http::Response problem(int status, const std::string& message) { return answer(status, {{"error", message}}); }

http::Response show_requests(const Cloud& cloud) {
  Json list = Json::array();
  for (const JournalEntry& entry : cloud.journal()) {
    list.push_back({{"n", entry.n},
                    {"service", entry.route.service},
                    {"operation", entry.route.operation},
                    {"resource", entry.route.resource},
                    {"status", entry.status},
                    {"mutating", entry.route.mutating}});
  }
  return answer(200, list);
}

Json summarize_bucket(const Bucket& bucket) {
  std::int64_t versions = 0;
  std::int64_t objects = 0;
  for (const auto& [key, list] : bucket.objects) {
    versions += static_cast<std::int64_t>(list.size());
    objects += list.front().is_delete_marker ? 0 : 1;
  }
  return {{"name", bucket.name},
          {"region", bucket.region},
          {"objects", objects},
          {"versions", versions},
          {"uploads", bucket.uploads.size()}};
}

Json summarize_traffic(const FirehoseState& state) {
  Json list = Json::array();
  for (const auto& [key, traffic] : state.traffic) {
    const auto stream = state.streams.find(key);
    std::int64_t buffered = 0;
    std::int64_t in_flight = 0;
    if (stream != state.streams.end()) {
      buffered = stream->second.buffer.records;
      for (const Pending& object : stream->second.pending) in_flight += object.records;
    }
    list.push_back({{"region", key.first},
                    {"stream", key.second},
                    {"accepted", traffic.accepted},
                    {"delivered", traffic.delivered},
                    {"buffered", buffered},
                    {"in_flight", in_flight},
                    {"lost", traffic.lost},
                    {"lost_while_deleting", traffic.lost_while_deleting},
                    {"objects", traffic.objects}});
  }
  return list;
}

http::Response show_summary(const Cloud& cloud) {
  const CloudState& world = cloud.world();
  Json streams = Json::array();
  for (const auto& [key, stream] : world.firehose->streams) {
    streams.push_back({{"region", stream.region},
                       {"name", stream.name},
                       {"status", status_name(stream.status)},
                       {"version", stream.version}});
  }
  Json buckets = Json::array();
  for (const auto& [name, bucket] : world.s3->buckets) buckets.push_back(summarize_bucket(bucket));
  return answer(200, {{"now", format_iso8601(world.now)},
                      {"streams", std::move(streams)},
                      {"traffic", summarize_traffic(*world.firehose)},
                      {"buckets", std::move(buckets)},
                      {"roles", world.iam->roles.size()},
                      {"log_groups", world.logs->groups.size()},
                      {"parameters", world.ssm->parameters.size()}});
}

std::optional<std::string> parameter(const http::Request& request, std::string_view name) {
  for (const std::string& part : split(request.query, '&')) {
    const std::size_t equals = part.find('=');
    if (equals != std::string::npos && part.substr(0, equals) == name) return percent_decode(part.substr(equals + 1));
  }
  return std::nullopt;
}

http::Response advance_clock(Cloud& cloud, const http::Request& request, WallTime now) {
  const std::optional<double> seconds = parse_double(parameter(request, "seconds").value_or(""));
  if (!seconds || *seconds < 0 || *seconds > 1e8) return problem(400, "advance needs seconds=N");
  cloud.shift_clock(from_seconds(*seconds));
  cloud.advance(now);
  return answer(200, {{"now", format_iso8601(cloud.world().now)}});
}

// Unlike advance, this moves the clock that signatures are checked against: a client must correct its own clock.
http::Response set_clock(Cloud& cloud, const http::Request& request, WallTime now) {
  const std::optional<double> seconds = parse_double(parameter(request, "seconds").value_or(""));
  if (!seconds || *seconds < -1e9 || *seconds > 1e9) return problem(400, "clock needs seconds=N");
  cloud.set_clock_error(from_seconds(*seconds));
  cloud.advance(now);
  return answer(200, {{"now", format_iso8601(cloud.world().now)}});
}

// Everything in the body is checked before anything is set.
http::Response set_faults(Cloud& cloud, const http::Request& request) {
  Json body = Json::parse(request.body, nullptr, false);
  if (body.is_array()) body = Json{{"rules", std::move(body)}};
  if (!body.is_object()) return problem(400, "the body must be a list of rules or an object");
  for (const auto& [name, value] : body.items()) {
    static constexpr std::string_view kKnown[] = {"rules", "kill_at_request", "kill_after_effect", "fail_creates",
                                                  "fail_create_name"};
    if (std::find(std::begin(kKnown), std::end(kKnown), name) == std::end(kKnown)) {
      return problem(400, "unknown member " + name);
    }
  }
  const Json* list = get_array(body, "rules");
  Result<std::vector<FaultRule>> rules = parse_fault_plan(list == nullptr ? "[]" : dump(*list));
  if (!rules) return problem(400, rules.error().message);
  cloud.faults().rules = std::move(*rules);
  const std::int64_t kill_at = get_integer(body, "kill_at_request").value_or(0);
  if (kill_at > 0) {
    cloud.faults().rules.push_back(kill_rule(kill_at, get_bool(body, "kill_after_effect").value_or(false)));
  }
  cloud.faults().restart_count();
  cloud.world().options.fail_creates = get_bool(body, "fail_creates").value_or(false);
  cloud.world().options.fail_create_name = get_string(body, "fail_create_name").value_or("");
  return answer(200, {{"rules", cloud.faults().rules.size()}});
}

// From the k-th request after this one on, every request is refused as signed with an expired token.
http::Response hold_credentials(Cloud& cloud, const http::Request& request) {
  const std::optional<std::int64_t> at = parse_integer(parameter(request, "at").value_or(""));
  if (!at || *at < 1) return problem(400, "hold-credentials needs at=K");
  FaultRule rule;
  rule.at = *at;
  rule.times = 0;
  rule.kind = FaultKind::kExpiredToken;
  cloud.faults().rules = {rule};
  cloud.faults().restart_count();
  return answer(200, {{"rules", 1}});
}

// From now on every put to S3 fails with `code`: for a number of seconds or without limit, of one stream or of all.
// Without a code, deliveries succeed again.
http::Response fail_delivery(Cloud& cloud, const http::Request& request) {
  static constexpr std::string_view kWord = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.";
  CloudState& world = cloud.world();
  const std::string code = parameter(request, "code").value_or("");
  if (code.find_first_not_of(kWord) != std::string::npos) return problem(400, "code takes the code of an S3 error");
  const std::optional<std::string> text = parameter(request, "seconds");
  const std::optional<double> seconds = parse_double(text.value_or(""));
  if (text && (!seconds || *seconds <= 0 || *seconds > 1e8)) return problem(400, "seconds takes a positive number");
  world.options.fail_delivery = code;
  world.options.fail_delivery_stream = parameter(request, "stream").value_or("");
  world.firehose->fail_delivery_until =
      seconds ? world.now + std::chrono::duration_cast<std::chrono::milliseconds>(from_seconds(*seconds))
              : WallTime::max();
  return answer(200, {{"code", code}, {"stream", world.options.fail_delivery_stream}});
}

// Sets how long each of the named services takes until its changes are visible. Everything is checked before anything
// is set.
http::Response set_consistency_delay(Cloud& cloud, const http::Request& request) {
  ConsistencyDelays delays = cloud.world().options.consistency;
  Json seconds = Json::object();
  for (const std::string& part : split(request.query, '&')) {
    const std::string name = part.substr(0, part.find('='));
    const auto known = std::find_if(std::begin(kConsistencyDelays), std::end(kConsistencyDelays),
                                    [&](const auto& row) { return row.first == name; });
    if (known == std::end(kConsistencyDelays)) {
      return problem(400, "consistency-delay needs SERVICE=SECONDS, of iam, logs, s3 and firehose");
    }
    const std::optional<double> given = parse_double(parameter(request, name).value_or(""));
    if (!given || *given < 0 || *given > 1e6) return problem(400, name + " needs a number of seconds");
    delays.*known->second = from_seconds(*given);
  }
  for (const auto& [name, member] : kConsistencyDelays) seconds[name] = seconds_of(delays.*member);
  cloud.world().options.consistency = delays;
  return answer(200, seconds);
}

// Replaces the policy of that kind, or removes it if the body is empty. It counts from the next request on.
http::Response set_caller_policy(Cloud& cloud, const http::Request& request) {
  const std::string kind = parameter(request, "kind").value_or("identity");
  std::map<std::string, std::string>& policies = cloud.world().options.caller_policies;
  if (request.body.empty()) {
    policies.erase(kind);
  } else {
    const std::optional<std::string> wrong = caller_policy_problem(kind, request.body);
    if (wrong) return problem(400, *wrong);
    policies[kind] = request.body;
  }
  return answer(200, {{"policies", policies.size()}});
}

// A web page in a browser must not reach the admin interface: it would send an Origin, or a foreign host name.
bool from_this_machine(const http::Request& request) {
  return !request.headers.find("origin") && http::is_loopback(request.host);
}

}  // namespace

bool is_admin_request(const http::Request& request) { return starts_with(request.path, kRoot); }

http::Response handle_admin(Cloud& cloud, const http::Request& request, WallTime now) {
  if (!from_this_machine(request)) return problem(403, "only for programs on this machine");
  cloud.advance(now);
  const std::string what = request.method + " " + request.path.substr(kRoot.size());
  if (what == "GET requests") return show_requests(cloud);
  if (what == "GET summary") return show_summary(cloud);
  if (what == "POST advance") return advance_clock(cloud, request, now);
  if (what == "POST clock") return set_clock(cloud, request, now);
  if (what == "POST faults") return set_faults(cloud, request);
  if (what == "POST hold-credentials") return hold_credentials(cloud, request);
  if (what == "POST fail-delivery") return fail_delivery(cloud, request);
  if (what == "POST consistency-delay") return set_consistency_delay(cloud, request);
  if (what == "POST caller-policy") return set_caller_policy(cloud, request);
  if (what == "POST reset") {
    cloud.reset();
    return answer(200, Json::object());
  }
  return problem(404, "there is no " + what + " here");
}

}  // namespace fhctl::sandbox
