// Other forms of the stream manifest, for readers that know nothing of fhctl. All but the compact one list what may be
// written to now, and hold no more than their reader asks for.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/pipeline/manifest.h"

namespace fhctl::pipeline {

std::string format_manifest_env(const Manifest& manifest);   // FHCTL_STREAMS=..., for a shell or a dotenv reader
std::string format_manifest_text(const Manifest& manifest);  // one active stream name a line
// RFC 4180 with LF: a header line, then every stream, draining ones too, for spreadsheets and awk.
std::string format_manifest_csv(const Manifest& manifest);
// Prometheus' file_sd: one group for each stream, with its name as the target.
std::string format_manifest_file_sd(const Manifest& manifest);

// The compact copy for a parameter: who, which generation, and the names. When the names do not fit into `bytes_max`
// they become numbers after "PIPELINE-", as "1-2,4-6". nullopt: they do not fit either, which takes hundreds of gaps.
std::optional<std::string> format_compact_manifest(const Manifest& manifest, std::size_t bytes_max);

// Whose compact manifest a text is; nullopt: it is none.
struct CompactHead {
  std::string pipeline;
  std::string account;
  std::string region;
  std::string epoch;
  std::int64_t generation = 0;
};
std::optional<CompactHead> parse_compact_head(std::string_view text);

}  // namespace fhctl::pipeline
