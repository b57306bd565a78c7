// The marked records that `fhctl verify` sends, and how they are found among the records of other producers.
//
//     {"fhctl_verify":"RUN","stream":"logs-2","n":1,"of":3,"sent_at":"2026-01-20T10:04:11Z"}
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "core/base/time.h"

namespace fhctl::pipeline {

struct Marker {
  std::string run_id;
  std::string stream;
  int number = 1;  // from 1
  int of = 1;
  WallTime sent_at{};
};

std::string format_marker(const Marker& marker);  // without a newline

// The numbers of this run's and stream's markers in the bytes, each with how often it occurs. The bytes around a marker
// do not matter, because other producers may omit newlines.
std::map<int, int> find_markers(std::string_view bytes, std::string_view run_id, std::string_view stream);

}  // namespace fhctl::pipeline
