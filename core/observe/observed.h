// The observed state: what observe() read from AWS. Plain data, never older than the run.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/manifest/manifest.h"
#include "core/observe/lock_object.h"
#include "core/observe/pipeline_json.h"
#include "core/observe/traffic.h"
#include "core/resources/bucket.h"
#include "core/resources/delivery_stream.h"
#include "core/resources/log_group.h"
#include "core/resources/ownership.h"
#include "core/resources/role.h"

namespace fhctl::pipeline {

// What would block a destroy; only read for one.
struct DestroyReading {
  BucketObstacles bucket{};
  RoleObstacles role{};
};

// pipeline.json. Replaced as a whole when it is read again, perhaps from another bucket.
struct DocumentReading {
  std::optional<Document> document{};
  std::string document_etag{};
  s3::Encryption document_encryption{};     // with which it is stored
  std::optional<Error> document_problem{};  // there, but unreadable
};

// The other objects that fhctl keeps in the bucket. Replaced as a whole when another bucket is read.
struct BucketFiles {
  std::optional<Manifest> manifest{};
  std::string manifest_etag{};
  std::optional<Error> manifest_problem{};  // there, but unreadable
  std::optional<SeenLock> lock{};
};

struct Observed : DocumentReading, BucketFiles {
  Instant began_at{};  // when the reading began: nothing in it is older
  Identity identity;
  std::string name;  // of the pipeline
  Spec spec;         // resolved: what the names below were looked up with
  std::string id;    // from pipeline.json, else from the tags; empty: the pipeline does not exist

  BucketState bucket;
  std::optional<RoleState> role;
  std::optional<LogGroupState> log_group;
  std::map<int, StreamState> streams;  // every NAME-n that exists, regardless of its owner
  int streams_in_region = 0;           // all names, for the quota
  std::optional<DestroyReading> destroy;
  std::optional<Traffic> traffic;  // only read where wants_traffic() says so

  Ownership ownership() const { return {name, identity.region, id}; }
  Owner owner_of(const Tags& tags) const { return ownership().owner_of(tags); }
  // With what fhctl's own objects are to be encrypted in the bucket that was observed.
  s3::Encryption own_object_encryption(const Spec& wanted) const;
  // This pipeline's existing resources, as `describe` counts them; streams that are being deleted are not included.
  int resources() const;
  int living_streams() const;
  // pipeline.json's members; without it the numbers of this pipeline's existing streams.
  Members members() const;
};

// kPrecondition: there is no pipeline of that name. The hint says how to create it.
Error pipeline_not_found(const std::string& name, const Identity& identity);

}  // namespace fhctl::pipeline
