// A scenario without faults, external actors and other runs: commands one after the other, while every service shows
// changes late, by up to 60 s. Whatever a run meets would be different if it waited, so that every run must succeed.
#pragma once

#include "tests/sim/scenarios/random_scenario.h"

namespace fhctl::test {

// Uses `tells`, `seeded_bug` and `close_runs` of the settings. The delays, the commands and the pauses between them are
// drawn.
ScenarioResult run_delay_scenario(Chooser& chooser, const PlaySettings& settings);

}  // namespace fhctl::test
