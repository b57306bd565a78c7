// The capacity of a stream, the number of streams needed, and the quota of a region, from the Firehose limits page.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace fhctl::pipeline {

inline constexpr std::int64_t kMiB = 1 << 20;

// The size of one PutRecordBatch; half a MiB of its 4 is left for the overhead of JSON and base64.
inline constexpr std::int64_t kBatchRecordsMax = 500;
inline constexpr std::int64_t kBatchBytesMax = 3670016;

struct StreamLimits {
  std::int64_t bytes_per_s;
  std::int64_t records_per_s;
  std::int64_t requests_per_s;
  bool operator==(const StreamLimits&) const = default;
};
StreamLimits stream_limits(std::string_view region);  // defaults; Firehose raises them automatically while it throttles
int streams_quota(std::string_view region);           // default number of delivery streams in the region

// The most bytes that one batch should hold: 3.5 MiB, but never over one second of a stream's limit.
std::int64_t batch_bytes_max(std::string_view region);

// kUsage unless 1 <= count <= streams_quota(region). That is the default quota: an account may have been granted more.
Result<void> check_count(int count, std::string_view region);

struct Demand {
  std::optional<std::int64_t> bytes_per_s;
  std::optional<std::int64_t> records_per_s;
  double headroom = 0.2;  // share of each limit that stays free; 0 <= headroom < 1
};
struct Sizing {
  int streams = 1;
  std::string binding;  // "bytes", "records" or "requests": the limit that decides
  std::string working;  // "ceil(40 MiB/s / (5 MiB/s x 0.8)) = 10": to be shown
};
Result<Sizing> streams_needed(const Demand& demand, std::string_view region);

// "40MiB/s", "80k/s", "20%" or "0.2".
Result<std::int64_t> parse_throughput(std::string_view text);
Result<std::int64_t> parse_record_rate(std::string_view text);
Result<double> parse_headroom(std::string_view text);

}  // namespace fhctl::pipeline
