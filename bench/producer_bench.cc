// Measures how evenly producers distribute their records, and how fast they move away from a throttled stream: the
// Producer of this project against producers that choose a stream for each batch in simpler ways. Virtual time and
// fixed seeds make the figures the same on every machine. See README.md in this folder.
#include <algorithm>
#include <cstdio>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/producer/producer.h"

using namespace fhctl;
using namespace fhctl::pipeline;

namespace {

constexpr Instant kStart{std::chrono::hours(1)};
constexpr int kProducers = 4;

Manifest manifest_of(int streams) {
  Manifest manifest;
  manifest.epoch = "5c0e2b7f9a1d4e36";
  manifest.generation = 1;
  manifest.pipeline = "logs";
  manifest.region = "us-west-2";
  manifest.spec.producers = kProducers;
  for (int i = 0; i < streams; ++i) {
    ManifestEntry entry;
    entry.name = "logs-" + std::to_string(i + 1);
    entry.state = "active";
    // Every third stream was raised to twice the limit.
    entry.weight = i % 3 == 2 ? 200 : 100;
    entry.limits = {5242880 * entry.weight / 100, 500000, 2000};
    manifest.streams.push_back(entry);
  }
  return manifest;
}

// A stream with a limit in bytes per second, which accepts a burst of one second's worth and rejects records beyond it.
class FakeStream {
 public:
  explicit FakeStream(double bytes_per_s) : rate_(bytes_per_s), tokens_(bytes_per_s) {}

  void set_rate(double bytes_per_s) {
    rate_ = bytes_per_s;
    tokens_ = std::min(tokens_, rate_);
  }

  bool take(std::int64_t bytes, Instant now) {
    tokens_ = std::min(rate_, tokens_ + rate_ * seconds_of(now - at_));
    at_ = now;
    asked += bytes;
    if (tokens_ < static_cast<double>(bytes)) {
      refused += bytes;
      return false;
    }
    tokens_ -= static_cast<double>(bytes);
    taken += bytes;
    return true;
  }

  std::int64_t asked = 0, taken = 0, refused = 0;

 private:
  double rate_;
  double tokens_;
  Instant at_ = kStart;
};

struct Streams {
  std::map<std::string, FakeStream> by_name;
  explicit Streams(const Manifest& manifest) {
    for (const ManifestEntry& entry : manifest.streams) {
      by_name.emplace(entry.name, FakeStream(5.0 * 1048576 * entry.weight / 100));
    }
  }
};

// Accepts records and returns batches to send.
class Sender {
 public:
  virtual ~Sender() = default;
  virtual void offer(const std::string& record, Instant now, std::uint64_t tag) = 0;
  virtual const Batch* next(Instant now) = 0;
  virtual void answered(std::uint64_t id, const std::vector<firehose::PutResult>& results, Instant now) = 0;
  std::function<void(std::uint64_t tag)> acknowledged;
};

class ProducerSender final : public Sender {
 public:
  ProducerSender(const Manifest& manifest, Entropy& entropy) : producer_(manifest, options(), entropy, kStart) {}
  void offer(const std::string& record, Instant now, std::uint64_t tag) override {
    if (producer_.offer(record, now, tag) != Offer::kTaken) std::puts("the producer is full: raise its memory");
  }
  const Batch* next(Instant now) override { return producer_.next(now); }
  void answered(std::uint64_t id, const std::vector<firehose::PutResult>& results, Instant now) override {
    producer_.answered(id, results, now);
  }

 private:
  ProducerOptions options() {
    ProducerOptions made{.bytes_max = std::int64_t{1} << 30, .records_max = 10000000, .manifest_is_fixed = true};
    made.hooks.acknowledged = [this](std::uint64_t tag, const std::string&) { acknowledged(tag); };
    return made;
  }
  Producer producer_;
};

// A common simple producer: it chooses one stream of a list for each batch and puts rejected records back to the front
// of the queue after 100 ms.
class PlainSender final : public Sender {
 public:
  enum class Policy { kRandom, kWeighted, kRoundRobin };
  PlainSender(const Manifest& manifest, Policy policy, Entropy& entropy)
      : manifest_(manifest), policy_(policy), entropy_(entropy), turn_(random_below(entropy, 1000)) {}

  void offer(const std::string& record, Instant, std::uint64_t tag) override {
    queue_.push_back({record, tag, kStart});
  }

  const Batch* next(Instant now) override {
    if (queue_.empty() || queue_.front().not_before > now || under_way_.size() >= 32) return nullptr;
    auto& [batch, records] = under_way_[++last_id_];
    batch.id = last_id_;
    batch.stream = manifest_.streams[choose()].name;
    while (!queue_.empty() && batch.records.size() < 500) {
      batch.records.push_back(queue_.front().bytes);
      records.push_back(std::move(queue_.front()));
      queue_.pop_front();
    }
    return &batch;
  }

  void answered(std::uint64_t id, const std::vector<firehose::PutResult>& results, Instant now) override {
    auto node = under_way_.extract(id);
    auto& records = node.mapped().second;
    for (std::size_t i = records.size(); i-- > 0;) {
      if (results[i].error_code.empty()) {
        acknowledged(records[i].tag);
      } else {
        records[i].not_before = now + std::chrono::milliseconds(100);
        queue_.push_front(std::move(records[i]));
      }
    }
  }

 private:
  struct Record {
    std::string bytes;
    std::uint64_t tag;
    Instant not_before;
  };

  std::size_t choose() {
    const std::size_t count = manifest_.streams.size();
    if (policy_ == Policy::kRandom) return random_below(entropy_, count);
    if (policy_ == Policy::kRoundRobin) return turn_++ % count;
    std::uint64_t total = 0;
    for (const ManifestEntry& entry : manifest_.streams) total += static_cast<std::uint64_t>(entry.weight);
    std::uint64_t left = random_below(entropy_, total);
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t weight = static_cast<std::uint64_t>(manifest_.streams[i].weight);
      if (left < weight) return i;
      left -= weight;
    }
    return count - 1;
  }

  const Manifest& manifest_;
  Policy policy_;
  Entropy& entropy_;
  std::size_t turn_;
  std::uint64_t last_id_ = 0;
  std::deque<Record> queue_;
  std::map<std::uint64_t, std::pair<Batch, std::vector<Record>>> under_way_;
};

const std::vector<std::string> kPolicies = {"random", "weighted", "round robin", "p2c"};

std::unique_ptr<Sender> make_sender(const std::string& policy, const Manifest& manifest, Entropy& entropy) {
  using Policy = PlainSender::Policy;
  if (policy == "p2c") return std::make_unique<ProducerSender>(manifest, entropy);
  return std::make_unique<PlainSender>(manifest,
                                       policy == "random"     ? Policy::kRandom
                                       : policy == "weighted" ? Policy::kWeighted
                                                              : Policy::kRoundRobin,
                                       entropy);
}

// Several producers at a steady rate, in steps of 5 ms; answers take 20 to 80 ms.
class Run {
 public:
  Run(const std::string& policy, const Manifest& manifest, std::uint64_t seed)
      : streams(manifest), manifest_(manifest), entropy_(seed) {
    for (int i = 0; i < kProducers; ++i) {
      senders_.push_back(make_sender(policy, manifest_, entropy_));
      senders_.back()->acknowledged = [this](std::uint64_t tag) {
        waits.emplace_back(offered_at_[tag], seconds_of(now_ - offered_at_[tag]));
        ++acknowledged_;
      };
    }
  }

  void step(double bytes_per_s) {
    now_ += std::chrono::milliseconds(5);
    due_bytes_ += bytes_per_s * 0.005;
    for (; due_bytes_ >= kRecordBytes; due_bytes_ -= kRecordBytes) {
      senders_[random_below(entropy_, kProducers)]->offer(record_, now_, offered_at_.size());
      offered_at_.push_back(now_);
    }
    for (; !answers_.empty() && answers_.begin()->first <= now_; answers_.erase(answers_.begin())) {
      answers_.begin()->second();
    }
    for (auto& sender : senders_) {
      while (const Batch* batch = sender->next(now_)) put(*sender, *batch);
    }
  }

  Duration elapsed() const { return now_ - kStart; }
  std::size_t backlog() const { return offered_at_.size() - acknowledged_; }

  Streams streams;
  std::vector<std::pair<Instant, double>> waits;  // offered at; seconds until the acknowledgement

 private:
  static constexpr double kRecordBytes = 4096;

  void put(Sender& sender, const Batch& batch) {
    FakeStream& stream = streams.by_name.at(batch.stream);
    std::vector<firehose::PutResult> results;
    for (const std::string& record : batch.records) {
      const bool taken = stream.take(static_cast<std::int64_t>(record.size()), now_);
      results.push_back(taken ? firehose::PutResult{"id", "", ""}
                              : firehose::PutResult{"", "ServiceUnavailableException", "Slow down."});
    }
    const Instant answer_at = now_ + std::chrono::milliseconds(20 + random_below(entropy_, 60));
    answers_.emplace(answer_at, [this, &sender, id = batch.id, results] { sender.answered(id, results, now_); });
  }

  Manifest manifest_;
  SeededEntropy entropy_;
  std::vector<std::unique_ptr<Sender>> senders_;
  std::string record_ = std::string(static_cast<std::size_t>(kRecordBytes) - 1, 'x');
  std::vector<Instant> offered_at_;
  std::multimap<Instant, std::function<void()>> answers_;
  Instant now_ = kStart;
  double due_bytes_ = 0;
  std::size_t acknowledged_ = 0;
};

double capacity(const Manifest& manifest) {
  double sum = 0;
  for (const ManifestEntry& entry : manifest.streams) sum += 5.0 * 1048576 * entry.weight / 100;
  return sum;
}

// Returns the bytes sent to the fullest stream relative to its weight, divided by the mean of all streams; computed for
// each second, because limits are per second, and averaged.
double imbalance(const std::string& policy, const Manifest& manifest, double load) {
  Run run(policy, manifest, 42);
  std::map<std::string, std::int64_t> before;
  double sum = 0;
  int seconds = 0;
  for (int step = 0; step < 200 * 20; ++step) {
    run.step(load * capacity(manifest));
    if (step % 200 != 199) continue;
    double most = 0;
    double total = 0;
    double weights = 0;
    for (const ManifestEntry& entry : manifest.streams) {
      const std::int64_t asked = run.streams.by_name.at(entry.name).asked;
      const double bytes = static_cast<double>(asked - std::exchange(before[entry.name], asked));
      most = std::max(most, bytes / entry.weight);
      total += bytes;
      weights += entry.weight;
    }
    if (step < 400) continue;  // warming up
    sum += most / (total / weights);
    ++seconds;
  }
  return sum / seconds;
}

void print_imbalance(double load) {
  std::printf("\nImbalance in a second (max / mean for the weight), %d producers, load %.0f %%\n%8s", kProducers,
              100 * load, "streams");
  for (const std::string& policy : kPolicies) std::printf("%13s", policy.c_str());
  std::printf("\n");
  for (int streams : {2, 3, 5, 10, 20, 50}) {
    std::printf("%8d", streams);
    for (const std::string& policy : kPolicies) std::printf("%13.2f", imbalance(policy, manifest_of(streams), load));
    std::printf("\n");
  }
}

struct Relief {
  double seconds = -1;      // until the records refused in a second by the cut stream are under 1 % of the traffic
  double refused = 0;       // by the cut stream in 60 s, share of all bytes offered
  double p50 = 0, p99 = 0;  // seconds from the offer to the acknowledgement, of records offered after the cut
  std::size_t backlog = 0;
};

// Simulates ten streams, one of which falls to 10 % of its limit after 5 s, for 60 s.
Relief relief(const std::string& policy, double load) {
  const Manifest manifest = manifest_of(10);
  Run run(policy, manifest, 7);
  const double rate = load * capacity(manifest);
  for (int step = 0; step < 200 * 5; ++step) run.step(rate);
  FakeStream& cut = run.streams.by_name.at("logs-1");
  cut.set_rate(0.1 * 5 * 1048576);
  const Instant cut_at = kStart + run.elapsed();
  const std::int64_t refused_before = cut.refused;
  Relief found;
  std::int64_t refused = cut.refused;
  double last_bad = 0;
  for (int step = 1; step <= 200 * 60; ++step) {
    run.step(rate);
    if (step % 200 != 0) continue;
    const double share = static_cast<double>(cut.refused - std::exchange(refused, cut.refused)) / rate;
    if (share > 0.01) last_bad = step / 200.0;
  }
  found.seconds = last_bad;
  found.refused = static_cast<double>(cut.refused - refused_before) / (60 * rate);
  found.backlog = run.backlog();
  std::vector<double> waits;
  for (const auto& [offered_at, wait] : run.waits) {
    if (offered_at >= cut_at) waits.push_back(wait);
  }
  std::sort(waits.begin(), waits.end());
  if (waits.empty()) return found;
  found.p50 = waits[waits.size() / 2];
  found.p99 = waits[waits.size() * 99 / 100];
  return found;
}

void print_relief(double load) {
  std::printf("\nOne stream of ten cut to 10 %% of its limit for 60 s, %d producers, load %.0f %%\n", kProducers,
              100 * load);
  std::printf("%12s%14s%16s%12s%12s%12s\n", "", "relieved in", "sent in vain", "p50", "p99", "waiting");
  for (const std::string& policy : kPolicies) {
    const Relief found = relief(policy, load);
    const std::string in = found.seconds >= 60 ? "never" : std::to_string(static_cast<int>(found.seconds)) + " s";
    std::printf("%12s%14s%14.1f %%%10.0f ms%10.0f ms%12zu\n", policy.c_str(), in.c_str(), 100 * found.refused,
                1000 * found.p50, 1000 * found.p99, found.backlog);
  }
}

}  // namespace

int main() {
  for (double load : {0.2, 0.6}) print_imbalance(load);
  for (double load : {0.4, 0.7}) print_relief(load);
  return 0;
}
