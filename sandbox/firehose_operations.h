// The operations of Firehose, behind their door (firehose.cc). Bodies have been checked against their shapes.
#pragma once

#include <string>
#include <string_view>

#include "sandbox/firehose_state.h"
#include "sandbox/world.h"

namespace fhctl::sandbox {

struct FirehoseCall {
  World& world;
  std::string region;
  const Json& body;
  std::string name;  // DeliveryStreamName; empty where there is none
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

Stream* find_stream(FirehoseCall& call);  // nullptr: there is none of that name
http::Response stream_not_found(const FirehoseCall& call);
http::Response invalid_argument(const std::string& message);
http::Response stream_busy(const FirehoseCall& call, const Stream& stream);  // ResourceInUseException

// A stream has something to do at `when`.
void wake_firehose(World& world, WallTime when);

// Takes `cost` tokens from a bucket that fills at `rate` a second up to `capacity`. False: too few are there.
bool take_tokens(TokenBucket& bucket, double cost, double rate, double capacity, WallTime now);

std::string_view status_name(StreamStatus status);

}  // namespace fhctl::sandbox
