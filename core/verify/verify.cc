#include "core/verify/verify.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/base/loop.h"
#include "core/base/text.h"
#include "core/verify/verify_diagnose.h"
#include "core/verify/verify_look.h"
#include "core/verify/verify_parts.h"
#include "core/verify/verify_send.h"

namespace fhctl::pipeline {
namespace {

using std::chrono::seconds;

constexpr int kDefaultIntervalS = 300;  // Firehose's own
constexpr Duration kDeliveryTime = seconds(90);
constexpr Duration kLookPause = seconds(1);
constexpr Duration kLongestPause = seconds(5);

std::string bucket_of_arn(const std::string& arn) { return arn.substr(arn.rfind(':') + 1); }

bool read_as_text(const firehose::S3Destination& destination) {
  const bool known = destination.compression == "GZIP" || destination.compression == "UNCOMPRESSED";
  return known && !destination.foreign_processing;
}

VerifiedStream make_target(const Observed& observed, const StreamState& stream, const VerifyOptions& options) {
  VerifiedStream target;
  target.destination = stream.description.destination;
  target.bucket = {bucket_of_arn(target.destination.bucket_arn),
                   observed.spec.owner_of_bucket(observed.identity.account)};
  StreamProof& proof = target.proof;
  proof.stream = stream.description.name;
  proof.wanted = options.records;
  proof.buffer_interval_s = target.destination.buffer_interval_s.value_or(kDefaultIntervalS);
  proof.by_arrival = !read_as_text(target.destination);
  if (proof.by_arrival) {
    proof.how = target.destination.foreign_processing ? "processors of others" : target.destination.compression;
  }
  return target;
}

StreamProof unusable(const std::string& stream, std::string problem, std::string hint) {
  StreamProof proof;
  proof.stream = stream;
  proof.problem = std::move(problem);
  proof.hint = std::move(hint);
  return proof;
}

bool drains(const Observed& observed, const StreamState& stream) {
  if (!observed.members().contains(stream.number)) return true;
  const ManifestEntry* entry = observed.manifest ? observed.manifest->find(stream.description.name) : nullptr;
  return entry != nullptr && entry->draining();
}

// Sorts the pipeline's streams into those to send to, those left out with a reason, and those that cannot be used.
std::vector<VerifiedStream> choose_targets(const Observed& observed, const VerifyOptions& options,
                                           VerifyReport& report) {
  std::vector<VerifiedStream> targets;
  const std::string put_back = "`fhctl up` makes it again.";
  for (const int number : observed.members()) {
    if (observed.streams.contains(number)) continue;
    report.streams.push_back(unusable(stream_name(observed.name, number), "there is no such stream", put_back));
  }
  for (const auto& [number, stream] : observed.streams) {
    const std::string& name = stream.description.name;
    const firehose::StreamStatus& status = stream.description.status;
    if (observed.owner_of(stream.tags) != Owner::kOurs) {
      report.skipped.push_back({name, "it is not this pipeline's"});
    } else if (drains(observed, stream)) {
      report.skipped.push_back({name, "it is draining: nothing may be sent to it"});
    } else if (status != firehose::Status::kActive) {
      report.streams.push_back(unusable(name, fmt::format("the stream is {} and not ACTIVE", status.text()),
                                        "`fhctl describe` shows it; `fhctl up` continues with it"));
    } else if (!stream.description.has_s3_destination) {
      report.streams.push_back(unusable(name, "the stream does not deliver to S3", put_back));
    } else {
      targets.push_back(make_target(observed, stream, options));
    }
  }
  return targets;
}

Error no_active_stream(const Observed& observed, const VerifyReport& report) {
  Error error;
  error.kind = ErrorKind::kPrecondition;
  error.message =
      fmt::format("the pipeline {} in {} has no active stream to send to", observed.name, observed.identity.region);
  std::vector<std::string> reasons;
  for (const StreamProof& proof : report.streams) reasons.push_back(proof.stream + ": " + proof.problem);
  for (const SkippedStream& skipped : report.skipped) reasons.push_back(skipped.stream + ": " + skipped.reason);
  if (!reasons.empty()) error.message += " " + join(reasons, "; ") + ".";
  error.hint = "`fhctl describe` shows what is there; `fhctl up` creates what is missing";
  return error;
}

Result<void> send_all(aws::Client& sender, std::vector<VerifiedStream>& targets, const VerifyOptions& options) {
  constexpr std::size_t kParallel = 8;
  Group group(sender.loop(), kParallel);
  std::vector<Result<void>> results(targets.size(), ok());
  for (std::size_t i = 0; i < targets.size(); ++i) {
    group.spawn([&, i] { results[i] = send_markers(sender, targets[i], options); });
  }
  group.join();
  for (const Result<void>& result : results) {
    if (!result) return result.error();
  }
  return ok();
}

// The streams that could not be sent to stay in front of those that were.
VerifyReport with_targets(const VerifyReport& base, const std::vector<VerifiedStream>& targets) {
  VerifyReport report = base;
  for (const VerifiedStream& target : targets) report.streams.push_back(target.proof);
  std::sort(report.streams.begin(), report.streams.end(), [](const StreamProof& a, const StreamProof& b) {
    return std::pair(a.stream.size(), a.stream) < std::pair(b.stream.size(), b.stream);  // logs-2 before logs-10
  });
  return report;
}

Result<void> wait_for_all(aws::Client& client, std::vector<VerifiedStream>& targets, const VerifyReport& base,
                          const VerifyOptions& options) {
  const Instant deadline = client.loop().now() + base.timeout;
  Duration pause = kLookPause;
  while (true) {
    RETURN_IF_ERROR(look_for_markers(client, targets, base));
    if (options.progress) options.progress(with_targets(base, targets));
    const bool waiting =
        std::any_of(targets.begin(), targets.end(), [](const VerifiedStream& target) { return target.waiting(); });
    const Instant now = client.loop().now();
    if (!waiting || now >= deadline) return ok();
    if (Result<void> slept = client.control().sleep_until(std::min(deadline, now + pause)); !slept) {
      return with_context(slept.error(), "waiting for the marked records");
    }
    pause = std::min(kLongestPause, pause + kLookPause);
  }
}

}  // namespace

bool VerifyReport::proven() const {
  return !streams.empty() &&
         std::all_of(streams.begin(), streams.end(), [](const StreamProof& proof) { return proof.proven(); });
}

Result<VerifyReport> verify_streams(aws::Client& client, aws::Client& sender, const SpecSources& sources,
                                    const Observed& observed, const VerifyOptions& options) {
  VerifyReport report;
  report.run_id = options.run_id;
  report.bucket = observed.spec.bucket_name();
  std::vector<VerifiedStream> targets = choose_targets(observed, options, report);
  if (targets.empty()) return no_active_stream(observed, report);
  int longest_s = 0;
  for (const VerifiedStream& target : targets) longest_s = std::max(longest_s, target.proof.buffer_interval_s);
  report.timeout = options.timeout.value_or(seconds(longest_s) + kDeliveryTime);
  report.started = client.now();

  RETURN_IF_ERROR(send_all(sender, targets, options));
  RETURN_IF_ERROR(wait_for_all(client, targets, report, options));
  if (!with_targets(report, targets).proven()) {
    RETURN_IF_ERROR(diagnose(client, sources, observed, targets, report));
  }
  return with_targets(report, targets);
}

}  // namespace fhctl::pipeline
