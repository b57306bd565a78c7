// Log groups as text and back, for --state.
#include "core/base/json.h"
#include "sandbox/logs/logs.h"
#include "sandbox/logs/logs_state.h"
#include "sandbox/state/world.h"

namespace fhctl::sandbox {
namespace {

Json stream_json(const LogStream& stream) {
  Json events = Json::array();
  for (const LogEvent& event : stream.events) {
    events.push_back({event.timestamp_ms, event.ingested_ms, event.message});
  }
  return {{"created_ms", stream.created_ms}, {"events", events}};
}

LogStream stream_of(const Json& json) {
  LogStream stream{json.at("created_ms").get<std::int64_t>(), {}};
  for (const Json& event : json.at("events")) {
    stream.events.push_back(
        {event.at(0).get<std::int64_t>(), event.at(1).get<std::int64_t>(), event.at(2).get<std::string>()});
  }
  return stream;
}

Json group_json(const std::string& region, const std::string& name, const LogGroup& group) {
  Json streams = Json::object();
  for (const auto& [stream_name, stream] : group.streams) streams[stream_name] = stream_json(stream);
  return {{"region", region},
          {"name", name},
          {"created_ms", group.created_ms},
          {"retention_days", group.retention_days.value_or(0)},
          {"kms_key_id", group.kms_key_id},
          {"log_class", group.log_class},
          {"protected", group.is_protected},
          {"tags", group.tags},
          {"streams", streams}};
}

LogGroup group_of(const Json& json) {
  LogGroup group;
  group.created_ms = json.at("created_ms").get<std::int64_t>();
  const int days = json.at("retention_days").get<int>();
  if (days > 0) group.retention_days = days;
  group.kms_key_id = json.at("kms_key_id").get<std::string>();
  group.log_class = json.at("log_class").get<std::string>();
  group.is_protected = json.at("protected").get<bool>();
  group.tags = json.at("tags").get<std::map<std::string, std::string>>();
  for (const auto& [name, stream] : json.at("streams").items()) group.streams[name] = stream_of(stream);
  return group;
}

}  // namespace

std::string save_logs(const CloudState& world) {
  Json out = Json::array();
  for (const auto& [where, group] : world.logs->groups) out.push_back(group_json(where.first, where.second, group));
  return dump(out);
}

bool load_logs(CloudState& world, std::string_view text) {
  const Result<Json> json = parse_json(text, "saved log groups");
  if (!json || !json->is_array()) return false;
  LogsState state;
  try {
    for (const Json& entry : *json) {
      state.groups[{entry.at("region").get<std::string>(), entry.at("name").get<std::string>()}] = group_of(entry);
    }
  } catch (const Json::exception&) {
    return false;
  }
  *world.logs = std::move(state);
  return true;
}

}  // namespace fhctl::sandbox
