// One request to the simulated CloudWatch Logs after its body was checked, and what its operations share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "core/base/json.h"
#include "sandbox/logs_state.h"
#include "sandbox/world.h"

namespace fhctl::sandbox {

struct LogsCall {
  World& world;
  const Incoming& incoming;
  Json input;

  std::string text(std::string_view name) const { return get_string(input, name).value_or(""); }
  bool has(std::string_view name) const { return input.contains(name) && !input[std::string(name)].is_null(); }
  std::int64_t now_ms() const { return world.now.time_since_epoch().count(); }
};

http::Response logs_invalid(std::string_view message);  // InvalidParameterException
http::Response no_such_group();
http::Response no_such_stream();

// The group by logGroupName or logGroupIdentifier (a name or an ARN), of which exactly one must be given; nullptr and
// an answer otherwise, or when there is none. `name` becomes its name.
LogGroup* find_group(LogsCall& call, std::string& name, http::Response& refusal);
LogStream* find_stream(LogGroup& group, const std::string& name, http::Response& refusal);

// "arn:aws:logs:REGION:ACCOUNT:log-group:NAME", without ":*".
std::string log_group_arn(const World& world, const std::string& region, const std::string& name);
// The name in an ARN of this account and region, with or without ":*" behind it; nullopt: another ARN.
std::optional<std::string> name_in_group_arn(const LogsCall& call, const std::string& arn);

// Tags as a JSON map. An answer when one breaks a rule.
std::optional<http::Response> check_log_tags(const Json& tags);

// Puts an event where its time belongs.
void insert_event(LogStream& stream, LogEvent event);

// Page tokens are opaque to clients. Nullopt: not one of ours.
std::string page_token(const std::string& last);
std::optional<std::string> read_page_token(const LogsCall& call);  // empty: the first page

namespace logs {

// logs_groups.cc
http::Response create_group(LogsCall& call);
http::Response delete_group(LogsCall& call);
http::Response describe_groups(LogsCall& call);
http::Response put_retention(LogsCall& call);
http::Response delete_retention(LogsCall& call);
http::Response protect_group(LogsCall& call);
http::Response tag_resource(LogsCall& call);
http::Response untag_resource(LogsCall& call);
http::Response list_tags(LogsCall& call);

// logs_streams.cc
http::Response create_stream(LogsCall& call);
http::Response delete_stream(LogsCall& call);
http::Response describe_streams(LogsCall& call);

// logs_events.cc
http::Response put_events(LogsCall& call);
http::Response get_events(LogsCall& call);

// logs_filter.cc
http::Response filter_events(LogsCall& call);

}  // namespace logs
}  // namespace fhctl::sandbox
