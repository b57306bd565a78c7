#include "core/manifest/manifest.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/spec/names.h"

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
  json["producers_hint"] = manifest.spec.producers;
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

OrderedJson limits_json(const ManifestEntry& entry, std::string_view region) {
  const bool said = entry.limits.bytes_per_s > 0;
  const StreamLimits limits = said ? entry.limits : stream_limits(region);
  OrderedJson json;
  json["bytes_per_s"] = limits.bytes_per_s;
  json["records_per_s"] = limits.records_per_s;
  json["requests_per_s"] = limits.requests_per_s;
  json["source"] = said && !entry.limits_source.empty() ? entry.limits_source : std::string(kRegionLimits);
  return json;
}

OrderedJson entry_json(const ManifestEntry& entry, std::string_view region) {
  OrderedJson json;
  json["name"] = entry.name;
  if (!entry.arn.empty()) json["arn"] = entry.arn;
  if (entry.index > 0) json["index"] = entry.index;
  json["state"] = entry.state.text();
  if (!entry.aws_status.empty()) json["aws_status"] = entry.aws_status;
  json["weight"] = entry.weight;
  json["limits"] = limits_json(entry, region);
  json["since_generation"] = entry.since_generation;
  if (entry.drain_started_at.empty()) return json;
  json["drain"]["started_at"] = entry.drain_started_at;
  if (!entry.drain_stop_by.empty()) json["drain"]["stop_by"] = entry.drain_stop_by;
  if (!entry.drain_reason.empty()) json["drain"]["reason"] = entry.drain_reason;
  if (entry.drain_flush_s > 0) json["drain"]["flush_s"] = entry.drain_flush_s;
  return json;
}

}  // namespace

std::string_view enum_text(EntryState state) {
  switch (state) {
    case EntryState::kActive:
      return "active";
    case EntryState::kDraining:
      return "draining";
    case EntryState::kOther:
      break;
  }
  return "";
}

const ManifestEntry* Manifest::find(std::string_view stream) const {
  for (const ManifestEntry& entry : streams) {
    if (entry.name == stream) return &entry;
  }
  return nullptr;
}

const ManifestEntry* Manifest::find(int index) const {
  for (const ManifestEntry& entry : streams) {
    if (entry.index == index) return &entry;
  }
  return nullptr;
}

int Manifest::count(EntryState state) const {
  return static_cast<int>(
      std::count_if(streams.begin(), streams.end(), [&](const ManifestEntry& entry) { return entry.state == state; }));
}

std::vector<std::string> Manifest::names(EntryState state) const {
  std::vector<std::string> found;
  for (const ManifestEntry& entry : streams) {
    if (entry.state == state) found.push_back(entry.name);
  }
  return found;
}

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

std::int64_t next_generation(std::int64_t previous, WallTime server_time) {
  std::int64_t seconds = std::chrono::floor<std::chrono::seconds>(server_time).time_since_epoch().count();
  return previous >= kGenerationMax ? seconds : std::max(previous + 1, seconds);
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
    for (ManifestEntry& entry : manifest.streams) {
      entry.limits = {};
      entry.weight = 0;
    }
    return format_manifest(manifest);
  };
  return content(a) == content(b);
}

bool same_limits(const Manifest& a, const Manifest& b) {
  return std::all_of(a.streams.begin(), a.streams.end(), [&b](const ManifestEntry& entry) {
    const auto other = std::find_if(b.streams.begin(), b.streams.end(),
                                    [&entry](const ManifestEntry& each) { return each.name == entry.name; });
    return other == b.streams.end() || (entry.limits == other->limits && entry.limits_source == other->limits_source &&
                                        entry.weight == other->weight);
  });
}

void set_limits(ManifestEntry& entry, const StreamLimits& limits, std::string_view source, std::string_view region) {
  entry.limits = limits;
  entry.limits_source = source;
  const double share = static_cast<double>(limits.bytes_per_s) / static_cast<double>(stream_limits(region).bytes_per_s);
  // An active stream of weight 0 would never be chosen.
  if (entry.active()) entry.weight = static_cast<int>(std::clamp(std::round(share * 100), 1.0, 1000.0));
}

Duration reload_time(const Spec& spec) {
  return std::chrono::milliseconds(std::int64_t{1200} * spec.manifest_poll_s + std::int64_t{1000} * spec.record_ttl_s +
                                   5000);
}

}  // namespace fhctl::pipeline
