// The S3 bucket of a pipeline: its state, and how it is read, compared, created and updated.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/aws/client.h"
#include "core/base/cancellation.h"
#include "core/base/loop.h"
#include "core/resources/bucket_policy.h"
#include "core/resources/change.h"
#include "core/resources/ownership.h"
#include "core/services/s3.h"

namespace fhctl::pipeline {

inline constexpr std::string_view kAbortUploadsRule = "fhctl-abort-uploads";

struct BucketState {
  s3::HeadBucketResult::Answer answer = s3::HeadBucketResult::Answer::kAbsent;
  std::string region;
  Tags tags;
  s3::BucketSettings settings;
  // Of an existing bucket (spec key bucket.existing), which may be used without being read: why not.
  std::optional<Error> tags_problem{};
  std::optional<Error> encryption_problem{};
  bool exists() const { return answer != s3::HeadBucketResult::Answer::kAbsent; }
  bool readable() const { return answer == s3::HeadBucketResult::Answer::kOurs; }
};

// The answers to the calls that read a bucket. When it cannot be read, the other answers mean nothing.
struct BucketReading {
  Result<s3::HeadBucketResult> head{s3::HeadBucketResult{}};
  Result<Tags> tags{Tags{}};
  s3::BucketSettings settings{};
  std::vector<Result<void>> outcomes{};  // of reading each setting
  Result<void> encryption = ok();        // of reading it from an existing bucket
  bool managed = true;

  bool readable() const { return head && head->answer == s3::HeadBucketResult::Answer::kOurs; }
};

// Spawn the calls in `group`; `reading` must outlive it. Of the settings of an existing bucket (managed: false), which
// are its owner's, only the encryption is read, because the delivery role needs its key.
void read_bucket_presence(aws::Client& client, Group& group, const s3::BucketRef& bucket, BucketReading& reading);
void read_bucket_settings(aws::Client& client, Group& group, const s3::BucketRef& bucket, bool managed,
                          BucketReading& reading);
// The state that the answers describe. Errors are those of the calls; that tags and encryption of an existing bucket
// may not be read is none.
Result<BucketState> bucket_state(const BucketReading& reading, const std::string& name);

// What the identity needs to look at the bucket, with a statement to paste, in case the bucket is this account's.
std::string bucket_permission_hint(const Identity& identity, const std::string& bucket);

// Adds what must change so that the bucket is as the goal says, or why it may not be used.
void compare_bucket(Changes& changes, const BucketState& current, const ResourceGoal& goal);

// Creates the bucket with the goal's tags, and returns the pipeline id in its tags: another one than the goal's when
// another run of this pipeline created it first. kPrecondition when it is not this pipeline's. Waits.
Result<std::string> create_bucket(aws::Client& client, Cancellation& control, const ResourceGoal& goal);
// Replaces the tags of a bucket of this account, with or without attribute-based access control. Waits.
Result<void> write_bucket_tags(aws::Client& client, const s3::BucketRef& bucket, const Tags& current,
                               const Tags& wanted);
// Makes every setting and tag that differs as the goal says. Waits.
Result<void> update_bucket(aws::Client& client, const BucketState& current, const ResourceGoal& goal);
// The tags as they are now; nullopt: there is no such bucket. Waits.
Result<std::optional<Tags>> current_bucket_tags(aws::Client& client, const s3::BucketRef& bucket);

// ARN of the KMS key with which the bucket encrypts by default, as far as the role that delivers needs permission to
// use it; empty: no key of KMS, AWS's own key aws/s3, or an alias, which no policy can name.
std::string bucket_key_arn(const s3::Encryption& encryption, const Identity& identity);
// With what fhctl's own objects are encrypted: spec key delivery.kms_key, else the bucket's default, which is then
// named in the request because bucket policies may demand that. Objects of a pipeline that are stored with the bucket's
// default (`stored`: as pipeline.json is; empty: there is none) stay so, because its producers may lack permission to
// use another key. Empty: nothing is to be said.
s3::Encryption own_object_encryption(const Spec& spec, const s3::Encryption& bucket, const s3::Encryption& stored);

// What would block the deletion of the bucket; only read for a destroy.
struct BucketObstacles {
  bool data = false;                         // objects, versions or markers other than fhctl's
  std::int64_t data_seen = 0;                // counted so far
  bool data_more = false;                    // there are more than were counted
  std::vector<std::string> other_pipelines;  // "NAME/REGION" of others that keep their files in this bucket
  bool object_lock = false;
  bool mfa_delete = false;
  DeniedDeletions denied{};                                   // by the bucket policy, to everybody
  std::vector<std::pair<std::string, Error>> not_readable{};  // what may not be read ("bucket policy"), and why
  std::optional<WallTime> oldest_data{};                      // last-modified time of the oldest that was counted
  std::optional<WallTime> created{};                          // nullopt: not known
};
// Spawns the calls in `group`; the first error of each goes to `outcome`. All references must outlive the group.
void read_bucket_obstacles(aws::Client& client, Group& group, const s3::BucketRef& bucket, const std::string& pipeline,
                           const std::string& region, BucketObstacles& obstacles, Result<void>& outcome);
// Adds the encryption of the bucket as far as users should know it: the key that the delivery role needs.
void note_bucket_key(Changes& changes, const BucketState& current, const ResourceGoal& goal);

// Adds the deletion of the bucket and what forbids it. `obstacles`: nullptr if they were not read. `empty_data`: the
// data is to be deleted, too.
void compare_bucket_deletion(Changes& changes, const std::string& name, const BucketObstacles* obstacles,
                             bool empty_data);

}  // namespace fhctl::pipeline
