// From what the user asked for and what is there to what should be there: members, victims, tags.
#include <algorithm>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/pipeline/capacity.h"
#include "core/pipeline/desired.h"

namespace fhctl::pipeline {
namespace {

constexpr int kCountMax = 10'000;
constexpr int kBirthCount = 2;  // what a pipeline is born with when nothing says a count

Error refusal(std::string message, std::string hint) {
  Error error;
  error.kind = ErrorKind::kPrecondition;
  error.message = std::move(message);
  error.hint = std::move(hint);
  return error;
}

// A pipeline without pipeline.json and without streams is one whose birth was cut short.
bool born(const Observed& observed) { return observed.document.has_value() || !observed.members().empty(); }

bool deleting(const Observed& observed, int number) {
  const auto found = observed.streams.find(number);
  return found != observed.streams.end() && found->second.description.status == "DELETING";
}

bool ours(const Observed& observed, int number) {
  const auto found = observed.streams.find(number);
  return found != observed.streams.end() && observed.owner_of(found->second.tags) == Owner::kOurs;
}

int target_count(const Spec& spec, const Intent& intent, const Observed& observed, const Members& current) {
  const int now = static_cast<int>(current.size());
  if (intent.verb == Intent::Verb::kScale) return intent.count.value_or(now + intent.delta);
  if (spec.count) return *spec.count;
  return born(observed) ? now : kBirthCount;
}

// Takes back streams that are on their way out but still alive, then the lowest free numbers. A number whose stream is
// being deleted cannot be used: its name is taken until it is gone.
void grow(Members& members, int count, const Observed& observed) {
  for (const auto& [number, stream] : observed.streams) {
    if (static_cast<int>(members.size()) >= count) return;
    const std::string& status = stream.description.status;
    const bool usable = status == "ACTIVE" || status == "CREATING";
    if (usable && ours(observed, number)) members.insert(number);
  }
  for (int number = 1; static_cast<int>(members.size()) < count; ++number) {
    if (!deleting(observed, number)) members.insert(number);
  }
}

void shrink(Members& members, int count) {
  while (static_cast<int>(members.size()) > count) members.erase(std::prev(members.end()));
}

void refuse_shrink(Desired& desired, const Spec& spec, const Intent& intent, int now, int count) {
  if (intent.verb == Intent::Verb::kUp && !intent.allow_shrink) {
    desired.problems.push_back(
        refusal(fmt::format("{} has {} and the count asked for is {}; `up` never deletes streams by itself", spec.name,
                            plural(now, "stream"), count),
                fmt::format("`fhctl scale --to {}` shrinks; `--allow-shrink` lets `up` do it", count)));
    return;
  }
  if (!intent.no_drain) {
    desired.problems.push_back(refusal(
        fmt::format("going from {} to {} streams deletes {} and whatever is still buffered in {}", now, count,
                    plural(now - count, "stream"), now - count == 1 ? "it" : "them"),
        fmt::format("`--no-drain` agrees: the streams are marked as draining, {} pass for producers to let go, then "
                    "they are deleted without proof that they are empty",
                    format_duration(reload_time(spec)))));
  }
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

void decide_members(Desired& desired, const Spec& spec, const Intent& intent, const Observed& observed) {
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
  if (intent.verb == Intent::Verb::kScale && !born(observed)) {
    desired.problems.push_back(
        refusal(fmt::format("there is no pipeline {} in {} to scale", spec.name, observed.identity.region),
                fmt::format("`fhctl up {} --count {}` makes one", spec.name, std::max(count, 1))));
    return;
  }
  if (count == 0 && intent.allow_zero) {
    desired.notes.push_back(
        {true, "With no streams producers have nowhere to send: they keep trying the old ones.", ""});
  } else if (count != now || !born(observed)) {
    // The default quota is only a default: what AWS raised for this account, AWS knows.
    const Result<void> valid = check_count(count, observed.identity.region);
    if (!valid && (count < 1 || count > kCountMax)) {
      desired.problems.push_back(valid.error());
      return;
    }
    warn_of_quota(desired, observed, count, now);
  }
  if (count > now) grow(desired.members, count, observed);
  if (count < now) {
    shrink(desired.members, count);
    const bool deletes = std::any_of(current.begin(), current.end(), [&](int number) {
      return !desired.members.contains(number) && ours(observed, number) && !deleting(observed, number);
    });
    if (deletes) refuse_shrink(desired, spec, intent, now, count);  // a member that was never made is no loss
  }
}

// Streams of ours outside the members: to be deleted with consent, else they stay and are shown as draining.
void decide_doomed(Desired& desired, const Intent& intent, const Observed& observed) {
  for (const auto& [number, stream] : observed.streams) {
    if (desired.members.contains(number) || !ours(observed, number) || deleting(observed, number)) continue;
    const bool never_used = stream.description.status == "CREATING_FAILED";
    if (!desired.present || intent.no_drain || never_used) {
      desired.doomed.insert(number);
    } else {
      desired.draining.insert(number);
    }
  }
  if (!desired.draining.empty()) {
    desired.notes.push_back({true,
                             fmt::format("{} still draining and will be deleted by a later run.",
                                         plural(static_cast<std::int64_t>(desired.draining.size()), "stream") +
                                             (desired.draining.size() == 1 ? " is" : " are")),
                             "`fhctl scale --no-drain` deletes them now; `fhctl scale +1` takes one back"});
  }
}

// Names under which the pipeline lives cannot change: there is no way to rename a bucket, a role or a log group.
void refuse_renames(Desired& desired, const Observed& observed) {
  if (!observed.document) return;
  const Result<Spec> merged = merge_spec({{"pipeline.json", observed.document->spec, {}}});
  if (!merged) return;
  Spec was = *merged;
  was.name = desired.spec.name;
  const Spec& wanted = desired.spec;
  const auto compare = [&](const char* key, const std::string& before, const std::string& after) {
    if (before == after || before.empty()) return;
    desired.problems.push_back(
        refusal(fmt::format("{} cannot be changed in place: {} lives with `{}`, the spec now says `{}`", key,
                            wanted.name, before, after.empty() ? "none" : after),
                "put it back, or `fhctl destroy` and `fhctl up` under the new name"));
  };
  compare("bucket", was.bucket_name(), wanted.bucket_name());
  compare("role", was.role_name(), wanted.role_name());
  if (!wanted.external_role() && !was.external_role()) {
    compare("role.path", was.role_path, wanted.role_path);
    compare("role.policy", was.role_policy, wanted.role_policy);
  }
  if (was.error_logging && wanted.error_logging) {
    compare("logs.group", was.log_group, wanted.log_group);
    compare("logs.stream", was.log_stream, wanted.log_stream);
  }
  if (was.bucket_name() == wanted.bucket_name() && was.external_bucket() != wanted.external_bucket()) {
    compare("bucket ownership", was.external_bucket() ? "bucket.existing" : "bucket.name",
            wanted.external_bucket() ? "bucket.existing" : "bucket.name");
  }
}

std::string role_arn(const Spec& spec, const Observed& observed) {
  if (observed.role && equal_ignoring_case(observed.role->role.name, spec.role_name())) return observed.role->role.arn;
  return fmt::format("arn:{}:iam::{}:role{}{}", observed.identity.partition, observed.identity.account,
                     spec.external_role() ? "/" : spec.role_path, spec.role_name());
}

}  // namespace

Desired decide(const Spec& spec, const Intent& intent, const Observed& observed, const std::string& birth_id) {
  Desired desired;
  desired.present = intent.verb != Intent::Verb::kDestroy;
  desired.spec = spec;
  desired.identity = observed.identity;
  desired.id = observed.id.empty() ? birth_id : observed.id;
  desired.role_arn = role_arn(spec, observed);
  desired.adopt_bucket = intent.adopt_bucket;
  desired.keep_bucket = intent.keep_bucket;
  desired.empty_bucket = intent.empty_bucket;
  desired.tags = spec.tags;
  desired.tags[kPipelineTag] = spec.name;
  desired.tags[kRegionTag] = observed.identity.region;
  desired.tags[kIdTag] = desired.id;
  desired.tags[kBucketTag] = spec.bucket_name();
  if (observed.document_problem) {
    Error problem = *observed.document_problem;
    problem.kind = ErrorKind::kPrecondition;
    problem.hint =
        "look at that object; if it really is broken, delete it: the next run rebuilds it from the live streams and "
        "their tags";
    desired.problems.push_back(std::move(problem));
    return desired;
  }
  if (desired.present) {
    refuse_renames(desired, observed);
    decide_members(desired, spec, intent, observed);
    if (!desired.problems.empty()) return desired;
  }
  decide_doomed(desired, intent, observed);
  if (!desired.present && !desired.doomed.empty() && !intent.empty_bucket && !intent.no_drain) {
    desired.problems.push_back(refusal(
        fmt::format("destroying {} deletes {} without proof that nothing is left in their buffers", spec.name,
                    plural(static_cast<std::int64_t>(desired.doomed.size()), "stream")),
        fmt::format(
            "`--no-drain` agrees: {} pass for producers to let go and buffers to be flushed, then they are "
            "deleted; `--empty-bucket` deletes the data as well",
            format_duration(reload_time(spec) + std::chrono::seconds(spec.buffer_interval_s + spec.flush_margin_s)))));
  }
  return desired;
}

}  // namespace fhctl::pipeline
