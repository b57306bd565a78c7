#include "cli/find_manifest.h"

#include <fmt/format.h>

#include "core/pipeline/names.h"

namespace fhctl::cli {
namespace {

Result<std::optional<FoundManifest>> read_manifest(aws::Client& client, const ManifestPlace& place) {
  Result<std::optional<s3::Object>> object = s3::get_object(client, place.bucket, place.key);
  const bool no_bucket = !object && object.error().kind == ErrorKind::kNotFound;
  if (no_bucket) return std::optional<FoundManifest>();
  if (!object) return object.error();
  if (!*object) return std::optional<FoundManifest>();
  const std::string where = fmt::format("s3://{}/{}", place.bucket.name, place.key);
  Result<pipeline::Manifest> manifest = pipeline::parse_manifest((*object)->body, where);
  if (!manifest) return manifest.error();
  return std::optional<FoundManifest>(FoundManifest{place, (*object)->body, (*object)->etag, *manifest});
}

Error not_published(const pipeline::SpecSources& sources, const pipeline::Identity& identity) {
  Error error;
  error.kind = ErrorKind::kNotFound;
  error.message = fmt::format("There is no manifest of the pipeline {} in {} of account {}.", sources.name,
                              identity.region, identity.account);
  error.hint = "`fhctl up` makes a pipeline and publishes its manifest; `fhctl describe` shows what is there.";
  return error;
}

}  // namespace

Result<FoundManifest> find_manifest(Session& session, const pipeline::SpecSources& sources) {
  Result<pipeline::Identity> identity = session.identify(sources.name);
  if (!identity) return identity.error();
  Result<pipeline::Spec> spec = pipeline::effective_spec(sources, std::nullopt, *identity);
  if (!spec) return spec.error();
  const std::string key = pipeline::manifest_key(sources.name, identity->region);
  const ManifestPlace usual{{spec->bucket_name(), identity->account}, key};
  Result<std::optional<FoundManifest>> found = read_manifest(session.client, usual);
  if (!found) return found.error();
  if (*found) return **found;
  // A bucket of another name: only the tags of the other parts know it.
  Result<pipeline::Observed> observed = pipeline::observe(session.client, *identity, sources);
  if (!observed) return observed.error();
  const std::string bucket = observed->spec.bucket_name();
  if (bucket == usual.bucket.name || !observed->bucket.readable()) return not_published(sources, *identity);
  found = read_manifest(session.client, {{bucket, identity->account}, key});
  if (!found) return found.error();
  if (!*found) return not_published(sources, *identity);
  return **found;
}

}  // namespace fhctl::cli
