// The delivery errors that `logs` found, in its forms. Pure.
#pragma once

#include <string>
#include <vector>

#include "cli/views/style.h"
#include "core/pipeline/delivery_errors.h"

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

std::string logs_text(const LogsAnswer& answer, const Style& style);
std::string logs_lines(const LogsAnswer& answer);
std::string logs_json(const LogsAnswer& answer);

// One error, for --follow. The advice follows a code when it first appears.
std::string delivery_error_text(const pipeline::DeliveryError& error, bool with_advice, const Style& style);
std::string delivery_error_line(const pipeline::DeliveryError& error);
std::string delivery_error_json(const pipeline::DeliveryError& error);

}  // namespace fhctl::cli
