// The stream manifest: what producers read. The contract is docs/manifest.md, the schema docs/manifest.schema.json;
// both are frozen as version 1. Other forms of it are in core/pipeline/manifest_views.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/base/time.h"
#include "core/pipeline/capacity.h"
#include "core/pipeline/spec.h"

namespace fhctl::pipeline {

struct ManifestEntry {
  std::string name;
  std::string arn;
  int index = 0;
  std::string state;  // "active", "draining"; readers treat any other as not selectable
  std::string aws_status;
  int weight = 100;             // share of the records: 100 is the region's default limit; 0 when draining
  StreamLimits limits{};        // zeros: not said, the region's default counts
  std::string limits_source{};  // "region-default", "cloudwatch"
  std::int64_t since_generation = 0;
  std::string drain_started_at;  // ISO 8601; empty unless draining
  std::string drain_stop_by;
  std::string drain_reason;
  int drain_flush_s = 0;  // seconds that the stream is kept after its last input; 0: not said
  bool operator==(const ManifestEntry&) const = default;
};

struct Manifest {
  std::string epoch;  // the pipeline's id
  std::int64_t generation = 0;
  std::string pipeline;
  std::string published_at;
  std::string publisher;  // "fhctl/0.1.0 run-..."
  std::string account;
  std::string partition;
  std::string region;
  std::string endpoint_url;            // empty: AWS's own (null in JSON)
  std::string bucket;                  // destination and refresh source
  Spec spec;                           // only the settings that the manifest shows: refresh, batch, destination
  std::vector<ManifestEntry> streams;  // by index
};

// The longest manifest file that is read, in bytes. One limit for all readers, so that none refuses what another takes.
inline constexpr std::size_t kManifestBytesMax = 8u << 20;

std::string format_manifest(const Manifest& manifest);  // JSON by the schema, ends with a newline
// kProtocol with every problem found: what `fhctl manifest validate` prints. Unknown members and states are fine.
Result<Manifest> parse_manifest(std::string_view text, std::string_view where);

// max(previous + 1, S3's clock in seconds), so that a pipeline destroyed and made again still moves forward.
std::int64_t next_generation(std::int64_t previous, WallTime server_time);

// Whether a reader that holds `current` takes `next` in its place: the same pipeline, account and region, and a larger
// generation, in the same epoch or in a new one.
bool supersedes(const Manifest& next, const Manifest& current);

// True when both say the same to producers: everything but generation, time, publisher, and the limits with the weights
// that follow from them. Firehose moves limits by itself, which alone is no reason to publish.
bool same_content(const Manifest& a, const Manifest& b);
bool same_limits(const Manifest& a, const Manifest& b);  // of streams that both list

// Limits of a stream, and the weight that goes with them: in proportion to bytes, 1 to 1000.
void set_limits(ManifestEntry& entry, const StreamLimits& limits, std::string_view source, std::string_view region);
inline constexpr std::string_view kRegionLimits = "region-default";
inline constexpr std::string_view kLiveLimits = "cloudwatch";

// How long producers may still use a stream after a manifest said "draining": poll x 1.2 + record TTL + 5 s.
Duration reload_time(const Spec& spec);

}  // namespace fhctl::pipeline
