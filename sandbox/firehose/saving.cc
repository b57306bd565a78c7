// Firehose's state as JSON and back, for --state. Token buckets start full again.
#include <algorithm>
#include <utility>

#include "core/base/text.h"
#include "sandbox/firehose/firehose.h"
#include "sandbox/firehose/operations.h"
#include "sandbox/state/saved_time.h"

namespace fhctl::sandbox {
namespace {

WallTime time_at(const Json& json, std::string_view name) {
  return WallTime(std::chrono::milliseconds(get_integer(json, name).value_or(0)));
}

// Records and objects may contain any bytes.
std::string bytes_at(const Json& json, std::string_view name) {
  return from_base64(get_string(json, name).value_or("")).value_or("");
}

std::string text_at(const Json& json, std::string_view name) { return get_string(json, name).value_or(""); }

Json save_pending(const Pending& object) {
  return {{"key", object.key},
          {"body", to_base64(object.body)},
          {"records", object.records},
          {"since", ms_of(object.since)},
          {"next_try", ms_of(object.next_try)}};
}

Pending load_pending(const Json& json) {
  return {text_at(json, "key"), bytes_at(json, "body"), get_integer(json, "records").value_or(0),
          time_at(json, "since"), time_at(json, "next_try")};
}

Json save_stream(const Stream& stream) {
  Json pending = Json::array();
  for (const Pending& object : stream.pending) pending.push_back(save_pending(object));
  return {{"name", stream.name},
          {"region", stream.region},
          {"arn", stream.arn},
          {"status", status_name(stream.status)},
          {"created_at", ms_of(stream.created_at)},
          {"updated_at", ms_of(stream.updated_at)},
          {"status_ends_at", ms_of(stream.status_ends_at)},
          {"will_fail", stream.will_fail},
          {"version", stream.version},
          {"destination", stream.destination},
          {"source", stream.source},
          {"tags", stream.tags},
          {"buffer",
           {{"bytes", to_base64(stream.buffer.bytes)},
            {"records", stream.buffer.records},
            {"since", ms_of(stream.buffer.since)},
            {"stretch", stream.buffer.stretch}}},
          {"limits_factor", stream.limits_factor},
          {"throttled_minute", stream.throttled_minute},
          {"freshness_until", ms_of(stream.freshness_until)},
          {"blocked", stream.blocked},
          {"pending", std::move(pending)}};
}

std::optional<StreamStatus> status_named(std::string_view name) {
  for (StreamStatus status :
       {StreamStatus::kCreating, StreamStatus::kCreatingFailed, StreamStatus::kActive, StreamStatus::kDeleting}) {
    if (status_name(status) == name) return status;
  }
  return std::nullopt;
}

std::optional<Stream> load_stream(const Json& json) {
  const std::optional<StreamStatus> status = status_named(text_at(json, "status"));
  const Json* destination = get_object(json, "destination");
  if (!status || destination == nullptr || text_at(json, "name").empty()) return std::nullopt;
  Stream stream;
  stream.name = text_at(json, "name");
  stream.region = text_at(json, "region");
  stream.arn = text_at(json, "arn");
  stream.status = *status;
  stream.created_at = time_at(json, "created_at");
  stream.updated_at = time_at(json, "updated_at");
  stream.status_ends_at = time_at(json, "status_ends_at");
  stream.will_fail = get_bool(json, "will_fail").value_or(false);
  stream.version = get_integer(json, "version").value_or(1);
  stream.destination = *destination;
  if (const Json* source = get_object(json, "source")) stream.source = *source;
  if (const Json* tags = get_object(json, "tags")) {
    for (const auto& [key, value] : tags->items()) stream.tags[key] = get_string(*tags, key).value_or("");
  }
  if (const Json* buffer = get_object(json, "buffer")) {
    stream.buffer = {bytes_at(*buffer, "bytes"), get_integer(*buffer, "records").value_or(0), time_at(*buffer, "since"),
                     get_number(*buffer, "stretch").value_or(1)};
  }
  stream.limits_factor = get_number(json, "limits_factor").value_or(1);
  stream.throttled_minute = get_integer(json, "throttled_minute").value_or(0);
  stream.freshness_until = time_at(json, "freshness_until");
  stream.blocked = get_bool(json, "blocked").value_or(false);
  if (const Json* pending = get_array(json, "pending")) {
    for (const Json& object : *pending) stream.pending.push_back(load_pending(object));
  }
  return stream;
}

}  // namespace

std::string save_firehose(const CloudState& world) {
  Json streams = Json::array();
  for (const auto& [key, stream] : world.firehose->streams) streams.push_back(save_stream(stream));
  Json traffic = Json::array();
  for (const auto& [key, counts] : world.firehose->traffic) {
    traffic.push_back({{"region", key.first},
                       {"name", key.second},
                       {"accepted", counts.accepted},
                       {"delivered", counts.delivered},
                       {"objects", counts.objects},
                       {"lost", counts.lost},
                       {"lost_while_deleting", counts.lost_while_deleting}});
  }
  return dump(Json{{"streams", std::move(streams)}, {"traffic", std::move(traffic)}});
}

bool load_firehose(CloudState& world, std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  const Json* streams = get_array(json, "streams");
  const Json* traffic = get_array(json, "traffic");
  if (streams == nullptr || traffic == nullptr) return false;
  FirehoseState state;
  for (const Json& item : *streams) {
    std::optional<Stream> stream = load_stream(item);
    if (!stream) return false;
    const StreamKey key{stream->region, stream->name};
    state.streams.emplace(key, std::move(*stream));
  }
  for (const Json& item : *traffic) {
    state.traffic[{text_at(item, "region"), text_at(item, "name")}] = {
        get_integer(item, "accepted").value_or(0), get_integer(item, "delivered").value_or(0),
        get_integer(item, "objects").value_or(0), get_integer(item, "lost").value_or(0),
        get_integer(item, "lost_while_deleting").value_or(0)};
  }
  state.next_event = WallTime::min();  // check every stream at once
  *world.firehose = std::move(state);
  return true;
}

}  // namespace fhctl::sandbox
