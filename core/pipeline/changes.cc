// The changes on buckets, roles and log groups. Read, merged, written: what others put there stays.
#include <algorithm>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/pipeline/diff.h"
#include "core/pipeline/policies.h"
#include "core/pipeline/work.h"

namespace fhctl::pipeline {
namespace {

constexpr int kLooksMax = 15;
constexpr int kLooksForOurs = 4;  // so often tags of another life may be those of an earlier bucket of the name
constexpr int kCreateTriesMax = 3;

Error taken_meanwhile(std::string_view what, const std::string& name) {
  Error error;
  error.kind = ErrorKind::kPrecondition;
  error.message = fmt::format("{} {} was made by somebody else in this moment", what, name);
  error.hint = "run the same command again to see whose it is";
  return error;
}

PolicyScope scope_of(const Desired& desired) {
  return {desired.identity.partition, desired.identity.region, desired.identity.account};
}

Error bucket_taken(const std::string& name) {
  Error error;
  error.kind = ErrorKind::kPrecondition;
  error.message = "bucket " + name + " belongs to another account";
  error.hint = "give another --bucket";
  return error;
}

// Before a change is sent again whose answer was lost: what follows at once may meet the connection that lost it.
// Waits, not for the first try. Errors: the stop or deadline of the run.
Result<void> pause_before_try(Run& run, int attempt) {
  return attempt == 0 ? ok() : run.control.sleep_for(std::chrono::seconds(1));
}

// Until S3 says that the bucket is there, whoever lost which answer. True: this run certainly made it. us-east-1 says
// that of one that was ours already, too. Waits.
Result<bool> create_until_there(Run& run, const s3::BucketRef& bucket, const Tags& tags) {
  Result<s3::CreateBucketAnswer> answer = s3::CreateBucketAnswer::kTaken;
  for (int attempt = 0; attempt < kCreateTriesMax; ++attempt) {
    if (Result<void> paused = pause_before_try(run, attempt); !paused) return paused.error();
    answer = s3::create_bucket(run.client, bucket.name, tags);
    if (answer && *answer == s3::CreateBucketAnswer::kTaken) return bucket_taken(bucket.name);
    if (answer) return *answer == s3::CreateBucketAnswer::kCreated && run.client.region() != "us-east-1";
    if (!answer_lost(answer.error())) return answer.error();
    const Result<s3::HeadBucketResult> head = s3::head_bucket(run.client, bucket);
    if (!head) return head.error();
    if (head->answer == s3::HeadBucketResult::Answer::kOurs) return false;
    if (head->answer == s3::HeadBucketResult::Answer::kForbidden) return bucket_taken(bucket.name);
  }
  return answer.error();
}

// A bucket's settings spread with some delay, so a fresh one may not show its tags at once, or those of an earlier one
// of its name. Waits.
Result<Tags> tags_of_fresh_bucket(Run& run, const s3::BucketRef& bucket, const Desired& desired) {
  Result<Tags> tags = Tags{};
  for (int attempt = 0; attempt < kLooksMax; ++attempt) {
    if (attempt > 0) {
      if (Result<void> slept = run.control.sleep_for(std::chrono::seconds(1)); !slept) return slept.error();
    }
    tags = s3::get_bucket_tags(run.client, bucket);
    if (!tags && tags.error().kind != ErrorKind::kNotFound) return tags;
    if (tags && tags->empty() && run.client.custom_endpoint(aws::Service::kS3)) return tags;
    if (tags && !tags->empty() && (same_life(*tags, desired) || attempt + 1 >= kLooksForOurs)) return tags;
  }
  return tags;
}

}  // namespace

Result<std::string> make_bucket(Run& run, const Desired& desired) {
  const std::string& name = desired.spec.bucket;
  const s3::BucketRef bucket{name, desired.identity.account};
  const Result<bool> made = create_until_there(run, bucket, desired.tags);
  if (!made) return made.error();
  run.client.bucket_was_made(name);
  // Whoever answered what: whose it is, its tags tell.
  Result<Tags> tags = tags_of_fresh_bucket(run, bucket, desired);
  if (!tags) return tags.error();
  if (tags->empty() && run.client.custom_endpoint(aws::Service::kS3)) {
    // Some servers drop tags given at creation. HeadBucket said in this very run that there was no such bucket, so an
    // empty one is ours; on AWS itself a bucket is born with its tags.
    const auto page = s3::list_object_versions(run.client, bucket, "", "", "");
    if (!page) return page.error();
    if (page->versions.empty()) {
      if (Result<void> tagged = s3::put_bucket_tags(run.client, bucket, desired.tags); !tagged) return tagged.error();
      tags = desired.tags;
    }
  }
  const auto pipeline = tags->find(kPipelineTag);
  const auto region = tags->find(kRegionTag);
  if (pipeline == tags->end() || region == tags->end() || pipeline->second != desired.spec.name ||
      region->second != desired.identity.region) {
    return taken_meanwhile("bucket", name);
  }
  if (*made) return desired.id;
  // Another run of ours may have won the race: the look after the lock adopts its id.
  const auto id = tags->find(kIdTag);
  return id == tags->end() ? std::string() : id->second;
}

Result<void> update_bucket(Work& work) {
  const s3::BucketRef bucket = work.bucket();
  aws::Client& client = work.run.client;
  Tags tags = work.observed.bucket.tags;
  const TagChange change = tag_change(work, tags);
  if (!change.set.empty() || !change.remove.empty()) {
    if (work.desired.adopt_bucket && !tags.contains(kPipelineTag)) tags[kAdoptedTag] = "true";
    for (const auto& [key, value] : change.set) tags[key] = value;
    for (const std::string& key : change.remove) tags.erase(key);
    if (Result<void> put = s3::put_bucket_tags(client, bucket, tags); !put) return put;
  }
  const s3::PublicAccessBlock tight{true, true, true, true};
  if (work.observed.bucket.block != tight) {
    if (Result<void> put = s3::put_public_access_block(client, bucket, tight); !put) return put;
  }
  if (work.observed.bucket.encryption.algorithm.empty()) {
    if (Result<void> put = s3::put_bucket_encryption(client, bucket, {"AES256", "", false}); !put) return put;
  }
  const std::string rule_id(kAbortUploadsRule);
  std::vector<s3::LifecycleRule> rules;
  const s3::LifecycleRule* mine = nullptr;
  for (const s3::LifecycleRule& rule : work.observed.bucket.rules) {
    if (rule.id == rule_id) {
      mine = &rule;
    } else {
      rules.push_back(rule);
    }
  }
  const int days = work.desired.spec.abort_uploads_days;
  if (days > 0) {
    const s3::LifecycleRule wanted = s3::abort_uploads_rule(rule_id, days);
    if (mine && s3::same_rule(*mine, wanted)) return ok();
    rules.push_back(wanted);
    return s3::put_lifecycle(client, bucket, rules);
  }
  if (!mine) return ok();
  return rules.empty() ? s3::delete_lifecycle(client, bucket) : s3::put_lifecycle(client, bucket, rules);
}

Result<void> make_role(Work& work) {
  const Spec& spec = work.desired.spec;
  iam::CreateRoleInput input;
  input.name = spec.role;
  input.path = spec.role_path;
  input.trust_policy = trust_policy(spec, scope_of(work.desired));
  input.description = "Delivery role of the fhctl pipeline " + spec.name;
  input.permissions_boundary = spec.permissions_boundary;
  input.tags = work.desired.tags;
  for (int attempt = 0; attempt < 3; ++attempt) {
    if (Result<void> paused = pause_before_try(work.run, attempt); !paused) return paused;
    const Result<iam::Role> made = iam::create_role(work.run.client, input);
    if (made) return ok();
    if (made.error().kind != ErrorKind::kAlreadyExists && !answer_lost(made.error())) return made.error();
    const Result<std::optional<iam::Role>> there = iam::get_role(work.run.client, spec.role);
    if (!there) return there.error();
    if (*there)
      return same_life((*there)->tags, work.desired) ? ok() : Result<void>(taken_meanwhile("role", spec.role));
  }
  Error error;
  error.kind = ErrorKind::kUnavailable;
  error.message = "creating role " + spec.role + " got no answer three times, and the role is not there";
  error.hint = "run the same command again";
  return error;
}

Result<void> update_role(Work& work, const Step& step) {
  aws::Client& client = work.run.client;
  const Spec& spec = work.desired.spec;
  const iam::Role there = work.observed.role->role;
  const auto changes = [&](std::string_view field) {
    return std::any_of(step.changes.begin(), step.changes.end(),
                       [&](const FieldChange& change) { return change.field == field; });
  };
  if (changes("trust policy")) {
    const std::string wanted = trust_policy(spec, scope_of(work.desired));
    if (Result<void> put = iam::update_assume_role_policy(client, spec.role, wanted); !put) return put;
  }
  if (changes("permissions boundary")) {
    if (Result<void> put = iam::put_permissions_boundary(client, spec.role, spec.permissions_boundary); !put)
      return put;
  }
  const TagChange change = tag_change(work, there.tags);
  if (!change.set.empty()) {
    if (Result<void> put = iam::tag_role(client, spec.role, change.set); !put) return put;
  }
  return change.remove.empty() ? ok() : iam::untag_role(client, spec.role, change.remove);
}

Result<void> put_policy(Work& work) {
  const Spec& spec = work.desired.spec;
  return iam::put_role_policy(work.run.client, spec.role, spec.role_policy,
                              delivery_policy(spec, scope_of(work.desired)));
}

Result<void> make_log_group(Work& work) {
  aws::Client& client = work.run.client;
  const Spec& spec = work.desired.spec;
  const Identity& identity = work.desired.identity;
  const std::string arn = logs::group_arn(identity.partition, identity.region, identity.account, spec.log_group);
  Result<void> made = logs::create_log_group(client, spec.log_group, work.desired.tags);
  for (int attempt = 0; !made && attempt < 3; ++attempt) {
    if (made.error().kind != ErrorKind::kAlreadyExists && !answer_lost(made.error())) return made;
    const Result<std::optional<Tags>> there = logs::list_tags(client, arn);
    if (!there) return there.error();
    if (*there) {
      if (!same_life(**there, work.desired)) return taken_meanwhile("log group", spec.log_group);
      made = ok();
    } else {
      if (Result<void> paused = pause_before_try(work.run, attempt + 1); !paused) return paused;
      made = logs::create_log_group(client, spec.log_group, work.desired.tags);
    }
  }
  if (!made || spec.log_retention_days == 0) return made;
  return logs::put_retention_policy(client, spec.log_group, spec.log_retention_days);
}

Result<void> update_log_group(Work& work) {
  aws::Client& client = work.run.client;
  const Spec& spec = work.desired.spec;
  const ObservedLogGroup there = *work.observed.log_group;
  if (spec.log_retention_days > 0 && there.group.retention_days != spec.log_retention_days) {
    if (Result<void> put = logs::put_retention_policy(client, spec.log_group, spec.log_retention_days); !put)
      return put;
  }
  const TagChange change = tag_change(work, there.tags);
  if (!change.set.empty()) {
    if (Result<void> put = logs::tag_resource(client, there.group.arn, change.set); !put) return put;
  }
  return change.remove.empty() ? ok() : logs::untag_resource(client, there.group.arn, change.remove);
}

Result<void> make_log_stream(Work& work) {
  const Spec& spec = work.desired.spec;
  Result<void> made = logs::create_log_stream(work.run.client, spec.log_group, spec.log_stream);
  for (int attempt = 0; !made && answer_lost(made.error()) && attempt < 3; ++attempt) {
    if (Result<void> paused = pause_before_try(work.run, attempt + 1); !paused) return paused;
    made = logs::create_log_stream(work.run.client, spec.log_group, spec.log_stream);
  }
  if (!made && made.error().kind == ErrorKind::kAlreadyExists) return ok();  // in a group of ours it is ours
  return made;
}

}  // namespace fhctl::pipeline
