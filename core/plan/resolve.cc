#include "core/plan/resolve.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/drain/drain.h"
#include "core/plan/desired.h"
#include "core/services/s3.h"
#include "core/spec/limits.h"
#include "core/spec/names.h"

namespace fhctl::pipeline {
namespace {

constexpr double kSpare = 1.2;
constexpr int kDefaultCount = 2;  // the count of a new pipeline when it is not given

Error refusal(std::string message, std::string hint) {
  return make_error(ErrorKind::kPrecondition, std::move(message), std::move(hint));
}

// A pipeline without pipeline.json and without streams is one whose creation was interrupted.
bool pipeline_exists(const Observed& observed) { return observed.document.has_value() || !observed.members().empty(); }

bool deleting(const Observed& observed, int number) {
  const auto found = observed.streams.find(number);
  return found != observed.streams.end() && found->second.description.status == firehose::Status::kDeleting;
}

bool ours(const Observed& observed, int number) {
  const auto found = observed.streams.find(number);
  return found != observed.streams.end() && observed.owner_of(found->second.tags) == Owner::kOurs;
}

// A stream with an unknown status may still deliver.
bool may_deliver(const Observed& observed, int number) {
  if (!ours(observed, number)) return false;
  const firehose::StreamStatus& status = observed.streams.at(number).description.status;
  return status != firehose::Status::kCreatingFailed && !deletion_began(status);
}

int target_count(const Spec& spec, const Intent& intent, const Observed& observed, const Members& current) {
  const int now = static_cast<int>(current.size());
  if (intent.verb == Intent::Verb::kScale) return intent.count.value_or(now + intent.delta);
  if (spec.count) return *spec.count;
  return pipeline_exists(observed) ? now : kDefaultCount;
}

// Makes draining streams active again, then adds the lowest free numbers. A number whose stream is being deleted cannot
// be used: its name is taken until it is gone.
void grow(Members& members, int count, const Observed& observed) {
  for (const auto& [number, stream] : observed.streams) {
    if (static_cast<int>(members.size()) >= count) return;
    const firehose::StreamStatus& status = stream.description.status;
    const bool usable = status == firehose::Status::kActive || status == firehose::Status::kCreating;
    if (usable && ours(observed, number)) members.insert(number);
  }
  for (int number = 1; static_cast<int>(members.size()) < count; ++number) {
    if (!deleting(observed, number)) members.insert(number);
  }
}

// Members that do not deliver are removed first: with a full quota a missing one could not be created before another is
// gone. Then the highest numbers, or those with the least traffic and among equals the highest.
void shrink(Members& members, int count, const Observed& observed, const Traffic* traffic) {
  const auto load = [&](int number) {
    if (!may_deliver(observed, number)) return -1.0;
    if (traffic == nullptr) return 0.0;
    const auto found = traffic->records.find(number);
    return found == traffic->records.end() ? 0.0 : found->second;
  };
  while (static_cast<int>(members.size()) > count) {
    auto victim = std::prev(members.end());
    for (auto member = members.end(); member != members.begin();) {
      if (load(*--member) < load(*victim)) victim = member;
    }
    members.erase(victim);
  }
}

void refuse_shrink(Desired& desired, const Spec& spec, int now, int count) {
  desired.problems.push_back(
      refusal(fmt::format("{} has {} and the count asked for is {}; `up` never deletes streams by itself", spec.name,
                          plural(now, "stream"), count),
              fmt::format("`fhctl scale --to {}` shrinks; `--allow-shrink` lets `up` do it", count)));
}

// The remaining streams must take the peak of the last 15 minutes plus 20 %.
void refuse_overload(Desired& desired, const Intent& intent, const Observed& observed, int count) {
  if (!observed.traffic || observed.traffic->denied || intent.force || count == 0) return;
  const Traffic& traffic = *observed.traffic;
  const StreamLimits limits = stream_limits(observed.identity.region);
  const double bytes = static_cast<double>(limits.bytes_per_s) * count;
  const double records = static_cast<double>(limits.records_per_s) * count;
  const bool by_bytes = traffic.peak_bytes_per_s * kSpare > bytes;
  if (!by_bytes && traffic.peak_records_per_s * kSpare <= records) return;
  const std::string peak = by_bytes ? fmt::format("{:.1f} MiB/s", traffic.peak_bytes_per_s / kMiB)
                                    : fmt::format("{:.0f} records/s", traffic.peak_records_per_s);
  const std::string takes =
      by_bytes ? fmt::format("{:.1f} MiB/s", bytes / kMiB) : fmt::format("{:.0f} records/s", records);
  desired.problems.push_back(
      refusal(fmt::format("{} would take {}, and the last 15 minutes had a peak of {} (x {} is asked for)",
                          plural(count, "stream"), takes, peak, kSpare),
              "keep more streams, or add --force"));
}

void warn_of_quota(Desired& desired, const Observed& observed, int count, int now) {
  const int quota = streams_quota(observed.identity.region);
  if (observed.streams_in_region + count - now <= quota) return;
  desired.notes.push_back(
      {true,
       fmt::format("The account uses {} of about {} delivery streams in {}; {} more are asked for.",
                   format_thousands(observed.streams_in_region), format_thousands(quota), observed.identity.region,
                   count - now),
       "what AWS refuses is said and the rest is kept; Service Quotas raises the quota (L-14BB0BE7)"});
}

void resolve_members(Desired& desired, const Spec& spec, const Intent& intent, const Observed& observed) {
  const Members current = observed.members();
  const int now = static_cast<int>(current.size());
  const int count = target_count(spec, intent, observed, current);
  desired.members = current;
  if (intent.expect_current && *intent.expect_current != now) {
    desired.problems.push_back(
        refusal(fmt::format("--expect-current {}: {} has {}", *intent.expect_current, spec.name, plural(now, "stream")),
                "look with `fhctl describe` and decide again"));
    return;
  }
  if (intent.verb == Intent::Verb::kScale && !pipeline_exists(observed)) {
    desired.problems.push_back(pipeline_not_found(spec.name, observed.identity));
    return;
  }
  if (count == 0 && intent.allow_zero) {
    desired.notes.push_back(
        {true, "With no streams producers have nowhere to send: they keep trying the old ones.", ""});
  } else if (count != now || !pipeline_exists(observed)) {
    // The default quota may have been raised for this account, which only AWS knows.
    const Result<void> valid = check_count(count, observed.identity.region);
    if (!valid && (count < 1 || count > kMembersMax)) {
      desired.problems.push_back(valid.error());
      return;
    }
    warn_of_quota(desired, observed, count, now);
  }
  if (count > now) grow(desired.members, count, observed);
  if (count < now) {
    const bool idle = intent.victims_idle && observed.traffic && !observed.traffic->denied;
    if (intent.victims_idle && !idle) {
      desired.problems.push_back(refusal("--victims idle needs the streams' metrics, which may not be read",
                                         "allow cloudwatch:GetMetricData, or take --victims last"));
      return;
    }
    shrink(desired.members, count, observed, idle ? &*observed.traffic : nullptr);
    const bool deletes = std::any_of(current.begin(), current.end(), [&](int number) {
      return !desired.members.contains(number) && ours(observed, number) && !deleting(observed, number);
    });
    if (!deletes) return;  // a member that was never created is no loss
    if (intent.verb == Intent::Verb::kUp && !intent.allow_shrink) return refuse_shrink(desired, spec, now, count);
    refuse_overload(desired, intent, observed, count);
  }
}

// Streams of a pipeline that is being destroyed drain as well, and are still members.
void take_back(Desired& desired, const Intent& intent, const Observed& observed) {
  desired.members = observed.members();
  if (!pipeline_exists(observed)) {
    desired.problems.push_back(pipeline_not_found(desired.spec.name, observed.identity));
    return;
  }
  for (const auto& [number, stream] : observed.streams) {
    const std::string& name = stream.description.name;
    const bool wanted = intent.take_back.empty() || intent.take_back.contains(name);
    if (wanted && ours(observed, number) && stream.description.status == firehose::Status::kActive)
      desired.members.insert(number);
  }
  for (const std::string& name : intent.take_back) {
    const std::optional<int> number = stream_number(desired.spec.name, name);
    if (number && desired.members.contains(*number)) continue;
    const bool late = number && deleting(observed, *number);
    desired.problems.push_back(
        refusal(late ? fmt::format("delivery stream {} is being deleted: it is too late to take it back", name)
                     : fmt::format("{} is not a draining stream of {}", name, desired.spec.name),
                late ? "`fhctl scale +1` makes another one" : "`fhctl describe` lists the streams"));
  }
}

bool in_manifest(const Observed& observed, const std::string& stream) {
  return observed.manifest && observed.manifest->find(stream) != nullptr;
}

// Whether a published manifest may have listed it.
bool was_used(const Observed& observed, int number) {
  const firehose::Description& stream = observed.streams.at(number).description;
  return may_take_records(stream.status) || in_manifest(observed, stream.name);
}

// Chooses how this pipeline's streams outside the members are deleted: with a drain, or at once if nothing can be lost
// or the user agreed.
void choose_deletions(Desired& desired, const Intent& intent, const Observed& observed) {
  // Without a bucket there is no manifest that could list a stream as draining, and no place to deliver to.
  const bool no_evidence =
      intent.no_drain || (!desired.present && (intent.empty_bucket || !observed.bucket.readable()));
  for (const auto& [number, stream] : observed.streams) {
    if (desired.members.contains(number) || !ours(observed, number) || deleting(observed, number)) continue;
    const bool failed = stream.description.status == firehose::Status::kCreatingFailed;
    (no_evidence || failed || !was_used(observed, number) ? desired.delete_now : desired.drain_then_delete)
        .insert(number);
  }
}

// --empty-bucket deletes the data anyway: only current traffic is a reason to refuse.
void refuse_live_traffic(Desired& desired, const Intent& intent, const Observed& observed) {
  if (!observed.traffic || intent.force) return;
  if (observed.traffic->denied) {
    desired.notes.push_back({true, "The streams' metrics may not be read: nobody knows whether records still come in.",
                             "allow cloudwatch:GetMetricData to have it checked"});
    return;
  }
  std::vector<std::string> streams;
  WallTime last{};
  for (const auto& [number, at] : observed.traffic->live) {
    streams.push_back(stream_name(desired.spec.name, number));
    last = std::max(last, at);
  }
  if (streams.empty()) return;
  desired.problems.push_back(
      refusal(fmt::format("records still came into {} at {}", join(streams, ", "), format_iso8601(last)),
              fmt::format("stop the producers and try again {} later, or delete it all the same with --force",
                          format_duration(quiet_time(desired.spec)))));
}

// The names of an existing pipeline's resources cannot change: a bucket, a role or a log group cannot be renamed.
void refuse_renames(Desired& desired, const Observed& observed) {
  if (!observed.document) return;
  Result<Spec> merged = merge_spec({{"pipeline.json", observed.document->spec, {}}});
  if (!merged) return;
  merged->name = desired.spec.name;
  // Names that the document does not contain are the default ones.
  merged = resolve_names(std::move(*merged), observed.identity.account, observed.identity.region);
  if (!merged) return;
  const Spec& was = *merged;
  const Spec& wanted = desired.spec;
  const auto compare = [&](const char* key, const std::string& before, const std::string& after) {
    if (before == after || before.empty()) return;
    desired.problems.push_back(
        refusal(fmt::format("{} cannot be changed in place: {} lives with `{}`, the spec now says `{}`", key,
                            wanted.name, before, after.empty() ? "none" : after),
                "put it back, or `fhctl destroy` and `fhctl up` under the new name"));
  };
  compare("bucket", was.bucket_name(), wanted.bucket_name());
  compare("bucket.owner", was.bucket_owner, wanted.bucket_owner);
  compare("role", was.role_name(), wanted.role_name());
  if (!wanted.external_role() && !was.external_role()) {
    compare("role.path", was.role_path, wanted.role_path);
    compare("role.policy", was.role_policy, wanted.role_policy);
  }
  if (was.error_logging && wanted.error_logging) {
    compare("logs.group", was.log_group, wanted.log_group);
    compare("logs.stream", was.log_stream, wanted.log_stream);
    if (was.log_group == wanted.log_group && was.external_log_group() != wanted.external_log_group()) {
      compare("log group ownership", was.external_log_group() ? "logs.existing" : "logs.group",
              wanted.external_log_group() ? "logs.existing" : "logs.group");
    }
  }
  if (was.bucket_name() == wanted.bucket_name() && was.external_bucket() != wanted.external_bucket()) {
    compare("bucket ownership", was.external_bucket() ? "bucket.existing" : "bucket.name",
            wanted.external_bucket() ? "bucket.existing" : "bucket.name");
  }
}

// Of an existing role that may not be read: the one that a stream of the pipeline uses under this name.
std::optional<std::string> role_arn_of_streams(const Spec& spec, const Observed& observed) {
  for (const auto& [number, stream] : observed.streams) {
    const std::string& arn = stream.description.destination.role_arn;
    if (observed.owner_of(stream.tags) == Owner::kOurs && ends_with(arn, "/" + spec.role_name())) return arn;
  }
  return std::nullopt;
}

std::string role_arn(const Spec& spec, const Observed& observed) {
  if (const std::string given = spec.existing_role_arn(); !given.empty()) return given;
  if (observed.role && observed.role->denied) {
    if (const std::optional<std::string> used = role_arn_of_streams(spec, observed)) return *used;
  } else if (observed.role && equal_ignoring_case(observed.role->role.name, spec.role_name())) {
    return observed.role->role.arn;
  }
  return fmt::format("arn:{}:iam::{}:role{}{}", observed.identity.partition, observed.identity.account,
                     spec.external_role() ? "/" : spec.role_path, spec.role_name());
}

// Without access to the bucket producers cannot be notified, the lock cannot exclude other runs, and the bucket would
// be left.
void refuse_hidden_bucket(Desired& desired, const Intent& intent, const Observed& observed) {
  const Spec& spec = desired.spec;
  const bool hidden = observed.bucket.answer == s3::HeadBucketResult::Answer::kForbidden;
  if (!hidden || (intent.keep_bucket && intent.force)) return;
  desired.problems.push_back(refusal(
      fmt::format("bucket {} belongs to another account, or this identity may not look at it", spec.bucket_name()),
      bucket_permission_hint(observed.identity, spec.bucket_name()) +
          "; `--keep-bucket --no-drain --force` destroys the rest without it, and producers are not told"));
}

// How a stream without our tags still belongs to the pipeline: it is in the manifest, or it uses what a destroy would
// delete; "" if it does not.
std::string held_by(const firehose::Description& stream, const Desired& desired, const Observed& observed) {
  const Spec& spec = desired.spec;
  if (in_manifest(observed, stream.name) && observed.manifest->epoch == observed.id) return "is in the manifest";
  if (desired.present) return "";
  if (!spec.external_role() && stream.destination.role_arn == desired.role_arn) return "delivers through this role";
  const std::string bucket = s3::bucket_arn(desired.identity.partition, spec.bucket_name());
  return !desired.keeps_bucket() && stream.destination.bucket_arn == bucket ? "delivers into this bucket" : "";
}

Error lost(const Observed& observed, const std::string& what, const char* force) {
  return refusal(
      fmt::format("{} does not carry this pipeline's tags", what),
      fmt::format("tags can take a minute to show: run the same command again; else delete it, or give it this "
                  "pipeline's tags ({}={}, {}={}, {}={}); {}",
                  kPipelineTag, observed.name, kRegionTag, observed.identity.region, kIdTag, observed.id, force));
}

// A stream without our tags is not ours, but tags are eventually consistent. Refuse instead of skipping it: a shrink
// would report success, and after a destroy what the stream holds could not be delivered. Members are checked in
// build_plan().
void refuse_lost_streams(Desired& desired, const Intent& intent, const Observed& observed) {
  if (intent.force) return;
  for (const auto& [number, stream] : observed.streams) {
    const firehose::Description& description = stream.description;
    if (observed.owner_of(stream.tags) != Owner::kForeign || deletion_began(description.status)) continue;
    const std::string why = held_by(description, desired, observed);
    if (why.empty() || desired.members.contains(number)) continue;
    desired.problems.push_back(lost(observed, fmt::format("delivery stream {} {} and", description.name, why),
                                    desired.present ? "`fhctl scale` with --force leaves it behind"
                                                    : "--force leaves it behind, and what it holds is lost"));
  }
}

// While pipeline.json exists, these resources existed with their tags.
void refuse_lost_parts(Desired& desired, const Intent& intent, const Observed& observed) {
  if (intent.force || !observed.document) return;
  const Spec& spec = desired.spec;
  const auto look_at = [&](const std::string& what, const Tags& tags) {
    if (observed.owner_of(tags) != Owner::kForeign) return;
    desired.problems.push_back(lost(observed, what, "--force leaves it behind"));
  };
  if (observed.role && !spec.external_role()) look_at("role " + spec.role, observed.role->role.tags);
  // An adopted group without the other tags was given back by an earlier run of this destroy.
  if (observed.log_group && spec.error_logging && !spec.external_log_group() && !is_adopted(*observed.log_group)) {
    look_at("log group " + spec.log_group, observed.log_group->tags);
  }
  if (observed.bucket.readable() && !desired.keeps_bucket()) look_at("bucket " + spec.bucket, observed.bucket.tags);
}

// When the pipeline was created: as pipeline.json says, or without it the date of its oldest stream. nullopt: not
// known.
std::optional<WallTime> pipeline_created(const Observed& observed) {
  const std::optional<WallTime> stored =
      observed.document ? parse_iso8601(observed.document->created_at) : std::nullopt;
  return stored ? stored : oldest_stream(observed);
}

// Deleting an adopted log group takes consent that names it.
void refuse_log_group_deletion(Desired& desired, const Intent& intent) {
  const Spec& spec = desired.spec;
  desired.delete_log_group = !intent.delete_log_group.empty();
  if (!desired.delete_log_group) return;
  if (spec.external_log_group()) {
    desired.problems.push_back(refusal(fmt::format("log group {} is not fhctl's: it is never deleted", spec.log_group),
                                       "leave --delete-log-group out"));
  } else if (intent.delete_log_group != spec.log_group) {
    desired.problems.push_back(refusal(fmt::format("--delete-log-group {} names another log group: that of {} is {}",
                                                   intent.delete_log_group, spec.name, spec.log_group),
                                       "name the pipeline's own log group, or leave the flag out"));
  }
}

// Deleting the data of a bucket that fhctl did not create takes consent that names the bucket.
void refuse_adopted_bucket(Desired& desired, const Intent& intent, const Observed& observed) {
  const Spec& spec = desired.spec;
  if (!intent.empty_bucket || spec.external_bucket() || !observed.bucket.readable()) return;
  if (!intent.empty_bucket_name.empty() && intent.empty_bucket_name != spec.bucket) {
    desired.problems.push_back(refusal(fmt::format("--empty-bucket={} names another bucket: the bucket of {} is {}",
                                                   intent.empty_bucket_name, spec.name, spec.bucket),
                                       "name the pipeline's own bucket, or use --keep-bucket"));
    return;
  }
  if (observed.owner_of(observed.bucket.tags) != Owner::kOurs || !intent.empty_bucket_name.empty()) return;
  const std::optional<std::string> evidence = adoption_evidence(observed);
  if (!evidence) return;
  desired.problems.push_back(
      refusal(fmt::format("bucket {} may have data that is not this pipeline's: {}; --empty-bucket would delete it all",
                          spec.bucket, *evidence),
              fmt::format("--empty-bucket={} deletes bucket and data; --keep-bucket keeps both", spec.bucket)));
}

}  // namespace

std::vector<Error> newer_document_problems(const Spec& spec, const Observed& observed, bool destroy) {
  std::vector<Error> problems;
  if (!observed.document) return problems;
  for (const auto& [key, version] : missing_requirements(*observed.document)) {
    problems.push_back(
        refusal(fmt::format("pipeline.json requires \"{}\", which this version of fhctl does not know", key),
                version.empty() ? "use a newer version of fhctl for this pipeline"
                                : fmt::format("use fhctl {} or newer for this pipeline", version)));
  }
  for (const std::string& key : unreadable_keys(*observed.document)) {
    if (spec.given.contains(key) || (destroy && !names_resource(key))) continue;
    problems.push_back(
        refusal(fmt::format("pipeline.json has {} = {}, which this version of fhctl cannot read", key,
                            observed.document->unknown_spec.at(key)),
                "use the version of fhctl that wrote it, or give the key a value with its flag or in fhctl.toml"));
  }
  return problems;
}

Desired resolve_desired(const Spec& spec, const Intent& intent, const Observed& observed, const std::string& new_id) {
  Desired desired;
  desired.present = intent.verb != Intent::Verb::kDestroy;
  desired.spec = spec;
  desired.identity = observed.identity;
  desired.id = observed.id.empty() ? new_id : observed.id;
  desired.role_arn = role_arn(spec, observed);
  desired.adopt_bucket = intent.adopt_bucket;
  desired.adopt_log_group = intent.adopt_log_group;
  desired.keep_bucket = intent.keep_bucket;
  desired.empty_bucket = intent.empty_bucket;
  desired.tags = spec.tags;
  desired.tags[kPipelineTag] = spec.name;
  desired.tags[kRegionTag] = observed.identity.region;
  desired.tags[kIdTag] = desired.id;
  desired.tags[kBucketTag] = spec.bucket_name();
  if (!spec.bucket_owner.empty()) desired.tags[kBucketOwnerTag] = spec.bucket_owner;
  if (observed.document_problem) {
    Error problem = *observed.document_problem;
    problem.kind = ErrorKind::kPrecondition;
    if (problem.hint.empty()) {
      problem.hint =
          "look at that object; if it really is broken, delete it: the next run rebuilds it from the live streams and "
          "their tags";
    }
    desired.problems.push_back(std::move(problem));
    return desired;
  }
  for (Error& problem : newer_document_problems(spec, observed, !desired.present)) {
    desired.problems.push_back(std::move(problem));
  }
  if (desired.present) {
    refuse_renames(desired, observed);
    if (intent.verb == Intent::Verb::kUndrain) {
      take_back(desired, intent, observed);
    } else {
      resolve_members(desired, spec, intent, observed);
    }
    refuse_lost_streams(desired, intent, observed);
  } else {
    refuse_hidden_bucket(desired, intent, observed);
    refuse_lost_streams(desired, intent, observed);
    refuse_lost_parts(desired, intent, observed);
    refuse_adopted_bucket(desired, intent, observed);
    refuse_log_group_deletion(desired, intent);
    if (intent.empty_bucket) refuse_live_traffic(desired, intent, observed);
  }
  const bool leaves_the_rest = intent.verb == Intent::Verb::kUndrain;
  if (desired.problems.empty() && !leaves_the_rest) choose_deletions(desired, intent, observed);
  return desired;
}

std::optional<WallTime> oldest_stream(const Observed& observed) {
  std::optional<WallTime> oldest;
  for (const auto& [number, stream] : observed.streams) {
    const auto seconds = static_cast<std::int64_t>(stream.description.create_timestamp);
    if (seconds <= 0 || observed.owner_of(stream.tags) != Owner::kOurs) continue;
    const WallTime created{std::chrono::seconds(seconds)};
    if (!oldest || created < *oldest) oldest = created;
  }
  return oldest;
}

std::optional<std::string> adoption_evidence(const Observed& observed) {
  constexpr auto kMargin = std::chrono::minutes(5);
  if (observed.bucket.tags.contains(kAdoptedTag)) return "it was adopted";
  const std::optional<WallTime> pipeline = pipeline_created(observed);
  if (!observed.destroy || !pipeline) return std::nullopt;
  const BucketObstacles& there = observed.destroy->bucket;
  if (there.created && *there.created + kMargin < *pipeline) {
    return fmt::format("it was created at {}, before the pipeline ({})", format_iso8601(*there.created),
                       format_iso8601(*pipeline));
  }
  if (there.oldest_data && *there.oldest_data < *pipeline) {
    return fmt::format("it has data of {}, from before the pipeline was created ({})",
                       format_iso8601(*there.oldest_data), format_iso8601(*pipeline));
  }
  return std::nullopt;
}

bool wants_traffic(const Spec& spec, const Intent& intent, const Observed& observed) {
  if (intent.verb == Intent::Verb::kDestroy) return intent.empty_bucket && !intent.force;
  if (intent.verb == Intent::Verb::kUndrain || (intent.force && !intent.victims_idle)) return false;
  const Members current = observed.members();
  return target_count(spec, intent, observed, current) < static_cast<int>(current.size());
}

}  // namespace fhctl::pipeline
