#include "core/verify/verify_look.h"

#include <map>
#include <utility>

#include <fmt/format.h>

#include "core/base/loop.h"
#include "core/base/text.h"
#include "core/verify/gunzip.h"
#include "core/verify/marker.h"
#include "core/verify/object_names.h"
#include "core/verify/verify_parts.h"

namespace fhctl::pipeline {
namespace {

constexpr int kPagesMax = 200;        // of 1,000 keys under one prefix, in one listing
constexpr std::size_t kParallel = 4;  // each may hold a large object
constexpr WallTime::duration kBlur = std::chrono::seconds(2);

using Place = std::pair<std::string, std::string>;  // bucket, prefix

// New objects of a stream.
struct Fresh {
  VerifiedStream* stream;
  std::vector<s3::ObjectSummary> objects;
};

std::string uri(const VerifiedStream& stream, const std::string& key) {
  return fmt::format("s3://{}/{}", stream.bucket.name, key);
}

void keep_fresh(const s3::ObjectsPage& page, WallTime started, std::vector<Fresh*>& listeners) {
  for (const s3::ObjectSummary& object : page.objects) {
    if (!modified_since(object.last_modified, started)) continue;
    for (Fresh* fresh : listeners) {
      VerifiedStream& stream = *fresh->stream;
      if (!is_object_of(object.key, stream.proof.stream, stream.destination.prefix)) continue;
      if (stream.read.insert(object.key).second) fresh->objects.push_back(object);
    }
  }
}

Result<void> list_place(aws::Client& client, const Place& place, WallTime started, std::vector<Fresh*> listeners) {
  std::string token;
  for (int count = 0; count < kPagesMax; ++count) {
    Result<s3::ObjectsPage> page = s3::list_objects(client, listeners.front()->stream->bucket, place.second, token);
    if (!page && page.error().kind == ErrorKind::kNotFound) {
      for (Fresh* fresh : listeners) {
        fresh->stream->lost_bucket = true;
        fresh->stream->obstacle = fmt::format("the bucket {} is gone", place.first);
      }
      return ok();
    }
    if (!page) {
      return with_context(page.error(), fmt::format("listing s3://{}/{}", place.first, place.second));
    }
    keep_fresh(*page, started, listeners);
    if (!page->truncated) return ok();
    token = page->next_token;
  }
  for (Fresh* fresh : listeners) {
    fresh->stream->obstacle = fmt::format("more than {} objects lie under s3://{}/{}; not all of them were looked at",
                                          format_thousands(kPagesMax * 1000), place.first, place.second);
  }
  return ok();
}

// The object's bytes as they were before compression.
Result<std::string> unpack(const VerifiedStream& stream, const std::string& key, std::string body) {
  // A stream that was changed recently still delivers in its previous format, so the bytes decide and not the spec.
  const bool packed = looks_like_gzip(body);
  if (!packed && !(stream.destination.compression == "GZIP" && ends_with(key, ".gz"))) return body;
  Result<std::string> text = gunzip(body);
  if (text) return text;
  Error error = text.error();
  error.message = fmt::format("{} is corrupt gzip: {}", uri(stream, key), error.message);
  return error;
}

void count_arrival(const aws::Client& client, VerifiedStream& stream, const s3::ObjectSummary& object) {
  StreamProof& proof = stream.proof;
  proof.objects.push_back(object.key);
  proof.seen = client.loop().now() - stream.sent_instant;
  const std::optional<WallTime> modified = parse_iso8601(object.last_modified);
  if (!modified) return;
  const Duration took = std::max<Duration>(Duration::zero(), *modified - stream.sent_at);
  proof.stored = std::max(proof.stored.value_or(Duration::zero()), took);
}

void count_markers(const aws::Client& client, VerifiedStream& stream, const s3::ObjectSummary& object,
                   const std::map<int, int>& markers) {
  bool any_new = false;
  for (const auto& [number, times] : markers) {
    if (!stream.expected.contains(number)) continue;
    const bool is_new = stream.found.insert(number).second;
    any_new = any_new || is_new;
    stream.proof.duplicates += times - (is_new ? 1 : 0);
  }
  stream.proof.found = static_cast<int>(stream.found.size());
  if (any_new) count_arrival(client, stream, object);
}

// Waits.
Result<void> read_fresh(aws::Client& client, const Fresh& fresh, const std::string& run_id) {
  VerifiedStream& stream = *fresh.stream;
  for (const s3::ObjectSummary& object : fresh.objects) {
    if (stream.proof.by_arrival) {
      count_arrival(client, stream, object);
      continue;
    }
    if (object.size > static_cast<std::int64_t>(kVerifyObjectBytesMax)) {
      stream.obstacle = fmt::format("{} has {}: too much to read", uri(stream, object.key), format_bytes(object.size));
      continue;
    }
    Result<std::optional<s3::Object>> read = s3::get_object(client, stream.bucket, object.key);
    if (!read && read.error().kind == ErrorKind::kDenied) {
      stream.obstacle = fmt::format("{} cannot be read: {}", uri(stream, object.key), describe(read.error()));
      continue;
    }
    if (!read) return with_context(read.error(), "reading " + uri(stream, object.key));
    if (!*read) continue;  // it was deleted since it was listed
    const Result<std::string> text = unpack(stream, object.key, std::move((*read)->body));
    if (!text) {
      stream.obstacle = text.error().message;
      continue;
    }
    count_markers(client, stream, object, find_markers(*text, run_id, stream.proof.stream));
  }
  return ok();
}

template <class Body>
Result<void> in_parallel(aws::Client& client, std::size_t count, Body body) {
  Group group(client.loop(), kParallel);
  std::vector<Result<void>> results(count, ok());
  for (std::size_t i = 0; i < count; ++i) {
    group.spawn([&, i] { results[i] = body(i); });
  }
  group.join();
  for (const Result<void>& result : results) {
    if (!result) return result.error();
  }
  return ok();
}

}  // namespace

WallTime oldest_key_time(const VerifiedStream& stream, WallTime started) {
  return started - std::chrono::seconds(stream.proof.buffer_interval_s) - std::chrono::minutes(1);
}

bool modified_since(const std::string& last_modified, WallTime since) {
  const std::optional<WallTime> modified = parse_iso8601(last_modified);
  return modified && *modified >= std::chrono::floor<std::chrono::seconds>(since) - kBlur;
}

Result<void> look_for_markers(aws::Client& client, std::vector<VerifiedStream>& streams, const VerifyReport& report) {
  std::vector<Fresh> fresh;
  for (VerifiedStream& stream : streams) {
    if (stream.waiting()) fresh.push_back({&stream, {}});
  }
  // If prefixes have expressions, several streams share one listing.
  std::map<Place, std::vector<Fresh*>> listeners;
  for (Fresh& each : fresh) {
    const VerifiedStream& stream = *each.stream;
    const WallTime from = oldest_key_time(stream, report.started);
    // A minute ahead, in case this machine's estimate of AWS's clock is late.
    const WallTime to = client.now() + std::chrono::minutes(1);
    for (const std::string& prefix : listing_prefixes(stream.destination, stream.proof.stream, from, to)) {
      listeners[{stream.bucket.name, prefix}].push_back(&each);
    }
  }
  const std::vector<std::pair<Place, std::vector<Fresh*>>> places(listeners.begin(), listeners.end());
  Result<void> listed = in_parallel(client, places.size(), [&](std::size_t i) {
    return list_place(client, places[i].first, report.started, places[i].second);
  });
  if (!listed) return listed.error();
  return in_parallel(client, fresh.size(), [&](std::size_t i) { return read_fresh(client, fresh[i], report.run_id); });
}

}  // namespace fhctl::pipeline
