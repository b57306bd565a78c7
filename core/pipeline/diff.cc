// The plan: what differs between what should be there and what is there, resource by resource. Pure.
#include "core/pipeline/diff.h"

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/pipeline/policies.h"
#include "core/pipeline/publish.h"

namespace fhctl::pipeline {
namespace {

Error foreign(std::string_view what, const std::string& name, const Observed& observed, const Tags& tags,
              std::string hint) {
  Error error;
  error.kind = ErrorKind::kPrecondition;
  error.hint = std::move(hint);
  const auto pipeline = tags.find(kPipelineTag);
  const auto region = tags.find(kRegionTag);
  if (observed.owner_of(tags) == Owner::kOtherLife) {
    error.message = fmt::format("{} {} is left over from an earlier pipeline {} (its fhctl:id is {}, this one's is {})",
                                what, name, observed.name, tags.at(kIdTag), observed.id);
  } else if (pipeline != tags.end() && region != tags.end()) {
    error.message = fmt::format("{} {} belongs to pipeline {} in {}", what, name, pipeline->second, region->second);
  } else {
    error.message = fmt::format("{} {} exists already and is not fhctl's: it has no fhctl: tags", what, name);
  }
  return error;
}

void diff_block(Step& step, const s3::PublicAccessBlock& block) {
  const auto compare = [&](const char* field, bool value) {
    if (!value) step.changes.push_back({field, "off", "on"});
  };
  compare("public access block: BlockPublicAcls", block.block_public_acls);
  compare("public access block: IgnorePublicAcls", block.ignore_public_acls);
  compare("public access block: BlockPublicPolicy", block.block_public_policy);
  compare("public access block: RestrictPublicBuckets", block.restrict_public_buckets);
}

void diff_lifecycle(Step& step, const Spec& spec, const std::vector<s3::LifecycleRule>& rules) {
  const s3::LifecycleRule* found = nullptr;
  for (const s3::LifecycleRule& rule : rules) {
    if (rule.id == kAbortUploadsRule) found = &rule;
  }
  const std::string wanted = fmt::format("unfinished uploads end after {} days", spec.abort_uploads_days);
  if (spec.abort_uploads_days == 0) {
    if (found) step.changes.push_back({"lifecycle rule " + std::string(kAbortUploadsRule), "there", "none"});
  } else if (!found) {
    step.changes.push_back({"lifecycle rule " + std::string(kAbortUploadsRule), "none", wanted});
  } else if (!s3::same_rule(*found, s3::abort_uploads_rule(std::string(kAbortUploadsRule), spec.abort_uploads_days))) {
    step.changes.push_back({"lifecycle rule " + std::string(kAbortUploadsRule), "edited", wanted});
  }
}

bool adoptable(const Desired& desired, const Observed& observed) {
  return desired.adopt_bucket && !observed.bucket.tags.contains(kPipelineTag);
}

std::optional<Error> bucket_blocker(const Desired& desired, const Observed& observed) {
  const Spec& spec = desired.spec;
  Error error;
  error.kind = ErrorKind::kPrecondition;
  switch (observed.bucket.answer) {
    case s3::HeadBucketResult::Answer::kForbidden:
      error.message =
          fmt::format("bucket {} belongs to another account, or this identity may not look at it", spec.bucket_name());
      error.aws_code = "BucketAlreadyExists";
      error.hint =
          fmt::format("bucket names are shared by everybody; leave the name out for {}, or give another --bucket",
                      default_bucket(spec.name, observed.identity.account, observed.identity.region));
      return error;
    case s3::HeadBucketResult::Answer::kOtherRegion:
      error.message = fmt::format("bucket {} is in {}, not in {}", spec.bucket_name(),
                                  observed.bucket.region.empty() ? "another region" : observed.bucket.region,
                                  observed.identity.region);
      error.hint = "run with that region, or give another --bucket";
      return error;
    case s3::HeadBucketResult::Answer::kAbsent:
      if (!spec.external_bucket()) return std::nullopt;
      error.message = fmt::format("bucket {} does not exist", spec.existing_bucket);
      error.hint = "--existing-bucket names a bucket that is there already; leave it out and fhctl makes one";
      return error;
    case s3::HeadBucketResult::Answer::kOurs:
      break;
  }
  if (spec.external_bucket() || observed.owner_of(observed.bucket.tags) == Owner::kOurs ||
      adoptable(desired, observed)) {
    return std::nullopt;
  }
  return foreign("bucket", spec.bucket_name(), observed, observed.bucket.tags,
                 observed.bucket.tags.contains(kPipelineTag)
                     ? "give another --bucket"
                     : "`--adopt-bucket` takes it over, `--existing-bucket` uses it without touching its settings");
}

void diff_bucket(Plan& plan, const Desired& desired, const Observed& observed) {
  if (std::optional<Error> blocker = bucket_blocker(desired, observed)) {
    plan.blockers.push_back(*blocker);
    return;
  }
  const Spec& spec = desired.spec;
  if (spec.external_bucket()) return;
  Step step{{Kind::kBucket, spec.bucket, 0}, Action::kUpdate, "", {}, {}, false};
  if (!observed.bucket.exists()) {
    step.action = Action::kCreate;
    step.detail = fmt::format("{}, public access blocked, encrypted", observed.identity.region);
    if (!observed.id.empty()) step.reasons.push_back("deleted outside fhctl");
    step.drift = !observed.id.empty();
    plan.steps.push_back(std::move(step));
    return;
  }
  if (adoptable(desired, observed)) step.reasons.push_back("adopted: it gets fhctl's tags");
  diff_tags(step, desired, observed, observed.bucket.tags);
  diff_block(step, observed.bucket.block);
  if (observed.bucket.encryption.algorithm.empty()) step.changes.push_back({"default encryption", "none", "AES256"});
  diff_lifecycle(step, spec, observed.bucket.rules);
  push_update(plan, std::move(step));
}

void diff_role(Plan& plan, const Desired& desired, const Observed& observed) {
  const Spec& spec = desired.spec;
  const PolicyScope scope{observed.identity.partition, observed.identity.region, observed.identity.account};
  if (spec.external_role()) {
    if (observed.role) return;
    Error error;
    error.kind = ErrorKind::kPrecondition;
    error.message = fmt::format("role {} does not exist", spec.existing_role);
    error.hint = "--existing-role names a role that is there already; leave it out and fhctl makes one";
    plan.blockers.push_back(std::move(error));
    return;
  }
  const bool gone = !observed.role && observed.document;
  Step policy{{Kind::kRolePolicy, spec.role + "/" + spec.role_policy, 0}, Action::kCreate, "", {}, {}, false};
  policy.detail = spec.error_logging ? "S3 write, logs:PutLogEvents" : "S3 write";
  Step role{{Kind::kRole, spec.role, 0}, Action::kUpdate, "", {}, {}, false};
  if (!observed.role) {
    role.action = Action::kCreate;
    role.detail = "assumed by firehose.amazonaws.com";
    role.drift = policy.drift = gone;
    if (gone) role.reasons.push_back("missing: without it delivery fails, Firehose keeps data for up to 24 hours");
    if (gone) policy.reasons.push_back("went with its role");
    plan.steps.push_back(std::move(role));
    plan.steps.push_back(std::move(policy));
    return;
  }
  const iam::Role& there = observed.role->role;
  if (observed.owner_of(there.tags) != Owner::kOurs) {
    plan.blockers.push_back(foreign("role", spec.role, observed, there.tags,
                                    "give another --role, or `--existing-role` to use it as it is"));
    return;
  }
  if (const std::string wanted = trust_policy(spec, scope); !same_policy(there.trust_policy, wanted)) {
    role.changes.push_back({"trust policy", there.trust_policy, wanted});
  }
  if (there.permissions_boundary != spec.permissions_boundary) {
    if (spec.permissions_boundary.empty()) {
      plan.notes.push_back(
          {false,
           fmt::format("role {} has the permissions boundary {}, which the spec does not name; it is kept.", spec.role,
                       there.permissions_boundary),
           ""});
    } else {
      role.changes.push_back({"permissions boundary",
                              there.permissions_boundary.empty() ? "none" : there.permissions_boundary,
                              spec.permissions_boundary});
    }
  }
  diff_tags(role, desired, observed, there.tags);
  push_update(plan, std::move(role));
  if (!observed.role->policy) {
    policy.drift = observed.document.has_value();
    if (policy.drift) policy.reasons.push_back("missing");
    plan.steps.push_back(std::move(policy));
  } else if (const std::string wanted = delivery_policy(spec, scope); !same_policy(*observed.role->policy, wanted)) {
    policy.action = Action::kUpdate;
    policy.changes.push_back({"policy", *observed.role->policy, wanted});
    push_update(plan, std::move(policy));
  }
}

std::string retention_text(std::optional<int> days) { return days ? fmt::format("{} days", *days) : "never expires"; }

// While pipeline.json has logging on, the group is fhctl's; what lost its tags, or shows them late, is not deleted.
void warn_of_lost_logs(Plan& plan, const Spec& spec, const Observed& observed) {
  if (!observed.log_group || !observed.document) return;
  const auto found = observed.document->spec.find("logs.enabled");
  if (found != observed.document->spec.end() && found->second != "true") return;
  plan.notes.push_back({true,
                        fmt::format("log group {} does not carry this pipeline's tags and stays.", spec.log_group),
                        "tags can take a minute to show: run the same command again; else delete it if it is yours"});
}

void diff_logs(Plan& plan, const Desired& desired, const Observed& observed) {
  const Spec& spec = desired.spec;
  Step group{{Kind::kLogGroup, spec.log_group, 0}, Action::kUpdate, "", {}, {}, false};
  Step stream{{Kind::kLogStream, spec.log_group + ":" + spec.log_stream, 0}, Action::kCreate, "", {}, {}, false};
  const bool owned = observed.log_group && observed.owner_of(observed.log_group->tags) == Owner::kOurs;
  if (!spec.error_logging) {
    if (!owned) return warn_of_lost_logs(plan, spec, observed);
    group.action = stream.action = Action::kDelete;
    group.reasons.push_back("the spec switched error logging off");
    plan.steps.push_back(std::move(group));
    if (observed.log_group->stream_exists) plan.steps.push_back(std::move(stream));
    return;
  }
  const std::optional<int> wanted =
      spec.log_retention_days > 0 ? std::optional<int>(spec.log_retention_days) : std::nullopt;
  if (!observed.log_group) {
    group.action = Action::kCreate;
    group.detail = wanted ? fmt::format("retention {} days", *wanted) : "never expires";
    group.drift = stream.drift = observed.document.has_value();
    if (group.drift) group.reasons.push_back("missing");
    plan.steps.push_back(std::move(group));
    plan.steps.push_back(std::move(stream));
    return;
  }
  if (!owned) {
    plan.blockers.push_back(
        foreign("log group", spec.log_group, observed, observed.log_group->tags, "give another --log-group"));
    return;
  }
  if (observed.log_group->group.retention_days != wanted) {
    if (wanted) {
      group.changes.push_back(
          {"retention", retention_text(observed.log_group->group.retention_days), retention_text(wanted)});
    } else {
      plan.notes.push_back({false,
                            fmt::format("log group {} keeps events for {}; fhctl does not lift that.", spec.log_group,
                                        retention_text(observed.log_group->group.retention_days)),
                            ""});
    }
  }
  diff_tags(group, desired, observed, observed.log_group->tags);
  push_update(plan, std::move(group));
  if (!observed.log_group->stream_exists) {
    stream.drift = observed.document.has_value();
    if (stream.drift) stream.reasons.push_back("missing");
    plan.steps.push_back(std::move(stream));
  }
}

// How a plan shows a key that has no value of its own: "60s (default)"; "" for a tag.
std::string default_text(const std::string& key) {
  static const SpecValues defaults = spec_values(Spec{});
  const auto found = defaults.find(key);
  if (found == defaults.end()) return "";
  return found->second.empty() ? "(default)" : found->second + " (default)";
}

// fhctl's own paper only shows when nothing else does: every other change rewrites it anyway.
void diff_paper(Plan& plan, const Desired& desired, const Observed& observed) {
  if (!plan.steps.empty() || !plan.blockers.empty()) return;
  Step settings{{Kind::kSettings, document_key(desired.spec.name, observed.identity.region), 0},
                Action::kUpdate,
                "",
                {},
                {},
                false};
  const SpecValues wanted = document_values(desired.spec);
  if (!observed.document) {
    settings.reasons.push_back("lost: rebuilt from the live streams and their tags");
    settings.drift = true;
    plan.steps.push_back(settings);
  } else if (is_destroy(observed.document->intent)) {
    settings.reasons.push_back("the newest request was to destroy the pipeline; this one replaces it");
    plan.steps.push_back(settings);
  } else if (observed.document->spec != wanted || observed.document->members != desired.members) {
    for (const auto& [key, after] : wanted) {
      const auto before = observed.document->spec.find(key);
      if (before == observed.document->spec.end()) {
        settings.changes.push_back({key, default_text(key), after});
      } else if (before->second != after) {
        settings.changes.push_back({key, before->second, after});
      }
    }
    for (const auto& [key, before] : observed.document->spec) {
      if (!wanted.contains(key)) settings.changes.push_back({key, before, default_text(key)});
    }
    if (observed.document->members != desired.members) {
      settings.changes.push_back(
          {"members", format_members(observed.document->members), format_members(desired.members)});
    }
    plan.steps.push_back(settings);
  }
  if (const std::optional<std::string> reason = manifest_lags(desired, observed)) {
    plan.steps.push_back({{Kind::kManifest, manifest_key(desired.spec.name, observed.identity.region), 0},
                          Action::kUpdate,
                          "",
                          {},
                          {*reason},
                          false});
  }
}

}  // namespace

void diff_tags(Step& step, const Desired& desired, const Observed& observed, const Tags& there) {
  for (const auto& [key, value] : desired.tags) {
    const auto found = there.find(key);
    if (found == there.end()) {
      step.changes.push_back({"tag " + key, "", value});
    } else if (found->second != value) {
      step.changes.push_back({"tag " + key, found->second, value});
    }
  }
  for (const std::string& key : dropped_tags(desired, observed)) {
    const auto found = there.find(key);
    if (found != there.end()) step.changes.push_back({"tag " + key, found->second, ""});
  }
}

std::vector<std::string> dropped_tags(const Desired& desired, const Observed& observed) {
  std::vector<std::string> dropped;
  if (!observed.document) return dropped;
  for (const auto& [key, value] : observed.document->spec) {
    if (!starts_with(key, kTagPrefix)) continue;
    const std::string tag = key.substr(kTagPrefix.size());
    if (!desired.tags.contains(tag)) dropped.push_back(tag);
  }
  return dropped;
}

void push_update(Plan& plan, Step step) {
  if (step.changes.empty() && step.action == Action::kUpdate) return;
  plan.steps.push_back(std::move(step));
}

SpecValues document_values(const Spec& spec) {
  SpecValues values = spec.given;
  std::erase_if(values, [](const auto& entry) { return !stored_in_document(entry.first); });
  return values;
}

Plan diff(const Desired& desired, const Observed& observed) {
  Plan plan;
  plan.blockers = desired.problems;
  plan.notes = desired.notes;
  plan.members_before = observed.members();
  plan.members_after = desired.members;
  if (!desired.problems.empty()) return plan;  // what would follow from a refused wish is nobody's plan
  if (!desired.present) {
    diff_destroy(plan, desired, observed);
    return plan;
  }
  diff_bucket(plan, desired, observed);
  diff_role(plan, desired, observed);
  diff_logs(plan, desired, observed);
  diff_streams(plan, desired, observed);
  diff_paper(plan, desired, observed);
  return plan;
}

}  // namespace fhctl::pipeline
