// Destroy is a plan with nothing desired. Every blocker is read before anything is deleted.
#include <algorithm>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/pipeline/diff.h"

namespace fhctl::pipeline {
namespace {

void block(Plan& plan, std::string message, std::string hint) {
  Error error;
  error.kind = ErrorKind::kPrecondition;
  error.message = std::move(message);
  error.hint = std::move(hint);
  plan.blockers.push_back(std::move(error));
}

bool owned(const Observed& observed, const Tags& tags) { return observed.owner_of(tags) == Owner::kOurs; }

void remove(Plan& plan, Kind kind, const std::string& name, std::string detail = "") {
  plan.steps.push_back({{kind, name, 0}, Action::kDelete, std::move(detail), {}, {}, false});
}

void destroy_role(Plan& plan, const Observed& observed) {
  const Spec& spec = observed.spec;
  if (!observed.role || spec.external_role() || !owned(observed, observed.role->role.tags)) return;
  if (observed.destroy) {
    const DestroyReading& there = *observed.destroy;
    if (!there.foreign_role_policies.empty()) {
      block(plan,
            fmt::format("role {} has inline policies that fhctl did not make: {}", spec.role,
                        join(there.foreign_role_policies, ", ")),
            "remove them first; fhctl deletes only what it made");
    }
    if (!there.attached_policies.empty()) {
      block(plan, fmt::format("role {} has attached policies: {}", spec.role, join(there.attached_policies, ", ")),
            "detach them first");
    }
    if (!there.instance_profiles.empty()) {
      block(plan, fmt::format("role {} is in instance profiles: {}", spec.role, join(there.instance_profiles, ", ")),
            "remove it from them first");
    }
  }
  if (observed.role->policy) remove(plan, Kind::kRolePolicy, spec.role + "/" + spec.role_policy);
  remove(plan, Kind::kRole, spec.role);
}

void destroy_logs(Plan& plan, const Observed& observed) {
  if (!observed.log_group || !owned(observed, observed.log_group->tags)) return;
  if (observed.log_group->stream_exists)
    remove(plan, Kind::kLogStream, observed.spec.log_group + ":" + observed.spec.log_stream);
  remove(plan, Kind::kLogGroup, observed.spec.log_group);
}

std::string data_text(const DestroyReading& there) {
  return (there.data_more ? "more than " : "") + format_thousands(there.data_seen) +
         (there.data_seen == 1 && !there.data_more ? " object or version" : " objects and versions");
}

void destroy_bucket(Plan& plan, const Desired& desired, const Observed& observed) {
  const Spec& spec = observed.spec;
  const bool ours = observed.bucket.readable() && (spec.external_bucket() || owned(observed, observed.bucket.tags));
  if (!ours) return;
  if (spec.external_bucket() || desired.keep_bucket) {
    if (observed.document) remove(plan, Kind::kSettings, document_key(observed.name, observed.identity.region));
    plan.notes.push_back({false,
                          fmt::format("Bucket {} and its data are kept{}.", spec.bucket_name(),
                                      spec.external_bucket() ? ": it is not fhctl's" : ""),
                          ""});
    return;
  }
  std::string detail;
  if (observed.destroy) {
    const DestroyReading& there = *observed.destroy;
    if (!there.other_pipelines.empty()) {
      block(plan, fmt::format("bucket {} is also used by {}", spec.bucket, join(there.other_pipelines, ", ")),
            "destroy those first, or keep the bucket with --keep-bucket");
    }
    if (there.object_lock) {
      block(plan,
            fmt::format(
                "bucket {} has Object Lock: its objects cannot be deleted for a time that fhctl does not override",
                spec.bucket),
            "--keep-bucket destroys the rest and keeps it");
    }
    if (there.data && !desired.empty_bucket) {
      block(plan, fmt::format("bucket {} is not empty: {}", spec.bucket, data_text(there)),
            "add --empty-bucket to delete the data, or --keep-bucket to keep bucket and data");
    }
    detail = there.data ? data_text(there) + ": ALL DATA WILL BE DELETED" : "empty";
  }
  remove(plan, Kind::kBucket, spec.bucket, detail);
}

}  // namespace

void diff_destroy(Plan& plan, const Desired& desired, const Observed& observed) {
  plan.members_after.clear();
  diff_leaving(plan, desired, observed);
  std::sort(plan.steps.begin(), plan.steps.end(),
            [](const Step& a, const Step& b) { return a.resource.number < b.resource.number; });
  destroy_role(plan, observed);
  destroy_logs(plan, observed);
  destroy_bucket(plan, desired, observed);
  for (const auto& [number, stream] : observed.streams) {
    if (observed.owner_of(stream.tags) == Owner::kOtherLife) {
      plan.notes.push_back(
          {true,
           fmt::format("Delivery stream {} is left over from an earlier life of this pipeline and stays.",
                       stream.description.name),
           "look at its tags, then delete it by hand"});
    }
  }
}

}  // namespace fhctl::pipeline
