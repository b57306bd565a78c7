// One checked request to the simulated CloudWatch Logs, and what its operations share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "core/base/json.h"
#include "sandbox/logs/logs_state.h"
#include "sandbox/state/world.h"

namespace fhctl::sandbox {

struct LogsCall {
  CloudState& world;
  const Incoming& incoming;
  Json input;

  std::string text(std::string_view name) const { return get_string(input, name).value_or(""); }
  bool has(std::string_view name) const { return input.contains(name) && !input[std::string(name)].is_null(); }
  std::int64_t now_ms() const { return world.now.time_since_epoch().count(); }
};

http::Response logs_invalid(std::string_view message);  // InvalidParameterException
http::Response no_such_group();
http::Response no_such_stream();

// The name of the group that the request is about; empty if it names none, or one of another account or region.
std::string group_name_of(const LogsCall& call);
// Returns the group by logGroupName or logGroupIdentifier (a name or an ARN), of which exactly one must be given.
// Otherwise, or if the group does not exist, returns nullptr and an error response. Sets `name` to its name.
LogGroup* find_group(LogsCall& call, std::string& name, http::Response& refusal);
LogStream* find_stream(LogGroup& group, const std::string& name, http::Response& refusal);

// "arn:aws:logs:REGION:ACCOUNT:log-group:NAME", without ":*".
std::string log_group_arn(const CloudState& world, const std::string& region, const std::string& name);
// The name in an ARN of this account and region, with or without a trailing ":*"; nullopt for any other ARN.
std::optional<std::string> name_in_group_arn(const LogsCall& call, const std::string& arn);

// Tags as a JSON map. Returns an error response if one breaks a rule.
std::optional<http::Response> check_log_tags(const Json& tags);

// Inserts an event in the order of the timestamps.
void insert_event(LogStream& stream, LogEvent event);

// Page tokens are opaque to clients. Nullopt: the token was not issued by this sandbox.
std::string page_token(const std::string& last);
std::optional<std::string> read_page_token(const LogsCall& call);  // empty: the first page

namespace logs {

// groups.cc
http::Response create_group(LogsCall& call);
http::Response delete_group(LogsCall& call);
http::Response describe_groups(LogsCall& call);
http::Response put_retention(LogsCall& call);
http::Response delete_retention(LogsCall& call);
http::Response protect_group(LogsCall& call);
http::Response tag_resource(LogsCall& call);
http::Response untag_resource(LogsCall& call);
http::Response list_tags(LogsCall& call);

// streams.cc
http::Response create_stream(LogsCall& call);
http::Response delete_stream(LogsCall& call);
http::Response describe_streams(LogsCall& call);

// events.cc
http::Response put_events(LogsCall& call);
http::Response get_events(LogsCall& call);

// filter.cc
http::Response filter_events(LogsCall& call);

}  // namespace logs
}  // namespace fhctl::sandbox
