// Which stream the next batch goes to: power of two choices over the active streams of a manifest. Firehose gives no
// sign of its load, so the score is local: bytes under way, and a penalty for every refusal.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/base/time.h"
#include "core/pipeline/manifest.h"

namespace fhctl::pipeline {

class StreamChoice {
 public:
  // `pinned`: only that stream; empty: all active ones with a weight.
  StreamChoice(const Manifest& manifest, std::string pinned);

  // Takes over the streams of a newer manifest; those that stay keep their score.
  void replace(const Manifest& manifest);

  // Two different streams are drawn by weight, the one with the smaller score for its weight is taken. `avoid` (the one
  // that just refused) is only taken when there is no other. nullopt: there is no stream.
  std::optional<std::string> pick(Instant now, Entropy& entropy, const std::string& avoid) const;

  void add_under_way(const std::string& stream, std::int64_t bytes);  // negative when the answer came
  // The stream refused: its penalty doubles; it halves each second.
  void penalise(const std::string& stream, Instant now);
  // The stream is gone, until a newer manifest says otherwise.
  void drop(const std::string& stream);

  bool empty() const { return streams_.empty(); }

 private:
  struct Stream {
    int weight = 0;
    std::int64_t under_way_bytes = 0;
    double penalty_bytes = 0;
    Instant penalised_at{};
  };
  static double penalty(const Stream& stream, Instant now);
  std::string draw(const std::vector<std::string>& names, Entropy& entropy) const;
  double score(const std::string& name, Instant now) const;

  std::string pinned_;
  std::map<std::string, Stream> streams_;
};

}  // namespace fhctl::pipeline
