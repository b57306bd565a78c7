#include "cli/views/describe_parts.h"

#include <fmt/format.h>

#include "core/base/text.h"

namespace fhctl::cli {
namespace {

using pipeline::Kind;
using pipeline::Observed;
using pipeline::Owner;

std::string owner_state(Owner owner) {
  if (owner == Owner::kOurs) return "ok";
  return owner == Owner::kPreviousIncarnation ? "leftover" : "foreign";
}

DescribedPart bucket_part(const Observed& observed) {
  DescribedPart part{Kind::kBucket, observed.spec.bucket_name(), "missing", ""};
  const bool external = observed.spec.external_bucket();
  using Answer = s3::HeadBucketResult::Answer;
  if (observed.bucket.answer == Answer::kForbidden) {
    part.state = "foreign";
    part.note = "it exists and may not be read: another account's, or a permission is missing";
  } else if (observed.bucket.answer == Answer::kOtherRegion) {
    part.state = "foreign";
    part.note = "it is in " + observed.bucket.region;
  } else if (observed.bucket.readable()) {
    part.state = external ? "external" : owner_state(observed.owner_of(observed.bucket.tags));
  } else {
    part.note = "delivery is failing; Firehose keeps data for up to 24 h";
  }
  return part;
}

void add_role_parts(const Observed& observed, std::vector<DescribedPart>& parts) {
  const bool external = observed.spec.external_role();
  DescribedPart role{Kind::kRole, observed.spec.role_name(), "missing", ""};
  if (observed.role) role.state = external ? "external" : owner_state(observed.owner_of(observed.role->role.tags));
  if (observed.role && observed.role->denied) role.note = "it may not be read: not checked";
  if (!observed.role) role.note = "delivery is failing; Firehose keeps data for up to 24 h";
  parts.push_back(role);
  if (external) return;
  const bool has_policy = observed.role && observed.role->policy;
  DescribedPart policy{Kind::kRolePolicy, observed.spec.role_name() + "/" + observed.spec.role_policy,
                       has_policy ? "ok" : "missing", ""};
  if (observed.role && !has_policy) policy.note = "delivery is failing; Firehose keeps data for up to 24 h";
  parts.push_back(policy);
}

void add_log_parts(const Observed& observed, std::vector<DescribedPart>& parts) {
  if (!observed.spec.error_logging) return;
  DescribedPart group{Kind::kLogGroup, observed.spec.log_group, "missing", ""};
  const bool external = observed.spec.external_log_group();
  if (observed.log_group)
    group.state = external ? "external" : owner_state(observed.owner_of(observed.log_group->tags));
  if (observed.log_group && is_adopted(*observed.log_group)) group.note = "adopted";
  if (!observed.log_group) group.note = "delivery errors are not recorded";
  const bool has_stream = observed.log_group && observed.log_group->stream_exists;
  DescribedPart stream{Kind::kLogStream, observed.spec.log_group + ":" + observed.spec.log_stream,
                       has_stream ? "ok" : "missing", ""};
  if (observed.log_group && !observed.log_group->denied.empty()) {
    group.note = stream.note = "it may not be read: not checked";
    if (observed.log_group->denied.contains("logs:DescribeLogStreams")) stream.state = "external";
  }
  parts.push_back(std::move(group));
  parts.push_back(std::move(stream));
}

}  // namespace

std::vector<DescribedPart> described_parts(const Observed& observed) {
  std::vector<DescribedPart> parts = {bucket_part(observed)};
  add_role_parts(observed, parts);
  add_log_parts(observed, parts);
  return parts;
}

std::string stream_state(const Observed& observed, const pipeline::StreamState& stream) {
  if (observed.owner_of(stream.tags) != Owner::kOurs) return "foreign";
  const firehose::StreamStatus& status = stream.description.status;
  if (ends_with(status.text(), "_FAILED")) return "failed";
  if (status == firehose::Status::kDeleting) return "deleting";
  if (!draining_since(observed, stream).empty() || !observed.members().contains(stream.number)) return "draining";
  return status == firehose::Status::kActive ? "active" : to_lower(status.text());
}

std::string draining_since(const Observed& observed, const pipeline::StreamState& stream) {
  const pipeline::ManifestEntry* entry = observed.manifest ? observed.manifest->find(stream.number) : nullptr;
  return entry != nullptr && entry->draining() ? entry->drain_started_at : "";
}

bool nothing_there(const Observed& observed) {
  return observed.resources() == 0 && !observed.document && !observed.document_problem && observed.streams.empty();
}

std::string created_text(const pipeline::StreamState& stream) {
  if (stream.description.create_timestamp <= 0) return "-";
  const auto ms = static_cast<std::int64_t>(stream.description.create_timestamp * 1000);
  return format_iso8601(WallTime(std::chrono::milliseconds(ms)));
}

std::string local_manifest_key(LocalManifest::State state) {
  switch (state) {
    case LocalManifest::State::kUnused:
      return "unused";
    case LocalManifest::State::kMissing:
      return "missing";
    case LocalManifest::State::kSame:
      return "same";
    case LocalManifest::State::kOlder:
      return "older";
    case LocalManifest::State::kForeign:
      return "foreign";
    case LocalManifest::State::kBroken:
      break;
  }
  return "broken";
}

std::string local_manifest_text(const LocalManifest& local) {
  const std::string path = escape_for_terminal(local.path);
  switch (local.state) {
    case LocalManifest::State::kUnused:
      return "";
    case LocalManifest::State::kMissing:
      return fmt::format("\n  {} is not there", path);
    case LocalManifest::State::kSame:
      return fmt::format("\n  {} is the same", path);
    case LocalManifest::State::kOlder:
      return fmt::format("\n  {} has generation {}: `fhctl manifest publish` brings it up to date", path,
                         local.generation);
    case LocalManifest::State::kForeign:
      return fmt::format("\n  {} is another pipeline's", path);
    case LocalManifest::State::kBroken:
      break;
  }
  return fmt::format("\n  {} is not a manifest", path);
}

}  // namespace fhctl::cli
