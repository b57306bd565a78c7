// The stream manifest: what producers read. The contract is docs/manifest.md, the schema docs/manifest.schema.json;
// both are frozen as version 1. Other forms of it are in core/manifest/manifest_formats.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/extensible_enum.h"
#include "core/base/result.h"
#include "core/base/time.h"
#include "core/spec/limits.h"
#include "core/spec/spec.h"

namespace fhctl::pipeline {

// What producers may do with a stream. Readers treat an unknown state as not selectable.
enum class EntryState { kActive, kDraining, kOther };
std::string_view enum_text(EntryState state);  // "active", "draining"

struct ManifestEntry {
  std::string name;
  std::string arn;
  int index = 0;
  ExtensibleEnum<EntryState> state = EntryState::kOther;
  std::string aws_status;
  int weight = 100;             // share of the records: 100 is the region's default limit; 0 when draining
  StreamLimits limits{};        // zeros: not said, the region's default counts
  std::string limits_source{};  // "region-default", "cloudwatch"
  std::int64_t since_generation = 0;
  std::string drain_started_at;  // ISO 8601; empty unless draining
  std::string drain_stop_by;
  std::string drain_reason;
  int drain_flush_s = 0;  // seconds that the stream is kept after its last input; 0: not said
  bool active() const { return state == EntryState::kActive; }
  bool draining() const { return state == EntryState::kDraining; }
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

  // The entry of that stream, or nullptr.
  const ManifestEntry* find(std::string_view stream) const;
  const ManifestEntry* find(int index) const;
  int count(EntryState state) const;
  std::vector<std::string> names(EntryState state) const;
};

// The longest manifest file that is read, in bytes. All readers use this limit, so that all accept the same files.
inline constexpr std::size_t kManifestBytesMax = 8u << 20;

std::string format_manifest(const Manifest& manifest);  // JSON by the schema, ends with a newline
// The largest generation that is read: the largest integer that readers in JavaScript represent exactly.
inline constexpr std::int64_t kGenerationMax = (std::int64_t{1} << 53) - 1;
// max(previous + 1, S3's clock in seconds), so that it increases even after a pipeline is destroyed and created again.
// A previous generation of kGenerationMax, which no clock gives, counts as none.
std::int64_t next_generation(std::int64_t previous, WallTime server_time);

// Whether a reader that has `current` replaces it by `next`: the same pipeline, account and region, and a larger
// generation, in the same epoch or in a new one.
bool supersedes(const Manifest& next, const Manifest& current);

// True if both contain the same for producers: everything except generation, time, publisher, and the limits with the
// weights derived from them. Firehose changes limits automatically, which alone is not a reason to publish.
bool same_content(const Manifest& a, const Manifest& b);
bool same_limits(const Manifest& a, const Manifest& b);  // of streams that both list

// Limits of a stream, and the weight that goes with them: in proportion to bytes, 1 to 1000.
void set_limits(ManifestEntry& entry, const StreamLimits& limits, std::string_view source, std::string_view region);
inline constexpr std::string_view kRegionLimits = "region-default";
inline constexpr std::string_view kLiveLimits = "cloudwatch";

// How long producers may still use a stream after a manifest said "draining": poll x 1.2 + record TTL + 5 s.
Duration reload_time(const Spec& spec);

}  // namespace fhctl::pipeline
