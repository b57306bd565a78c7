#include "core/converge/apply_destroy.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/execute/apply_context.h"
#include "core/execute/empty_bucket.h"
#include "core/execute/pipeline_json_store.h"
#include "core/execute/stream_deletion.h"
#include "core/observe/lock_object.h"
#include "core/plan/resolve.h"
#include "core/publish/manifest_parameter.h"

namespace fhctl::pipeline {
namespace {

constexpr int kLapsMax = 5;

// Deleting the streams may have taken long, so the ownership tags of what they needed are read again before it is
// deleted.
Result<void> check_role(const ApplyContext& context) {
  const std::string& name = context.desired.spec.role;
  return context.check_still_ours(iam::role_resource(name),
                                  [&] { return current_role_tags(context.run.client, name); });
}

Result<void> check_log_group(const ApplyContext& context) {
  return context.check_still_ours(logs::group_resource(context.desired.spec.log_group), [&] {
    return current_log_group_tags(context.run.client, context.desired.identity, context.desired.spec);
  });
}

Result<void> check_bucket(const ApplyContext& context) {
  const s3::BucketRef bucket = context.bucket();
  return context.check_still_ours(s3::bucket_resource(bucket.name),
                                  [&] { return current_bucket_tags(context.run.client, bucket); });
}

template <class Act>
Result<void> if_ours(const Result<void>& ours, Act act) {
  return ours ? act() : ours;
}

void destroy_role(ApplyContext& context) {
  const Step* role = context.find(Kind::kRole);
  if (role == nullptr) return;
  const Spec& spec = context.desired.spec;
  const auto drop_role = [&] { return delete_role(context.run.client, spec); };
  const Step* policy = context.find(Kind::kRolePolicy);
  if (policy == nullptr) {
    context.step(*role, [&] { return if_ours(check_role(context), drop_role); });
    return;
  }
  const auto drop_policy = [&] { return delete_role_policy(context.run.client, spec); };
  if (context.step(*policy, [&] { return if_ours(check_role(context), drop_policy); })) context.step(*role, drop_role);
}

void destroy_logs(ApplyContext& context) {
  const Step* group = context.find(Kind::kLogGroup);
  if (group == nullptr) return;
  if (group->action == Action::kUpdate) {  // it was adopted
    const auto give_back = [&] { return give_back_log_group(context.run.client, *context.observed.log_group); };
    context.step(*group, [&] { return if_ours(check_log_group(context), give_back); });
    return;
  }
  const Step* stream = context.find(Kind::kLogStream);
  if (stream != nullptr) context.started(*stream);
  const auto drop_group = [&] { return delete_log_group(context.run.client, context.desired.spec); };
  const bool done = context.step(*group, [&] { return if_ours(check_log_group(context), drop_group); });
  if (done && stream != nullptr) context.done(*stream);
}

// Deletes the user's data, which is everything but fhctl's own three objects, and unfinished uploads. Waits.
Result<void> empty_data(ApplyContext& context, const std::vector<std::string>& own_keys) {
  EmptyScope scope;
  scope.keep_keys = own_keys;
  EmptyReport report;
  const Result<void> emptied = empty_bucket(
      context.run, context.bucket(), scope, [&context] { return context.check_can_continue(); }, report);
  context.outcome.data_deleted += report.deleted;
  return emptied;
}

// Deletes fhctl's own objects except the lock. Other objects below the prefix are not fhctl's and stay. Waits.
Result<void> empty_own(ApplyContext& context, const std::string& prefix, const std::vector<std::string>& keys) {
  EmptyScope scope;
  scope.prefix = prefix;
  scope.only_keys = keys;
  scope.uploads = scope.report_progress = false;
  EmptyReport report;
  return empty_bucket(
      context.run, context.bucket(), scope, [&context] { return context.check_can_continue(); }, report);
}

Result<void> release(ApplyContext& context) {
  if (context.lock == nullptr) return ok();
  return context.lock->release();
}

Result<void> delete_versions(ApplyContext& context, const std::vector<s3::ObjectVersion>& versions) {
  if (versions.empty()) return ok();
  const auto deleted = s3::delete_objects(context.run.client, context.bucket(), versions);
  return deleted ? ok() : Result<void>(deleted.error());
}

// In a bucket with versions, a released lock leaves its versions and a delete marker as the latest one. If the latest
// is not a marker, it is the lock of a newer run and stays. S3 does not specify how versions and markers are ordered.
Result<void> forget_lock(ApplyContext& context, const std::string& lock_object) {
  std::vector<s3::ObjectVersion> marker;
  std::string key_marker;
  std::string version_marker;
  while (true) {
    ASSIGN_OR_RETURN(const auto page, s3::list_object_versions(context.run.client, context.bucket(), lock_object,
                                                               key_marker, version_marker));
    std::vector<s3::ObjectVersion> older;
    for (const s3::ObjectVersion& version : page.versions) {
      if (version.key != lock_object) continue;
      if (!version.is_latest) older.push_back(version);
      if (version.is_latest && version.is_delete_marker) marker.push_back(version);
    }
    RETURN_IF_ERROR(delete_versions(context, older));
    if (!page.truncated) return delete_versions(context, marker);
    key_marker = page.next_key_marker;
    version_marker = page.next_version_id_marker;
  }
}

// Releases the lock, the last object in the bucket, right before the bucket is deleted. If something was written in
// between, takes the lock again before emptying again: another run may hold it then, or may have created the next
// incarnation of the pipeline, and neither may be touched.
Result<void> destroy_bucket(ApplyContext& context) {
  const std::string& name = context.desired.spec.name;
  const std::string& region = context.desired.identity.region;
  const std::string lock_object = lock_key(name, region);
  const std::vector<std::string> documents = {document_key(name, region), manifest_key(name, region)};
  std::unique_ptr<Lock> second;
  for (int lap = 0; lap < kLapsMax; ++lap) {
    if (context.desired.empty_bucket) {
      const Result<void> emptied = empty_data(context, {documents[0], documents[1], lock_object});
      if (!emptied) return emptied;
    }
    RETURN_IF_ERROR(empty_own(context, own_prefix(name, region), documents));
    RETURN_IF_ERROR(second ? second->release() : release(context));
    RETURN_IF_ERROR(forget_lock(context, lock_object));
    const Result<bool> deleted = s3::delete_bucket(context.run.client, context.bucket());
    if (deleted) return ok();
    if (deleted.error().kind != ErrorKind::kInUse || !context.desired.empty_bucket) return deleted.error();
    LockBody body = lock_body(context.run, context.desired.spec);
    if (context.lock == nullptr) continue;
    ASSIGN_OR_RETURN(auto again, Lock::acquire(context.run.client, context.run.host, context.run.observer,
                                               {context.bucket(), lock_object, context.desired.spec.name,
                                                context.observed.own_object_encryption(context.desired.spec)},
                                               body, {Duration::zero(), std::chrono::seconds(body.lease_s)}));
    second = std::move(again);
    context.lock = second.get();
    const Result<std::optional<s3::Object>> other = s3::get_object(
        context.run.client, context.bucket(), document_key(context.desired.spec.name, context.desired.identity.region));
    if (other && *other) {
      return make_error(ErrorKind::kLocked, "another run began a new pipeline of this name in the bucket");
    }
  }
  return make_error(ErrorKind::kInUse,
                    fmt::format("bucket {} was filled again {} times while it was being emptied",
                                context.desired.spec.bucket, kLapsMax),
                    "find out who still writes into it, then run the same command again");
}

// Tags a bucket that is kept as adopted, because destroying removes pipeline.json and with it the date that shows that
// the bucket was adopted. Waits.
Result<void> mark_adopted_bucket(ApplyContext& context) {
  const BucketState& bucket = context.observed.bucket;
  const bool ours = bucket.readable() && context.observed.owner_of(bucket.tags) == Owner::kOurs;
  if (!context.desired.keep_bucket || context.desired.spec.external_bucket() || !ours) return ok();
  if (bucket.tags.contains(kAdoptedTag) || !adoption_evidence(context.observed)) return ok();
  Tags tags = bucket.tags;
  tags[kAdoptedTag] = "true";
  return write_bucket_tags(context.run.client, context.bucket(), bucket.tags, tags);
}

}  // namespace

void apply_destroy(ApplyContext& context) {
  // Recorded first, so that a run that waits for its drains, and every later reader, sees that the pipeline is being
  // destroyed.
  if (Result<void> may = context.check_can_start(); !may) return context.record_failure(kManifestId, may.error());
  if (Result<void> marked = mark_adopted_bucket(context); !marked) {
    return context.record_failure({Kind::kBucket, context.desired.spec.bucket, 0}, marked.error());
  }
  if (Result<void> written = write_destroy_intent(context); !written) {
    return context.record_failure({Kind::kSettings, "pipeline.json", 0}, written.error());
  }

  // Deletes all streams and waits until they are gone. If some still drain, the lock is released for that wait, and the
  // next round deletes the rest.
  const Result<bool> gone = delete_all_streams(context);
  if (!gone) {
    if (gone.error().kind != ErrorKind::kPartial) context.record_failure(kManifestId, gone.error());
    return;
  }
  if (!*gone) return;

  // From here on nothing delivers, and every copy of the manifest lists no streams. Without a manifest, another run has
  // got here before, or no producer ever read one.
  const bool listed = context.publisher.latest() || context.observed.manifest_problem;
  if (context.observed.bucket.readable() && listed) {
    if (Result<void> published = context.publisher.publish(context.streams); !published) {
      return context.record_failure(kManifestId, published.error());
    }
  }
  if (Result<void> deleted = delete_manifest_parameter(context.run, context.desired); !deleted) {
    return context.record_failure(kManifestId, deleted.error());
  }
  destroy_role(context);
  destroy_logs(context);
  if (context.any_failure() || context.outcome.error) return;

  if (const Step* bucket = context.find(Kind::kBucket)) {
    context.step(*bucket, [&] { return if_ours(check_bucket(context), [&] { return destroy_bucket(context); }); });
    return;
  }
  if (!context.desired.keeps_bucket() || !context.observed.bucket.readable()) return;
  if (Result<void> deleted = delete_document(context); !deleted) {
    return context.record_failure({Kind::kSettings, "pipeline.json", 0}, deleted.error());
  }
  if (const Step* settings = context.find(Kind::kSettings)) context.done(*settings);
}

}  // namespace fhctl::pipeline
