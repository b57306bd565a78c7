// The flags that every command takes, before or after its name.
#pragma once

#include <optional>
#include <string>

#include "cli/flags.h"
#include "core/base/platform.h"

namespace fhctl::cli {

struct Globals {
  std::optional<std::string> name;
  std::optional<std::string> config;
  std::optional<std::string> profile;
  std::optional<std::string> region;
  std::optional<std::string> endpoint_url;
  std::optional<std::string> ca_bundle;
  bool force_region = false;
  bool use_fips = false;
  std::optional<std::string> output;  // one of output_format_choices()
  bool json = false;
  std::optional<std::string> json_into;
  bool yes = false;
  bool no_input = false;
  std::optional<Duration> timeout;
  bool no_wait = false;
  std::optional<Duration> lock_timeout;
  bool no_lock = false;
  bool quiet = false;
  bool verbose = false;
  bool debug = false;
  bool debug_bodies = false;
  std::optional<std::string> color;
  bool no_color = false;
  bool help = false;
  bool version = false;
};

void bind_globals(Globals& globals, Flags& flags);

// Whether to colour text on a stream: --color and --no-color, then NO_COLOR (off) before FORCE_COLOR and CLICOLOR_FORCE
// (on), then TERM=dumb (off), then whether it is a terminal.
bool use_color(const Globals& globals, const Environment& environment, bool terminal);

// True in CI, or if FHCTL_IN_AUTOMATION is set: no hints at what to type next.
bool in_automation(const Environment& environment);
// A link to the CI job; empty outside CI.
std::string ci_job_url(const Environment& environment);

}  // namespace fhctl::cli
