#include "core/resources/delivery_stream.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/resources/creation.h"
#include "core/services/s3.h"
#include "core/spec/names.h"

namespace fhctl::pipeline {
namespace {

constexpr int kDefaultSizeMib = 5;  // of Firehose's API
constexpr int kDefaultIntervalS = 300;

std::string size_text(std::optional<int> mib) { return fmt::format("{} MiB", mib.value_or(kDefaultSizeMib)); }
std::string interval_text(std::optional<int> s) { return fmt::format("{} s", s.value_or(kDefaultIntervalS)); }

void compare_destination(Step& step, const firehose::S3Destination& current, const firehose::S3Destination& wanted) {
  const auto compare = [&](const char* field, const std::string& before, const std::string& after) {
    if (before != after) step.changes.push_back({field, before, after});
  };
  const auto on_off = [](bool value) { return std::string(value ? "on" : "off"); };
  compare("role", current.role_arn, wanted.role_arn);
  compare("bucket", current.bucket_arn, wanted.bucket_arn);
  compare("prefix", current.prefix, wanted.prefix);
  compare("error prefix", current.error_output_prefix, wanted.error_output_prefix);
  compare("buffer interval", interval_text(current.buffer_interval_s), interval_text(wanted.buffer_interval_s));
  compare("buffer size", size_text(current.buffer_size_mib), size_text(wanted.buffer_size_mib));
  compare("compression", current.compression, wanted.compression);
  compare("KMS key", current.kms_key_arn.empty() ? "none" : current.kms_key_arn,
          wanted.kms_key_arn.empty() ? "none" : wanted.kms_key_arn);
  compare("error logging", on_off(current.logging_enabled), on_off(wanted.logging_enabled));
  if (wanted.logging_enabled) {
    compare("log group", current.log_group, wanted.log_group);
    compare("log stream", current.log_stream, wanted.log_stream);
  }
  // Processing that another tool configured belongs to it; the newline is fhctl's only where nothing else is processed.
  if (!current.foreign_processing) {
    compare("newline", on_off(current.append_delimiter), on_off(wanted.append_delimiter));
  }
}

Error cannot_change(const std::string& name, const std::string& what) {
  return make_error(ErrorKind::kPrecondition,
                    fmt::format("delivery stream {} {}, which cannot be changed in place", name, what),
                    "delete that stream by hand; `fhctl up` makes it again");
}

Error not_this_pipelines(const StreamState& current, const Ownership& ownership) {
  const std::string& name = current.description.name;
  const bool previous_incarnation = ownership.owner_of(current.tags) == Owner::kPreviousIncarnation;
  return make_error(
      ErrorKind::kPrecondition,
      previous_incarnation
          ? fmt::format("delivery stream {} is left over from an earlier pipeline {}", name, ownership.pipeline)
          : fmt::format("delivery stream {} exists already and is not this pipeline's", name),
      "delete it, or give the pipeline another name");
}

// The tags of a stream that was found to exist when it was to be created; nullopt: it is gone by now.
Result<std::optional<Tags>> tags_of_created(aws::Client& client, const std::string& name,
                                            const std::function<Result<void>(const std::string&)>& until_gone) {
  ASSIGN_OR_RETURN(const std::optional<firehose::Description> description,
                   firehose::describe_delivery_stream(client, name));
  if (!description) return std::optional<Tags>();
  if (description->status == firehose::Status::kDeleting) {
    RETURN_IF_ERROR(until_gone(name));
    return std::optional<Tags>();
  }
  return firehose::list_tags(client, name);
}

Result<void> update_destination(aws::Client& client, firehose::Description current, firehose::S3Destination wanted,
                                const ChangeCall& call) {
  aws::ConsistencyWait wait = client.consistency_wait(firehose::stream_resource(current.name));
  const Instant busy_until = client.loop().now() + aws::kBusyMax;
  for (int conflicts = 0;;) {
    // Settings that the spec does not control stay as another tool set them.
    wanted.foreign_processing = current.destination.foreign_processing;
    wanted.file_extension = current.destination.file_extension;
    wanted.custom_time_zone = current.destination.custom_time_zone;
    const Result<void> updated = call([&] {
      return firehose::update_destination(client, current.name, current.version_id, current.destination_id, wanted);
    });
    if (updated) return updated;
    if (updated.error().kind == ErrorKind::kInUse) {
      ASSIGN_OR_RETURN(const bool again, wait.pause(updated.error().message, busy_until));
      if (!again) return updated;
    } else if (updated.error().kind != ErrorKind::kConflict || ++conflicts >= kStreamTriesMax) {
      return updated;
    }
    ASSIGN_OR_RETURN(std::optional<firehose::Description> there,
                     firehose::describe_delivery_stream(client, current.name));
    if (!there) return updated;
    current = std::move(*there);
  }
}

// Reads a stream that this run has just created, again until Firehose shows it. Waits.
void read_new_stream(aws::Client& client, const std::string& name, StreamReading& reading) {
  const std::string resource = firehose::stream_resource(name);
  aws::ConsistencyWait wait = client.consistency_wait(resource);
  while (true) {
    read_stream(client, name, reading);
    if (!reading.description || *reading.description) return;
    const std::optional<Instant> until = client.recent_changes().created(resource, client.loop().now());
    if (!until) return;
    const Result<bool> again = wait.pause("Firehose does not show it yet", *until);
    if (!again) reading.description = again.error();
    if (!again || !*again) return;
  }
}

}  // namespace

void read_streams(aws::Client& client, const std::string& pipeline, StreamListReading& reading) {
  reading.names = firehose::list_delivery_streams(client);
  if (!reading.names) return;
  Group group(client.loop());
  const auto ask = [&client, &group](const std::string& name, StreamReading& into) {
    group.spawn([&client, &into, name] { into.description = firehose::describe_delivery_stream(client, name); });
    group.spawn([&client, &into, name] { into.tags = firehose::list_tags(client, name); });
  };
  for (const std::string& name : *reading.names) {
    const std::optional<int> number = stream_number(pipeline, name);
    if (!number) continue;
    ask(name, reading.streams[*number]);  // a map's elements stay where they are
  }
  // Streams that this run has just created may be missing in the list.
  const std::string prefix(firehose::kStreamResource);
  for (const std::string& resource : client.recent_changes().created_with_prefix(prefix, client.loop().now())) {
    const std::string name = resource.substr(prefix.size());
    const std::optional<int> number = stream_number(pipeline, name);
    if (!number || reading.streams.contains(*number)) continue;
    group.spawn([&client, &into = reading.streams[*number], name] { read_new_stream(client, name, into); });
  }
  group.join();
  // Listed, and then not found by one call or both: it was deleted since, or an answer is older than the stream.
  for (auto& [number, stream] : reading.streams) {
    const bool described = stream.description && *stream.description;
    const bool tagged = stream.tags && *stream.tags;
    const bool failed = !stream.description || !stream.tags;
    if (!failed && !(described && tagged)) ask(stream_name(pipeline, number), stream);
  }
  group.join();
}

void read_stream(aws::Client& client, const std::string& name, StreamReading& reading) {
  reading.description = firehose::describe_delivery_stream(client, name);
  if (reading.description && *reading.description) reading.tags = firehose::list_tags(client, name);
}

Result<std::optional<StreamState>> stream_state(const StreamReading& reading, const std::string& pipeline, int number) {
  const std::string context = "reading delivery stream " + stream_name(pipeline, number);
  if (!reading.description) return with_context(reading.description.error(), context);
  if (!reading.tags) return with_context(reading.tags.error(), context);
  if (!*reading.description) return std::optional<StreamState>();  // deleted after it was listed
  return std::optional<StreamState>(StreamState{number, **reading.description, reading.tags->value_or(Tags{})});
}

firehose::S3Destination wanted_destination(const Spec& spec, const Identity& identity, const std::string& role_arn) {
  firehose::S3Destination destination;
  destination.role_arn = role_arn;
  destination.bucket_arn = s3::bucket_arn(identity.partition, spec.bucket_name());
  destination.prefix = spec.prefix;
  destination.error_output_prefix = spec.error_prefix;
  destination.buffer_size_mib = spec.buffer_size_mib;
  destination.buffer_interval_s = spec.buffer_interval_s;
  destination.compression = spec.compression;
  destination.kms_key_arn = spec.kms_key;
  destination.logging_enabled = spec.error_logging;
  if (spec.error_logging) {
    destination.log_group = spec.log_group;
    destination.log_stream = spec.log_stream;
  }
  destination.append_delimiter = spec.newline;
  return destination;
}

bool records_can_be_counted(const firehose::Description& stream) { return !stream.destination.foreign_processing; }

Step stream_step(const std::string& pipeline, int number, Action action) {
  return {{Kind::kStream, stream_name(pipeline, number), number}, action, "", {}, {}, false};
}

std::string destination_detail(const Spec& spec) {
  return fmt::format("{} s / {} MiB, {}", spec.buffer_interval_s, spec.buffer_size_mib, to_lower(spec.compression));
}

void compare_stream(Changes& changes, const StreamState& current, const ResourceGoal& goal,
                    const firehose::S3Destination& wanted, bool spec_unchanged) {
  const firehose::Description& there = current.description;
  if (goal.ownership.owner_of(current.tags) != Owner::kOurs) {
    changes.blockers.push_back(not_this_pipelines(current, goal.ownership));
    return;
  }
  Step step = stream_step(goal.ownership.pipeline, current.number, Action::kUpdate);
  step.detail = destination_detail(goal.spec);
  if (there.status == firehose::Status::kCreatingFailed) {
    step.action = Action::kReplace;
    step.reasons.push_back("CREATING_FAILED: " + (there.failure_type.empty() ? "no reason given" : there.failure_type) +
                           (there.failure_details.empty() ? "" : ": " + there.failure_details));
    changes.steps.push_back(std::move(step));
    return;
  }
  if (there.status == firehose::Status::kDeleting) {
    step.action = Action::kCreate;
    step.drift = true;
    step.reasons.push_back("is being deleted; made again when it is gone");
    changes.steps.push_back(std::move(step));
    return;
  }
  if (there.status != firehose::Status::kActive && there.status != firehose::Status::kCreating) {
    changes.notes.push_back(
        {true, fmt::format("delivery stream {} is {}: fhctl leaves it alone.", there.name, there.status.text()),
         there.status == firehose::Status::kDeletingFailed
             ? "`fhctl scale` past it, or delete it by hand with AllowForceDelete"
             : ""});
    return;
  }
  if (there.type != "DirectPut") changes.blockers.push_back(cannot_change(there.name, "has the source " + there.type));
  if (!there.has_s3_destination) {
    changes.blockers.push_back(cannot_change(there.name, "does not deliver to S3"));
    return;
  }
  if (there.destination.foreign_processing) {
    add_note(changes, fmt::format("delivery stream {} has processing that fhctl did not set; it is kept.", there.name));
  }
  if (there.status == firehose::Status::kCreating)
    return;  // it cannot be updated yet; what it has came from a create call of ours
  compare_destination(step, there.destination, wanted);
  compare_tags(step, current.tags, goal);
  step.drift = spec_unchanged;
  add_step(changes, std::move(step));
}

Result<void> create_stream(aws::Client& client, const firehose::CreateDeliveryStreamInput& input,
                           const ChangeCall& call, const std::function<Result<void>(const std::string&)>& until_gone) {
  const auto create = [&] {
    return call([&]() -> Result<void> {
      const Result<std::string> arn = firehose::create_delivery_stream(client, input);
      return arn ? ok() : Result<void>(arn.error());
    });
  };
  return create_until_shown(client, {aws::Service::kFirehose, "delivery stream", input.name}, input.tags, create,
                            [&] { return tags_of_created(client, input.name, until_gone); });
}

Result<void> update_stream(aws::Client& client, const StreamState& current, const Step& step, const ResourceGoal& goal,
                           firehose::S3Destination wanted, const ChangeCall& call) {
  const std::string& name = current.description.name;
  const bool destination = std::any_of(step.changes.begin(), step.changes.end(),
                                       [](const FieldChange& change) { return !starts_with(change.field, "tag "); });
  if (destination) {
    RETURN_IF_ERROR(update_destination(client, current.description, std::move(wanted), call));
  }
  const TagChange change = tag_change(current.tags, goal);
  if (!change.set.empty()) RETURN_IF_ERROR(firehose::tag_delivery_stream(client, name, change.set));
  return change.remove.empty() ? ok() : firehose::untag_delivery_stream(client, name, change.remove);
}

}  // namespace fhctl::pipeline
