// The operations of Firehose, called by firehose.cc after their bodies have been checked against their shapes.
#pragma once

#include <string>
#include <string_view>

#include "sandbox/firehose/firehose_state.h"
#include "sandbox/state/world.h"

namespace fhctl::sandbox {

struct FirehoseCall {
  CloudState& world;
  std::string region;
  const Json& body;
  std::string name;  // DeliveryStreamName; empty if the operation has none
};

http::Response create_delivery_stream(FirehoseCall& call);
http::Response describe_delivery_stream(FirehoseCall& call);
http::Response list_delivery_streams(FirehoseCall& call);
http::Response delete_delivery_stream(FirehoseCall& call);
http::Response update_destination(FirehoseCall& call);
http::Response tag_delivery_stream(FirehoseCall& call);
http::Response untag_delivery_stream(FirehoseCall& call);
http::Response list_tags_for_delivery_stream(FirehoseCall& call);
http::Response put_record(FirehoseCall& call);
http::Response put_record_batch(FirehoseCall& call);

Stream* find_stream(FirehoseCall& call);  // nullptr if no stream has that name
http::Response stream_not_found(const FirehoseCall& call);
http::Response invalid_argument(const std::string& message);
http::Response stream_busy(const FirehoseCall& call, const Stream& stream);  // ResourceInUseException

// Schedules work of a stream at `when`.
void wake_firehose(CloudState& world, WallTime when);

// Takes `cost` tokens from a bucket that refills at `rate` per second up to `capacity`. Returns false if there are too
// few.
bool take_tokens(TokenBucket& bucket, double cost, double rate, double capacity, WallTime now);

std::string_view status_name(StreamStatus status);

}  // namespace fhctl::sandbox
