// The spec's flags, generated from the table of spec keys, and the layers that a command passes to the core.
#pragma once

#include <optional>
#include <string>

#include "cli/context.h"
#include "cli/flags.h"
#include "core/observe/observe.h"

namespace fhctl::cli {

struct SpecFlags {
  std::optional<std::string> name;  // the positional NAME
  pipeline::SpecValues values;      // key -> text, as given by the flags
  std::map<std::string, std::string> origins;
};

void bind_count(SpecFlags& spec, Flags& flags);  // --count, which comes first in help
// Every other spec key as a flag, and --tag KEY=VALUE.
void bind_spec_flags(SpecFlags& spec, Flags& flags);
// Only those that say how a change is carried out: [manifest] and [drain].
void bind_run_flags(SpecFlags& spec, Flags& flags);
void bind_name(SpecFlags& spec, Flags& flags);

struct NamedSources {
  pipeline::SpecSources sources;
  // True if a command to paste must name the pipeline, because folder and environment do not determine its name.
  bool needs_name() const { return named_by_flags || (!name_is_default && !sources.has_file); }

  bool name_is_default = false;  // the name is not set anywhere
  bool named_by_flags = false;   // the command line gives it
  std::string name_origin;       // for messages: "the command line", "FHCTL_NAME", "fhctl.toml", "the default"
};

// Flags > environment > fhctl.toml; also for the name, where the positional one counts as a flag. kUsage: two different
// names, a broken file, an invalid name, every wrong value.
Result<NamedSources> make_sources(Context& context, const SpecFlags& spec);

}  // namespace fhctl::cli
