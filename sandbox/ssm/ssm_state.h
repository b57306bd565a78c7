// State of the simulated Parameter Store.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "core/base/time.h"

namespace fhctl::sandbox {

struct SsmParameter {
  std::string value;
  std::string description;
  std::int64_t version = 1;
  WallTime changed_at{};
  std::map<std::string, std::string> tags;
};

struct SsmState {
  std::map<std::pair<std::string, std::string>, SsmParameter> parameters;  // by region and name
};

}  // namespace fhctl::sandbox
