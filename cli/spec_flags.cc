#include "cli/spec_flags.h"

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/spec/names.h"
#include "core/spec/spec_keys.h"

namespace fhctl::cli {
namespace {

void bind_key(SpecFlags& spec, Flags& flags, const pipeline::SpecKey& key) {
  if (key.key == "name") return;  // a global flag
  flags.custom(
      std::string(key.flag), std::string(key.form),
      [&spec, key](const std::string& value) {
        spec.values[std::string(key.key)] = value;
        spec.origins[std::string(key.key)] = std::string(key.flag);
        return ok();
      },
      std::string(key.help));
}

void bind_tag(SpecFlags& spec, Flags& flags) {
  flags.custom(
      "--tag", "KEY=VALUE",
      [&spec](const std::string& value) -> Result<void> {
        const std::size_t equals = value.find('=');
        if (equals == 0 || equals == std::string::npos) {
          return usage_error(fmt::format("--tag takes KEY=VALUE, not \"{}\"", value));
        }
        const std::string key = "tags." + value.substr(0, equals);
        spec.values[key] = value.substr(equals + 1);
        spec.origins[key] = "--tag";
        return ok();
      },
      "A tag of yours on every resource; may be repeated.");
}

// Removes the name from a layer: it is decided in one place, because the bucket to read from depends on it.
std::optional<std::string> take_name(pipeline::SpecLayer& layer) {
  const auto found = layer.values.find("name");
  if (found == layer.values.end()) return std::nullopt;
  std::string name = found->second;
  layer.values.erase(found);
  return name;
}

Result<std::optional<std::string>> named_by_flags(const Globals& globals, const SpecFlags& spec) {
  if (spec.name && globals.name && *spec.name != *globals.name) {
    return usage_error(fmt::format("two names: \"{}\" and --name \"{}\"", *spec.name, *globals.name));
  }
  return spec.name ? spec.name : globals.name;
}

// Wrong values are reported before AWS is called. Errors that need more than the values are found later by the core.
Result<void> check_layers(const pipeline::SpecSources& sources) {
  std::vector<pipeline::SpecLayer> layers = {{"", {{"name", sources.name}}, {}}};
  layers.insert(layers.end(), sources.below.begin(), sources.below.end());
  layers.insert(layers.end(), sources.above.begin(), sources.above.end());
  ASSIGN_OR_RETURN(const pipeline::Spec merged, pipeline::merge_spec(layers));
  return ok();
}

}  // namespace

void bind_count(SpecFlags& spec, Flags& flags) {
  for (const pipeline::SpecKey& key : pipeline::spec_keys()) {
    if (key.key == "count") bind_key(spec, flags, key);
  }
}

void bind_spec_flags(SpecFlags& spec, Flags& flags) {
  for (const pipeline::SpecKey& key : pipeline::spec_keys()) {
    if (key.key != "count") bind_key(spec, flags, key);
  }
  bind_tag(spec, flags);
}

void bind_run_flags(SpecFlags& spec, Flags& flags) {
  for (const pipeline::SpecKey& key : pipeline::spec_keys()) {
    if (starts_with(key.key, "manifest.") || starts_with(key.key, "drain.")) bind_key(spec, flags, key);
  }
}

void bind_name(SpecFlags& spec, Flags& flags) { flags.argument("NAME", spec.name, "the pipeline; the same as --name"); }

Result<NamedSources> make_sources(Context& context, const SpecFlags& spec) {
  ASSIGN_OR_RETURN(std::optional<SpecFile> file, context.spec_file());
  ASSIGN_OR_RETURN(std::optional<std::string> flagged, named_by_flags(context.globals(), spec));

  NamedSources named;
  std::optional<std::string> name = flagged;
  named.named_by_flags = name.has_value();
  named.name_origin = name ? "the command line" : "the default";
  pipeline::SpecLayer environment = pipeline::spec_layer_of_environment(context.platform().environment);
  const std::optional<std::string> of_environment = take_name(environment);
  if (!name && of_environment) {
    name = of_environment;
    named.name_origin = "FHCTL_NAME";
  }
  if (file) {
    pipeline::SpecLayer layer = file->layer;
    const std::optional<std::string> of_file = take_name(layer);
    if (!name && of_file) {
      name = of_file;
      named.name_origin = file->path;
    }
    named.sources.below.push_back(std::move(layer));
    named.sources.has_file = true;
  }
  named.name_is_default = !name;
  named.sources.name = name.value_or(std::string(pipeline::kDefaultName));
  RETURN_IF_ERROR(pipeline::check_pipeline_name(named.sources.name));
  named.sources.above.push_back(std::move(environment));
  named.sources.above.push_back({"flags", spec.values, spec.origins});
  RETURN_IF_ERROR(check_layers(named.sources));
  return named;
}

}  // namespace fhctl::cli
