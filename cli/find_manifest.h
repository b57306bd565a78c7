// Where a pipeline's manifest is in the bucket, found with as few permissions as a producer has.
#pragma once

#include <string>

#include "cli/context.h"
#include "core/pipeline/manifest.h"
#include "core/services/s3_objects.h"

namespace fhctl::cli {

struct ManifestPlace {
  s3::BucketRef bucket;
  std::string key;
};

struct FoundManifest {
  ManifestPlace place;
  std::string text;  // as it is in the bucket
  std::string etag;
  pipeline::Manifest manifest;
};

// Looks in the bucket that the spec names, and only if there is none there asks the whole account as `describe` does.
// kNotFound: no manifest was published. Waits.
Result<FoundManifest> find_manifest(Session& session, const pipeline::SpecSources& sources);

}  // namespace fhctl::cli
