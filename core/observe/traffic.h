// Recent input, from the streams' metrics: to choose which streams to delete, to check whether the remaining ones are
// enough, and to refuse a destroy under traffic.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "core/aws/client.h"
#include "core/base/time.h"

namespace fhctl::pipeline {

struct Observed;

struct Traffic {
  bool denied = false;            // the metrics may not be read: nothing below is known
  std::map<int, double> records;  // by stream number: taken or refused in the last 15 minutes
  double peak_bytes_per_s = 0;    // of all streams together, in the busiest period of these 15 minutes
  double peak_records_per_s = 0;
  std::map<int, WallTime> live;  // streams with traffic so recently that a drain would not call them quiet: when last
};

// Reads all existing streams of this pipeline, with one GetMetricData for 166 streams. kDenied is not an error; it sets
// `denied`. Waits.
Result<Traffic> read_traffic(aws::Client& client, const Observed& observed);

}  // namespace fhctl::pipeline
