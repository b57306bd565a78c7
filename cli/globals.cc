#include "cli/globals.h"

#include <fmt/format.h>

#include "cli/views/output_format.h"

namespace fhctl::cli {
namespace {

bool set_and_not_empty(const Environment& environment, std::string_view name) {
  const std::optional<std::string> value = environment.get(name);
  return value && !value->empty();
}

bool set_and_true(const Environment& environment, std::string_view name) {
  return set_and_not_empty(environment, name) && *environment.get(name) != "0" && *environment.get(name) != "false";
}

void bind_output(Globals& globals, Flags& flags) {
  Flag& output = flags.choice("--output", output_format_choices(), globals.output, output_format_help());
  output.letter = 'o';
  output.form = "FORM";
  flags.toggle("--json", globals.json, "the same as --output json");
  flags.text("--json-into", "FILE", globals.json_into, "write the events as NDJSON beside the other output");
  flags.toggle("--quiet", globals.quiet, "print errors and the answer only").letter = 'q';
  flags.toggle("--verbose", globals.verbose, "say more").letter = 'v';
  flags.toggle("--debug", globals.debug, "log every request on stderr, without secrets").letter = 'd';
  flags.toggle("--debug-bodies", globals.debug_bodies, "with --debug: bodies too (record data and policies)");
  flags.choice("--color", {"auto", "always", "never"}, globals.color, "auto (default), always or never").form = "WHEN";
  flags.toggle("--no-color", globals.no_color, "the same as --color never");
}

}  // namespace

void bind_globals(Globals& globals, Flags& flags) {
  const std::size_t first = flags.flags.size();
  flags.text("--name", "NAME", globals.name, "the pipeline (FHCTL_NAME; default scaling-firehose)");
  flags.text("--region", "REGION", globals.region, "the AWS region (AWS_REGION, or the profile's)");
  flags.text("--profile", "PROFILE", globals.profile, "the profile of ~/.aws/config to use (AWS_PROFILE)");
  flags.text("--config", "FILE", globals.config, "the pipeline's spec (default ./fhctl.toml, if there)").letter = 'c';
  flags.text("--endpoint-url", "URL", globals.endpoint_url, "talk to this server instead of AWS (AWS_ENDPOINT_URL)");
  flags.text("--ca-bundle", "FILE", globals.ca_bundle, "certificates to trust, PEM (AWS_CA_BUNDLE)");
  flags.toggle("--force-region", globals.force_region, "take a region that fhctl does not know");
  flags.toggle("--use-fips", globals.use_fips, "use the FIPS endpoints");
  bind_output(globals, flags);
  Flag& yes = flags.toggle("--yes", globals.yes, "do not ask (also --auto-approve)");
  yes.letter = 'y';
  yes.synonyms = {"--auto-approve"};
  flags.toggle("--no-input", globals.no_input, "never prompt, even on a terminal");
  flags.duration("--timeout", globals.timeout, "give up after this time; AWS may go on (default 30m and more)");
  flags.toggle("--no-wait", globals.no_wait, "return once AWS has accepted; do not wait for ACTIVE");
  flags.duration("--lock-timeout", globals.lock_timeout, "how long to wait for another run's lock (default 2m)");
  flags.toggle("--no-lock", globals.no_lock, "work without the lock (endpoints without conditional writes)");
  flags.toggle("--help", globals.help, "show help").letter = 'h';
  flags.toggle("--version", globals.version, "show the version");
  for (std::size_t i = first; i < flags.flags.size(); ++i) flags.flags[i].global = true;
}

bool use_color(const Globals& globals, const Environment& environment, bool terminal) {
  if (globals.no_color || globals.color == "never") return false;
  if (globals.color == "always") return true;
  if (set_and_not_empty(environment, "NO_COLOR")) return false;
  if (set_and_true(environment, "FORCE_COLOR") || set_and_true(environment, "CLICOLOR_FORCE")) return true;
  if (environment.get("TERM") == "dumb") return false;
  return terminal;
}

bool in_automation(const Environment& environment) {
  return set_and_true(environment, "CI") || set_and_true(environment, "FHCTL_IN_AUTOMATION");
}

std::string ci_job_url(const Environment& environment) {
  const auto value = [&](std::string_view name) { return environment.get(name).value_or(""); };
  if (!value("GITHUB_RUN_ID").empty()) {
    return fmt::format("{}/{}/actions/runs/{}", value("GITHUB_SERVER_URL"), value("GITHUB_REPOSITORY"),
                       value("GITHUB_RUN_ID"));
  }
  if (!value("CI_JOB_URL").empty()) return value("CI_JOB_URL");
  return value("BUILD_URL");
}

}  // namespace fhctl::cli
