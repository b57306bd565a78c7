#include "core/pipeline/stream_choice.h"

#include <algorithm>
#include <cmath>

namespace fhctl::pipeline {
namespace {

constexpr double kFirstPenaltyBytes = 64 * 1024;
constexpr double kPenaltyBytesMax = 64.0 * 1024 * 1024;

}  // namespace

StreamChoice::StreamChoice(const Manifest& manifest, std::string pinned) : pinned_(std::move(pinned)) {
  replace(manifest);
}

void StreamChoice::replace(const Manifest& manifest) {
  std::map<std::string, Stream> next;
  for (const ManifestEntry& entry : manifest.streams) {
    bool wanted = entry.state == "active" && entry.weight > 0 && (pinned_.empty() || entry.name == pinned_);
    if (!wanted) continue;
    auto known = streams_.find(entry.name);
    Stream& stream = next[entry.name];
    if (known != streams_.end()) stream = known->second;
    stream.weight = entry.weight;
  }
  streams_ = std::move(next);
}

std::optional<std::string> StreamChoice::pick(Instant now, Entropy& entropy, const std::string& avoid) const {
  std::vector<std::string> names;
  for (const auto& [name, stream] : streams_) {
    if (name != avoid) names.push_back(name);
  }
  if (names.empty()) {
    if (streams_.empty()) return std::nullopt;
    return avoid;
  }
  std::string first = draw(names, entropy);
  if (names.size() == 1) return first;
  std::erase(names, first);
  std::string second = draw(names, entropy);
  return score(second, now) < score(first, now) ? second : first;
}

void StreamChoice::add_under_way(const std::string& stream, std::int64_t bytes) {
  auto found = streams_.find(stream);  // a newer manifest may have taken it away meanwhile
  if (found == streams_.end()) return;
  found->second.under_way_bytes = std::max<std::int64_t>(0, found->second.under_way_bytes + bytes);
}

void StreamChoice::penalise(const std::string& stream, Instant now) {
  auto found = streams_.find(stream);
  if (found == streams_.end()) return;
  Stream& refused = found->second;
  refused.penalty_bytes = std::clamp(2 * penalty(refused, now), kFirstPenaltyBytes, kPenaltyBytesMax);
  refused.penalised_at = now;
}

void StreamChoice::drop(const std::string& stream) { streams_.erase(stream); }

double StreamChoice::penalty(const Stream& stream, Instant now) {
  return stream.penalty_bytes * std::exp2(-seconds_of(now - stream.penalised_at));
}

std::string StreamChoice::draw(const std::vector<std::string>& names, Entropy& entropy) const {
  std::uint64_t total = 0;
  for (const std::string& name : names) total += static_cast<std::uint64_t>(streams_.at(name).weight);
  std::uint64_t left = random_below(entropy, total);
  for (const std::string& name : names) {
    std::uint64_t weight = static_cast<std::uint64_t>(streams_.at(name).weight);
    if (left < weight) return name;
    left -= weight;
  }
  return names.back();
}

double StreamChoice::score(const std::string& name, Instant now) const {
  const Stream& stream = streams_.at(name);
  return (static_cast<double>(stream.under_way_bytes) + penalty(stream, now)) / stream.weight;
}

}  // namespace fhctl::pipeline
