// Finds a pipeline's manifest in the bucket, with as few permissions as a producer has, and checks that a manifest is
// the requested one.
#pragma once

#include <string>
#include <string_view>

#include "cli/context.h"
#include "cli/spec_flags.h"
#include "core/manifest/manifest.h"
#include "core/services/s3_objects.h"

namespace fhctl::cli {

// The pipeline whose manifest is requested. An empty member is unknown and not compared.
struct ManifestOwner {
  std::string pipeline;
  std::string account;
  std::string region;
};

// Parses and checks a manifest, for the first reading and every later one. kPrecondition: it is the manifest of another
// pipeline, account or region than `owner`. kProtocol: it cannot be read. `where` is for messages.
Result<pipeline::Manifest> read_owned_manifest(std::string_view text, const std::string& where,
                                               const ManifestOwner& owner);

// The same for a parsed manifest.
Result<void> check_manifest_owner(const pipeline::Manifest& manifest, const std::string& where,
                                  const ManifestOwner& owner);

// The expected owner of a manifest file on this machine: the pipeline that a flag, FHCTL_NAME or fhctl.toml names, the
// region of the settings, and the account of the credentials. What is unknown is not compared. Makes no network calls.
ManifestOwner owner_of_file(Context& context, const NamedSources& named);

struct ManifestPlace {
  s3::BucketRef bucket;
  std::string key;
};

struct FoundManifest {
  ManifestPlace place;
  std::string text;  // as it is in the bucket
  std::string etag;
  pipeline::Manifest manifest;
  ManifestOwner owner;  // the owner that it was checked against
};

// Reads it from the bucket that the spec names, and only if there is none, searches the account as `describe` does.
// kNotFound: no manifest was published. kPrecondition: the manifest there is another pipeline's. Waits.
Result<FoundManifest> find_manifest(Session& session, const pipeline::SpecSources& sources);

}  // namespace fhctl::cli
