// The plan as people read it. Pure: the same plan, the same text.
#pragma once

#include <optional>
#include <string>

#include "cli/views/style.h"
#include "core/plan/plan.h"

namespace fhctl::cli {

struct PlanFacts {
  std::string region;
  bool destroy = false;    // without the capacity
  int streams_active = 0;  // active now, for "No changes."
};

// Steps, notes, the summary line, and the capacity afterwards. Blockers are errors: they come last and on stderr.
std::string plan_text(const pipeline::Plan& plan, const PlanFacts& facts, const Style& style);

// "2 streams, 10 MiB/s, 1,000,000 rec/s, 4,000 req/s (region defaults)"
std::string capacity_text(int streams, const std::string& region);

// The same as tab-separated lines: "plan<TAB>create<TAB>bucket<TAB>NAME<TAB>DETAIL".
std::string plan_lines(const pipeline::Plan& plan);

}  // namespace fhctl::cli
