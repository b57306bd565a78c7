#include "cli/sizing_flags.h"

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/spec/limits.h"

namespace fhctl::cli {

void bind_sizing_flags(SizingFlags& sizing, Flags& flags) {
  flags.text("--throughput", "BYTES/s", sizing.throughput, "as many streams as this rate needs: 40MiB/s");
  flags.text("--records", "N/s", sizing.records, "as many streams as so many records a second need: 80k/s");
  flags.text("--headroom", "SHARE", sizing.headroom, "what stays free of each limit (default 20%)");
}

Result<std::optional<int>> streams_for(const SizingFlags& sizing, Context& context) {
  if (!sizing.throughput && !sizing.records) {
    if (sizing.headroom) return usage_error("--headroom goes with --throughput or --records");
    return std::optional<int>();
  }
  pipeline::Demand demand;
  if (sizing.throughput) {
    ASSIGN_OR_RETURN(std::int64_t bytes, pipeline::parse_throughput(*sizing.throughput));
    demand.bytes_per_s = bytes;
  }
  if (sizing.records) {
    ASSIGN_OR_RETURN(std::int64_t records, pipeline::parse_record_rate(*sizing.records));
    demand.records_per_s = records;
  }
  if (sizing.headroom) {
    ASSIGN_OR_RETURN(double headroom, pipeline::parse_headroom(*sizing.headroom));
    demand.headroom = headroom;
  }
  ASSIGN_OR_RETURN(aws::Settings settings, context.settings());
  RETURN_IF_ERROR(context.check_region(settings));
  ASSIGN_OR_RETURN(pipeline::Sizing result, pipeline::streams_needed(demand, settings.region));
  context.reporter().say(
      fmt::format("{} needed, bound by {}: {}\n", plural(result.streams, "stream"), result.binding, result.working));
  return std::optional<int>(result.streams);
}

Result<void> size_by_demand(const SizingFlags& sizing, SpecFlags& spec, Context& context) {
  ASSIGN_OR_RETURN(std::optional<int> streams, streams_for(sizing, context));
  if (!streams) return ok();
  if (spec.values.contains("count")) return usage_error("--count and --throughput or --records exclude each other");
  spec.values["count"] = fmt::format("{}", *streams);
  spec.origins["count"] = sizing.throughput ? "--throughput" : "--records";
  return ok();
}

}  // namespace fhctl::cli
