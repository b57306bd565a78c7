#include "core/plan/plan_streams.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/drain/drain.h"
#include "core/plan/build_plan.h"

namespace fhctl::pipeline {

firehose::S3Destination desired_destination(const Desired& desired) {
  return wanted_destination(desired.spec, desired.identity, desired.role_arn);
}

void diff_leaving(Plan& plan, const Desired& desired, const Observed& observed) {
  for (const int number : desired.delete_now) {
    Step step = stream_step(observed.name, number, Action::kDelete);
    const firehose::StreamStatus& status = observed.streams.at(number).description.status;
    const bool erased = !desired.present && desired.empty_bucket;
    step.detail =
        may_take_records(status) && !erased ? "WITHOUT A DRAIN: what it still holds may be lost" : status.text();
    plan.steps.push_back(std::move(step));
  }
  for (const int number : desired.drain_then_delete) {
    Step step = stream_step(observed.name, number, Action::kDelete);
    step.detail = "drained first: at least " + format_duration(shortest_drain(desired.spec));
    const ManifestEntry* entry = observed.manifest ? observed.manifest->find(number) : nullptr;
    if (entry != nullptr && entry->draining()) step.detail = "draining since " + entry->drain_started_at;
    plan.steps.push_back(std::move(step));
  }
}

void diff_streams(Plan& plan, const Desired& desired, const Observed& observed) {
  const ResourceGoal goal = resource_goal(desired, observed);
  const firehose::S3Destination wanted = desired_destination(desired);
  const bool spec_unchanged = observed.document && observed.document->spec == document_values(desired.spec);
  for (const int number : desired.members) {
    const auto found = observed.streams.find(number);
    if (found != observed.streams.end()) {
      compare_stream(plan, found->second, goal, wanted, spec_unchanged);
      continue;
    }
    Step step = stream_step(observed.name, number, Action::kCreate);
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
