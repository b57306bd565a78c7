#include "core/manifest/manifest_parse.h"

#include <algorithm>
#include <limits>
#include <set>

#include <fmt/format.h>

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/manifest/manifest.h"
#include "core/spec/limits.h"
#include "core/spec/names.h"

namespace fhctl::pipeline {
namespace {

constexpr std::int64_t kIntegerMax = std::numeric_limits<std::int64_t>::max();

enum class Need { kRequired, kOptional };

// One object of the document, with the list of the problems found so far.
struct Reader {
  const Json& object;
  std::string path;  // "" or "streams[2]."
  std::vector<std::string>& problems;

  void complain(std::string_view name, std::string_view what) const {
    problems.push_back(fmt::format("{}{} {}", path, name, what));
  }

  // Returns nullptr if the member is absent, and adds a problem if it is required.
  const Json* find(std::string_view name, Need need) const {
    auto member = object.find(name);
    if (member != object.end()) return &*member;
    if (need == Need::kRequired) complain(name, "is missing");
    return nullptr;
  }

  std::string text(std::string_view name, Need need) const {
    const Json* member = find(name, need);
    if (member == nullptr) return "";
    if (member->is_string()) return member->get<std::string>();
    complain(name, "is not text");
    return "";
  }

  std::string text_or_null(std::string_view name) const {
    const Json* member = find(name, Need::kOptional);
    return member == nullptr || member->is_null() ? "" : text(name, Need::kOptional);
  }

  std::string time(std::string_view name, Need need) const {
    std::string value = text(name, need);
    if (!value.empty() && !parse_iso8601(value)) complain(name, "is not a time like 2026-01-20T10:04:11Z");
    return value;
  }

  std::int64_t integer(std::string_view name, Need need, std::int64_t min, std::int64_t max,
                       std::int64_t absent) const {
    const Json* member = find(name, need);
    if (member == nullptr) return absent;
    std::optional<std::int64_t> value = get_integer(object, name);
    if (!value) {
      complain(name, "is not a whole number");
    } else if (*value < min || *value > max) {
      complain(name, max == kIntegerMax ? fmt::format("is {}, below {}", *value, min)
                                        : fmt::format("is {}, not in {} to {}", *value, min, max));
    } else {
      return *value;
    }
    return absent;
  }

  int small_integer(std::string_view name, std::int64_t min, std::int64_t max, int absent) const {
    return static_cast<int>(integer(name, Need::kOptional, min, max, absent));
  }

  bool boolean(std::string_view name, bool absent) const {
    const Json* member = find(name, Need::kOptional);
    if (member == nullptr) return absent;
    if (member->is_boolean()) return member->get<bool>();
    complain(name, "is neither true nor false");
    return absent;
  }

  // The member, or an empty object when it is absent or none.
  const Json& child(std::string_view name) const {
    static const Json kEmpty = Json::object();
    const Json* member = find(name, Need::kOptional);
    if (member == nullptr) return kEmpty;
    if (member->is_object()) return *member;
    complain(name, "is not an object");
    return kEmpty;
  }

  Reader inside(std::string_view name) const { return {child(name), fmt::format("{}{}.", path, name), problems}; }
};

constexpr int kIntMax = std::numeric_limits<int>::max();

bool only(std::string_view text, std::string_view characters) {
  return text.find_first_not_of(characters) == std::string_view::npos;
}

bool is_stream_name(std::string_view name) {
  constexpr std::string_view kCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
  return !name.empty() && name.size() <= 64 && only(name, kCharacters);
}

void read_head(const Reader& reader, Manifest& manifest) {
  manifest.epoch = reader.text("epoch", Need::kRequired);
  if (!manifest.epoch.empty() && (manifest.epoch.size() < 8 || manifest.epoch.size() > 64)) {
    reader.complain("epoch", "is not 8 to 64 characters long");
  }
  manifest.generation = reader.integer("generation", Need::kRequired, 1, kGenerationMax, 0);
  manifest.pipeline = reader.text("pipeline", Need::kRequired);
  if (manifest.pipeline.size() > 31) reader.complain("pipeline", "is over 31 characters long");
  manifest.published_at = reader.time("published_at", Need::kRequired);
  manifest.publisher = reader.text("publisher", Need::kOptional);
  manifest.account = reader.text("account_id", Need::kOptional);
  if (!manifest.account.empty() && (manifest.account.size() != 12 || !only(manifest.account, "0123456789"))) {
    reader.complain("account_id", "is not 12 digits");
  }
  manifest.partition = reader.text("partition", Need::kOptional);
  bool aws = manifest.partition.empty() ||
             (starts_with(manifest.partition, "aws") && only(manifest.partition, "abcdefghijklmnopqrstuvwxyz-"));
  if (!aws) reader.complain("partition", "is not an AWS partition");
  manifest.region = reader.text("region", Need::kRequired);
  manifest.endpoint_url = reader.text_or_null("endpoint_url");
  // Empty text passes the type, but not what it is for.
  for (const auto& [name, value] :
       {std::pair{"epoch", &manifest.epoch}, std::pair{"pipeline", &manifest.pipeline},
        std::pair{"published_at", &manifest.published_at}, std::pair{"region", &manifest.region}}) {
    if (value->empty() && get_string(reader.object, name)) reader.complain(name, "is empty");
  }
}

void read_refresh(const Reader& reader, Spec& spec) {
  spec.manifest_poll_s = reader.small_integer("poll_s", 1, kIntMax, spec.manifest_poll_s);
  spec.manifest_stale_s = reader.small_integer("stale_s", 1, kIntMax, spec.manifest_stale_s);
  reader.text_or_null("source");
}

void read_selection(const Reader& reader, Spec& spec) {
  std::string policy = reader.text("policy", Need::kOptional);
  bool known =
      policy.empty() || policy == "random" || policy == "weighted" || policy == "p2c" || policy == "rendezvous";
  if (!known) reader.complain("policy", "is none of random, weighted, p2c and rendezvous");
  spec.producers = reader.small_integer("producers_hint", 1, kIntMax, spec.producers);
  reader.integer("max_retries", Need::kOptional, 0, kIntegerMax, 0);
  std::int64_t ttl_ms = reader.integer("record_ttl_ms", Need::kOptional, 100, std::int64_t{1000} * kIntMax, 30000);
  spec.record_ttl_s = static_cast<int>((ttl_ms + 999) / 1000);
}

void read_batch(const Reader& reader, std::string_view region, Spec& spec) {
  reader.integer("max_records", Need::kOptional, 1, 500, 0);
  // In most regions a batch of 4 MiB would be four seconds of a stream's limit.
  constexpr std::int64_t kApiBytesMax = 4194304;
  std::int64_t bytes_max = region.empty() ? kApiBytesMax : std::min(kApiBytesMax, stream_limits(region).bytes_per_s);
  reader.integer("max_bytes", Need::kOptional, 1, bytes_max, 0);
  reader.integer("max_record_bytes", Need::kOptional, 1, 1024000, 0);
  reader.integer("pack_lines_to_bytes", Need::kOptional, 0, 1024000, 0);
  spec.newline = !reader.boolean("append_newline", true);
}

void read_destination(const Reader& reader, Manifest& manifest) {
  Spec& spec = manifest.spec;
  manifest.bucket = reader.text("bucket", Need::kOptional);
  spec.prefix = reader.text("prefix", Need::kOptional);
  spec.error_prefix = reader.text("error_prefix", Need::kOptional);
  std::string compression = reader.text("compression", Need::kOptional);
  if (!compression.empty()) spec.compression = compression;
  spec.buffer_interval_s = reader.small_integer("buffer_interval_s", 0, 900, spec.buffer_interval_s);
  spec.buffer_size_mib = reader.small_integer("buffer_size_mib", 1, 128, spec.buffer_size_mib);
}

StreamLimits read_limits(const Reader& reader, std::string_view region) {
  StreamLimits limits = stream_limits(region);
  const auto read = [&](std::string_view name, std::int64_t& into) {
    into = reader.integer(name, Need::kOptional, 1, kIntegerMax, into);
  };
  read("bytes_per_s", limits.bytes_per_s);
  read("records_per_s", limits.records_per_s);
  read("requests_per_s", limits.requests_per_s);
  return limits;
}

ManifestEntry read_entry(const Reader& reader, std::string_view region) {
  ManifestEntry entry;
  entry.name = reader.text("name", Need::kRequired);
  bool said = get_string(reader.object, "name").has_value();
  if (said && !is_stream_name(entry.name)) reader.complain("name", "is not 1 to 64 letters, digits and _.-");
  entry.arn = reader.text("arn", Need::kOptional);
  entry.index = reader.small_integer("index", 1, kIntMax, 0);
  entry.state = ExtensibleEnum<EntryState>::parse(reader.text("state", Need::kRequired));
  entry.aws_status = reader.text("aws_status", Need::kOptional);
  entry.weight = static_cast<int>(reader.integer("weight", Need::kRequired, 0, 1000, 0));
  entry.since_generation = reader.integer("since_generation", Need::kOptional, 0, kIntegerMax, 0);
  reader.text("region", Need::kOptional);
  Reader limits = reader.inside("limits");
  entry.limits = read_limits(limits, region);
  entry.limits_source = limits.text("source", Need::kOptional);
  if (entry.limits_source.empty()) entry.limits_source = kRegionLimits;
  Reader drain = reader.inside("drain");
  entry.drain_started_at = drain.time("started_at", Need::kOptional);
  entry.drain_stop_by = drain.time("stop_by", Need::kOptional);
  entry.drain_reason = drain.text("reason", Need::kOptional);
  entry.drain_flush_s = drain.small_integer("flush_s", 1, kIntMax, 0);
  return entry;
}

void read_streams(const Reader& reader, Manifest& manifest) {
  const Json* streams = reader.find("streams", Need::kRequired);
  if (streams == nullptr) return;
  if (!streams->is_array()) return reader.complain("streams", "is not a list");
  if (streams->size() > kMembersMax) return reader.complain("streams", "has over 10,000 entries");
  std::set<std::string> names;
  for (std::size_t i = 0; i < streams->size(); ++i) {
    std::string place = fmt::format("streams[{}]", i);
    if (!(*streams)[i].is_object()) {
      reader.complain(place, "is not an object");
      continue;
    }
    ManifestEntry entry = read_entry({(*streams)[i], place + ".", reader.problems}, manifest.region);
    // Two different entries may still have the same name.
    if (!entry.name.empty() && !names.insert(entry.name).second) {
      reader.complain(place, fmt::format("has the name {} a second time", entry.name));
    }
    manifest.streams.push_back(std::move(entry));
  }
}

bool is_manifest_schema(std::string_view schema) {
  constexpr std::string_view kSchema = "fhctl.manifest/1";
  if (!starts_with(schema, kSchema)) return false;
  std::string_view minor = schema.substr(kSchema.size());
  return minor.empty() || (minor.size() > 1 && minor[0] == '.' && only(minor.substr(1), "0123456789"));
}

Error unreadable(std::string_view where, const std::vector<std::string>& problems) {
  std::string message;
  for (const std::string& problem : problems) {
    message += fmt::format("{}{}: {}", message.empty() ? "" : "\n", where, problem);
  }
  return Error{.kind = ErrorKind::kProtocol, .message = std::move(message)};
}

}  // namespace

Result<Manifest> parse_manifest(std::string_view text, std::string_view where) {
  ASSIGN_OR_RETURN(Json json, parse_json(text, where));
  if (!json.is_object()) return unreadable(where, {"not a JSON object"});
  std::vector<std::string> problems;
  Reader reader{json, "", problems};
  std::string schema = reader.text("schema", Need::kRequired);
  if (!problems.empty()) return unreadable(where, problems);
  // In another major version the members may mean anything, so they are not checked.
  if (!is_manifest_schema(schema))
    return unreadable(where, {fmt::format("schema \"{}\" is not fhctl.manifest/1", schema)});
  Manifest manifest;
  read_head(reader, manifest);
  read_refresh(reader.inside("refresh"), manifest.spec);
  read_selection(reader.inside("selection"), manifest.spec);
  read_batch(reader.inside("batch"), manifest.region, manifest.spec);
  read_destination(reader.inside("destination"), manifest);
  read_streams(reader, manifest);
  if (!problems.empty()) return unreadable(where, problems);
  return manifest;
}

}  // namespace fhctl::pipeline
