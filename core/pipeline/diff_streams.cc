#include <algorithm>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/pipeline/diff.h"
#include "core/pipeline/drain.h"

namespace fhctl::pipeline {
namespace {

std::string size_text(std::optional<int> mib) {
  return fmt::format("{} MiB", mib.value_or(5));
}  // the server's default
std::string interval_text(std::optional<int> s) { return fmt::format("{} s", s.value_or(300)); }  // likewise

std::string destination_detail(const Spec& spec) {
  return fmt::format("{} s / {} MiB, {}", spec.buffer_interval_s, spec.buffer_size_mib, to_lower(spec.compression));
}

void diff_destination(Step& step, const firehose::S3Destination& there, const firehose::S3Destination& wanted) {
  const auto compare = [&](const char* field, const std::string& before, const std::string& after) {
    if (before != after) step.changes.push_back({field, before, after});
  };
  const auto on_off = [](bool value) { return std::string(value ? "on" : "off"); };
  compare("role", there.role_arn, wanted.role_arn);
  compare("bucket", there.bucket_arn, wanted.bucket_arn);
  compare("prefix", there.prefix, wanted.prefix);
  compare("error prefix", there.error_output_prefix, wanted.error_output_prefix);
  compare("buffer interval", interval_text(there.buffer_interval_s), interval_text(wanted.buffer_interval_s));
  compare("buffer size", size_text(there.buffer_size_mib), size_text(wanted.buffer_size_mib));
  compare("compression", there.compression, wanted.compression);
  compare("KMS key", there.kms_key_arn.empty() ? "none" : there.kms_key_arn,
          wanted.kms_key_arn.empty() ? "none" : wanted.kms_key_arn);
  compare("error logging", on_off(there.logging_enabled), on_off(wanted.logging_enabled));
  if (wanted.logging_enabled) {
    compare("log group", there.log_group, wanted.log_group);
    compare("log stream", there.log_stream, wanted.log_stream);
  }
  // Processing that somebody else configured is theirs; the newline is ours only where nothing else is processed.
  if (!there.foreign_processing) compare("newline", on_off(there.append_delimiter), on_off(wanted.append_delimiter));
}

Step stream_step(const Observed& observed, int number, Action action) {
  return {{Kind::kStream, stream_name(observed.name, number), number}, action, "", {}, {}, false};
}

Error cannot_change(const std::string& name, const std::string& what) {
  Error error;
  error.kind = ErrorKind::kPrecondition;
  error.message = fmt::format("delivery stream {} {}, which cannot be changed in place", name, what);
  error.hint = "delete that stream by hand; `fhctl up` makes it again";
  return error;
}

void diff_member(Plan& plan, const Desired& desired, const Observed& observed, const ObservedStream& stream) {
  const firehose::Description& there = stream.description;
  if (observed.owner_of(stream.tags) != Owner::kOurs) {
    Error error;
    error.kind = ErrorKind::kPrecondition;
    const bool other_life = observed.owner_of(stream.tags) == Owner::kOtherLife;
    error.message =
        other_life
            ? fmt::format("delivery stream {} is left over from an earlier pipeline {}", there.name, observed.name)
            : fmt::format("delivery stream {} exists already and is not this pipeline's", there.name);
    error.hint = "delete it, or give the pipeline another name";
    plan.blockers.push_back(std::move(error));
    return;
  }
  Step step = stream_step(observed, stream.number, Action::kUpdate);
  step.detail = destination_detail(desired.spec);
  if (there.status == "CREATING_FAILED") {
    step.action = Action::kReplace;
    step.reasons.push_back("CREATING_FAILED: " + (there.failure_type.empty() ? "no reason given" : there.failure_type) +
                           (there.failure_details.empty() ? "" : ": " + there.failure_details));
    plan.steps.push_back(std::move(step));
    return;
  }
  if (there.status == "DELETING") {
    step.action = Action::kCreate;
    step.drift = true;
    step.reasons.push_back("is being deleted; made again when it is gone");
    plan.steps.push_back(std::move(step));
    return;
  }
  if (there.status != "ACTIVE" && there.status != "CREATING") {
    plan.notes.push_back(
        {true, fmt::format("delivery stream {} is {}: fhctl leaves it alone.", there.name, there.status),
         there.status == "DELETING_FAILED" ? "`fhctl scale` past it, or delete it by hand with AllowForceDelete" : ""});
    return;
  }
  if (there.type != "DirectPut") plan.blockers.push_back(cannot_change(there.name, "has the source " + there.type));
  if (!there.has_s3_destination) {
    plan.blockers.push_back(cannot_change(there.name, "does not deliver to S3"));
    return;
  }
  if (there.destination.foreign_processing) {
    plan.notes.push_back(
        {false, fmt::format("delivery stream {} has processing that fhctl did not set; it is kept.", there.name), ""});
  }
  if (there.status == "CREATING") return;  // it cannot be updated yet; what it has came from a create call of ours
  diff_destination(step, there.destination, desired_destination(desired));
  diff_tags(step, desired, observed, stream.tags);
  step.drift = observed.document && observed.document->spec == document_values(desired.spec);
  push_update(plan, std::move(step));
}

}  // namespace

firehose::S3Destination desired_destination(const Desired& desired) {
  const Spec& spec = desired.spec;
  firehose::S3Destination destination;
  destination.role_arn = desired.role_arn;
  destination.bucket_arn = s3::bucket_arn(desired.identity.partition, spec.bucket_name());
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

void diff_leaving(Plan& plan, const Desired& desired, const Observed& observed) {
  for (const int number : desired.doomed) {
    Step step = stream_step(observed, number, Action::kDelete);
    const std::string& status = observed.streams.at(number).description.status;
    const bool erased = !desired.present && desired.empty_bucket;
    step.detail = may_take_records(status) && !erased ? "WITHOUT A DRAIN: what it still holds may be lost" : status;
    plan.steps.push_back(std::move(step));
  }
  for (const int number : desired.draining) {
    Step step = stream_step(observed, number, Action::kDelete);
    step.detail = "drained first: at least " + format_duration(shortest_drain(desired.spec));
    if (observed.manifest) {
      for (const ManifestEntry& entry : observed.manifest->streams) {
        if (entry.index == number && entry.state == "draining")
          step.detail = "draining since " + entry.drain_started_at;
      }
    }
    plan.steps.push_back(std::move(step));
  }
}

void diff_streams(Plan& plan, const Desired& desired, const Observed& observed) {
  for (const int number : desired.members) {
    const auto found = observed.streams.find(number);
    if (found != observed.streams.end()) {
      diff_member(plan, desired, observed, found->second);
      continue;
    }
    Step step = stream_step(observed, number, Action::kCreate);
    step.detail = destination_detail(desired.spec);
    if (observed.document && observed.document->members.contains(number)) {
      step.drift = true;
      step.reasons.push_back("not there, though it is a member: never made, or deleted outside fhctl");
    }
    plan.steps.push_back(std::move(step));
  }
  diff_leaving(plan, desired, observed);
  std::sort(plan.steps.begin(), plan.steps.end(), [](const Step& a, const Step& b) {
    return std::pair(a.resource.kind, a.resource.number) < std::pair(b.resource.kind, b.resource.number);
  });
}

}  // namespace fhctl::pipeline
