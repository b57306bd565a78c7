#include "core/verify/verify_diagnose.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/drain/delivery_errors.h"
#include "core/observe/observe.h"
#include "core/plan/build_plan.h"
#include "core/plan/resolve.h"
#include "core/verify/object_names.h"
#include "core/verify/verify_look.h"
#include "core/verify/verify_parts.h"

namespace fhctl::pipeline {
namespace {

constexpr int kErrorPagesMax = 20;

// Returns the objects under the error prefix that are newer than the sending; reads at most a few pages. Waits.
Result<std::vector<std::string>> error_objects(aws::Client& client, const VerifiedStream& stream, WallTime started) {
  firehose::S3Destination errors = stream.destination;
  errors.prefix = stream.destination.error_output_prefix;
  std::vector<std::string> keys;
  if (errors.prefix.empty()) return keys;
  const WallTime from = oldest_key_time(stream, started);
  for (const std::string& prefix : listing_prefixes(errors, stream.proof.stream, from, client.now())) {
    std::string token;
    for (int count = 0; count < kErrorPagesMax; ++count) {
      Result<s3::ObjectsPage> page = s3::list_objects(client, stream.bucket, prefix, token);
      if (!page && page.error().kind == ErrorKind::kNotFound) return keys;
      if (!page) return with_context(page.error(), "looking under the error prefix");
      for (const s3::ObjectSummary& object : page->objects) {
        const bool ours = is_object_of(object.key, stream.proof.stream, errors.prefix);
        if (ours && modified_since(object.last_modified, started)) keys.push_back(object.key);
      }
      if (!page->truncated) break;
      token = page->next_token;
    }
  }
  return keys;
}

std::string delivery_sentence(const DeliveryErrorGroup& error) {
  const std::string what = error.code.empty() ? "something" : error.code;
  return fmt::format("Firehose could not deliver: {}, {} since the sending: {}", what, plural(error.count, "time"),
                     error.message);
}

// The first fact added is the most specific one; its advice is the hint.
void add(StreamProof& proof, const std::string& fact, std::string_view hint) {
  if (!fact.empty()) proof.problem += (proof.problem.empty() ? "" : "; ") + fact;
  if (proof.hint.empty()) proof.hint = hint;
}

bool ends_the_run(const Error& error) {
  return error.kind == ErrorKind::kCancelled || error.kind == ErrorKind::kTimeout;
}

struct ErrorLog {
  std::vector<DeliveryErrorGroup> errors;
  std::string blind;  // why it could not be read; empty: it was read
};

ErrorLog read_log(aws::Client& client, const Spec& spec, WallTime started) {
  if (!spec.error_logging) return {{}, "delivery errors are not logged (error logging is off)"};
  Result<std::vector<DeliveryError>> errors = read_delivery_errors(client, spec, started - std::chrono::seconds(5));
  if (!errors) return {{}, describe(errors.error())};
  return {group_delivery_errors(*errors), ""};
}

void add_log(const ErrorLog& log, StreamProof& proof) {
  bool any = false;
  for (const DeliveryErrorGroup& group : log.errors) {
    if (group.stream != proof.stream) continue;
    any = true;
    const DeliveryAdvice advice = advice_for(group.code);
    add(proof, delivery_sentence(group), advice.remedy);
  }
  if (!log.blind.empty()) add(proof, log.blind, "");
  if (log.blind.empty() && !any) add(proof, "no delivery error was logged so far", "");
}

std::string missing_sentence(const StreamProof& proof) {
  if (proof.by_arrival) return fmt::format("no object has arrived since the sending ({})", proof.how);
  return fmt::format("{} of {} records did not arrive in time", proof.sent - proof.found, proof.sent);
}

// Adds the pipeline's state: a stream that changed since the sending, resources that are missing or differ.
void add_state(const Observed& now, StreamProof& proof) {
  const auto stream = std::find_if(now.streams.begin(), now.streams.end(),
                                   [&](const auto& each) { return each.second.description.name == proof.stream; });
  if (stream == now.streams.end()) {
    add(proof, "the stream is gone", "`fhctl up` makes it again.");
  } else if (stream->second.description.status != firehose::Status::kActive) {
    add(proof, fmt::format("the stream is {} now", stream->second.description.status.text()),
        "`fhctl describe` shows it.");
  }
}

std::vector<std::string> drift_of(const Observed& now) {
  std::vector<std::string> drift;
  for (const Step& step : diff(resolve_desired(now.spec, Intent{}, now, ""), now).steps) {
    if (step.resource.kind == Kind::kStream || step.resource.kind == Kind::kManifest) continue;
    drift.push_back(fmt::format("{} {}: {}", kind_title(step.resource.kind), step.resource.name,
                                step.action == Action::kCreate ? "missing" : "differs from what is wanted"));
  }
  return drift;
}

}  // namespace

Result<void> diagnose(aws::Client& client, const SpecSources& sources, const Observed& observed,
                      std::vector<VerifiedStream>& streams, VerifyReport& report) {
  Result<Observed> now = observe(client, observed.identity, sources);
  if (!now && ends_the_run(now.error())) return now.error();
  if (now) report.drift = drift_of(*now);
  if (!now) report.drift.push_back("the pipeline's state cannot be read: " + describe(now.error()));
  const ErrorLog log = read_log(client, with_live_logging(observed), report.started);

  for (VerifiedStream& stream : streams) {
    StreamProof& proof = stream.proof;
    if (proof.arrived() || (proof.sent == 0 && !proof.problem.empty())) continue;
    add(proof, missing_sentence(proof), "");
    if (!stream.obstacle.empty()) add(proof, stream.obstacle, "");
    add_log(log, proof);
    if (now) add_state(*now, proof);
    if (stream.lost_bucket) {
      add(proof, "", "`fhctl up` makes the bucket again; Firehose keeps trying for 24 hours.");
      continue;
    }
    ASSIGN_OR_RETURN(std::vector<std::string> failed, error_objects(client, stream, report.started));
    if (!failed.empty()) {
      add(proof,
          fmt::format("{} under the error prefix since then, the first is {}",
                      plural(static_cast<std::int64_t>(failed.size()), "object"), failed.front()),
          "The objects under the error prefix hold the records and say why they failed.");
    }
    add(proof, "", "Delivery errors may be logged some minutes late: `fhctl logs --follow` shows them.");
  }
  return ok();
}

}  // namespace fhctl::pipeline
