#include "core/converge/wait.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/converge/drain_wait.h"
#include "core/drain/drain_metrics.h"
#include "core/publish/publisher.h"

namespace fhctl::pipeline {
namespace {

constexpr Duration kLookEvery = std::chrono::seconds(5);
// AWS's clock is known to a second plus the time of a response. An estimate that is too early would count records that
// were sent before the wait as later ones.
constexpr auto kClockMargin = std::chrono::seconds(2);

class Wait {
 public:
  Wait(Run& run, const SpecSources& sources, WaitFor what) : run_(run), sources_(sources), what_(what) {}

  Result<Waited> run() {
    ASSIGN_OR_RETURN(const Identity identity, identify(run_.client));
    begun_ = run_.client.loop().now();
    while (true) {
      ASSIGN_OR_RETURN(Observed observed, observe(run_.client, identity, sources_));
      waited_.observed = std::move(observed);
      if (waited_.observed.id.empty()) return nothing_there();
      ASSIGN_OR_RETURN(const bool so, look());
      if (so) return waited_;
      const Result<void> slept = run_.control.sleep_for(kLookEvery);
      if (!slept && slept.error().kind == ErrorKind::kTimeout) return too_late();
      if (!slept) return slept.error();
    }
  }

 private:
  Result<bool> look() {
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
        missing_.push_back(name + " is absent");
        continue;
      }
      const firehose::StreamStatus& status = found->second.description.status;
      if (status == firehose::Status::kCreatingFailed) {
        return make_error(ErrorKind::kFailed, "delivery stream " + name + " ended in CREATING_FAILED",
                          "`fhctl up` replaces it");
      }
      if (status != firehose::Status::kActive) {
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
        return false;
      }
      leaving.insert(number);
    }
    if (leaving.empty()) return true;
    std::vector<DrainTarget> cases;
    if (observed.manifest) cases = drain_targets(observed.spec, observed, *observed.manifest, leaving);
    if (Result<void> judged = judge([&] { return read_drain_statuses(run_.client, observed.spec, cases); }); !judged)
      return judged.error();
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
  Waited waited_;
  Instant begun_{};
  std::optional<WallTime> since_;
  std::vector<std::string> missing_;
};

}  // namespace

Result<Waited> wait_for(Run& run, const SpecSources& sources, WaitFor what) { return Wait(run, sources, what).run(); }

}  // namespace fhctl::pipeline
