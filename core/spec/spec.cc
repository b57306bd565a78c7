#include "core/spec/spec.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/services/s3.h"
#include "core/spec/names.h"
#include "core/spec/spec_keys.h"
#include "core/spec/spec_validation.h"

namespace fhctl::pipeline {
namespace {

// AWS takes 50 tags on each resource; fhctl keeps six for its own.
constexpr std::size_t kUserTagsMax = 44;

struct Given {
  std::string text;
  std::string origin;
};

std::string origin_of(const SpecLayer& layer, const std::string& key) {
  auto own = layer.origins.find(key);
  return own == layer.origins.end() ? layer.origin : own->second;
}

// For each key, the value of the last layer that contains it.
std::map<std::string, Given> flatten(const std::vector<SpecLayer>& layers) {
  std::map<std::string, Given> said;
  for (const SpecLayer& layer : layers) {
    for (const auto& [key, text] : layer.values) said[key] = {text, origin_of(layer, key)};
  }
  return said;
}

std::string unknown_key(const std::string& key, const std::string& origin) {
  std::vector<std::string> known;
  for (const SpecKey& each : spec_keys()) known.emplace_back(each.key);
  std::optional<std::string> near = nearest(key, known);
  return fmt::format("{}: there is no key {}{}", origin, key, near ? fmt::format("; did you mean {}?", *near) : "");
}

// Collects the errors of one merge, so that the user sees all of them.
struct Problems {
  std::vector<std::string> lines;
  std::string hint;

  void add(std::string line) { lines.push_back(std::move(line)); }
  void add(const std::string& origin, std::string_view key, const Error& error) {
    lines.push_back(fmt::format("{}: {} {}", origin, key, error.message));
    if (hint.empty()) hint = error.hint;
  }
};

void apply_tag(Spec& spec, std::string_view key, const Given& said, Problems& problems) {
  if (std::optional<std::string> problem = tag_problem(key, said.text)) {
    problems.add(fmt::format("{}: {}", said.origin, *problem));
  }
  spec.tags[std::string(key)] = said.text;
  spec.given[std::string(kTagPrefix) + std::string(key)] = said.text;
}

// Two keys that exclude each other.
void check_pair(bool both, std::string_view a, std::string_view b, const std::map<std::string, Given>& said,
                Problems& problems) {
  if (!both) return;
  problems.add(fmt::format("{} ({}) and {} ({}) exclude each other", a, said.at(std::string(a)).origin, b,
                           said.at(std::string(b)).origin));
}

// fhctl makes buckets only in the account that it runs in.
void check_bucket_owner(const Spec& spec, const std::map<std::string, Given>& said, Problems& problems) {
  if (spec.bucket_owner.empty() || spec.external_bucket()) return;
  problems.add(fmt::format("{}: bucket.owner needs bucket.existing: fhctl makes buckets only in its own account",
                           said.at("bucket.owner").origin));
  if (problems.hint.empty()) problems.hint = "name the bucket of that account with --existing-bucket";
}

// The origins of the keys with this prefix: "fhctl.toml, --tag".
std::string origins_of(std::string_view beginning, const std::map<std::string, Given>& said) {
  std::set<std::string> origins;
  for (const auto& [key, given] : said) {
    if (starts_with(key, beginning)) origins.insert(given.origin);
  }
  return join({origins.begin(), origins.end()}, ", ");
}

// The problem names one key; that one may be missing because of the other.
std::string with_origin_of_prefix(const std::string& problem, const std::map<std::string, Given>& said) {
  const std::string named = problem.substr(0, problem.find(' '));
  std::string origin = origins_of(named, said);
  if (origin.empty()) origin = origins_of("delivery.prefix", said);
  return origin.empty() ? problem : fmt::format("{}: {}", origin, problem);
}

void check_together(const Spec& spec, const std::map<std::string, Given>& said, Problems& problems) {
  check_pair(!spec.bucket.empty() && spec.external_bucket(), "bucket.name", "bucket.existing", said, problems);
  check_bucket_owner(spec, said, problems);
  check_pair(!spec.role.empty() && spec.external_role(), "role.name", "role.existing", said, problems);
  check_pair(!spec.log_group.empty() && spec.external_log_group(), "logs.group", "logs.existing", said, problems);
  for (const std::string& problem : prefix_problems(spec)) problems.add(with_origin_of_prefix(problem, said));
  if (spec.tags.size() > kUserTagsMax) {
    problems.add(
        fmt::format("{}: tags has {} tags, over {}", origins_of(kTagPrefix, said), spec.tags.size(), kUserTagsMax));
  }
}

void check_name(std::string_view key, const std::optional<std::string>& problem, std::vector<std::string>& problems) {
  if (problem) problems.push_back(fmt::format("{} {}", key, *problem));
}

void fill_names(Spec& spec, std::string_view account, std::string_view region) {
  if (spec.name.empty()) spec.name = kDefaultName;
  if (spec.bucket.empty() && !spec.external_bucket()) spec.bucket = default_bucket(spec.name, account, region);
  if (spec.role.empty() && !spec.external_role()) spec.role = default_role(spec.name, region);
  if (spec.external_log_group()) spec.log_group = spec.existing_log_group;
  if (spec.log_group.empty()) spec.log_group = default_log_group(spec.name);
}

// A stream in one region cannot use a key of another.
std::optional<std::string> key_region_problem(std::string_view arn, std::string_view region) {
  if (std::optional<std::string> problem = kms_key_problem(arn)) return problem;
  std::string key_region = split(arn, ':')[3];
  if (key_region == region) return std::nullopt;
  return fmt::format("is in {}, but the pipeline is in {}", key_region, region);
}

}  // namespace

SpecLayer spec_layer_of_environment(const Environment& environment) {
  SpecLayer layer{.origin = "environment", .values = {}, .origins = {}};
  auto put = [&](const std::string& key, std::string text, std::string_view variable) {
    layer.values[key] = std::move(text);
    layer.origins[key] = variable;
  };
  for (const SpecKey& key : spec_keys()) {
    std::optional<std::string> text = environment.get(key.environment);
    if (text && !text->empty()) put(std::string(key.key), *text, key.environment);
  }
  std::optional<std::string> tags = environment.get("FHCTL_TAGS");
  if (!tags || tags->empty()) return layer;
  for (const std::string& pair : split(*tags, ',')) {
    std::size_t equals = pair.find('=');
    // A pair without '=' stands under the empty tag, which merge_spec refuses with its text.
    bool whole = equals != std::string::npos;
    std::string key = whole ? std::string(trim(std::string_view(pair).substr(0, equals))) : "";
    put(std::string(kTagPrefix) + key, whole ? pair.substr(equals + 1) : pair, "FHCTL_TAGS");
  }
  return layer;
}

SpecValues spec_values(const Spec& spec) {
  SpecValues values;
  for (const SpecKey& key : spec_keys()) {
    if (key.key == "count" && !spec.count) continue;
    if (key.key == "name" && spec.name.empty()) continue;
    values[std::string(key.key)] = key.get(spec);
  }
  for (const auto& [key, value] : spec.tags) values[std::string(kTagPrefix) + key] = value;
  return values;
}

Result<Spec> merge_spec(const std::vector<SpecLayer>& layers) {
  Spec spec;
  Problems problems;
  const std::map<std::string, Given> said = flatten(layers);
  for (const auto& [name, value] : said) {
    if (starts_with(name, kTagPrefix)) {
      apply_tag(spec, std::string_view(name).substr(kTagPrefix.size()), value, problems);
      continue;
    }
    const SpecKey* key = find_spec_key(name);
    if (key == nullptr) {
      problems.add(unknown_key(name, value.origin));
      continue;
    }
    if (Result<void> set = key->set(spec, value.text); !set) {
      problems.add(value.origin, name, set.error());
    } else {
      spec.given[name] = key->get(spec);
    }
  }
  check_together(spec, said, problems);
  if (!problems.lines.empty()) return spec_error(problems.lines, problems.hint);
  return spec;
}

Result<Spec> resolve_names(Spec spec, std::string_view account, std::string_view region) {
  fill_names(spec, account, region);
  std::vector<std::string> problems;
  Result<void> name = check_pipeline_name(spec.name);
  if (!name) problems.push_back(name.error().message);
  if (spec.external_bucket()) {
    check_name("bucket.existing", existing_bucket_problem(spec.existing_bucket), problems);
  } else if (std::optional<std::string> problem = s3::bucket_name_problem(spec.bucket)) {
    problems.push_back(fmt::format("bucket.name cannot be \"{}\": {}", spec.bucket, *problem));
  }
  if (spec.external_role()) {
    check_name("role.existing", existing_role_problem(spec.existing_role), problems);
  } else {
    check_name("role.name", role_name_problem(spec.role), problems);
  }
  check_name("role.path", role_path_problem(spec.role_path), problems);
  check_name("role.policy", policy_name_problem(spec.role_policy), problems);
  check_name(spec.external_log_group() ? "logs.existing" : "logs.group", log_group_problem(spec.log_group), problems);
  check_name("logs.stream", log_stream_problem(spec.log_stream), problems);
  if (!spec.permissions_boundary.empty()) {
    check_name("role.permissions_boundary", boundary_problem(spec.permissions_boundary), problems);
  }
  if (!spec.kms_key.empty()) check_name("delivery.kms_key", key_region_problem(spec.kms_key, region), problems);
  for (std::string& problem : prefix_problems(spec)) problems.push_back(std::move(problem));
  if (!problems.empty()) return spec_error(problems, name ? "" : name.error().hint);
  return spec;
}

}  // namespace fhctl::pipeline
