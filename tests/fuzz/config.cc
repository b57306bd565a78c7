// fhctl.toml: every error names its line, and settings are unchanged after being stored in pipeline.json.
#include "core/base/text.h"
#include "core/spec/spec.h"
#include "core/spec/spec_file.h"
#include "tests/fuzz/target.h"

namespace fhctl::fuzz::config {
namespace {

void check_spec(const pipeline::Spec& spec) {
  const pipeline::SpecValues values = pipeline::spec_values(spec);
  const Result<pipeline::Spec> again = pipeline::merge_spec({{.origin = "kept", .values = values, .origins = {}}});
  FUZZ_CHECK(again && pipeline::spec_values(*again) == values);
  for (const auto& [key, text] : spec.given) FUZZ_CHECK(values.at(key) == text);  // what was set is among the values
  const Result<pipeline::Spec> named = pipeline::resolve_names(spec, "123456789012", "us-west-2");
  if (!named) {
    FUZZ_CHECK(named.error().kind == ErrorKind::kUsage);
    return;
  }
  FUZZ_CHECK(!named->name.empty() && !named->bucket_name().empty() && !named->role_name().empty());
  FUZZ_CHECK(!named->count || (*named->count >= 1 && *named->count <= 10000));
  // Names that were filled in are kept.
  const Result<pipeline::Spec> twice = pipeline::resolve_names(*named, "123456789012", "us-west-2");
  FUZZ_CHECK(twice && *twice == *named);
}

}  // namespace

FUZZ_TARGET(config) {
  pipeline::Connection connection;
  const Result<pipeline::SpecLayer> layer = pipeline::parse_spec_file(input, "f.toml", connection);
  pipeline::Connection same_connection;
  const Result<pipeline::SpecLayer> same = pipeline::parse_spec_file(input, "f.toml", same_connection);
  FUZZ_CHECK(layer.has_value() == same.has_value());
  FUZZ_CHECK(connection.region == same_connection.region && connection.profile == same_connection.profile);
  if (!layer) {
    FUZZ_CHECK(layer.error() == same.error());
    FUZZ_CHECK(layer.error().kind == ErrorKind::kUsage && starts_with(layer.error().message, "f.toml:"));
    return;
  }
  FUZZ_CHECK(layer->values == same->values && layer->origins == same->origins);
  for (const auto& [key, text] : layer->values) FUZZ_CHECK(layer->origins.contains(key));
  const Result<pipeline::Spec> spec = pipeline::merge_spec({*layer});
  if (spec) {
    check_spec(*spec);
  } else {
    FUZZ_CHECK(spec.error().kind == ErrorKind::kUsage && !spec.error().message.empty());
  }
}

}  // namespace fhctl::fuzz::config
