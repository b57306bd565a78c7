#include "cli/find_manifest.h"

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/manifest/manifest_parse.h"
#include "core/spec/names.h"

namespace fhctl::cli {
namespace {

// A producer's policy does not let it list the bucket, and then S3 denies what does not exist.
Error denied(const Error& error, const std::string& where) {
  Error explained = with_context(error, "reading the manifest " + where);
  explained.hint =
      "Either no manifest is published there, or this identity may not read it: to those who may not list "
      "the bucket S3 answers both alike. `fhctl manifest publish`, run by the operator, publishes it. " +
      error.hint;
  return explained;
}

Result<std::optional<FoundManifest>> read_manifest(aws::Client& client, const ManifestPlace& place,
                                                   const ManifestOwner& owner) {
  Result<std::optional<s3::Object>> object = s3::get_object(client, place.bucket, place.key);
  const bool no_bucket = !object && object.error().kind == ErrorKind::kNotFound;
  if (no_bucket) return std::optional<FoundManifest>();
  const std::string where = fmt::format("s3://{}/{}", place.bucket.name, place.key);
  if (!object && object.error().kind == ErrorKind::kDenied) return denied(object.error(), where);
  if (!object) return object.error();
  if (!*object) return std::optional<FoundManifest>();
  ASSIGN_OR_RETURN(pipeline::Manifest manifest, read_owned_manifest((*object)->body, where, owner));
  return std::optional<FoundManifest>(FoundManifest{place, (*object)->body, (*object)->etag, manifest, owner});
}

Error not_published(const pipeline::SpecSources& sources, const pipeline::Identity& identity) {
  return make_error(ErrorKind::kNotFound,
                    fmt::format("there is no manifest of the pipeline {} in {} of account {}", sources.name,
                                identity.region, identity.account),
                    "`fhctl up` makes a pipeline and publishes its manifest; `fhctl describe` shows what is there");
}

}  // namespace

Result<void> check_manifest_owner(const pipeline::Manifest& manifest, const std::string& where,
                                  const ManifestOwner& owner) {
  std::vector<std::string> differences;
  std::vector<std::string> ways_out;
  const auto compare = [&](std::string_view what, const std::string& is, const std::string& asked,
                           const std::string& how) {
    if (asked.empty() || is.empty() || is == asked) return;  // a manifest may omit its account
    const std::string shown = escape_for_terminal(is);
    differences.push_back(fmt::format("{} {}, not {}", what, shown, asked));
    ways_out.push_back(fmt::format("if {} {} is meant: {}", what, shown, how));
  };
  compare("pipeline", manifest.pipeline, owner.pipeline,
          fmt::format("`--name {}`", escape_for_terminal(manifest.pipeline)));
  compare("account", manifest.account, owner.account, "use credentials of that account");
  compare("region", manifest.region, owner.region, fmt::format("`--region {}`", escape_for_terminal(manifest.region)));
  if (differences.empty()) return ok();
  Error error;
  error.kind = ErrorKind::kPrecondition;
  error.message = fmt::format("the manifest {} is of {}", where, join(differences, ", and of "));
  error.hint = join(ways_out, "; ");
  if (starts_with(where, "s3://")) {
    error.hint = fmt::format("`fhctl manifest publish {}` publishes the pipeline's own manifest there", owner.pipeline);
  }
  return error;
}

Result<pipeline::Manifest> read_owned_manifest(std::string_view text, const std::string& where,
                                               const ManifestOwner& owner) {
  Result<pipeline::Manifest> manifest = pipeline::parse_manifest(text, where);
  if (!manifest) return manifest;
  RETURN_IF_ERROR(check_manifest_owner(*manifest, where, owner));
  return manifest;
}

ManifestOwner owner_of_file(Context& context, const NamedSources& named) {
  ManifestOwner owner;
  if (!named.name_is_default) owner.pipeline = named.sources.name;
  const Result<aws::Settings> settings = context.settings();
  if (!settings) return owner;
  owner.region = settings->region;
  const Result<aws::Credentials> credentials = context.credentials();
  if (credentials) owner.account = credentials->account_id;
  return owner;
}

Result<FoundManifest> find_manifest(Session& session, const pipeline::SpecSources& sources) {
  ASSIGN_OR_RETURN(pipeline::Identity identity, session.identify(sources.name));
  ASSIGN_OR_RETURN(pipeline::Spec spec, pipeline::effective_spec(sources, std::nullopt, identity));
  const std::string key = pipeline::manifest_key(sources.name, identity.region);
  const ManifestPlace usual{pipeline::bucket_ref(spec, identity), key};
  const ManifestOwner owner{sources.name, identity.account, identity.region};
  Result<std::optional<FoundManifest>> found = read_manifest(session.client, usual, owner);
  if (!found) return found.error();
  if (*found) return **found;
  // A bucket of another name: only the tags of the other resources lead to it.
  ASSIGN_OR_RETURN(pipeline::Observed observed, pipeline::observe(session.client, identity, sources));
  const s3::BucketRef bucket = pipeline::bucket_ref(observed.spec, identity);
  const bool same = bucket.name == usual.bucket.name && bucket.owner == usual.bucket.owner;
  if (same || !observed.bucket.readable()) return not_published(sources, identity);
  found = read_manifest(session.client, {bucket, key}, owner);
  if (!found) return found.error();
  if (!*found) return not_published(sources, identity);
  return **found;
}

}  // namespace fhctl::cli
