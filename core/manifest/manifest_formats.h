// Other forms of the stream manifest, for readers that do not know fhctl. All but the compact one list only the streams
// that may be written to now.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/manifest/manifest.h"

namespace fhctl::pipeline {

std::string format_manifest_env(const Manifest& manifest);   // FHCTL_STREAMS=..., for a shell or a dotenv reader
std::string format_manifest_text(const Manifest& manifest);  // one active stream name a line
// RFC 4180 with LF: a header line, then every stream, draining ones too, for spreadsheets and awk.
std::string format_manifest_csv(const Manifest& manifest);
// Prometheus' file_sd: one group for each stream, with its name as the target.
std::string format_manifest_file_sd(const Manifest& manifest);

// The compact copy for a parameter: pipeline, generation, and the names. If the names do not fit into `bytes_max`, they
// are written as numbers after "PIPELINE-": "1-2,4-6". nullopt: these do not fit either, which takes hundreds of gaps.
std::optional<std::string> format_compact_manifest(const Manifest& manifest, std::size_t bytes_max);

// The pipeline and generation of a compact manifest. parse_compact_head() returns nullopt for any other text.
struct CompactHead {
  std::string pipeline;
  std::string account;
  std::string region;
  std::string epoch;
  std::int64_t generation = 0;
};
std::optional<CompactHead> parse_compact_head(std::string_view text);

}  // namespace fhctl::pipeline
