// Entry point of the simulated Firehose: protocol, throttling, shapes and dispatch, and the effects of passing time.
#include "sandbox/firehose/firehose.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "core/base/text.h"
#include "sandbox/firehose/delivery.h"
#include "sandbox/firehose/operations.h"
#include "sandbox/firehose/shapes.h"
#include "sandbox/wire/reply.h"

namespace fhctl::sandbox {
namespace {

constexpr std::string_view kTarget = "Firehose_20150804.";

http::Response encryption_not_simulated(FirehoseCall&) {
  return invalid_argument("The sandbox does not simulate the encryption of delivery streams.");
}

struct Operation {
  std::string_view name;
  http::Response (*run)(FirehoseCall&);
};

constexpr Operation kOperations[] = {
    {"CreateDeliveryStream", create_delivery_stream},
    {"DescribeDeliveryStream", describe_delivery_stream},
    {"ListDeliveryStreams", list_delivery_streams},
    {"DeleteDeliveryStream", delete_delivery_stream},
    {"UpdateDestination", update_destination},
    {"TagDeliveryStream", tag_delivery_stream},
    {"UntagDeliveryStream", untag_delivery_stream},
    {"ListTagsForDeliveryStream", list_tags_for_delivery_stream},
    {"StartDeliveryStreamEncryption", encryption_not_simulated},
    {"StopDeliveryStreamEncryption", encryption_not_simulated},
    {"PutRecord", put_record},
    {"PutRecordBatch", put_record_batch},
};

// Each control-plane operation has a separate rate limit per account and region; puts have the limits of the stream.
bool throttled(CloudState& world, const std::string& region, const std::string& operation) {
  const double rate = world.options.firehose_calls_per_second;
  if (rate <= 0 || starts_with(operation, "PutRecord")) return false;
  return !take_tokens(world.firehose->calls[{region, operation}], 1, rate, world.options.firehose_burst, world.now);
}

void finish_creation(CloudState& world, Stream& stream) {
  if (stream.status != StreamStatus::kCreating || world.now < stream.status_ends_at) return;
  stream.status = stream.will_fail ? StreamStatus::kCreatingFailed : StreamStatus::kActive;
  ++world.firehose->changes;
}

// Returns true when the stream has vanished.
bool finish_deletion(CloudState& world, Stream& stream) {
  if (stream.status != StreamStatus::kDeleting || world.now < stream.status_ends_at) return false;
  deliver_last(world, stream, world.options.deleting_flushes);
  ++world.firehose->changes;
  return true;
}

// What lists show of a stream.
Stream listed(const Stream& stream) {
  Stream copy;
  copy.name = stream.name;
  copy.region = stream.region;
  copy.arn = stream.arn;
  copy.tags = stream.tags;
  return copy;
}

// A stream is in lists, and its tags are visible, only some time after a change; DescribeDeliveryStream and everything
// that changes streams see the present (state/history.h).
http::Response run(FirehoseCall& call, const Operation& operation) {
  FirehoseState& state = *call.world.firehose;
  const Duration delay = call.world.options.consistency.firehose;
  std::optional<StreamKey> key;
  if (!call.name.empty()) key.emplace(call.region, call.name);
  if (starts_with(operation.name, "List")) {
    const std::optional<PastTime> then = earlier_time(call.world, state.history, delay, key);
    if (!then) return operation.run(call);
    const Rewound<FirehoseState::Streams> rewound(state.streams, state.history, key, *then);
    return operation.run(call);
  }
  const bool shows = operation.run == create_delivery_stream || operation.run == tag_delivery_stream ||
                     operation.run == untag_delivery_stream;
  if (!shows || !key || delay <= Duration::zero()) return operation.run(call);
  std::optional<Stream> before;
  if (const auto found = state.streams.find(*key); found != state.streams.end()) before = listed(found->second);
  http::Response response = operation.run(call);
  if (response.status < 300) state.history.changed(*key, std::move(before), call.world.now, delay);
  return response;
}

WallTime next_event(const CloudState& world, const Stream& stream) {
  WallTime next = next_delivery(world, stream);
  const bool passing = stream.status == StreamStatus::kCreating || stream.status == StreamStatus::kDeleting;
  return passing ? std::min(next, stream.status_ends_at) : next;
}

}  // namespace

http::Response handle_firehose(CloudState& world, const Incoming& incoming) {
  const http::Request& request = incoming.raw;
  const std::string target = request.headers.find("x-amz-target").value_or("");
  const std::string operation = starts_with(target, kTarget) ? target.substr(kTarget.size()) : "";
  const Shape* shape = firehose_shape(operation);
  if (shape == nullptr || request.method != "POST" || request.path != "/" || !request.query.empty()) {
    return json_error(400, "UnknownOperationException", "Unknown operation " + target);
  }
  if (request.headers.find("content-type") != "application/x-amz-json-1.1") {
    return json_error(400, "SerializationException", "The Content-Type must be application/x-amz-json-1.1.");
  }
  if (throttled(world, incoming.region, operation)) return json_error(400, "ThrottlingException", "Rate exceeded");
  const Json body = Json::parse(request.body, nullptr, false);
  if (std::optional<http::Response> refusal = check_shape(body, *shape)) return *refusal;
  FirehoseCall call{world, incoming.region, body, get_string(body, "DeliveryStreamName").value_or("")};
  for (const Operation& known : kOperations) {
    if (known.name == operation) return run(call, known);
  }
  return json_error(400, "UnknownOperationException", "Unknown operation " + target);
}

void advance_firehose(CloudState& world) {
  FirehoseState& state = *world.firehose;
  if (world.now < state.next_event) return;
  state.next_event = WallTime::max();
  for (auto it = state.streams.begin(); it != state.streams.end();) {
    Stream& stream = it->second;
    finish_creation(world, stream);
    deliver_due(world, stream);
    if (finish_deletion(world, stream)) {
      const Duration delay = world.options.consistency.firehose;
      if (delay > Duration::zero()) state.history.changed(it->first, listed(stream), stream.status_ends_at, delay);
      it = state.streams.erase(it);
      continue;
    }
    wake_firehose(world, next_event(world, stream));
    ++it;
  }
}

void wake_firehose(CloudState& world, WallTime when) {
  world.firehose->next_event = std::min(world.firehose->next_event, when);
}

Stream* find_stream(FirehoseCall& call) {
  const auto found = call.world.firehose->streams.find({call.region, call.name});
  return found == call.world.firehose->streams.end() ? nullptr : &found->second;
}

http::Response stream_not_found(const FirehoseCall& call) {
  return json_error(400, "ResourceNotFoundException",
                    "Firehose " + call.name + " under account " + call.world.options.account + " not found.");
}

http::Response invalid_argument(const std::string& message) {
  return json_error(400, "InvalidArgumentException", message);
}

http::Response stream_busy(const FirehoseCall& call, const Stream& stream) {
  return json_error(400, "ResourceInUseException",
                    "Firehose " + call.name + " under accountId " + call.world.options.account + " is " +
                        std::string(status_name(stream.status)) + ".");
}

bool take_tokens(TokenBucket& bucket, double cost, double rate, double capacity, WallTime now) {
  if (!bucket.started) bucket = {capacity, now, true};
  const double passed = std::max(0.0, seconds_of(now - bucket.filled_at));
  bucket.tokens = std::min(capacity, bucket.tokens + passed * rate);
  bucket.filled_at = now;
  // Because of rounding, sums of fractions of a second fall slightly short of whole tokens.
  if (bucket.tokens + 1e-9 < cost) return false;
  bucket.tokens -= cost;
  return true;
}

std::string_view status_name(StreamStatus status) {
  switch (status) {
    case StreamStatus::kCreating:
      return "CREATING";
    case StreamStatus::kCreatingFailed:
      return "CREATING_FAILED";
    case StreamStatus::kActive:
      return "ACTIVE";
    case StreamStatus::kDeleting:
      return "DELETING";
  }
  return "";
}

}  // namespace fhctl::sandbox
