// --throughput, --records and --headroom: compute the number of streams from the demand.
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

// The streams that the demand needs in the run's region, with the computation printed on stderr; nullopt when no flag
// was given. kUsage: --headroom alone, or an invalid number.
Result<std::optional<int>> streams_for(const SizingFlags& sizing, Context& context);

// Puts the number into the spec's count. kUsage when --count was given as well.
Result<void> size_by_demand(const SizingFlags& sizing, SpecFlags& spec, Context& context);

}  // namespace fhctl::cli
