// The S3 bucket of a pipeline: its state, and how it is read, compared, created and updated.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/aws/client.h"
#include "core/base/cancellation.h"
#include "core/base/loop.h"
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
  bool exists() const { return answer != s3::HeadBucketResult::Answer::kAbsent; }
  bool readable() const { return answer == s3::HeadBucketResult::Answer::kOurs; }
};

// The answers to the calls that read a bucket. When it cannot be read, the other answers mean nothing.
struct BucketReading {
  Result<s3::HeadBucketResult> head{s3::HeadBucketResult{}};
  Result<Tags> tags{Tags{}};
  s3::BucketSettings settings{};
  std::vector<Result<void>> outcomes{};  // of reading each setting

  bool readable() const { return head && head->answer == s3::HeadBucketResult::Answer::kOurs; }
};

// Spawn the calls in `group`; `reading` must outlive it. The settings of an existing bucket (managed: false) are its
// owner's and are not read.
void read_bucket_presence(aws::Client& client, Group& group, const s3::BucketRef& bucket, BucketReading& reading);
void read_bucket_settings(aws::Client& client, Group& group, const s3::BucketRef& bucket, bool managed,
                          BucketReading& reading);
// The state that the answers describe. Errors are those of the calls.
Result<BucketState> bucket_state(const BucketReading& reading, const std::string& name);

// What the identity needs to look at the bucket, with a statement to paste, in case the bucket is this account's.
std::string bucket_permission_hint(const Identity& identity, const std::string& bucket);

// Adds what must change so that the bucket is as the goal says, or why it may not be used.
void compare_bucket(Changes& changes, const BucketState& current, const ResourceGoal& goal);

// Creates the bucket with the goal's tags, and returns the pipeline id in its tags: another one than the goal's when
// another run of this pipeline created it first. kPrecondition when it is not this pipeline's. Waits.
Result<std::string> create_bucket(aws::Client& client, Cancellation& control, const ResourceGoal& goal);
// Makes every setting and tag that differs as the goal says. Waits.
Result<void> update_bucket(aws::Client& client, const BucketState& current, const ResourceGoal& goal);
// The tags as they are now; nullopt: there is no such bucket. Waits.
Result<std::optional<Tags>> current_bucket_tags(aws::Client& client, const s3::BucketRef& bucket);

// What would block the deletion of the bucket; only read for a destroy.
struct BucketObstacles {
  bool data = false;                         // objects, versions or markers other than fhctl's
  std::int64_t data_seen = 0;                // counted so far
  bool data_more = false;                    // there are more than were counted
  std::vector<std::string> other_pipelines;  // "NAME/REGION" of others that keep their files in this bucket
  bool object_lock = false;
  std::optional<WallTime> oldest_data{};  // last-modified time of the oldest that was counted
  std::optional<WallTime> created{};      // nullopt: not known
};
// Spawns the calls in `group`; the first error of each goes to `outcome`. All references must outlive the group.
void read_bucket_obstacles(aws::Client& client, Group& group, const s3::BucketRef& bucket, const std::string& pipeline,
                           const std::string& region, BucketObstacles& obstacles, Result<void>& outcome);
// Adds the deletion of the bucket and what forbids it. `obstacles`: nullptr if they were not read. `empty_data`: the
// data is to be deleted, too.
void compare_bucket_deletion(Changes& changes, const std::string& name, const BucketObstacles* obstacles,
                             bool empty_data);

}  // namespace fhctl::pipeline
