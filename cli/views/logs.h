// The delivery errors that `logs` found, and their renderings.
#pragma once

#include <string>
#include <vector>

#include "cli/views/result.h"
#include "core/drain/delivery_errors.h"

namespace fhctl::cli {

struct LogsAnswer {
  std::string log_group;
  std::string log_stream;
  bool logging = true;       // what the live streams do
  bool group_exists = true;  // asked only where logging is on
  WallTime since{};
  int total = 0;  // errors, not groups
  std::vector<pipeline::DeliveryErrorGroup> groups;
  int hidden_groups = 0;  // older ones, over --limit
};

CommandResult logs_result(LogsAnswer answer);
// One error, for --follow. People get the advice for its code as well if `with_advice` is set; JSON always has it.
CommandResult delivery_error_result(pipeline::DeliveryError error, bool with_advice);

}  // namespace fhctl::cli
