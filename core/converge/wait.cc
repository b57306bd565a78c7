#include "core/converge/wait.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/converge/drain_wait.h"
#include "core/drain/drain_metrics.h"
#include "core/publish/publisher.h"
#include "core/services/s3_objects.h"

namespace fhctl::pipeline {
namespace {

// Between readings of streams that change their status. With many of them at least as long as the calls take at half of
// the rate that AWS allows an account, so that other programs can work.
constexpr Duration kLookEvery = std::chrono::seconds(5);
constexpr Duration kPerStream = std::chrono::milliseconds(400);
// AWS's clock is known to a second plus the time of a response. An estimate that is too early would count records that
// were sent before the wait as later ones.
constexpr auto kClockMargin = std::chrono::seconds(2);

class Wait {
 public:
  Wait(Run& run, const SpecSources& sources, WaitFor what) : run_(run), sources_(sources), what_(what) {}

  Result<Waited> run() {
    ASSIGN_OR_RETURN(const Identity identity, identify(run_.client));
    identity_ = identity;
    begun_ = run_.client.loop().now();
    RETURN_IF_ERROR(read_everything());
    while (true) {
      ASSIGN_OR_RETURN(const bool so, look());
      // Streams that were ACTIVE at first were not read again: they may have been deleted since.
      const bool is_outdated = what_ == WaitFor::kActive && !is_complete_;
      if (so && !is_outdated) return waited_;
      if (so) {
        RETURN_IF_ERROR(read_everything());
        continue;
      }
      const Result<void> slept = run_.control.sleep_for(pause());
      if (!slept && slept.error().kind == ErrorKind::kTimeout) return too_late();
      if (!slept) return slept.error();
      RETURN_IF_ERROR(read_again());
    }
  }

 private:
  Result<void> read_everything() {
    ASSIGN_OR_RETURN(Observed observed, observe(run_.client, identity_, sources_));
    waited_.observed = std::move(observed);
    is_complete_ = true;
    if (waited_.observed.id.empty()) return nothing_there();
    return ok();
  }

  // Reads what may have changed: the streams in changing_, and everything if fhctl's objects in the bucket have
  // changed.
  Result<void> read_again() {
    Observed& observed = waited_.observed;
    const s3::BucketRef bucket{observed.spec.bucket_name(), observed.identity.account};
    const std::string& region = observed.identity.region;
    const auto manifest = s3::get_object(run_.client, bucket, manifest_key(observed.name, region));
    const auto document = s3::get_object(run_.client, bucket, document_key(observed.name, region));
    if (!manifest || !document || etag_of(*manifest) != observed.manifest_etag ||
        etag_of(*document) != observed.document_etag) {
      return read_everything();  // reports an error if it persists
    }
    is_complete_ = false;
    std::map<int, StreamReading> readings;
    Group group(run_.client.loop());
    for (const int number : changing_) {
      group.spawn([this, &reading = readings[number], name = stream_name(observed.name, number)] {
        read_stream(run_.client, name, reading);
      });
    }
    group.join();
    for (const auto& [number, reading] : readings) {
      ASSIGN_OR_RETURN(std::optional<StreamState> stream, stream_state(reading, observed.name, number));
      observed.streams.erase(number);
      if (stream) observed.streams.emplace(number, std::move(*stream));
    }
    return ok();
  }

  static std::string etag_of(const std::optional<s3::Object>& object) { return object ? object->etag : ""; }

  // Metrics have a new point once a period; the status of a stream may change at any time.
  Duration pause() const {
    if (what_ == WaitFor::kActive || !changing_.empty()) {
      return std::max<Duration>(kLookEvery, kPerStream * static_cast<int>(changing_.size()));
    }
    return until_next_look(waited_.observed.spec, run_.client.now());
  }

  Result<bool> look() {
    changing_.clear();
    switch (what_) {
      case WaitFor::kActive:
        return active();
      case WaitFor::kDelivered:
        return delivered();
      case WaitFor::kDrained:
        break;
    }
    return drained();
  }

  Result<bool> active() {
    const Observed& observed = waited_.observed;
    missing_.clear();
    for (const int number : observed.members()) {
      const std::string name = stream_name(observed.name, number);
      const auto found = observed.streams.find(number);
      if (found == observed.streams.end()) {
        changing_.insert(number);
        missing_.push_back(name + " is absent");
        continue;
      }
      const firehose::StreamStatus& status = found->second.description.status;
      if (status == firehose::Status::kCreatingFailed) {
        return make_error(ErrorKind::kFailed, "delivery stream " + name + " ended in CREATING_FAILED",
                          "`fhctl up` replaces it");
      }
      if (status != firehose::Status::kActive) {
        changing_.insert(number);
        missing_.push_back(name + " is " + status.text());
      } else if (!listed_active(name)) {
        missing_.push_back(name + " is not in the manifest");
      }
    }
    if (missing_.empty() && observed.members().empty()) missing_.push_back("it has no streams");
    return missing_.empty();
  }

  bool listed_active(const std::string& name) const {
    const Observed& observed = waited_.observed;
    if (!observed.manifest || observed.manifest->epoch != observed.id) return false;
    const ManifestEntry* entry = observed.manifest->find(name);
    return entry != nullptr && entry->active();
  }

  Result<bool> drained() {
    const Observed& observed = waited_.observed;
    std::set<int> leaving;
    for (const auto& [number, stream] : observed.streams) {
      const bool ours = observed.owner_of(stream.tags) == Owner::kOurs;
      const bool destroying = observed.manifest && lists_draining(*observed.manifest, number);
      if (!ours || (observed.members().contains(number) && !destroying)) continue;
      if (stream.description.status == firehose::Status::kDeleting) {
        missing_ = {stream.description.name + " is DELETING"};
        changing_.insert(number);
      }
      leaving.insert(number);
    }
    if (!changing_.empty()) return false;
    if (leaving.empty()) return true;
    std::vector<DrainTarget> cases;
    std::vector<std::string> steady;
    if (observed.manifest) {
      cases = drain_targets(observed.spec, observed, *observed.manifest, leaving);
      steady = steady_streams(*observed.manifest);
    }
    const auto read = [&] { return read_drain_statuses(run_.client, observed.spec, cases, steady); };
    if (Result<void> judged = judge(read); !judged) return judged.error();
    const bool ready = all_ready() && cases.size() == leaving.size();
    if (!ready && patience_over(cases)) return drain_refused(waited_.streams, "the same command");
    return ready;
  }

  static bool lists_draining(const Manifest& manifest, int number) {
    const ManifestEntry* entry = manifest.find(number);
    return entry != nullptr && entry->draining();
  }

  bool patience_over(const std::vector<DrainTarget>& cases) const {
    const WallTime now = run_.client.now();
    const auto patience = std::chrono::seconds(waited_.observed.spec.drain_patience_s);
    for (std::size_t i = 0; i < waited_.streams.size(); ++i) {
      const Duration waited = std::min<Duration>(run_.client.loop().now() - begun_, now - cases[i].stop_by);
      if (waited_.streams[i].stuck() && waited >= patience) return true;
    }
    return false;
  }

  Result<bool> delivered() {
    const Observed& observed = waited_.observed;
    if (!since_) since_ = run_.client.now() + kClockMargin;
    std::vector<DrainTarget> cases;
    for (const auto& [number, stream] : observed.streams) {
      if (observed.owner_of(stream.tags) != Owner::kOurs || stream.description.status != firehose::Status::kActive)
        continue;
      cases.push_back(delivery_target(observed.spec, stream, *since_));
    }
    if (Result<void> judged = judge([&] { return read_delivery_statuses(run_.client, observed.spec, cases); }); !judged)
      return judged.error();
    return all_ready();
  }

  template <class Look>
  Result<void> judge(Look look) {
    ASSIGN_OR_RETURN(std::vector<DrainStatus> verdicts, look());
    waited_.streams = std::move(verdicts);
    missing_.clear();
    for (const DrainStatus& verdict : waited_.streams) {
      if (verdict.phase != DrainPhase::kReady) missing_.push_back(verdict.stream + " waits for " + verdict.waiting_for);
    }
    run_.observer.on(Draining{waited_.streams, run_.client.loop().now() - begun_, what_ == WaitFor::kDrained});
    return ok();
  }

  bool all_ready() const {
    return std::all_of(waited_.streams.begin(), waited_.streams.end(),
                       [](const DrainStatus& verdict) { return verdict.phase == DrainPhase::kReady; });
  }

  Error nothing_there() const { return pipeline_not_found(sources_.name, waited_.observed.identity); }

  Error too_late() const {
    return make_error(ErrorKind::kTimeout, "timed out: " + join(missing_, "; "), "--timeout gives it more");
  }

  Run& run_;
  const SpecSources& sources_;
  const WaitFor what_;
  Identity identity_;
  Waited waited_;
  bool is_complete_ = false;  // all of it was read at once
  std::set<int> changing_;    // streams whose status the wait depends on, and that may change it
  Instant begun_{};
  std::optional<WallTime> since_;
  std::vector<std::string> missing_;
};

}  // namespace

Result<Waited> wait_for(Run& run, const SpecSources& sources, WaitFor what) { return Wait(run, sources, what).run(); }

}  // namespace fhctl::pipeline
