#include "sandbox/logs/call.h"

#include <algorithm>

#include "core/base/text.h"
#include "sandbox/logs/logs.h"
#include "sandbox/wire/reply.h"
#include "sandbox/wire/tag_rules.h"

namespace fhctl::sandbox {

http::Response logs_invalid(std::string_view message) { return json_error(400, "InvalidParameterException", message); }

http::Response no_such_group() {
  return json_error(400, "ResourceNotFoundException", "The specified log group does not exist.");
}

http::Response no_such_stream() {
  return json_error(400, "ResourceNotFoundException", "The specified log stream does not exist.");
}

std::string log_group_arn(const CloudState& world, const std::string& region, const std::string& name) {
  return "arn:" + std::string(partition_of(region)) + ":logs:" + region + ":" + world.options.account +
         ":log-group:" + name;
}

std::optional<std::string> name_in_group_arn(const LogsCall& call, const std::string& arn) {
  const std::string prefix = log_group_arn(call.world, call.incoming.region, "");
  if (!starts_with(arn, prefix)) return std::nullopt;
  std::string name = arn.substr(prefix.size());
  if (ends_with(name, ":*")) name.resize(name.size() - 2);
  return name;
}

std::string group_name_of(const LogsCall& call) {
  if (call.has("resourceArn")) return name_in_group_arn(call, call.text("resourceArn")).value_or("");
  if (!call.has("logGroupIdentifier")) return call.text("logGroupName");
  const std::string identifier = call.text("logGroupIdentifier");
  return starts_with(identifier, "arn:") ? name_in_group_arn(call, identifier).value_or("") : identifier;
}

LogGroup* find_group(LogsCall& call, std::string& name, http::Response& refusal) {
  if (call.has("logGroupName") && call.has("logGroupIdentifier")) {
    refusal =
        json_error(400, "ValidationException", "LogGroup name and LogGroup ARN are mutually exclusive parameters.");
    return nullptr;
  }
  if (!call.has("logGroupName") && !call.has("logGroupIdentifier")) {
    refusal = logs_invalid("One of logGroupName and logGroupIdentifier must be given.");
    return nullptr;
  }
  name = group_name_of(call);
  const auto found = call.world.logs->groups.find({call.incoming.region, name});
  if (found != call.world.logs->groups.end()) return &found->second;
  refusal = no_such_group();
  return nullptr;
}

LogStream* find_stream(LogGroup& group, const std::string& name, http::Response& refusal) {
  const auto found = group.streams.find(name);
  if (found != group.streams.end()) return &found->second;
  refusal = no_such_stream();
  return nullptr;
}

std::optional<http::Response> check_log_tags(const Json& tags) {
  if (!tags.is_object() || tags.empty()) return logs_invalid("Tags must be a map of at least one tag.");
  for (const auto& [key, value] : tags.items()) {
    if (!value.is_string()) return json_error(400, "SerializationException", "The value of a tag is not a string.");
    if (const auto problem = tag_problem(key, value.get<std::string>())) return logs_invalid(*problem);
  }
  if (tags.size() > kTagsMax) return logs_invalid("A log group can have at most 50 tags.");
  return std::nullopt;
}

void insert_event(LogStream& stream, LogEvent event) {
  const auto place =
      std::upper_bound(stream.events.begin(), stream.events.end(), event.timestamp_ms,
                       [](std::int64_t time, const LogEvent& other) { return time < other.timestamp_ms; });
  stream.events.insert(place, std::move(event));
}

std::string page_token(const std::string& last) { return to_base64(last); }

std::optional<std::string> read_page_token(const LogsCall& call) {
  if (!call.has("nextToken")) return "";
  std::optional<std::string> last = from_base64(call.text("nextToken"));
  return last && !last->empty() ? last : std::nullopt;
}

bool append_log_event(CloudState& world, const std::string& region, const std::string& group, const std::string& stream,
                      const std::string& message) {
  const auto found = world.logs->groups.find({region, group});
  if (found == world.logs->groups.end()) return false;
  const auto found_stream = found->second.streams.find(stream);
  if (found_stream == found->second.streams.end()) return false;
  const std::int64_t now_ms = world.now.time_since_epoch().count();
  insert_event(found_stream->second, {now_ms, now_ms, message});
  return true;
}

}  // namespace fhctl::sandbox
