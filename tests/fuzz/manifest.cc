// The stream manifest: reading, writing and reading again gives the same value; the other formats contain nothing else.
#include "core/manifest/manifest.h"

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/manifest/manifest_formats.h"
#include "core/manifest/manifest_parse.h"
#include "tests/fuzz/target.h"

namespace fhctl::fuzz::manifest {
namespace {

using pipeline::Manifest;
using pipeline::ManifestEntry;

void check_values(const Manifest& manifest) {
  FUZZ_CHECK(manifest.generation >= 1 && !manifest.region.empty() && !manifest.pipeline.empty());
  FUZZ_CHECK(manifest.epoch.size() >= 8 && manifest.epoch.size() <= 64);
  FUZZ_CHECK(manifest.streams.size() <= 10000);
  FUZZ_CHECK(pipeline::reload_time(manifest.spec) > Duration::zero());
  for (const ManifestEntry& entry : manifest.streams) {
    FUZZ_CHECK(entry.weight >= 0 && entry.weight <= 1000);
    FUZZ_CHECK(entry.limits.bytes_per_s >= 1 && entry.limits.requests_per_s >= 1);
    FUZZ_CHECK(!entry.name.empty() && entry.name.size() <= 64);
    FUZZ_CHECK(!contains(entry.name, "\n") && !contains(entry.name, ",") && !contains(entry.name, "'"));
  }
}

void check_views(const Manifest& manifest) {
  FUZZ_CHECK(parse_json(pipeline::format_manifest_file_sd(manifest), "file_sd").has_value());
  FUZZ_CHECK(split(pipeline::format_manifest_env(manifest), '\n').size() >= 6);
  FUZZ_CHECK(split(pipeline::format_manifest_csv(manifest), '\n').size() >= manifest.streams.size() + 2);
  FUZZ_CHECK(split(pipeline::format_manifest_text(manifest), '\n').size() <= manifest.streams.size() + 1);
  for (const std::size_t most : {std::size_t{4096}, std::size_t{1} << 30}) {
    const std::optional<std::string> compact = pipeline::format_compact_manifest(manifest, most);
    if (!compact) {
      FUZZ_CHECK(most == 4096);
      continue;
    }
    FUZZ_CHECK(compact->size() <= most);
    const std::optional<pipeline::CompactHead> head = pipeline::parse_compact_head(*compact);
    FUZZ_CHECK(head && head->pipeline == manifest.pipeline && head->account == manifest.account);
    FUZZ_CHECK(head->epoch == manifest.epoch && head->generation == manifest.generation);
  }
}

}  // namespace

FUZZ_TARGET(manifest) {
  const Result<Manifest> manifest = pipeline::parse_manifest(input, "m");
  if (!manifest) {
    FUZZ_CHECK(manifest.error().kind == ErrorKind::kProtocol && starts_with(manifest.error().message, "m"));
    FUZZ_CHECK(pipeline::parse_manifest(input, "m").error() == manifest.error());
    return;
  }
  check_values(*manifest);
  const std::string text = pipeline::format_manifest(*manifest);
  const Result<Manifest> again = pipeline::parse_manifest(text, "again");
  FUZZ_CHECK(again.has_value());
  FUZZ_CHECK(pipeline::format_manifest(*again) == text);
  FUZZ_CHECK(again->streams.size() == manifest->streams.size());
  FUZZ_CHECK(pipeline::same_content(*manifest, *again) && pipeline::same_limits(*manifest, *again));
  FUZZ_CHECK(!pipeline::supersedes(*manifest, *again) && !pipeline::supersedes(*again, *manifest));
  check_views(*manifest);
}

}  // namespace fhctl::fuzz::manifest
