// Where a pipeline's manifest is in the bucket, found with as few permissions as a producer has, and whether a manifest
// is the one that was asked for.
#pragma once

#include <string>
#include <string_view>

#include "cli/context.h"
#include "cli/spec_flags.h"
#include "core/pipeline/manifest.h"
#include "core/services/s3_objects.h"

namespace fhctl::cli {

// Whose manifest is asked for. An empty member is not known and not compared.
struct ManifestOwner {
  std::string pipeline;
  std::string account;
  std::string region;
};

// The one way from text to a manifest, for the first reading and every later one. kPrecondition: it is the manifest of
// another pipeline, account or region than `owner`. kProtocol: it cannot be read. `where` is for messages.
Result<pipeline::Manifest> read_owned_manifest(std::string_view text, const std::string& where,
                                               const ManifestOwner& owner);

// The same for a manifest that was parsed already.
Result<void> check_manifest_owner(const pipeline::Manifest& manifest, const std::string& where,
                                  const ManifestOwner& owner);

// Whose manifest a file on this machine should be: of the pipeline that a flag, FHCTL_NAME or fhctl.toml names, in the
// region that the settings give, and of the account that the credentials name. What none of them says is left to the
// file. Calls nothing over the network.
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
  ManifestOwner owner;  // whose it was checked to be
};

// Looks in the bucket that the spec names, and only if there is none there asks the whole account as `describe` does.
// kNotFound: no manifest was published. kPrecondition: what lies there is another pipeline's. Waits.
Result<FoundManifest> find_manifest(Session& session, const pipeline::SpecSources& sources);

}  // namespace fhctl::cli
