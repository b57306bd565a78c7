#include "core/resources/bucket.h"

#include <functional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "core/aws/denied.h"
#include "core/aws/retry.h"
#include "core/base/text.h"
#include "core/resources/bucket_policy.h"
#include "core/services/s3_objects.h"
#include "core/spec/names.h"

namespace fhctl::pipeline {
namespace {

// How long the tags of another pipeline, on a bucket that this run may not have created, may be those of an earlier
// bucket of that name.
constexpr Duration kOtherTagsPatience = std::chrono::seconds(10);
constexpr int kCreateTriesMax = 3;
// A request that follows at once may meet the connection that lost the answer to the one before.
constexpr Duration kCreatePause = std::chrono::seconds(1);
constexpr s3::PublicAccessBlock kNoPublicAccess{true, true, true, true};

// --- settings: one entry for each thing that is set on a bucket ---

struct Setting {
  // All of them wait, except `compare`.
  Result<void> (*read)(aws::Client& client, const s3::BucketRef& bucket, s3::BucketSettings& into);
  void (*compare)(Step& step, const s3::BucketSettings& current, const Spec& spec);
  // Sends a request only if something differs.
  Result<void> (*update)(aws::Client& client, const s3::BucketRef& bucket, const s3::BucketSettings& current,
                         const Spec& spec);
};

Result<void> read_public_access(aws::Client& client, const s3::BucketRef& bucket, s3::BucketSettings& into) {
  ASSIGN_OR_RETURN(into.public_access, s3::get_public_access_block(client, bucket));
  return ok();
}

void compare_public_access(Step& step, const s3::BucketSettings& current, const Spec&) {
  const auto compare = [&](const char* field, bool value) {
    if (!value) step.changes.push_back({field, "off", "on"});
  };
  compare("public access block: BlockPublicAcls", current.public_access.block_public_acls);
  compare("public access block: IgnorePublicAcls", current.public_access.ignore_public_acls);
  compare("public access block: BlockPublicPolicy", current.public_access.block_public_policy);
  compare("public access block: RestrictPublicBuckets", current.public_access.restrict_public_buckets);
}

Result<void> update_public_access(aws::Client& client, const s3::BucketRef& bucket, const s3::BucketSettings& current,
                                  const Spec&) {
  if (current.public_access == kNoPublicAccess) return ok();
  return s3::put_public_access_block(client, bucket, kNoPublicAccess);
}

Result<void> read_encryption(aws::Client& client, const s3::BucketRef& bucket, s3::BucketSettings& into) {
  ASSIGN_OR_RETURN(into.encryption, s3::get_bucket_encryption(client, bucket));
  return ok();
}

void compare_encryption(Step& step, const s3::BucketSettings& current, const Spec&) {
  if (current.encryption.algorithm.empty()) step.changes.push_back({"default encryption", "none", "AES256"});
}

Result<void> update_encryption(aws::Client& client, const s3::BucketRef& bucket, const s3::BucketSettings& current,
                               const Spec&) {
  if (!current.encryption.algorithm.empty()) return ok();
  return s3::put_bucket_encryption(client, bucket, {"AES256", "", false});
}

Result<void> read_lifecycle(aws::Client& client, const s3::BucketRef& bucket, s3::BucketSettings& into) {
  ASSIGN_OR_RETURN(into.lifecycle, s3::get_lifecycle(client, bucket));
  return ok();
}

const s3::LifecycleRule* own_rule(const s3::BucketSettings& settings) {
  for (const s3::LifecycleRule& rule : settings.lifecycle.rules) {
    if (rule.id == kAbortUploadsRule) return &rule;
  }
  return nullptr;
}

s3::LifecycleRule wanted_rule(const Spec& spec) {
  return s3::abort_uploads_rule(std::string(kAbortUploadsRule), spec.abort_uploads_days);
}

void compare_lifecycle(Step& step, const s3::BucketSettings& current, const Spec& spec) {
  const s3::LifecycleRule* rule = own_rule(current);
  const std::string field = "lifecycle rule " + std::string(kAbortUploadsRule);
  const std::string wanted = fmt::format("unfinished uploads end after {} days", spec.abort_uploads_days);
  if (spec.abort_uploads_days == 0) {
    if (rule) step.changes.push_back({field, "there", "none"});
  } else if (!rule) {
    step.changes.push_back({field, "none", wanted});
  } else if (!s3::same_rule(*rule, wanted_rule(spec))) {
    step.changes.push_back({field, "edited", wanted});
  }
}

// Lifecycle rules of other tools are kept, and so is the minimum size for transitions.
Result<void> update_lifecycle(aws::Client& client, const s3::BucketRef& bucket, const s3::BucketSettings& current,
                              const Spec& spec) {
  const s3::LifecycleRule* rule = own_rule(current);
  s3::Lifecycle lifecycle = current.lifecycle;
  std::erase_if(lifecycle.rules, [](const s3::LifecycleRule& each) { return each.id == kAbortUploadsRule; });
  if (spec.abort_uploads_days > 0) {
    if (rule && s3::same_rule(*rule, wanted_rule(spec))) return ok();
    lifecycle.rules.push_back(wanted_rule(spec));
    return s3::put_lifecycle(client, bucket, lifecycle);
  }
  if (!rule) return ok();
  return s3::put_lifecycle(client, bucket, lifecycle);
}

constexpr Setting kSettings[] = {
    {read_public_access, compare_public_access, update_public_access},
    {read_encryption, compare_encryption, update_encryption},
    {read_lifecycle, compare_lifecycle, update_lifecycle},
};

// --- reading ---

// Calls `each` for every page of versions and delete markers below `prefix`; false from it ends the listing. Waits.
Result<void> each_version(aws::Client& client, const s3::BucketRef& bucket, const std::string& prefix,
                          const std::function<bool(const s3::VersionsPage&)>& each) {
  std::string key_marker;
  std::string version_marker;
  while (true) {
    ASSIGN_OR_RETURN(const auto page, s3::list_object_versions(client, bucket, prefix, key_marker, version_marker));
    if (!each(page) || !page.truncated) return ok();
    key_marker = page.next_key_marker;
    version_marker = page.next_version_id_marker;
  }
}

// Counts what is not one of fhctl's own objects, up to a number that is enough for a message, and notes the oldest of
// it. Waits.
Result<void> read_data(aws::Client& client, const s3::BucketRef& bucket, const std::string& pipeline,
                       const std::string& region, BucketObstacles& obstacles) {
  constexpr int kPagesMax = 20;
  constexpr std::int64_t kEnough = 10'000;
  int pages = 0;
  return each_version(client, bucket, "", [&](const s3::VersionsPage& page) {
    for (const s3::ObjectVersion& version : page.versions) {
      if (is_own_key(version.key, pipeline, region)) continue;
      ++obstacles.data_seen;
      const std::optional<WallTime> modified = parse_iso8601(version.last_modified);
      if (modified && (!obstacles.oldest_data || *modified < *obstacles.oldest_data)) obstacles.oldest_data = *modified;
    }
    obstacles.data = obstacles.data_seen > 0;
    obstacles.data_more = page.truncated;
    return ++pages < kPagesMax && obstacles.data_seen <= kEnough;
  });
}

// Finds the other pipelines whose files are in the bucket, which would lose their data. Waits.
Result<void> read_other_pipelines(aws::Client& client, const s3::BucketRef& bucket, const std::string& own,
                                  BucketObstacles& obstacles) {
  std::set<std::string> others;
  Result<void> read = each_version(client, bucket, "_fhctl/", [&](const s3::VersionsPage& page) {
    for (const s3::ObjectVersion& version : page.versions) {
      const std::vector<std::string> parts = split(version.key, '/');
      if (!starts_with(version.key, own) && parts.size() > 3) others.insert(parts[1] + "/" + parts[2]);
    }
    return true;
  });
  obstacles.other_pipelines.assign(others.begin(), others.end());
  return read;
}

}  // namespace

std::string bucket_permission_hint(const Identity& identity, const std::string& bucket) {
  const aws::Denial needed{.action = "s3:ListBucket", .resource = s3::bucket_arn(identity.partition, bucket)};
  return fmt::format("if the bucket is this account's, add to a policy of this identity: {}",
                     aws::allow_statement(needed));
}

namespace {

// --- comparing ---

bool adoptable(const BucketState& current, const ResourceGoal& goal) {
  return goal.adopt_bucket && !current.tags.contains(kPipelineTag);
}

// A name that no other account can take; empty: the region has none.
std::string regional_name(const ResourceGoal& goal) {
  const Identity& identity = goal.identity;
  if (!s3::has_account_regional_names(identity.region)) return "";
  return s3::account_regional_name(goal.spec.name, identity.account, identity.region);
}

Error forbidden_bucket(const ResourceGoal& goal) {
  const Spec& spec = goal.spec;
  Error error;
  error.kind = ErrorKind::kPrecondition;
  error.aws_code = "BucketAlreadyExists";
  error.message =
      fmt::format("bucket {} belongs to another account, or this identity may not look at it", spec.bucket_name());
  if (!spec.bucket_owner.empty()) {
    error.message = fmt::format("bucket {} is not one of account {}, or this identity may not look at it",
                                spec.bucket_name(), spec.bucket_owner);
    error.hint = "check --bucket-owner; the bucket's policy must allow this account s3:ListBucket";
  } else if (spec.external_bucket()) {
    error.hint =
        "`--bucket-owner ACCOUNT` uses a bucket of another account, whose policy must allow it; else see to the "
        "permission s3:ListBucket";
  } else {
    const std::string regional = regional_name(goal);
    error.hint =
        fmt::format("bucket names are shared by everybody; leave the name out for {}, or give another --bucket{}; {}",
                    default_bucket(spec.name, goal.identity.account, goal.identity.region),
                    regional.empty() ? "" : fmt::format(": only this account can have {}", regional),
                    bucket_permission_hint(goal.identity, spec.bucket_name()));
  }
  return error;
}

// Why S3 would refuse to create a bucket of this name, or nothing.
std::optional<Error> misnamed_bucket(const ResourceGoal& goal) {
  const Identity& identity = goal.identity;
  const std::optional<std::string> problem = s3::namespace_problem(goal.spec.bucket, identity.account, identity.region);
  if (!problem) return std::nullopt;
  const std::string regional = regional_name(goal);
  return make_error(
      ErrorKind::kUsage, fmt::format("bucket.name cannot be \"{}\": it {}", goal.spec.bucket, *problem),
      regional.empty() ? "give a name without it" : fmt::format("give a name without it, or `--bucket {}`", regional));
}

// Why the bucket may not be used, or nothing.
std::optional<Error> refusal(const BucketState& current, const ResourceGoal& goal) {
  const Spec& spec = goal.spec;
  switch (current.answer) {
    case s3::HeadBucketResult::Answer::kForbidden:
      return forbidden_bucket(goal);
    case s3::HeadBucketResult::Answer::kOtherRegion:
      return make_error(ErrorKind::kPrecondition,
                        fmt::format("bucket {} is in {}, not in {}", spec.bucket_name(),
                                    current.region.empty() ? "another region" : current.region, goal.identity.region),
                        "run with that region, or give another --bucket");
    case s3::HeadBucketResult::Answer::kAbsent:
      if (!spec.external_bucket()) return misnamed_bucket(goal);
      return make_error(ErrorKind::kPrecondition, fmt::format("bucket {} does not exist", spec.existing_bucket),
                        "--existing-bucket names a bucket that is there already; leave it out and fhctl makes one");
    case s3::HeadBucketResult::Answer::kOurs:
      break;
  }
  if (spec.external_bucket() || goal.ownership.owner_of(current.tags) == Owner::kOurs || adoptable(current, goal)) {
    return std::nullopt;
  }
  return foreign_resource("bucket", spec.bucket_name(), current.tags, goal,
                          current.tags.contains(kPipelineTag)
                              ? "give another --bucket"
                              : "`--adopt-bucket` takes it over, for instance if a run that had just created it was "
                                "stopped; `--existing-bucket` uses it without touching its settings");
}

// What of an existing bucket may not be read. Its tags are only looked at for other pipelines.
void note_hidden_settings(Changes& changes, const BucketState& current, const Spec& spec) {
  if (current.tags_problem)
    add_note(changes, fmt::format("the tags of bucket {} may not be read.", spec.bucket_name()));
  if (!current.encryption_problem || !spec.kms_key.empty()) return;
  changes.notes.push_back(
      {true,
       fmt::format(
           "the default encryption of bucket {} may not be read: if it has a KMS key, the delivery role may lack "
           "permission to use it",
           spec.bucket_name()),
       "allow s3:GetEncryptionConfiguration, or name the key with --kms-key"});
}

std::string data_text(const BucketObstacles& obstacles) {
  return (obstacles.data_more ? "more than " : "") + format_thousands(obstacles.data_seen) +
         (obstacles.data_seen == 1 && !obstacles.data_more ? " object or version" : " objects and versions");
}

// --- creating ---

Error bucket_taken(const std::string& name) {
  return make_error(ErrorKind::kPrecondition, "bucket " + name + " belongs to another account",
                    "give another --bucket");
}

struct Creation {
  bool certain = false;   // this run created it; us-east-1 answers in the same way for one that was the caller's before
  bool answered = false;  // S3 answered that it was created, and no earlier request may have created it
  bool untagged = false;  // S3 refused the tags
};

// Outside of the partition aws, S3 knew no tags in CreateBucket when they appeared in it; and an identity, or an
// organization, may lack or forbid the permission for them.
bool tags_refused(const Error& error) {
  if (error.aws_code == "UnsupportedArgument") return true;
  return error.kind == ErrorKind::kDenied &&
         (contains(error.message, "s3:TagResource") || contains(error.message, "service control policy"));
}

// Sends CreateBucket, without the tags once S3 has refused them. Waits.
Result<s3::CreateBucketAnswer> ask_to_create(aws::Client& client, const s3::BucketRef& bucket, const Tags& tags,
                                             Creation& creation) {
  if (!creation.untagged) {
    const Result<s3::CreateBucketAnswer> answer = s3::create_bucket(client, bucket, tags);
    if (answer || !tags_refused(answer.error())) return answer;
    creation.untagged = true;
  }
  return s3::create_bucket(client, bucket, {});
}

// Repeats CreateBucket until S3 says that the bucket exists, because an answer may be lost. Waits.
Result<Creation> create_until_present(aws::Client& client, Cancellation& control, const s3::BucketRef& bucket,
                                      const Tags& tags) {
  Creation creation;
  Result<s3::CreateBucketAnswer> answer = s3::CreateBucketAnswer::kTaken;
  for (int attempt = 0; attempt < kCreateTriesMax; ++attempt) {
    if (attempt > 0) RETURN_IF_ERROR(control.sleep_for(kCreatePause));
    answer = ask_to_create(client, bucket, tags, creation);
    if (answer && *answer == s3::CreateBucketAnswer::kTaken) return bucket_taken(bucket.name);
    if (answer) {
      creation.certain = *answer == s3::CreateBucketAnswer::kCreated && client.region() != "us-east-1";
      creation.answered = creation.certain || (*answer == s3::CreateBucketAnswer::kCreated && attempt == 0);
      return creation;
    }
    if (!aws::answer_lost(answer.error())) return answer.error();
    ASSIGN_OR_RETURN(const s3::HeadBucketResult head, s3::head_bucket(client, bucket));
    if (head.answer == s3::HeadBucketResult::Answer::kOurs) return creation;
    if (head.answer == s3::HeadBucketResult::Answer::kForbidden) return bucket_taken(bucket.name);
  }
  return answer.error();
}

// A bucket's settings spread with some delay, so a fresh one may not show its tags at once, or those of an earlier one
// of its name. If this run certainly created it, other tags than the wanted ones are outdated. Waits.
Result<Tags> tags_of_fresh_bucket(aws::Client& client, const s3::BucketRef& bucket, const Tags& wanted,
                                  const Creation& creation) {
  const bool created = creation.certain || creation.untagged;
  aws::ConsistencyWait wait = client.consistency_wait(s3::bucket_resource(bucket.name));
  const Instant begun = client.loop().now();
  while (true) {
    ASSIGN_OR_RETURN(Tags tags, s3::get_bucket_tags(client, bucket));
    if (same_incarnation(tags, wanted)) return tags;
    if (tags.empty() && !creation.untagged && client.custom_endpoint(aws::Service::kS3)) return tags;
    const bool whole_time = created || tags.empty();
    const Instant until = begun + (whole_time ? aws::settle_time(aws::Service::kS3) : kOtherTagsPatience);
    const char* reason = tags.empty() ? "S3 does not show its tags yet" : "S3 shows the tags of an earlier bucket";
    ASSIGN_OR_RETURN(const bool again, wait.pause(reason, until));
    if (again) continue;
    if (!created) return tags;
    return make_error(
        ErrorKind::kUnavailable,
        fmt::format("bucket {} was created, but {}", bucket.name,
                    tags.empty() ? "S3 does not show its tags" : "S3 still shows the tags of another one"),
        "run the same command again in some minutes");
  }
}

// Tags the bucket that this run created without tags: S3 answered that it was created, and HeadBucket had said in this
// very run that there was no such bucket. See docs/adr/0020-bucket-tagged-after-its-creation.md. Waits.
Result<void> tag_created_bucket(aws::Client& client, const s3::BucketRef& bucket, const Creation& creation,
                                const ResourceGoal& goal) {
  const Error foreign = make_error(
      ErrorKind::kPrecondition,
      fmt::format("bucket {} exists without tags, and it is not certain that this run created it", bucket.name),
      "`--adopt-bucket` takes it over if it is yours");
  if (!creation.answered) return foreign;
  ASSIGN_OR_RETURN(const s3::VersionsPage page, s3::list_object_versions(client, bucket, "", "", ""));
  if (!page.versions.empty()) return foreign;
  aws::ConsistencyWait wait = client.consistency_wait(s3::bucket_resource(bucket.name));
  const Instant until = client.loop().now() + kOtherTagsPatience;
  while (true) {
    ASSIGN_OR_RETURN(const Tags tags, s3::get_bucket_tags(client, bucket));
    if (tags.empty()) break;
    ASSIGN_OR_RETURN(const bool again, wait.pause("S3 shows the tags of an earlier bucket", until));
    if (!again) return foreign;
  }
  const Result<void> tagged = write_bucket_tags(client, bucket, {}, goal.tags);
  if (tagged || tagged.error().kind != ErrorKind::kDenied) return tagged;
  // No later run could tell that it is this pipeline's. Only an empty bucket can be deleted.
  const Result<bool> deleted = s3::delete_bucket(client, bucket);
  return with_context(tagged.error(), deleted ? "tagging the bucket, which was deleted again" : "tagging the bucket");
}

// Adds the remedy where an organization allows only account-regional names.
Error explain_denial(Error error, const ResourceGoal& goal) {
  const Identity& identity = goal.identity;
  const std::string regional = regional_name(goal);
  const bool other_cause = contains(error.message, "identity-based policy") || contains(error.message, "boundary");
  if (error.kind != ErrorKind::kDenied || regional.empty() || other_cause ||
      s3::is_account_regional(goal.spec.bucket, identity.account, identity.region)) {
    return error;
  }
  error.hint = fmt::format("if your organization allows only account-regional bucket names: `--bucket {}`{}{}",
                           regional, error.hint.empty() ? "" : "; ", error.hint);
  return error;
}

}  // namespace

void read_bucket_presence(aws::Client& client, Group& group, const s3::BucketRef& bucket, BucketReading& reading) {
  group.spawn([&client, &reading, bucket] { reading.head = s3::head_bucket(client, bucket); });
}

void read_bucket_settings(aws::Client& client, Group& group, const s3::BucketRef& bucket, bool managed,
                          BucketReading& reading) {
  reading.managed = managed;
  group.spawn([&client, &reading, bucket] { reading.tags = s3::get_bucket_tags(client, bucket); });
  if (!managed) {
    group.spawn(
        [&client, &reading, bucket] { reading.encryption = read_encryption(client, bucket, reading.settings); });
    return;
  }
  reading.outcomes.assign(std::size(kSettings), ok());
  for (std::size_t i = 0; i < std::size(kSettings); ++i) {
    group.spawn(
        [&client, &reading, bucket, i] { reading.outcomes[i] = kSettings[i].read(client, bucket, reading.settings); });
  }
}

Result<BucketState> bucket_state(const BucketReading& reading, const std::string& name) {
  if (!reading.head) return with_context(reading.head.error(), "looking at bucket " + name);
  BucketState state;
  state.answer = reading.head->answer;
  state.region = reading.head->region;
  if (!reading.readable()) return state;
  const auto may_be_hidden = [&](const Error& error) { return !reading.managed && error.kind == ErrorKind::kDenied; };
  if (reading.tags) {
    state.tags = *reading.tags;
  } else if (may_be_hidden(reading.tags.error())) {
    state.tags_problem = reading.tags.error();
  } else {
    return with_context(reading.tags.error(), "reading bucket " + name);
  }
  if (!reading.encryption) {
    if (!may_be_hidden(reading.encryption.error())) {
      return with_context(reading.encryption.error(), "reading bucket " + name);
    }
    state.encryption_problem = reading.encryption.error();
  }
  for (const Result<void>& outcome : reading.outcomes) {
    if (!outcome) return with_context(outcome.error(), "reading bucket " + name);
  }
  state.settings = reading.settings;
  return state;
}

void compare_bucket(Changes& changes, const BucketState& current, const ResourceGoal& goal) {
  if (std::optional<Error> error = refusal(current, goal)) {
    changes.blockers.push_back(std::move(*error));
    return;
  }
  const Spec& spec = goal.spec;
  if (current.readable()) note_bucket_key(changes, current, goal);
  if (spec.external_bucket()) return note_hidden_settings(changes, current, spec);
  Step step{{Kind::kBucket, spec.bucket, 0}, Action::kUpdate, "", {}, {}, false};
  if (!current.exists()) {
    step.action = Action::kCreate;
    step.detail = fmt::format("{}, public access blocked, encrypted", goal.identity.region);
    if (goal.exists) step.reasons.push_back("deleted outside fhctl");
    step.drift = goal.exists;
    changes.steps.push_back(std::move(step));
    return;
  }
  if (adoptable(current, goal)) step.reasons.push_back("adopted: it gets fhctl's tags");
  compare_tags(step, current.tags, goal);
  for (const Setting& setting : kSettings) setting.compare(step, current.settings, spec);
  add_step(changes, std::move(step));
}

Result<std::string> create_bucket(aws::Client& client, Cancellation& control, const ResourceGoal& goal) {
  const std::string& name = goal.spec.bucket;
  const s3::BucketRef bucket{name, goal.identity.account};
  const Result<Creation> creation = create_until_present(client, control, bucket, goal.tags);
  if (!creation) return explain_denial(creation.error(), goal);
  client.note_created(aws::Service::kS3, s3::bucket_resource(name));
  if (creation->untagged) RETURN_IF_ERROR(tag_created_bucket(client, bucket, *creation, goal));
  // Ownership is decided by the tags, not by the answer to the create call.
  ASSIGN_OR_RETURN(Tags tags, tags_of_fresh_bucket(client, bucket, goal.tags, *creation));
  if (tags.empty() && !creation->untagged && client.custom_endpoint(aws::Service::kS3)) {
    // Some servers drop tags given at creation. HeadBucket said in this very run that there was no such bucket, so an
    // empty one is ours; AWS itself creates a bucket with its tags.
    ASSIGN_OR_RETURN(const s3::VersionsPage page, s3::list_object_versions(client, bucket, "", "", ""));
    if (page.versions.empty()) {
      RETURN_IF_ERROR(s3::put_bucket_tags(client, bucket, goal.tags));
      tags = goal.tags;
    }
  }
  const auto pipeline = tags.find(kPipelineTag);
  const auto region = tags.find(kRegionTag);
  if (pipeline == tags.end() || region == tags.end() || pipeline->second != goal.spec.name ||
      region->second != goal.identity.region) {
    return created_concurrently("bucket", name);
  }
  if (creation->certain) return goal.ownership.id;
  // Another run of this pipeline may have created it first: the reading after the lock adopts its id.
  const auto id = tags.find(kIdTag);
  return id == tags.end() ? std::string() : id->second;
}

Result<void> update_bucket(aws::Client& client, const BucketState& current, const ResourceGoal& goal) {
  const s3::BucketRef bucket{goal.spec.bucket, goal.identity.account};
  const TagChange change = tag_change(current.tags, goal);
  if (!change.set.empty() || !change.remove.empty()) {
    Tags tags = current.tags;
    if (adoptable(current, goal)) tags[kAdoptedTag] = "true";
    for (const auto& [key, value] : change.set) tags[key] = value;
    for (const std::string& key : change.remove) tags.erase(key);
    RETURN_IF_ERROR(write_bucket_tags(client, bucket, current.tags, tags));
  }
  for (const Setting& setting : kSettings) {
    RETURN_IF_ERROR(setting.update(client, bucket, current.settings, goal.spec));
  }
  return ok();
}

Result<std::optional<Tags>> current_bucket_tags(aws::Client& client, const s3::BucketRef& bucket) {
  const Result<Tags> tags = s3::get_bucket_tags(client, bucket);
  if (tags) return std::optional<Tags>(*tags);
  if (tags.error().kind == ErrorKind::kNotFound) return std::optional<Tags>();
  return tags.error();
}

void read_bucket_obstacles(aws::Client& client, Group& group, const s3::BucketRef& bucket, const std::string& pipeline,
                           const std::string& region, BucketObstacles& obstacles, Result<void>& outcome) {
  const auto keep = [&outcome](const Result<void>& read) {
    if (!read) outcome = read;
  };
  group.spawn([=, &client, &obstacles] { keep(read_data(client, bucket, pipeline, region, obstacles)); });
  group.spawn([&client, &obstacles, name = bucket.name] {
    // Optional evidence: without the date the tags and the age of the data count, so that a failure of this call does
    // not prevent a destroy.
    const Result<std::optional<WallTime>> date = s3::bucket_creation_date(client, name);
    if (date) obstacles.created = *date;
  });
  group.spawn([=, &client, &obstacles] {
    keep(read_other_pipelines(client, bucket, own_prefix(pipeline, region), obstacles));
  });
  group.spawn([=, &client, &obstacles] {
    const Result<bool> locked = s3::object_lock_enabled(client, bucket);
    if (!locked) return keep(locked.error());
    obstacles.object_lock = *locked;
  });
  // That these may not be read, or that a server lacks them, is no reason to refuse a destroy.
  const auto keep_unless_denied = [keep, &obstacles](std::string what, const Error& error) {
    if (error.aws_code == "NotImplemented") return;
    if (error.kind != ErrorKind::kDenied) return keep(error);
    obstacles.not_readable.emplace_back(std::move(what), error);
  };
  group.spawn([=, &client, &obstacles] {
    const Result<s3::Versioning> versioning = s3::get_bucket_versioning(client, bucket);
    if (!versioning) return keep_unless_denied("versioning (s3:GetBucketVersioning)", versioning.error());
    obstacles.mfa_delete = versioning->mfa_delete;
  });
  group.spawn([=, &client, &obstacles] {
    const Result<std::optional<std::string>> policy = s3::get_bucket_policy(client, bucket);
    if (!policy) return keep_unless_denied("policy (s3:GetBucketPolicy)", policy.error());
    const std::string arn = s3::bucket_arn(client.partition().id, bucket.name);
    if (*policy) obstacles.denied = denied_deletions(**policy, arn, lock_key(pipeline, region));
  });
}

namespace {

// Settings of the bucket that would stop its deletion halfway.
void compare_deletion_locks(Changes& changes, const std::string& name, const BucketObstacles& obstacles,
                            bool empty_data) {
  if (obstacles.object_lock) {
    add_blocker(changes,
                fmt::format("bucket {} has Object Lock: its objects cannot be deleted for a time that fhctl does not "
                            "override",
                            name),
                "--keep-bucket destroys the rest and keeps it");
  }
  if (obstacles.mfa_delete) {
    add_blocker(changes,
                fmt::format("bucket {} has MFA Delete: its versions can only be deleted with a code of the root user's "
                            "MFA device",
                            name),
                fmt::format("as the root user: `aws s3api put-bucket-versioning --bucket {} --versioning-configuration "
                            "Status=Enabled,MFADelete=Disabled --mfa \"SERIAL CODE\"`; --keep-bucket destroys the rest "
                            "and keeps it",
                            name));
  }
  std::set<std::string> denied = obstacles.denied.own;
  if (obstacles.data && empty_data) denied.insert(obstacles.denied.data.begin(), obstacles.denied.data.end());
  if (!denied.empty()) {
    // fhctl deletes objects of its own also in a bucket that it keeps.
    const bool keeps = !obstacles.denied.own.contains("s3:DeleteObject");
    add_blocker(
        changes,
        fmt::format("the policy of bucket {} denies everybody {}", name, join({denied.begin(), denied.end()}, ", ")),
        fmt::format("take that statement out of the bucket policy (`aws s3api get-bucket-policy --bucket {}`){}", name,
                    keeps ? "; --keep-bucket destroys the rest and keeps it" : ""));
  }
  for (const auto& [what, error] : obstacles.not_readable) {
    add_note(changes, fmt::format("the {} of bucket {} may not be read: it may forbid deleting.", what, name));
  }
}

}  // namespace

void compare_bucket_deletion(Changes& changes, const std::string& name, const BucketObstacles* obstacles,
                             bool empty_data) {
  std::string detail;
  if (obstacles) {
    if (!obstacles->other_pipelines.empty()) {
      add_blocker(changes, fmt::format("bucket {} is also used by {}", name, join(obstacles->other_pipelines, ", ")),
                  "destroy those first, or keep the bucket with --keep-bucket");
    }
    compare_deletion_locks(changes, name, *obstacles, empty_data);
    if (obstacles->data && !empty_data) {
      add_blocker(changes, fmt::format("bucket {} is not empty: {}", name, data_text(*obstacles)),
                  "add --empty-bucket to delete the data, or --keep-bucket to keep bucket and data");
    }
    detail = obstacles->data ? data_text(*obstacles) + ": ALL DATA WILL BE DELETED" : "empty";
  }
  add_deletion(changes, Kind::kBucket, name, detail);
}

}  // namespace fhctl::pipeline
