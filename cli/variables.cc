#include "cli/variables.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/flags.h"
#include "core/base/text.h"
#include "core/spec/spec.h"
#include "core/spec/spec_keys.h"

namespace fhctl::cli {
namespace {

constexpr std::string_view kBeginning = "FHCTL_";

// Read by fhctl in addition to settings, printed by `fhctl manifest --format env`, or used by the project's scripts.
constexpr std::string_view kOtherNames[] = {
    "FHCTL_IN_AUTOMATION", "FHCTL_VERSION",      "FHCTL_PIPELINE", "FHCTL_GENERATION",
    "FHCTL_STREAMS",       "FHCTL_STREAM_COUNT", "FHCTL_PROFILE",  "FHCTL_TAPES",
};

// The variables that set a setting.
std::vector<std::string> setting_names() {
  std::vector<std::string> names = {"FHCTL_REGION", "FHCTL_TAGS"};
  for (const pipeline::SpecKey& key : pipeline::spec_keys()) names.emplace_back(key.environment);
  return names;
}

bool is_known(const std::string& name, const std::vector<std::string>& settings) {
  return std::find(settings.begin(), settings.end(), name) != settings.end() ||
         std::find(std::begin(kOtherNames), std::end(kOtherNames), name) != std::end(kOtherNames);
}

// Kubernetes and Docker create variables of these forms for a service or a container called "fhctl".
bool describes_a_service(const std::string& name) { return contains(name, "_SERVICE_") || contains(name, "_PORT"); }

std::string names_of(const std::vector<MistypedVariable>& mistyped) {
  std::vector<std::string> names;
  for (const MistypedVariable& variable : mistyped) names.push_back(escape_for_terminal(variable.name));
  return join(names, ", ");
}

std::string settings_of(const std::vector<MistypedVariable>& mistyped) {
  std::vector<std::string> settings;
  for (const MistypedVariable& variable : mistyped) {
    const bool listed = std::find(settings.begin(), settings.end(), variable.setting) != settings.end();
    if (!listed) settings.push_back(variable.setting);
  }
  return join(settings, ", ");
}

}  // namespace

std::vector<MistypedVariable> mistyped_variables(const Environment& environment) {
  const std::vector<std::string> settings = setting_names();
  std::vector<MistypedVariable> mistyped;
  for (const std::string& name : environment.names()) {
    if (!starts_with(name, kBeginning) || is_known(name, settings) || describes_a_service(name)) continue;
    if (const std::optional<std::string> near = nearest(name, settings)) mistyped.push_back({name, *near});
  }
  std::sort(mistyped.begin(), mistyped.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return mistyped;
}

Result<void> check_variables(const Environment& environment, bool named_by_flags) {
  if (const std::vector<MistypedVariable> mistyped = mistyped_variables(environment); !mistyped.empty()) {
    return usage_error(fmt::format("refusing to delete anything: fhctl does not know the environment variable{} {}",
                                   mistyped.size() == 1 ? "" : "s", names_of(mistyped)),
                       fmt::format("did you mean {}? otherwise unset the variable", settings_of(mistyped)));
  }
  if (!named_by_flags && environment.get("FHCTL_NAME") == "") {
    return usage_error(
        "refusing to delete anything: FHCTL_NAME is set and empty, so the pipeline's name is not certain",
        "name the pipeline on the command line (`--name NAME`), or `unset FHCTL_NAME`");
  }
  return ok();
}

std::optional<pipeline::Note> mistyped_variables_note(const Environment& environment) {
  const std::vector<MistypedVariable> mistyped = mistyped_variables(environment);
  if (mistyped.empty()) return std::nullopt;
  return pipeline::Note{true,
                        fmt::format("fhctl does not know the environment variable{} {}",
                                    mistyped.size() == 1 ? "" : "s", names_of(mistyped)),
                        fmt::format("did you mean {}?", settings_of(mistyped))};
}

}  // namespace fhctl::cli
