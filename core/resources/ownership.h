// Which pipeline a resource belongs to, decided by its tags alone.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/base/tags.h"
#include "core/resources/change.h"
#include "core/services/s3.h"
#include "core/spec/spec.h"

namespace fhctl::pipeline {

inline constexpr const char* kPipelineTag = "fhctl:pipeline";
inline constexpr const char* kRegionTag = "fhctl:region";
inline constexpr const char* kIdTag = "fhctl:id";
inline constexpr const char* kBucketTag = "fhctl:bucket";
// The account of the bucket, on the resources of a pipeline whose bucket is another account's.
inline constexpr const char* kBucketOwnerTag = "fhctl:bucket-owner";
// On a bucket or log group that --adopt-bucket or --adopt-log-group took over: it existed before the pipeline, and so
// may its data.
inline constexpr const char* kAdoptedTag = "fhctl:adopted";

// The account and region that a run works in.
struct Identity {
  std::string account;
  std::string partition;
  std::string region;
  std::string caller_arn;
};

// The bucket that the spec names, with the account that it must belong to.
s3::BucketRef bucket_ref(const Spec& spec, const Identity& identity);

enum class Owner {
  kOurs,
  kForeign,              // none of our tags, or another pipeline's or region's
  kPreviousIncarnation,  // our pipeline and region, but another id: left over from an earlier pipeline of the same name
};

// What the tags of a pipeline's resources say.
struct Ownership {
  std::string pipeline;
  std::string region;
  std::string id;

  // Pipeline, region and id must all match to be ours.
  Owner owner_of(const Tags& tags) const;
};

// The goal that every resource is compared with and changed to.
struct ResourceGoal {
  const Spec& spec;  // resolved
  const Identity& identity;
  Ownership ownership;
  Tags tags;                           // ownership and the user's
  std::set<std::string> dropped_tags;  // keys that an earlier spec set and this one no longer names
  bool exists = false;                 // of the pipeline: there is a pipeline.json, or tags of it
  bool recorded = false;               // there is a pipeline.json: what is missing was deleted outside fhctl
  bool adopt_bucket = false;
  bool adopt_log_group = false;
  // ARN of the KMS key with which the bucket encrypts by default; empty: none, or one that needs no permission.
  std::string bucket_key = {};
};

// Appends what differs in the tags that fhctl sets. Other tags belong to the user.
void compare_tags(Step& step, const Tags& current, const ResourceGoal& goal);

// Tags to set and keys to remove so that `current` becomes what the goal wants.
struct TagChange {
  Tags set;
  std::vector<std::string> remove;
};
TagChange tag_change(const Tags& current, const ResourceGoal& goal);

// Whether the tags are those of this pipeline, id included: the resource was created by a call whose response was lost.
bool same_incarnation(const Tags& tags, const Tags& wanted);
// Whether AWS may still be showing the time before a resource got the `wanted` tags: it shows none, or those of an
// earlier pipeline of the same name and region.
bool may_be_outdated(const Tags& tags, const Tags& wanted);

// kPrecondition: the resource `name` (`what`: "bucket") exists and is not this pipeline's.
Error foreign_resource(std::string_view what, const std::string& name, const Tags& tags, const ResourceGoal& goal,
                       std::string hint);
// kPrecondition: the resource was created, by another process, since this run read that it does not exist.
Error created_concurrently(std::string_view what, const std::string& name);

}  // namespace fhctl::pipeline
