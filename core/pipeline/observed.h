// What is there: the answer of observe(). Plain data, never older than the run.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/pipeline/document.h"
#include "core/pipeline/lock.h"
#include "core/pipeline/manifest.h"
#include "core/pipeline/traffic.h"
#include "core/services/firehose.h"
#include "core/services/iam.h"
#include "core/services/logs.h"
#include "core/services/s3.h"
#include "core/services/s3_objects.h"
#include "core/services/sts.h"

namespace fhctl::pipeline {

inline constexpr const char* kPipelineTag = "fhctl:pipeline";
inline constexpr const char* kRegionTag = "fhctl:region";
inline constexpr const char* kIdTag = "fhctl:id";
inline constexpr const char* kBucketTag = "fhctl:bucket";
// On a bucket that --adopt-bucket took over: it existed before the pipeline, and so may its data.
inline constexpr const char* kAdoptedTag = "fhctl:adopted";

// Who a resource belongs to, judged by its tags alone. Pipeline, region and id must all match to be ours.
enum class Owner {
  kOurs,
  kForeign,    // none of our tags, or another pipeline's or region's
  kOtherLife,  // our pipeline and region, but another id: left over from an earlier life of the same name
};

struct Identity {
  std::string account;
  std::string partition;
  std::string region;
  std::string caller_arn;
};

struct ObservedBucket {
  s3::HeadBucketResult::Answer answer = s3::HeadBucketResult::Answer::kAbsent;
  std::string region;
  Tags tags;
  s3::PublicAccessBlock block;
  s3::Encryption encryption;
  std::vector<s3::LifecycleRule> rules;
  bool exists() const { return answer != s3::HeadBucketResult::Answer::kAbsent; }
  bool readable() const { return answer == s3::HeadBucketResult::Answer::kOurs; }
};

struct ObservedRole {
  iam::Role role;
  std::optional<std::string> policy;
};

struct ObservedLogGroup {
  logs::LogGroup group;
  Tags tags;
  bool stream_exists = false;
};

struct ObservedStream {
  int number = 0;
  firehose::Description description;
  Tags tags;
};

// Whether a stream of this status stays so by itself, or is on its way out. A status that nobody knows yet is neither
// "there" nor "absent": it is looked at again.
bool settled(const std::string& status);
// Whether records may be on their way into a stream of this status: not before it was ACTIVE, and not once somebody
// deleted it. Where nobody knows the status, they may.
bool may_take_records(const std::string& status);

// What would stand in the way of a destroy; only read for one.
struct DestroyReading {
  bool data = false;                         // objects, versions or markers that are not fhctl's own
  std::int64_t data_seen = 0;                // counted so far
  bool data_more = false;                    // there are more than were counted
  std::vector<std::string> other_pipelines;  // "NAME/REGION" of others that keep their files in this bucket
  bool object_lock = false;
  std::vector<std::string> foreign_role_policies;
  std::vector<std::string> attached_policies;
  std::vector<std::string> instance_profiles;
  std::optional<WallTime> oldest_data{};     // last-modified time of the oldest that was counted
  std::optional<WallTime> bucket_created{};  // nullopt: not known
};

struct Observed {
  Instant began_at{};  // the look: nothing in it is older
  Identity identity;
  std::string name;  // of the pipeline
  Spec spec;         // resolved: what the names below were looked up with
  std::string id;    // from pipeline.json, else from the tags; empty: this pipeline does not live

  std::optional<Document> document;
  std::string document_etag;
  std::optional<Error> document_problem;  // there, but unreadable
  std::optional<Manifest> manifest;
  std::string manifest_etag;
  std::optional<Error> manifest_problem;

  ObservedBucket bucket;
  std::optional<ObservedRole> role;
  std::optional<ObservedLogGroup> log_group;
  std::map<int, ObservedStream> streams;  // every NAME-n that exists, whoever owns it
  int streams_in_region = 0;              // all names, for the quota
  std::optional<SeenLock> lock;
  std::optional<DestroyReading> destroy;
  std::optional<Traffic> traffic;  // only read where wants_traffic() says so

  Owner owner_of(const Tags& tags) const;
  // Parts that are ours and exist, as `describe` counts them; streams that are being deleted are not among them.
  int resources() const;
  int living_streams() const;
  // pipeline.json's members; without it the numbers of our live streams.
  Members members() const;
};

}  // namespace fhctl::pipeline
