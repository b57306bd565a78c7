// How a run ended: what the last line of its events says.
#pragma once

#include <string>

#include "core/base/time.h"

namespace fhctl {

struct RunSummary {
  std::string result;  // "ok", "no_changes", "changes_pending", "partial", "error", "cancelled"
  int added = 0;
  int changed = 0;
  int destroyed = 0;
  Duration elapsed{};
  int exit_code = 0;
  std::string message;
};

}  // namespace fhctl
