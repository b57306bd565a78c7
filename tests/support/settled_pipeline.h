// A pipeline of two streams without drift, and its plan as text. A test changes one thing and compares every line of
// the plan that diff() returns.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/base/text.h"
#include "core/plan/build_plan.h"
#include "core/plan/manifest_build.h"
#include "core/plan/plan_streams.h"
#include "core/plan/resolve.h"
#include "core/publish/publisher.h"
#include "core/spec/policies.h"

namespace fhctl::pipeline {

inline constexpr WallTime kNow{std::chrono::seconds(1'768'903'451)};
inline const PolicyScope kScope{"aws", "us-west-2", "123456789012"};

// Returns the settings that a user would have given for the spec: every value that differs from its default.
inline SpecValues given_of(const Spec& spec) {
  Spec defaults;
  defaults.name = spec.name;
  defaults = *resolve_names(defaults, kScope.account, kScope.region);
  const SpecValues usual = spec_values(defaults);
  SpecValues given = spec_values(spec);
  std::erase_if(given, [&](const auto& entry) {
    const auto found = usual.find(entry.first);
    return found != usual.end() && found->second == entry.second;
  });
  if (spec.external_log_group()) given.erase("logs.group");  // filled in by resolve_names()
  return given;
}

inline SpecValues stored_of(Spec spec) {
  spec.given = given_of(spec);
  return document_values(spec);
}

struct World {
  Spec spec;
  Intent intent;
  Observed observed;

  Plan plan() const {
    Spec wanted = spec;
    wanted.given = given_of(spec);
    return diff(resolve_desired(wanted, intent, observed, "new"), observed);
  }
  firehose::S3Destination& destination(int number) { return observed.streams.at(number).description.destination; }
};

inline StreamState live_stream(const Desired& desired, int number) {
  StreamState stream;
  stream.number = number;
  stream.description.name = stream_name("logs", number);
  stream.description.status = firehose::Status::kActive;
  stream.description.type = "DirectPut";
  stream.description.has_s3_destination = true;
  stream.description.destination = desired_destination(desired);
  stream.tags = desired.tags;
  return stream;
}

inline World settled() {
  World world;
  world.spec.name = "logs";
  world.spec.tags = {{"team", "web"}};
  world.spec = *resolve_names(world.spec, kScope.account, kScope.region);
  Observed& there = world.observed;
  there.identity = {kScope.account, kScope.partition, kScope.region, ""};
  there.name = "logs";
  there.spec = world.spec;
  there.id = "5c0e2b7f9a1d4e36";
  there.document = Document{"logs", kScope.account, kScope.region, there.id, "", "", stored_of(world.spec), {1, 2}};
  const Desired desired = resolve_desired(world.spec, world.intent, there, "new");
  for (const int number : {1, 2}) there.streams[number] = live_stream(desired, number);
  there.bucket.answer = s3::HeadBucketResult::Answer::kOurs;
  there.bucket.tags = desired.tags;
  there.bucket.settings.public_access = {true, true, true, true};
  there.bucket.settings.encryption.algorithm = "AES256";
  there.bucket.settings.lifecycle.rules = {
      s3::abort_uploads_rule(std::string(kAbortUploadsRule), world.spec.abort_uploads_days)};
  there.role = RoleState{};
  there.role->role.name = world.spec.role;
  there.role->role.arn = desired.role_arn;
  there.role->role.trust_policy = trust_policy(world.spec, kScope);
  there.role->role.tags = desired.tags;
  there.role->policy = delivery_policy(world.spec, kScope);
  there.log_group = LogGroupState{};
  there.log_group->group.retention_days = world.spec.log_retention_days;
  there.log_group->tags = desired.tags;
  there.log_group->stream_exists = true;
  there.manifest = build_manifest(desired, streams_now(desired, there), std::nullopt, kNow);
  return world;
}

// Returns one line for each step, blocker and note. Policies are shown without their values, which are long.
inline std::vector<std::string> lines_of(const Plan& plan) {
  std::vector<std::string> lines;
  for (const Step& step : plan.steps) {
    std::string line = fmt::format("{} {}", action_mark(step.action), kind_key(step.resource.kind));
    if (step.resource.number > 0) line += " " + step.resource.name;
    if (step.drift) line += " (drift)";
    for (const std::string& reason : step.reasons) line += " [" + reason + "]";
    for (const FieldChange& change : step.changes) {
      const bool long_value = contains(change.field, "policy");
      line += long_value ? fmt::format(" {{{}}}", change.field)
                         : fmt::format(" {{{}: {} -> {}}}", change.field, change.before, change.after);
    }
    if (step.action != Action::kUpdate && !step.detail.empty()) line += ": " + step.detail;
    lines.push_back(line);
  }
  for (const Error& blocker : plan.blockers) lines.push_back("! " + blocker.message);
  for (const Note& note : plan.notes) lines.push_back((note.warning ? "** " : "* ") + note.message);
  return lines;
}

struct DiffRow {
  const char* name;
  std::function<void(World&)> change;
  std::vector<std::string> lines;
};

}  // namespace fhctl::pipeline
