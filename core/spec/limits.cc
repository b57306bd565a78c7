#include "core/spec/limits.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/spec/names.h"

namespace fhctl::pipeline {
namespace {

bool is_one_of(std::string_view region, std::initializer_list<std::string_view> regions) {
  return std::find(regions.begin(), regions.end(), region) != regions.end();
}

Error usage(std::string message, std::string hint = "") {
  return Error{.kind = ErrorKind::kUsage, .message = std::move(message), .hint = std::move(hint)};
}

std::string format_share(double share) { return fmt::format("{:.4g}", share); }

std::string format_rate(std::int64_t bytes_per_s) {
  if (bytes_per_s % kMiB == 0) return fmt::format("{} MiB/s", bytes_per_s / kMiB);
  return format_bytes(bytes_per_s) + "/s";
}

// One limit against its demand.
struct Needed {
  std::string_view limit_name;
  double demand;
  std::int64_t limit;
  std::string demand_text;
  std::string limit_text;
};

std::vector<Needed> needs_of(const Demand& demand, const StreamLimits& limits) {
  std::vector<Needed> needs;
  if (demand.bytes_per_s) {
    needs.push_back({"bytes", static_cast<double>(*demand.bytes_per_s), limits.bytes_per_s,
                     format_rate(*demand.bytes_per_s), format_rate(limits.bytes_per_s)});
  }
  if (demand.records_per_s) {
    double requests = static_cast<double>(*demand.records_per_s) / kBatchRecordsMax;
    needs.push_back({"records", static_cast<double>(*demand.records_per_s), limits.records_per_s,
                     format_thousands(*demand.records_per_s) + " records/s",
                     format_thousands(limits.records_per_s) + " records/s"});
    needs.push_back({"requests", requests, limits.requests_per_s, fmt::format("{:.4g} requests/s", requests),
                     format_thousands(limits.requests_per_s) + " requests/s"});
  }
  return needs;
}

// "40MiB/s" and "40MiB" alike.
std::string_view without_per_second(std::string_view text) {
  text = trim(text);
  if (ends_with(text, "/s")) text.remove_suffix(2);
  return trim(text);
}

bool has_byte_unit(std::string_view text) { return ends_with(to_lower(text), "b"); }

}  // namespace

StreamLimits stream_limits(std::string_view region) {
  if (is_one_of(region, {"us-east-1", "us-west-2", "eu-west-1"})) return {5 * kMiB, 500000, 2000};
  return {1 * kMiB, 100000, 1000};
}

// Two AWS pages disagree about a few regions. The larger figure is used, because AWS itself refuses what exceeds the
// real one.
int streams_quota(std::string_view region) {
  if (is_one_of(region, {"us-east-1", "us-east-2", "us-west-2", "eu-west-1", "ap-northeast-1"})) return 5000;
  if (is_one_of(region, {"us-west-1", "ap-northeast-2", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
                         "ca-central-1", "ca-west-1", "eu-central-1", "eu-west-2", "us-gov-west-1"})) {
    return 2000;
  }
  if (is_one_of(region, {"ap-northeast-3", "eu-north-1", "eu-south-1", "eu-west-3", "me-south-1", "sa-east-1",
                         "ap-east-1", "af-south-1", "cn-north-1", "cn-northwest-1", "us-gov-east-1"})) {
    return 500;
  }
  return 100;
}

std::int64_t batch_bytes_max(std::string_view region) {
  return std::min(kBatchBytesMax, stream_limits(region).bytes_per_s);
}

Result<void> check_count(int count, std::string_view region) {
  int quota = streams_quota(region);
  if (count >= 1 && count <= quota) return ok();
  std::string hint = count < 1 ? "to remove everything: `fhctl destroy`"
                               : "A larger quota is asked for in Service Quotas (Amazon Data Firehose, L-14BB0BE7).";
  return usage(fmt::format("count must be 1 to {} (quota in {}), not {}", quota, region, count), std::move(hint));
}

Result<Sizing> streams_needed(const Demand& demand, std::string_view region) {
  if (!demand.bytes_per_s && !demand.records_per_s) return usage("neither bytes nor records a second are given");
  if (!(demand.headroom >= 0 && demand.headroom < 1)) {
    return usage(fmt::format("headroom must be at least 0 and below 1, not {}", format_share(demand.headroom)));
  }
  double share = 1 - demand.headroom;
  Sizing best{.streams = 0, .binding = "", .working = ""};
  for (const Needed& need : needs_of(demand, stream_limits(region))) {
    if (need.demand < 0) return usage(fmt::format("{} a second must not be negative", need.limit_name));
    // The small term keeps 10.000000000000002 from becoming 11.
    double streams = std::max(1.0, std::ceil(need.demand / (static_cast<double>(need.limit) * share) - 1e-9));
    if (streams > kMembersMax) {
      return usage(fmt::format("{} would need over {} streams", need.demand_text, format_thousands(kMembersMax)));
    }
    if (static_cast<int>(streams) <= best.streams) continue;
    best = {.streams = static_cast<int>(streams),
            .binding = std::string(need.limit_name),
            .working = fmt::format("ceil({} / ({} x {})) = {}", need.demand_text, need.limit_text, format_share(share),
                                   static_cast<int>(streams))};
  }
  return best;
}

Result<std::int64_t> parse_throughput(std::string_view text) {
  std::string_view size = without_per_second(text);
  std::optional<std::int64_t> bytes = has_byte_unit(size) ? parse_size(size) : std::nullopt;
  if (!bytes || *bytes <= 0) {
    return usage(fmt::format("\"{}\" is not a number of bytes a second: write it like 40MiB/s or 512KiB/s", text));
  }
  return *bytes;
}

Result<std::int64_t> parse_record_rate(std::string_view text) {
  std::string_view number = without_per_second(text);
  std::optional<std::int64_t> records = has_byte_unit(number) ? std::nullopt : parse_size(number);
  if (!records || *records <= 0) {
    return usage(fmt::format("\"{}\" is not a number of records a second: write it like 80k/s or 2500/s", text));
  }
  return *records;
}

Result<double> parse_headroom(std::string_view text) {
  std::string_view number = trim(text);
  bool percent = ends_with(number, "%");
  if (percent) number.remove_suffix(1);
  std::optional<double> share = parse_double(trim(number));
  if (share && percent) *share /= 100;
  if (!share || !(*share >= 0 && *share < 1)) {
    return usage(fmt::format("headroom must be at least 0% and below 100%, written like 20% or 0.2, not \"{}\"", text));
  }
  return *share;
}

}  // namespace fhctl::pipeline
