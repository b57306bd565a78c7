// Log streams of a group.
#include <algorithm>

#include "core/base/text.h"
#include "sandbox/logs/call.h"
#include "sandbox/wire/reply.h"

namespace fhctl::sandbox::logs {
namespace {

std::int64_t last_event_ms(const LogStream& stream) {
  return stream.events.empty() ? 0 : stream.events.back().timestamp_ms;
}

// Returns a text whose order is the order of the list.
std::string order_key(const std::string& name, const LogStream& stream, bool by_time) {
  if (!by_time) return name;
  const std::string time = std::to_string(last_event_ms(stream));
  return std::string(20 - time.size(), '0') + time + name;
}

Json describe(const std::string& group_arn, const std::string& name, const LogStream& stream) {
  Json out{{"logStreamName", name},
           {"creationTime", stream.created_ms},
           {"arn", group_arn + ":log-stream:" + name},
           {"storedBytes", 0}};  // AWS keeps this figure for groups only, since 2019
  if (stream.events.empty()) return out;
  out["uploadSequenceToken"] = std::to_string(stream.events.size() + 1);
  out["firstEventTimestamp"] = stream.events.front().timestamp_ms;
  out["lastEventTimestamp"] = last_event_ms(stream);
  out["lastIngestionTime"] = stream.events.back().ingested_ms;
  return out;
}

}  // namespace

http::Response create_stream(LogsCall& call) {
  std::string name;
  http::Response refusal;
  LogGroup* group = find_group(call, name, refusal);
  if (group == nullptr) return refusal;
  if (!group->streams.emplace(call.text("logStreamName"), LogStream{call.now_ms(), {}}).second) {
    return json_error(400, "ResourceAlreadyExistsException", "The specified log stream already exists");
  }
  return json_answer("");
}

http::Response delete_stream(LogsCall& call) {
  std::string name;
  http::Response refusal;
  LogGroup* group = find_group(call, name, refusal);
  if (group == nullptr) return refusal;
  return group->streams.erase(call.text("logStreamName")) == 0 ? no_such_stream() : json_answer("");
}

http::Response describe_streams(LogsCall& call) {
  std::string group_name;
  http::Response refusal;
  const LogGroup* group = find_group(call, group_name, refusal);
  if (group == nullptr) return refusal;
  const bool by_time = call.text("orderBy") == "LastEventTime";
  if (by_time && call.has("logStreamNamePrefix")) {
    return logs_invalid("Cannot order by LastEventTime with a logStreamNamePrefix.");
  }
  const std::optional<std::string> after = read_page_token(call);
  if (!after) return logs_invalid("The specified nextToken is invalid.");
  const bool descending = get_bool(call.input, "descending").value_or(false);
  std::map<std::string, std::string> names;  // by order key
  for (const auto& [name, stream] : group->streams) {
    const std::string key = order_key(name, stream, by_time);
    const bool is_behind = !after->empty() && (descending ? key >= *after : key <= *after);
    if (starts_with(name, call.text("logStreamNamePrefix")) && !is_behind) names[key] = name;
  }
  std::vector<std::pair<std::string, std::string>> ordered(names.begin(), names.end());
  if (descending) std::reverse(ordered.begin(), ordered.end());
  const auto limit = static_cast<std::size_t>(get_integer(call.input, "limit").value_or(50));
  Json answer{{"logStreams", Json::array()}};
  if (ordered.size() > limit) {
    ordered.resize(limit);
    answer["nextToken"] = page_token(ordered.back().first);
  }
  const std::string arn = log_group_arn(call.world, call.incoming.region, group_name);
  for (const auto& [key, name] : ordered) answer["logStreams"].push_back(describe(arn, name, group->streams.at(name)));
  return json_answer(dump(answer));
}

}  // namespace fhctl::sandbox::logs
