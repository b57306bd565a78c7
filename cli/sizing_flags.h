// --throughput, --records and --headroom: the number of streams by what they have to take.
#pragma once

#include <optional>
#include <string>

#include "cli/context.h"
#include "cli/flags.h"
#include "cli/spec_flags.h"

namespace fhctl::cli {

struct SizingFlags {
  std::optional<std::string> throughput;
  std::optional<std::string> records;
  std::optional<std::string> headroom;
};

void bind_sizing_flags(SizingFlags& sizing, Flags& flags);

// The streams that the demand needs in the run's region, with the working told on stderr; nullopt when none was given.
// kUsage: --headroom alone, or a number that is none.
Result<std::optional<int>> streams_for(const SizingFlags& sizing, Context& context);

// Puts the number into the spec's count. kUsage when --count was given as well.
Result<void> size_by_demand(const SizingFlags& sizing, SpecFlags& spec, Context& context);

}  // namespace fhctl::cli
