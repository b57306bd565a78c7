#include "core/pipeline/manifest.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/pipeline/capacity.h"
#include "core/pipeline/names.h"

namespace fhctl::pipeline {
namespace {

OrderedJson text_or_null(const std::string& text) { return text.empty() ? OrderedJson() : OrderedJson(text); }

OrderedJson refresh_json(const Manifest& manifest) {
  OrderedJson json;
  json["poll_s"] = manifest.spec.manifest_poll_s;
  json["stale_s"] = manifest.spec.manifest_stale_s;
  std::string key = manifest_key(manifest.pipeline, manifest.region);
  json["source"] = text_or_null(manifest.bucket.empty() ? "" : fmt::format("s3://{}/{}", manifest.bucket, key));
  return json;
}

OrderedJson selection_json(const Manifest& manifest) {
  OrderedJson json;
  json["policy"] = "p2c";
  json["producers_hint"] = manifest.spec.producers_hint;
  json["max_retries"] = 8;
  json["record_ttl_ms"] = std::int64_t{1000} * manifest.spec.record_ttl_s;
  return json;
}

OrderedJson batch_json(const Manifest& manifest) {
  OrderedJson json;
  json["max_records"] = 500;
  json["max_bytes"] = batch_bytes_max(manifest.region);
  json["max_record_bytes"] = 1024000;
  json["pack_lines_to_bytes"] = 0;
  json["append_newline"] = !manifest.spec.newline;  // one of the two adds it, never both
  return json;
}

OrderedJson destination_json(const Manifest& manifest) {
  OrderedJson json;
  json["bucket"] = manifest.bucket;
  json["prefix"] = manifest.spec.prefix;
  json["error_prefix"] = manifest.spec.error_prefix;
  json["compression"] = manifest.spec.compression;
  json["buffer_interval_s"] = manifest.spec.buffer_interval_s;
  json["buffer_size_mib"] = manifest.spec.buffer_size_mib;
  return json;
}

OrderedJson limits_json(std::string_view region) {
  StreamLimits limits = stream_limits(region);
  OrderedJson json;
  json["bytes_per_s"] = limits.bytes_per_s;
  json["records_per_s"] = limits.records_per_s;
  json["requests_per_s"] = limits.requests_per_s;
  json["source"] = "region-default";
  return json;
}

OrderedJson entry_json(const ManifestEntry& entry, std::string_view region) {
  OrderedJson json;
  json["name"] = entry.name;
  if (!entry.arn.empty()) json["arn"] = entry.arn;
  if (entry.index > 0) json["index"] = entry.index;
  json["state"] = entry.state;
  if (!entry.aws_status.empty()) json["aws_status"] = entry.aws_status;
  json["weight"] = entry.weight;
  json["limits"] = limits_json(region);
  json["since_generation"] = entry.since_generation;
  if (entry.drain_started_at.empty()) return json;
  json["drain"]["started_at"] = entry.drain_started_at;
  if (!entry.drain_stop_by.empty()) json["drain"]["stop_by"] = entry.drain_stop_by;
  if (!entry.drain_reason.empty()) json["drain"]["reason"] = entry.drain_reason;
  return json;
}

std::vector<std::string> active_names(const Manifest& manifest) {
  std::vector<std::string> names;
  for (const ManifestEntry& entry : manifest.streams) {
    if (entry.state == "active") names.push_back(entry.name);
  }
  return names;
}

// Bare when no reader could take it for anything else (docker's --env-file keeps quotes as they are), else in single
// quotes, in which a shell reads everything literally.
std::string env_line(std::string_view name, const std::string& value) {
  auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-.,").find(c) != std::string_view::npos;
  };
  if (std::all_of(value.begin(), value.end(), plain)) return fmt::format("{}={}\n", name, value);
  return fmt::format("{}='{}'\n", name, replace_all(value, "'", "'\\''"));
}

}  // namespace

std::string format_manifest(const Manifest& manifest) {
  OrderedJson json;
  json["schema"] = "fhctl.manifest/1";
  json["epoch"] = manifest.epoch;
  json["generation"] = manifest.generation;
  json["pipeline"] = manifest.pipeline;
  json["published_at"] = manifest.published_at;
  json["publisher"] = manifest.publisher;
  json["account_id"] = manifest.account;
  json["partition"] = manifest.partition;
  json["region"] = manifest.region;
  json["endpoint_url"] = text_or_null(manifest.endpoint_url);
  json["refresh"] = refresh_json(manifest);
  json["selection"] = selection_json(manifest);
  json["batch"] = batch_json(manifest);
  json["destination"] = destination_json(manifest);
  json["streams"] = OrderedJson::array();
  for (const ManifestEntry& entry : manifest.streams) json["streams"].push_back(entry_json(entry, manifest.region));
  return dump(json, 2) + "\n";
}

std::string format_manifest_env(const Manifest& manifest) {
  std::vector<std::string> names = active_names(manifest);
  return env_line("FHCTL_PIPELINE", manifest.pipeline) + env_line("FHCTL_REGION", manifest.region) +
         env_line("FHCTL_GENERATION", fmt::format("{}", manifest.generation)) +
         env_line("FHCTL_STREAMS", join(names, ",")) + env_line("FHCTL_STREAM_COUNT", fmt::format("{}", names.size()));
}

std::string format_manifest_text(const Manifest& manifest) {
  std::string text;
  for (const std::string& name : active_names(manifest)) text += name + "\n";
  return text;
}

std::int64_t next_generation(std::int64_t previous, WallTime server_time) {
  std::int64_t seconds = std::chrono::floor<std::chrono::seconds>(server_time).time_since_epoch().count();
  return std::max(previous + 1, seconds);
}

bool supersedes(const Manifest& next, const Manifest& current) {
  return next.pipeline == current.pipeline && next.account == current.account && next.region == current.region &&
         next.generation > current.generation;
}

bool same_content(const Manifest& a, const Manifest& b) {
  auto content = [](Manifest manifest) {
    manifest.generation = 0;
    manifest.published_at.clear();
    manifest.publisher.clear();
    return format_manifest(manifest);
  };
  return content(a) == content(b);
}

Duration reload_time(const Spec& spec) {
  return std::chrono::milliseconds(std::int64_t{1200} * spec.manifest_poll_s + std::int64_t{1000} * spec.record_ttl_s +
                                   5000);
}

}  // namespace fhctl::pipeline
