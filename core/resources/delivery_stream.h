// The delivery streams of a pipeline: their state, and how they are read, compared, created and updated.
//
// Everything that depends on the kind of destination is visible here: the destination itself, and what follows from it
// for a drain (records_can_be_counted) and for `verify` (core/verify/object_names.h takes the destination).
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/aws/client.h"
#include "core/base/loop.h"
#include "core/resources/change.h"
#include "core/resources/ownership.h"
#include "core/services/firehose.h"

namespace fhctl::pipeline {

struct StreamState {
  int number = 0;
  firehose::Description description;
  Tags tags;
};

struct StreamReading {
  Result<std::optional<firehose::Description>> description{std::optional<firehose::Description>{}};
  Result<std::optional<Tags>> tags{std::optional<Tags>{}};
};

struct StreamListReading {
  Result<std::vector<std::string>> names{std::vector<std::string>{}};
  std::map<int, StreamReading> streams;  // those of the pipeline, by number
};

// Reads the names of all streams in the region, then each stream that is named as one of the pipeline's. Waits.
void read_streams(aws::Client& client, const std::string& pipeline, StreamListReading& reading);
// Reads one stream, listed or not. Waits.
void read_stream(aws::Client& client, const std::string& name, StreamReading& reading);
// nullopt: there is no such stream. Errors are those of the calls.
Result<std::optional<StreamState>> stream_state(const StreamReading& reading, const std::string& pipeline, int number);

// The destination that every stream of the pipeline should have.
firehose::S3Destination wanted_destination(const Spec& spec, const Identity& identity, const std::string& role_arn);
// False if Firehose transforms or combines records: then the number delivered is not the number taken, and a drain
// cannot compare the two.
bool records_can_be_counted(const firehose::Description& stream);

// A step on the stream of that number.
Step stream_step(const std::string& pipeline, int number, Action action);
// "60 s / 5 MiB, gzip"
std::string destination_detail(const Spec& spec);
// Adds what must change so that the stream is as the goal says, or why it cannot be. `spec_unchanged`: the spec is the
// one in pipeline.json, so that a difference was made outside fhctl.
void compare_stream(Changes& changes, const StreamState& current, const ResourceGoal& goal,
                    const firehose::S3Destination& wanted, bool spec_unchanged);

// Sends a changing call: at most a few at a time, and again while IAM still propagates. Waits.
using ChangeCall = std::function<Result<void>(const std::function<Result<void>()>&)>;

// Creates the stream, unless an earlier call of this pipeline created it and the response was lost. `until_gone` waits
// until a stream of that name that is being deleted is gone. kPrecondition when another process created it
// concurrently; kQuota. Waits.
Result<void> create_stream(aws::Client& client, const firehose::CreateDeliveryStreamInput& input,
                           const ChangeCall& call, const std::function<Result<void>(const std::string&)>& until_gone);
// Updates the destination if `step` names a change of it, and the tags. A version id that is out of date means that
// another process changed the stream: it is read again, and the update is repeated. Waits.
Result<void> update_stream(aws::Client& client, const StreamState& current, const Step& step, const ResourceGoal& goal,
                           firehose::S3Destination wanted, const ChangeCall& call);

inline constexpr int kStreamTriesMax = 5;  // of a change that another change to the stream prevents

}  // namespace fhctl::pipeline
