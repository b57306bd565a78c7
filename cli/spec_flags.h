// The spec's flags, made from the table of spec keys, and the layers that a command hands to the core.
#pragma once

#include <optional>
#include <string>

#include "cli/context.h"
#include "cli/flags.h"
#include "core/pipeline/observe.h"

namespace fhctl::cli {

struct SpecFlags {
  std::optional<std::string> name;  // the positional NAME
  pipeline::SpecValues values;      // key -> text, as the flags said it
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
  // Whether a command to paste has to name the pipeline: the same folder and environment do not give its name.
  bool needs_name() const { return named_by_flags || (!name_is_default && !sources.has_file); }

  bool name_is_default = false;  // no place gives a name
  bool named_by_flags = false;   // the command line gives it
  std::string name_origin;       // for messages: "the command line", "FHCTL_NAME", "fhctl.toml", "the default"
};

// Flags > environment > fhctl.toml; the name too, with the positional one like a flag. kUsage: two different names, a
// broken file, a name that is none, every wrong value.
Result<NamedSources> make_sources(Context& context, const SpecFlags& spec);

}  // namespace fhctl::cli
