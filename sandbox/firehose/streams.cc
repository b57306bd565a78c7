// Operations on delivery streams: create, describe, list, update, delete.
#include <algorithm>
#include <chrono>
#include <utility>

#include "core/base/text.h"
#include "sandbox/firehose/delivery.h"
#include "sandbox/firehose/destination.h"
#include "sandbox/firehose/operations.h"
#include "sandbox/metrics/metrics.h"
#include "sandbox/wire/reply.h"
#include "sandbox/wire/tag_rules.h"

namespace fhctl::sandbox {
namespace {

constexpr std::int64_t kListDefault = 10;

std::chrono::milliseconds milliseconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration);
}

double epoch_seconds(WallTime time) { return static_cast<double>(time.time_since_epoch().count()) / 1000; }

bool deleting(const Stream& stream) { return stream.status == StreamStatus::kDeleting; }

// Refuses sources and destinations other than the S3 destination, the only one that is simulated.
std::optional<http::Response> refuse_source_and_kind(const Json& body) {
  int destinations = 0;
  std::string other;
  for (const auto& [name, value] : body.items()) {
    if (!ends_with(name, "DestinationConfiguration") || value.is_null()) continue;
    ++destinations;
    if (name != "ExtendedS3DestinationConfiguration") other = name;
  }
  if (destinations != 1) {
    return invalid_argument("Exactly one destination configuration is supported for a Firehose");
  }
  if (get_string(body, "DeliveryStreamType").value_or("DirectPut") != "DirectPut")
    other = "another type than DirectPut";
  for (const char* member : {"DeliveryStreamEncryptionConfigurationInput", "KinesisStreamSourceConfiguration",
                             "MSKSourceConfiguration", "DatabaseSourceConfiguration"}) {
    if (body.contains(member)) other = member;
  }
  if (!other.empty()) return invalid_argument("The sandbox does not simulate " + other + ".");
  return std::nullopt;
}

std::optional<http::Response> read_tags(const Json& body, std::map<std::string, std::string>& tags) {
  if (const std::optional<std::string> problem = read_tag_list(body, tags)) return invalid_argument(*problem);
  return std::nullopt;
}

// A name is taken while its stream is listed. AWS does not document whether a stream in DELETING counts.
std::optional<http::Response> refuse_name(FirehoseCall& call) {
  Stream* old = find_stream(call);
  const Options& options = call.world.options;
  if (old != nullptr && deleting(*old) && !options.recreate_while_deleting_refused) {
    deliver_last(call.world, *old, options.deleting_flushes);
    call.world.firehose->streams.erase({call.region, call.name});
    old = nullptr;
  }
  if (old != nullptr) {
    return json_error(400, "ResourceInUseException",
                      "Firehose " + call.name + " under accountId " + options.account + " already exists");
  }
  const auto& streams = call.world.firehose->streams;
  const auto here = std::count_if(streams.begin(), streams.end(),
                                  [&call](const auto& entry) { return entry.first.first == call.region; });
  if (here < options.streams_max) return std::nullopt;
  return json_error(400, "LimitExceededException",
                    "You have already consumed your firehose quota of " + std::to_string(options.streams_max) +
                        " hoses. Firehose names are not reusable until they are deleted.");
}

bool struck_by_failure(Options& options, const std::string& name) {
  if (options.fail_create_name == name) return options.fail_create_name.clear(), true;
  return std::exchange(options.fail_creates, false);
}

Json failure_of(const Stream& stream) {
  if (stream.status != StreamStatus::kCreatingFailed) return nullptr;
  return {{"Type", "UNKNOWN_ERROR"}, {"Details", "The sandbox was asked to fail the creation of this stream."}};
}

Json description_of(const Stream& stream) {
  Json json = {{"DeliveryStreamName", stream.name},
               {"DeliveryStreamARN", stream.arn},
               {"DeliveryStreamStatus", status_name(stream.status)},
               {"DeliveryStreamEncryptionConfiguration", {{"Status", "DISABLED"}}},
               {"DeliveryStreamType", "DirectPut"},
               {"VersionId", std::to_string(stream.version)},
               {"CreateTimestamp", epoch_seconds(stream.created_at)},
               {"Destinations", Json::array({describe_destination(stream.destination)})},
               {"HasMoreDestinations", false}};
  if (stream.updated_at > stream.created_at) json["LastUpdateTimestamp"] = epoch_seconds(stream.updated_at);
  if (Json failure = failure_of(stream); !failure.is_null()) json["FailureDescription"] = std::move(failure);
  if (!stream.source.is_null()) json["Source"] = {{"DirectPutSourceDescription", stream.source}};
  return json;
}

}  // namespace

http::Response create_delivery_stream(FirehoseCall& call) {
  CloudState& world = call.world;
  if (std::optional<http::Response> refusal = refuse_source_and_kind(call.body)) return *refusal;
  Stream stream;
  if (std::optional<http::Response> refusal = read_tags(call.body, stream.tags)) return *refusal;
  stream.destination = call.body["ExtendedS3DestinationConfiguration"];
  add_destination_defaults(stream.destination);
  if (std::optional<http::Response> refusal = refuse_destination(world, call.region, stream.destination)) {
    return *refusal;
  }
  if (std::optional<http::Response> refusal = refuse_name(call)) return *refusal;
  if (const Json* source = get_object(call.body, "DirectPutSourceConfiguration")) stream.source = *source;
  stream.name = call.name;
  stream.region = call.region;
  stream.arn = "arn:" + std::string(partition_of(call.region)) + ":firehose:" + call.region + ":" +
               world.options.account + ":deliverystream/" + call.name;
  stream.created_at = world.now;
  stream.updated_at = world.now;
  stream.status_ends_at = world.now + milliseconds(world.options.stream_create);
  stream.will_fail = struck_by_failure(world.options, call.name);
  wake_firehose(world, stream.status_ends_at);
  begin_metrics(world, call.region, call.name);
  const std::string answer = dump(Json{{"DeliveryStreamARN", stream.arn}});
  world.firehose->streams.emplace(StreamKey{call.region, call.name}, std::move(stream));
  return json_answer(answer);
}

http::Response describe_delivery_stream(FirehoseCall& call) {
  const Stream* stream = find_stream(call);
  if (stream == nullptr) return stream_not_found(call);
  Json description = description_of(*stream);
  // There is one destination, so a list that starts after it is empty.
  if (call.body.contains("ExclusiveStartDestinationId")) description["Destinations"] = Json::array();
  return json_answer(dump(Json{{"DeliveryStreamDescription", std::move(description)}}));
}

http::Response list_delivery_streams(FirehoseCall& call) {
  const std::int64_t limit = get_integer(call.body, "Limit").value_or(kListDefault);
  const std::string start = get_string(call.body, "ExclusiveStartDeliveryStreamName").value_or("");
  const bool none = get_string(call.body, "DeliveryStreamType").value_or("DirectPut") != "DirectPut";
  const auto& streams = call.world.firehose->streams;
  Json names = Json::array();
  bool more = false;
  // The name to start after need not be that of an existing stream.
  for (auto it = streams.upper_bound({call.region, start}); it != streams.end() && !none; ++it) {
    if (it->first.first != call.region) break;
    more = static_cast<std::int64_t>(names.size()) == limit;
    if (more) break;
    names.push_back(it->first.second);
  }
  return json_answer(dump(Json{{"DeliveryStreamNames", std::move(names)}, {"HasMoreDeliveryStreams", more}}));
}

http::Response delete_delivery_stream(FirehoseCall& call) {
  Stream* stream = find_stream(call);
  if (stream == nullptr) return stream_not_found(call);
  if (stream->status == StreamStatus::kCreating) return stream_busy(call, *stream);
  if (!deleting(*stream)) {
    stream->status = StreamStatus::kDeleting;
    stream->status_ends_at = call.world.now + milliseconds(call.world.options.stream_delete);
    wake_firehose(call.world, stream->status_ends_at);
  }
  return json_answer("{}");
}

http::Response update_destination(FirehoseCall& call) {
  Stream* stream = find_stream(call);
  if (stream == nullptr) return stream_not_found(call);
  if (stream->status != StreamStatus::kActive) return stream_busy(call, *stream);
  const Json* update = get_object(call.body, "ExtendedS3DestinationUpdate");
  if (update == nullptr) {
    return invalid_argument("The sandbox simulates only updates with ExtendedS3DestinationUpdate.");
  }
  if (get_string(call.body, "DestinationId") != kDestinationId) {
    return invalid_argument("Destination Id " + get_string(call.body, "DestinationId").value_or("") + " not found");
  }
  const std::string version = std::to_string(stream->version);
  if (get_string(call.body, "CurrentDeliveryStreamVersionId") != version) {
    return json_error(400, "ConcurrentModificationException",
                      "Cannot update firehose: " + call.name + " since the current version id: " + version +
                          " and specified version id: " +
                          get_string(call.body, "CurrentDeliveryStreamVersionId").value_or("") + " do not match");
  }
  Json merged = merge_destination(stream->destination, *update);
  add_destination_defaults(merged);
  if (std::optional<http::Response> refusal = refuse_destination(call.world, call.region, merged)) return *refusal;
  stream->destination = std::move(merged);
  ++stream->version;
  stream->updated_at = call.world.now;
  wake_firehose(call.world, call.world.now);
  return json_answer("{}");
}

http::Response tag_delivery_stream(FirehoseCall& call) {
  Stream* stream = find_stream(call);
  if (stream == nullptr) return stream_not_found(call);
  if (stream->status == StreamStatus::kCreating || deleting(*stream)) return stream_busy(call, *stream);
  std::map<std::string, std::string> tags;
  if (std::optional<http::Response> refusal = read_tags(call.body, tags)) return *refusal;
  tags.insert(stream->tags.begin(), stream->tags.end());  // keeps the new value where both have one
  if (tags.size() > kTagsMax) {
    return json_error(400, "LimitExceededException", "A delivery stream can have at most 50 tags.");
  }
  stream->tags = std::move(tags);
  return json_answer("{}");
}

http::Response untag_delivery_stream(FirehoseCall& call) {
  Stream* stream = find_stream(call);
  if (stream == nullptr) return stream_not_found(call);
  if (stream->status == StreamStatus::kCreating || deleting(*stream)) return stream_busy(call, *stream);
  for (const Json& key : call.body["TagKeys"]) stream->tags.erase(key.get<std::string>());
  return json_answer("{}");
}

http::Response list_tags_for_delivery_stream(FirehoseCall& call) {
  const Stream* stream = find_stream(call);
  if (stream == nullptr) return stream_not_found(call);
  const std::int64_t limit = get_integer(call.body, "Limit").value_or(kTagsMax);
  const std::string start = get_string(call.body, "ExclusiveStartTagKey").value_or("");
  Json tags = Json::array();
  bool more = false;
  for (auto it = stream->tags.upper_bound(start); it != stream->tags.end(); ++it) {
    more = static_cast<std::int64_t>(tags.size()) == limit;
    if (more) break;
    tags.push_back({{"Key", it->first}, {"Value", it->second}});
  }
  return json_answer(dump(Json{{"Tags", std::move(tags)}, {"HasMoreTags", more}}));
}

}  // namespace fhctl::sandbox
