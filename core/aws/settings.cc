#include "core/aws/settings.h"

#include <vector>

#include <fmt/core.h>

#include "core/base/text.h"

namespace fhctl::aws {
namespace {

// One setting that was found, and where.
struct Found {
  std::string value;
  std::string source;
};

// Looks up settings in the order flag, environment, profile.
class Sources {
 public:
  Sources(const Environment& environment, const ConfigSection* section, std::string profile)
      : environment_(environment), section_(section), profile_(std::move(profile)) {}

  std::optional<Found> variable(std::string_view name) const;
  std::optional<Found> property(std::string_view name) const;
  std::optional<Found> variable_or_property(std::string_view variable_name, std::string_view property_name) const;
  // "true" and "false" without regard to case; anything else is an error that names the place.
  Result<bool> boolean(std::string_view variable_name, std::string_view property_name) const;

 private:
  const Environment& environment_;
  const ConfigSection* section_;
  std::string profile_;
};

Error bad_setting(std::string message, std::string hint);
std::string profile_name(const Environment& environment, const SettingsFlags& flags);
Result<const ConfigSection*> find_profile(const SharedConfig& config, const std::string& profile);
void resolve_region(const Sources& sources, const SettingsFlags& flags, Settings& into);
Result<void> resolve_endpoints(const Sources& sources, const SharedConfig& config, const SettingsFlags& flags,
                               Settings& into);
Result<int> resolve_max_attempts(const Sources& sources);

}  // namespace

std::string environment_value(const Environment& environment, std::string_view name) {
  return std::string(trim(environment.get(name).value_or("")));
}

Result<Settings> resolve_settings(const Environment& environment, const SharedConfig& config,
                                  const SettingsFlags& flags) {
  Settings settings;
  settings.profile = profile_name(environment, flags);
  settings.profile_named_by_flag = !flags.profile.empty();
  ASSIGN_OR_RETURN(const ConfigSection* const section, find_profile(config, settings.profile));
  const Sources sources(environment, section, settings.profile);

  resolve_region(sources, flags, settings);
  settings.ca_bundle = flags.ca_bundle;
  if (settings.ca_bundle.empty()) {
    if (const auto found = sources.variable_or_property("AWS_CA_BUNDLE", "ca_bundle"))
      settings.ca_bundle = found->value;
  }
  ASSIGN_OR_RETURN(const bool fips, sources.boolean("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"));
  settings.use_fips = flags.use_fips || fips;
  ASSIGN_OR_RETURN(const bool dualstack, sources.boolean("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint"));
  settings.use_dualstack = flags.use_dualstack || dualstack;
  ASSIGN_OR_RETURN(const int max_attempts, resolve_max_attempts(sources));
  settings.max_attempts = max_attempts;
  RETURN_IF_ERROR(resolve_endpoints(sources, config, flags, settings));
  return settings;
}

namespace {

std::optional<Found> Sources::variable(std::string_view name) const {
  const std::string value = environment_value(environment_, name);
  if (value.empty()) return std::nullopt;
  return Found{value, std::string(name)};
}

std::optional<Found> Sources::property(std::string_view name) const {
  if (section_ == nullptr) return std::nullopt;
  const auto found = section_->values.find(std::string(name));
  if (found == section_->values.end() || found->second.empty()) return std::nullopt;
  return Found{found->second, "profile " + profile_};
}

std::optional<Found> Sources::variable_or_property(std::string_view variable_name,
                                                   std::string_view property_name) const {
  if (std::optional<Found> found = variable(variable_name)) return found;
  return property(property_name);
}

Result<bool> Sources::boolean(std::string_view variable_name, std::string_view property_name) const {
  const std::optional<Found> found = variable_or_property(variable_name, property_name);
  if (!found || equal_ignoring_case(found->value, "false")) return false;
  if (equal_ignoring_case(found->value, "true")) return true;
  const bool in_profile = found->source != variable_name;
  return bad_setting(
      fmt::format("{}{} is \"{}\", but must be true or false", in_profile ? property_name : variable_name,
                  in_profile ? " in " + found->source : "", found->value),
      "");
}

Error bad_setting(std::string message, std::string hint) {
  return make_error(ErrorKind::kUsage, std::move(message), std::move(hint));
}

std::string profile_name(const Environment& environment, const SettingsFlags& flags) {
  if (!flags.profile.empty()) return flags.profile;
  for (const std::string_view name : {"AWS_DEFAULT_PROFILE", "AWS_PROFILE"}) {  // in the order of the AWS CLI
    const std::string value = environment_value(environment, name);
    if (!value.empty()) return value;
  }
  return "default";
}

Result<const ConfigSection*> find_profile(const SharedConfig& config, const std::string& profile) {
  const ConfigSection* section = config.find(profile);
  if (section != nullptr || profile == "default") return section;
  std::vector<std::string> names;
  for (const auto& [name, ignored] : config.profiles) names.push_back(name);
  std::string hint = "no profile is defined there; `aws configure` creates one";
  if (!names.empty()) hint = "Profiles: " + join(names, ", ") + ".";
  if (const std::optional<std::string> similar = nearest(profile, names)) {
    hint = fmt::format("did you mean \"{}\"?", *similar);
  }
  return bad_setting(
      fmt::format("there is no profile \"{}\" in {} or {}", profile, config.config_path, config.credentials_path),
      hint);
}

void resolve_region(const Sources& sources, const SettingsFlags& flags, Settings& into) {
  std::optional<Found> found;
  if (!flags.region.empty()) found = Found{flags.region, "--region"};
  if (!found) found = sources.variable("AWS_REGION");
  if (!found) found = sources.variable("AWS_DEFAULT_REGION");
  if (!found) found = sources.property("region");
  if (!found) return;
  into.region = found->value;
  into.region_source = found->source;
}

// The endpoint_url of a service in the profile's "[services NAME]" section.
std::optional<Found> service_endpoint(const ConfigSection* services, const std::string& name, Service service) {
  if (services == nullptr) return std::nullopt;
  const auto block = services->nested.find(to_lower(environment_suffix(service)));
  if (block == services->nested.end()) return std::nullopt;
  const auto url = block->second.find("endpoint_url");
  if (url == block->second.end() || url->second.empty()) return std::nullopt;
  return Found{url->second, "services " + name};
}

Result<void> resolve_endpoints(const Sources& sources, const SharedConfig& config, const SettingsFlags& flags,
                               Settings& into) {
  ASSIGN_OR_RETURN(const bool ignored,
                   sources.boolean("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls"));
  if (flags.endpoint_url.empty() && ignored) return ok();

  const std::optional<Found> services_name = sources.property("services");
  const ConfigSection* services = nullptr;
  if (flags.endpoint_url.empty() && services_name) {
    const auto found = config.services.find(services_name->value);
    if (found == config.services.end()) {
      return bad_setting(fmt::format("{} refers to [services {}], which is not in {}", services_name->source,
                                     services_name->value, config.config_path),
                         "add the section, or remove the profile's `services` line");
    }
    services = &found->second;
  }
  for (const Service service : kServices) {
    std::optional<Found> url;
    if (!flags.endpoint_url.empty()) url = Found{flags.endpoint_url, "--endpoint-url"};
    if (!url) url = sources.variable(fmt::format("AWS_ENDPOINT_URL_{}", environment_suffix(service)));
    if (!url) url = sources.variable("AWS_ENDPOINT_URL");
    if (!url && services_name) url = service_endpoint(services, services_name->value, service);
    if (!url) url = sources.property("endpoint_url");
    if (!url) continue;
    into.endpoint_urls[service] = url->value;
    into.endpoint_sources[service] = url->source;
  }
  return ok();
}

Result<int> resolve_max_attempts(const Sources& sources) {
  const std::optional<Found> found = sources.variable_or_property("AWS_MAX_ATTEMPTS", "max_attempts");
  if (!found) return 0;
  const std::optional<std::int64_t> number = parse_integer(found->value);
  if (number && *number >= 1 && *number <= 1000) return static_cast<int>(*number);
  return bad_setting(
      fmt::format("the number of attempts from {} is \"{}\", but must be a number from 1 to 1000",
                  found->source == "AWS_MAX_ATTEMPTS" ? found->source : "max_attempts in " + found->source,
                  found->value),
      "");
}

}  // namespace
}  // namespace fhctl::aws
