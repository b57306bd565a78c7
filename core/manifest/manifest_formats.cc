#include "core/manifest/manifest_formats.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/spec/names.h"

namespace fhctl::pipeline {
namespace {

constexpr std::string_view kCompactSchema = "fhctl.manifest-compact/1";

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

// Quoted when a comma, a quote or a line end is in it.
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  return '"' + replace_all(text, "\"", "\"\"") + '"';
}

// The numbers of streams called "PIPELINE-3", written "1-2,4-6"; nullopt when one has another name.
std::optional<std::string> numbers_of(const Manifest& manifest, EntryState state) {
  Members numbers;
  for (const std::string& name : manifest.names(state)) {
    const std::optional<int> number = stream_number(manifest.pipeline, name);
    if (!number) return std::nullopt;
    numbers.insert(*number);
  }
  return format_members(numbers);
}

}  // namespace

std::string format_manifest_env(const Manifest& manifest) {
  std::vector<std::string> names = manifest.names(EntryState::kActive);
  return env_line("FHCTL_PIPELINE", manifest.pipeline) + env_line("FHCTL_REGION", manifest.region) +
         env_line("FHCTL_GENERATION", fmt::format("{}", manifest.generation)) +
         env_line("FHCTL_STREAMS", join(names, ",")) + env_line("FHCTL_STREAM_COUNT", fmt::format("{}", names.size()));
}

std::string format_manifest_text(const Manifest& manifest) {
  std::string text;
  for (const std::string& name : manifest.names(EntryState::kActive)) text += name + "\n";
  return text;
}

std::string format_manifest_csv(const Manifest& manifest) {
  std::string text = "name,state,weight,index,region,arn,bytes_per_s,records_per_s,requests_per_s,limits_source\n";
  for (const ManifestEntry& entry : manifest.streams) {
    text += fmt::format("{},{},{},{},{},{},{},{},{},{}\n", csv_field(entry.name), csv_field(entry.state.text()),
                        entry.weight, entry.index > 0 ? fmt::format("{}", entry.index) : "", csv_field(manifest.region),
                        csv_field(entry.arn), entry.limits.bytes_per_s, entry.limits.records_per_s,
                        entry.limits.requests_per_s, csv_field(entry.limits_source));
  }
  return text;
}

// Labels are text, whatever they mean. Their names do not begin with "__": Prometheus drops those after relabelling.
std::string format_manifest_file_sd(const Manifest& manifest) {
  OrderedJson groups = OrderedJson::array();
  for (const ManifestEntry& entry : manifest.streams) {
    OrderedJson labels = {{"pipeline", manifest.pipeline},
                          {"account_id", manifest.account},
                          {"region", manifest.region},
                          {"state", entry.state.text()},
                          {"arn", entry.arn},
                          {"weight", fmt::format("{}", entry.weight)}};
    groups.push_back({{"targets", OrderedJson::array({entry.name})}, {"labels", std::move(labels)}});
  }
  return dump(groups, 2) + "\n";
}

std::optional<std::string> format_compact_manifest(const Manifest& manifest, std::size_t bytes_max) {
  OrderedJson json;
  json["schema"] = kCompactSchema;
  json["pipeline"] = manifest.pipeline;
  json["epoch"] = manifest.epoch;
  json["generation"] = manifest.generation;
  json["region"] = manifest.region;
  json["account_id"] = manifest.account;
  json["bucket"] = manifest.bucket;
  json["streams"] = manifest.names(EntryState::kActive);
  json["draining"] = manifest.names(EntryState::kDraining);
  std::string text = dump(json);
  if (text.size() <= bytes_max) return text;
  const std::optional<std::string> active = numbers_of(manifest, EntryState::kActive);
  const std::optional<std::string> draining = numbers_of(manifest, EntryState::kDraining);
  if (!active || !draining) return std::nullopt;
  json["streams"] = *active;
  json["draining"] = *draining;
  text = dump(json);
  return text.size() <= bytes_max ? std::optional(text) : std::nullopt;
}

std::optional<CompactHead> parse_compact_head(std::string_view text) {
  const Result<Json> json = parse_json(text, "the parameter");
  if (!json || !json->is_object()) return std::nullopt;
  const std::string schema = get_string(*json, "schema").value_or("");
  if (schema != kCompactSchema && !starts_with(schema, std::string(kCompactSchema) + ".")) return std::nullopt;
  return CompactHead{.pipeline = get_string(*json, "pipeline").value_or(""),
                     .account = get_string(*json, "account_id").value_or(""),
                     .region = get_string(*json, "region").value_or(""),
                     .epoch = get_string(*json, "epoch").value_or(""),
                     .generation = get_integer(*json, "generation").value_or(0)};
}

}  // namespace fhctl::pipeline
