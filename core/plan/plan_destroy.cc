#include "core/plan/plan_destroy.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/plan/plan_streams.h"

namespace fhctl::pipeline {
namespace {

bool owned(const Observed& observed, const Tags& tags) { return observed.owner_of(tags) == Owner::kOurs; }

void destroy_role(Plan& plan, const Observed& observed) {
  const Spec& spec = observed.spec;
  if (!observed.role || spec.external_role() || !owned(observed, observed.role->role.tags)) return;
  compare_role_deletion(plan, *observed.role, spec, observed.destroy ? &observed.destroy->role : nullptr);
}

void destroy_logs(Plan& plan, const Desired& desired, const Observed& observed) {
  const Spec& spec = observed.spec;
  if (spec.external_log_group()) {
    if (spec.error_logging) {
      add_note(plan, fmt::format("Log group {} and its log stream {} are kept: they are not fhctl's.", spec.log_group,
                                 spec.log_stream));
    }
    return;
  }
  if (!observed.log_group || !owned(observed, observed.log_group->tags)) return;
  const bool give_back = is_adopted(*observed.log_group) && !desired.delete_log_group;
  compare_log_group_deletion(plan, *observed.log_group, spec, give_back);
  if (give_back) {
    add_note(plan, fmt::format("Log group {} was adopted and is kept; `--delete-log-group {}` deletes it with its "
                               "events.",
                               spec.log_group, spec.log_group));
  }
}

void destroy_bucket(Plan& plan, const Desired& desired, const Observed& observed) {
  const Spec& spec = observed.spec;
  const bool ours = observed.bucket.readable() && (spec.external_bucket() || owned(observed, observed.bucket.tags));
  if (!ours) return;
  if (spec.external_bucket() || desired.keep_bucket) {
    if (observed.document) add_deletion(plan, Kind::kSettings, document_key(observed.name, observed.identity.region));
    add_note(plan, fmt::format("Bucket {} and its data are kept{}.", spec.bucket_name(),
                               spec.external_bucket() ? ": it is not fhctl's" : ""));
    return;
  }
  compare_bucket_deletion(plan, spec.bucket, observed.destroy ? &observed.destroy->bucket : nullptr,
                          desired.empty_bucket);
}

}  // namespace

void diff_destroy(Plan& plan, const Desired& desired, const Observed& observed) {
  plan.members_after.clear();
  diff_leaving(plan, desired, observed);
  std::sort(plan.steps.begin(), plan.steps.end(),
            [](const Step& a, const Step& b) { return a.resource.number < b.resource.number; });
  destroy_role(plan, observed);
  destroy_logs(plan, desired, observed);
  destroy_bucket(plan, desired, observed);
  for (const auto& [number, stream] : observed.streams) {
    if (observed.owner_of(stream.tags) == Owner::kPreviousIncarnation) {
      plan.notes.push_back(
          {true,
           fmt::format("Delivery stream {} is left over from an earlier life of this pipeline and stays.",
                       stream.description.name),
           "look at its tags, then delete it by hand"});
    }
  }
}

}  // namespace fhctl::pipeline
