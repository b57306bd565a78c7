// The order of a destroy. Role and bucket live until every stream is gone, because buffers are flushed through them.
#include <algorithm>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/pipeline/empty_bucket.h"
#include "core/pipeline/manifest_parameter.h"
#include "core/pipeline/work.h"

namespace fhctl::pipeline {
namespace {

constexpr int kLapsMax = 5;

Result<void> drop(const Result<bool>& deleted) {
  if (!deleted) return deleted.error();
  return ok();
}

// Streams took their time to go. From here on it is looked again, whose the things are that they needed.
Result<void> check_role(const Work& work) {
  const std::string& name = work.desired.spec.role;
  return work.check_still_ours("role " + name, [&]() -> Result<std::optional<Tags>> {
    const Result<std::optional<iam::Role>> role = iam::get_role(work.run.client, name);
    if (!role) return role.error();
    return *role ? std::optional<Tags>((*role)->tags) : std::nullopt;
  });
}

Result<void> check_log_group(const Work& work) {
  const Identity& identity = work.desired.identity;
  const std::string& name = work.desired.spec.log_group;
  return work.check_still_ours("log group " + name, [&] {
    return logs::list_tags(work.run.client,
                           logs::group_arn(identity.partition, identity.region, identity.account, name));
  });
}

Result<void> check_bucket(const Work& work) {
  const s3::BucketRef bucket = work.bucket();
  return work.check_still_ours("bucket " + bucket.name, [&]() -> Result<std::optional<Tags>> {
    const Result<Tags> tags = s3::get_bucket_tags(work.run.client, bucket);
    if (tags) return std::optional<Tags>(*tags);
    return tags.error().kind == ErrorKind::kNotFound ? Result<std::optional<Tags>>(std::nullopt) : tags.error();
  });
}

template <class Act>
Result<void> if_ours(const Result<void>& ours, Act act) {
  return ours ? act() : ours;
}

void destroy_role(Work& work) {
  const Step* role = work.find(Kind::kRole);
  if (role == nullptr) return;
  const Spec& spec = work.desired.spec;
  const auto drop_role = [&] { return drop(iam::delete_role(work.run.client, spec.role)); };
  const Step* policy = work.find(Kind::kRolePolicy);
  if (policy == nullptr) {
    work.step(*role, [&] { return if_ours(check_role(work), drop_role); });
    return;
  }
  const auto drop_policy = [&] { return drop(iam::delete_role_policy(work.run.client, spec.role, spec.role_policy)); };
  if (work.step(*policy, [&] { return if_ours(check_role(work), drop_policy); })) work.step(*role, drop_role);
}

void destroy_logs(Work& work) {
  const Step* group = work.find(Kind::kLogGroup);
  if (group == nullptr) return;
  const Step* stream = work.find(Kind::kLogStream);
  if (stream != nullptr) work.started(*stream);
  const auto drop_group = [&] { return drop(logs::delete_log_group(work.run.client, work.desired.spec.log_group)); };
  const bool done = work.step(*group, [&] { return if_ours(check_log_group(work), drop_group); });
  if (done && stream != nullptr) work.done(*stream);
}

// Deletes the user's data, which is everything but fhctl's own three objects, and unfinished uploads. Waits.
Result<void> empty_data(Work& work, const std::vector<std::string>& own_keys) {
  EmptyScope scope;
  scope.keep_keys = own_keys;
  EmptyReport report;
  const Result<void> emptied = empty_bucket(
      work.run, work.bucket(), scope, [&work] { return work.may_finish(); }, report);
  work.outcome.data_deleted += report.deleted;
  return emptied;
}

// Deletes fhctl's own objects but the lock. Another object below the same prefix is not fhctl's and stays. Waits.
Result<void> empty_own(Work& work, const std::string& prefix, const std::vector<std::string>& keys) {
  EmptyScope scope;
  scope.prefix = prefix;
  scope.only_keys = keys;
  scope.uploads = scope.report_progress = false;
  EmptyReport report;
  return empty_bucket(
      work.run, work.bucket(), scope, [&work] { return work.may_finish(); }, report);
}

Result<void> release(Work& work) {
  if (work.lock == nullptr) return ok();
  return work.lock->release();
}

Result<void> delete_versions(Work& work, const std::vector<s3::ObjectVersion>& versions) {
  if (versions.empty()) return ok();
  const auto deleted = s3::delete_objects(work.run.client, work.bucket(), versions);
  return deleted ? ok() : Result<void>(deleted.error());
}

// In a bucket with versions the lock that was given back has left its versions and a delete marker over them. If the
// latest is no marker, it is the lock of a run that began since. S3 does not say how versions and markers are mixed.
Result<void> forget_lock(Work& work, const std::string& lock_object) {
  std::vector<s3::ObjectVersion> marker;
  std::string key_marker;
  std::string version_marker;
  while (true) {
    const auto page = s3::list_object_versions(work.run.client, work.bucket(), lock_object, key_marker, version_marker);
    if (!page) return page.error();
    std::vector<s3::ObjectVersion> older;
    for (const s3::ObjectVersion& version : page->versions) {
      if (version.key != lock_object) continue;
      if (!version.is_latest) older.push_back(version);
      if (version.is_latest && version.is_delete_marker) marker.push_back(version);
    }
    if (Result<void> deleted = delete_versions(work, older); !deleted) return deleted;
    if (!page->truncated) return delete_versions(work, marker);
    key_marker = page->next_key_marker;
    version_marker = page->next_version_id_marker;
  }
}

// The lock goes right before the bucket, whose last object it is. If something landed meanwhile, take it again first:
// whoever holds it then, or another life of the pipeline, is not ours to touch.
Result<void> destroy_bucket(Work& work) {
  const std::string& name = work.desired.spec.name;
  const std::string& region = work.desired.identity.region;
  const std::string lock_object = lock_key(name, region);
  const std::vector<std::string> documents = {document_key(name, region), manifest_key(name, region)};
  std::unique_ptr<Lock> second;
  for (int lap = 0; lap < kLapsMax; ++lap) {
    if (work.desired.empty_bucket) {
      const Result<void> emptied = empty_data(work, {documents[0], documents[1], lock_object});
      if (!emptied) return emptied;
    }
    if (Result<void> emptied = empty_own(work, own_prefix(name, region), documents); !emptied) return emptied;
    if (Result<void> released = second ? second->release() : release(work); !released) return released;
    if (Result<void> forgotten = forget_lock(work, lock_object); !forgotten) return forgotten;
    const Result<bool> deleted = s3::delete_bucket(work.run.client, work.bucket());
    if (deleted) return ok();
    if (deleted.error().kind != ErrorKind::kInUse || !work.desired.empty_bucket) return deleted.error();
    LockBody body = lock_body(work.run, work.desired.spec);
    if (work.lock == nullptr) continue;
    auto again = Lock::acquire(work.run.client, work.run.host, work.run.observer,
                               {work.bucket(), lock_object, work.desired.spec.name}, body,
                               {Duration::zero(), std::chrono::seconds(body.lease_s)});
    if (!again) return again.error();
    second = std::move(*again);
    work.lock = second.get();
    const Result<std::optional<s3::Object>> other = s3::get_object(
        work.run.client, work.bucket(), document_key(work.desired.spec.name, work.desired.identity.region));
    if (other && *other) {
      Error error;
      error.kind = ErrorKind::kLocked;
      error.message = "another run began a new pipeline of this name in the bucket";
      return error;
    }
  }
  Error error;
  error.kind = ErrorKind::kInUse;
  error.message =
      fmt::format("bucket {} was filled again {} times while it was being emptied", work.desired.spec.bucket, kLapsMax);
  error.hint = "find out who still writes into it, then run the same command again";
  return error;
}

// A bucket that is kept loses pipeline.json, and with it the date that shows that the bucket was adopted. Waits.
Result<void> mark_adopted_bucket(Work& work) {
  const ObservedBucket& bucket = work.observed.bucket;
  const bool ours = bucket.readable() && work.observed.owner_of(bucket.tags) == Owner::kOurs;
  if (!work.desired.keep_bucket || work.desired.spec.external_bucket() || !ours) return ok();
  if (bucket.tags.contains(kAdoptedTag) || !adoption_evidence(work.observed)) return ok();
  Tags tags = bucket.tags;
  tags[kAdoptedTag] = "true";
  return s3::put_bucket_tags(work.run.client, work.bucket(), tags);
}

}  // namespace

void apply_destroy(Work& work) {
  // A run that waits for its drains, and every later reader, sees that the pipeline is being destroyed.
  if (Result<void> may = work.may_change(); !may) return work.remember(kManifestId, may.error());
  if (Result<void> marked = mark_adopted_bucket(work); !marked) {
    return work.remember({Kind::kBucket, work.desired.spec.bucket, 0}, marked.error());
  }
  if (Result<void> written = write_destroy_intent(work); !written) {
    return work.remember({Kind::kSettings, "pipeline.json", 0}, written.error());
  }

  // All streams, and until all of them are gone. Those that drain are waited for without the lock; then comes the rest.
  const Result<bool> gone = delete_all_streams(work);
  if (!gone) {
    if (gone.error().kind != ErrorKind::kPartial) work.remember(kManifestId, gone.error());
    return;
  }
  if (!*gone) return;

  // Beyond this point nothing delivers any more, and the manifest, wherever copies of it stay, lists nothing. Where
  // there is none, another run has been here before, or no producer ever read one.
  const bool told = work.publisher.latest() || work.observed.manifest_problem;
  if (work.observed.bucket.readable() && told) {
    if (Result<void> published = work.publisher.publish(work.streams); !published) {
      return work.remember(kManifestId, published.error());
    }
  }
  if (Result<void> deleted = delete_manifest_parameter(work.run, work.desired); !deleted) {
    return work.remember(kManifestId, deleted.error());
  }
  destroy_role(work);
  destroy_logs(work);
  if (work.any_failure() || work.outcome.error) return;

  if (const Step* bucket = work.find(Kind::kBucket)) {
    work.step(*bucket, [&] { return if_ours(check_bucket(work), [&] { return destroy_bucket(work); }); });
    return;
  }
  if (!work.desired.keeps_bucket() || !work.observed.bucket.readable()) return;
  if (Result<void> deleted = delete_document(work); !deleted) {
    return work.remember({Kind::kSettings, "pipeline.json", 0}, deleted.error());
  }
  if (const Step* settings = work.find(Kind::kSettings)) work.done(*settings);
}

}  // namespace fhctl::pipeline
