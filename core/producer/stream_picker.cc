#include "core/producer/stream_picker.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace fhctl::pipeline {
namespace {

constexpr double kFirstPenaltyBytes = 64 * 1024;
constexpr double kPenaltyBytesMax = 64.0 * 1024 * 1024;
constexpr int kFailuresMax = 5;
constexpr Duration kOutFirst = std::chrono::seconds(1);
constexpr Duration kOutMax = std::chrono::seconds(10);
constexpr Duration kBusyFor = std::chrono::seconds(60);
constexpr Duration kDeniedFirst = std::chrono::seconds(5);
constexpr Duration kDeniedMax = std::chrono::seconds(60);
constexpr Duration kGoneFor = std::chrono::seconds(60);

// Halves each second.
double faded(double amount, Instant since, Instant now) { return amount * std::exp2(-seconds_of(now - since)); }

StreamLimits share_of(const Manifest& manifest, const ManifestEntry& entry) {
  const StreamLimits usual = stream_limits(manifest.region);
  StreamLimits limits = entry.limits;  // zeros: not said
  if (limits.bytes_per_s <= 0) limits.bytes_per_s = usual.bytes_per_s;
  if (limits.records_per_s <= 0) limits.records_per_s = usual.records_per_s;
  if (limits.requests_per_s <= 0) limits.requests_per_s = usual.requests_per_s;
  const std::int64_t producers = std::max(1, manifest.spec.producers);
  return {limits.bytes_per_s / producers, limits.records_per_s / producers, limits.requests_per_s / producers};
}

}  // namespace

StreamPicker::StreamPicker(const Manifest& manifest, std::string pinned, int batches_max, Instant now)
    : pinned_(std::move(pinned)), batches_max_(batches_max) {
  replace(manifest, now);
}

void StreamPicker::replace(const Manifest& manifest, Instant now) {
  std::map<std::string, Stream> next;
  for (const ManifestEntry& entry : manifest.streams) {
    const bool wanted = entry.active() && entry.weight > 0 && (pinned_.empty() || entry.name == pinned_);
    if (!wanted) continue;
    const StreamLimits share = share_of(manifest, entry);
    auto known = streams_.find(entry.name);
    Stream stream = known != streams_.end() ? known->second : Stream{.budget = TokenBuckets(share, now)};
    stream.weight = entry.weight;
    stream.budget.set_share(share, now);
    // A newer manifest says that it is there.
    if (std::exchange(stream.is_gone, false)) stream.out_until = now;
    next.emplace(entry.name, stream);
  }
  streams_ = std::move(next);
}

std::optional<std::string> StreamPicker::pick(const BatchWanted& wanted, Instant now, Entropy& entropy,
                                              const std::string& avoid) const {
  Candidates candidates;
  bool avoided = false;
  for (auto stream = streams_.begin(); stream != streams_.end(); ++stream) {
    if (stream_ready_at(stream->second, wanted, now) > now) continue;
    if (stream->first == avoid) {
      avoided = true;
    } else {
      candidates.push_back(stream);
    }
  }
  if (candidates.empty()) return avoided ? std::optional<std::string>(avoid) : std::nullopt;
  auto first = candidates[draw(candidates, entropy)];
  if (candidates.size() == 1) return first->first;
  std::erase(candidates, first);
  auto second = candidates[draw(candidates, entropy)];
  return score(second->second, now) < score(first->second, now) ? second->first : first->first;
}

Instant StreamPicker::ready_at(const BatchWanted& wanted, Instant now) const {
  Instant earliest = kNever;
  for (const auto& [name, stream] : streams_) earliest = std::min(earliest, stream_ready_at(stream, wanted, now));
  return earliest;
}

PutCost StreamPicker::batch_max(const std::string& stream, Instant now) const {
  auto found = streams_.find(stream);
  if (found == streams_.end()) return {};
  const PutCost burst = found->second.budget.burst(now);
  const std::int64_t left = std::max<std::int64_t>(0, found->second.budget.bytes_left(now));
  return {std::min({kBatchBytesMax, burst.bytes, left}), std::min(kBatchRecordsMax, burst.records), 1};
}

void StreamPicker::started(const std::string& stream, const PutCost& cost, Instant now) {
  auto found = streams_.find(stream);
  if (found == streams_.end()) return;
  Stream& chosen = found->second;
  chosen.budget.take(cost, now);
  chosen.under_way_bytes += cost.bytes;
  ++chosen.under_way;
  chosen.recent_bytes = faded(chosen.recent_bytes, chosen.sent_at, now) + static_cast<double>(cost.bytes);
  chosen.sent_at = now;
}

void StreamPicker::ended(const std::string& stream, const PutCost& cost) {
  auto found = streams_.find(stream);  // a newer manifest may have removed the stream, and another added it again
  if (found == streams_.end()) return;
  found->second.under_way_bytes = std::max<std::int64_t>(0, found->second.under_way_bytes - cost.bytes);
  found->second.under_way = std::max(0, found->second.under_way - 1);
}

void StreamPicker::took(const std::string& stream, Instant sent_at) {
  auto found = streams_.find(stream);
  if (found == streams_.end()) return;
  found->second.failures = 0;
  found->second.out_times = 0;
  found->second.denials = 0;
  found->second.is_gone = false;
  found->second.took_at = std::max(found->second.took_at, sent_at);
}

bool StreamPicker::busy(const Stream& stream, Instant now) const {
  if (stream.took_at >= now - kBusyFor) return true;
  return std::none_of(streams_.begin(), streams_.end(), [&](const auto& other) {
    return !other.second.is_gone && other.second.took_at > stream.took_at;
  });
}

void StreamPicker::penalise(const std::string& stream, Instant now) {
  auto found = streams_.find(stream);
  if (found == streams_.end()) return;
  Stream& refused = found->second;
  const double penalty = faded(refused.penalty_bytes, refused.penalised_at, now);
  refused.penalty_bytes = std::clamp(2 * penalty, kFirstPenaltyBytes, kPenaltyBytesMax);
  refused.penalised_at = now;
}

void StreamPicker::throttled(const std::string& stream, Instant sent_at, Instant now) {
  penalise(stream, now);
  auto found = streams_.find(stream);
  if (found != streams_.end()) found->second.budget.slow_down(sent_at, now);
}

void StreamPicker::failed(const std::string& stream, Instant now) {
  auto found = streams_.find(stream);
  if (found == streams_.end()) return;
  Stream& refused = found->second;
  const bool probe = refused.out_times > 0;
  if (++refused.failures < kFailuresMax && !probe) return;
  if (now < refused.out_until) return;  // it was in flight before the stream was left out
  leave_out(refused, std::min(kOutMax, kOutFirst * (std::int64_t{1} << std::min(refused.out_times, 10))), now);
}

bool StreamPicker::gone(const std::string& stream, Instant now) {
  auto found = streams_.find(stream);
  if (found == streams_.end()) return false;
  if (!std::exchange(found->second.is_gone, true)) leave_out(found->second, kGoneFor, now);
  return true;
}

void StreamPicker::denied(const std::string& stream, Instant now) {
  auto found = streams_.find(stream);
  if (found == streams_.end()) return;
  Stream& refused = found->second;
  if (now < refused.out_until) return;  // it was in flight before the stream was left out
  const Duration left_out = kDeniedFirst * (std::int64_t{1} << std::min(refused.denials, 10));
  ++refused.denials;
  leave_out(refused, std::min(kDeniedMax, left_out), now);
}

int StreamPicker::denials() const {
  int fewest = 0;
  bool any = false;
  for (const auto& [name, stream] : streams_) {
    if (stream.is_gone) continue;
    fewest = any ? std::min(fewest, stream.denials) : stream.denials;
    any = true;
  }
  return fewest;
}

bool StreamPicker::has_healthy_other(const std::string& stream, Instant now) const {
  return std::any_of(streams_.begin(), streams_.end(), [&](const auto& entry) {
    const Stream& other = entry.second;
    return entry.first != stream && other.failures == 0 && other.out_times == 0 &&
           faded(other.penalty_bytes, other.penalised_at, now) < kFirstPenaltyBytes / 2 &&
           stream_ready_at(other, {1, 1, 1}, now) <= now;
  });
}

bool StreamPicker::all_out(Instant now) const {
  return std::all_of(streams_.begin(), streams_.end(), [&](const auto& entry) { return entry.second.out_until > now; });
}

bool StreamPicker::has_stream() const {
  return std::any_of(streams_.begin(), streams_.end(), [](const auto& entry) { return !entry.second.is_gone; });
}

std::int64_t StreamPicker::ejections(const std::string& stream) const {
  auto found = streams_.find(stream);
  return found == streams_.end() ? 0 : found->second.ejections;
}

double StreamPicker::rate(const std::string& stream, Instant now) const {
  auto found = streams_.find(stream);
  return found == streams_.end() ? 0 : found->second.budget.rate(now);
}

// kNever: not before a response.
Instant StreamPicker::stream_ready_at(const Stream& stream, const BatchWanted& wanted, Instant now) const {
  if (wanted.only_busy && !busy(stream, now)) return kNever;
  const int most = stream.out_times > 0 ? 1 : batches_max_;
  if (stream.under_way >= most) return kNever;
  if (now < stream.out_until) return stream.out_until;
  // Waits for a quarter of a second's worth of tokens, or for a full bucket, rather than for every single token.
  const PutCost burst = stream.budget.burst(now);
  PutCost least;
  least.bytes = std::max(wanted.first_bytes, std::min({wanted.bytes, kBatchBytesMax, burst.bytes / 4}));
  least.records = std::max<std::int64_t>(1, std::min({wanted.records, kBatchRecordsMax, burst.records / 4}));
  return stream.budget.ready_at(least, now);
}

std::size_t StreamPicker::draw(const Candidates& candidates, Entropy& entropy) {
  std::uint64_t total = 0;
  for (auto stream : candidates) total += static_cast<std::uint64_t>(stream->second.weight);
  std::uint64_t left = random_below(entropy, total);
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const std::uint64_t weight = static_cast<std::uint64_t>(candidates[i]->second.weight);
    if (left < weight) return i;
    left -= weight;
  }
  return candidates.size() - 1;
}

double StreamPicker::score(const Stream& stream, Instant now) {
  const double load = static_cast<double>(stream.under_way_bytes) + faded(stream.recent_bytes, stream.sent_at, now) +
                      faded(stream.penalty_bytes, stream.penalised_at, now);
  return load / stream.weight;
}

void StreamPicker::leave_out(Stream& stream, Duration duration, Instant now) {
  stream.out_until = now + duration;
  ++stream.out_times;
  ++stream.ejections;
}

}  // namespace fhctl::pipeline
