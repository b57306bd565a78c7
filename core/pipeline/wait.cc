#include "core/pipeline/wait.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/pipeline/drain_wait.h"
#include "core/pipeline/publish.h"

namespace fhctl::pipeline {
namespace {

constexpr Duration kLookEvery = std::chrono::seconds(5);
// AWS's clock is known to a second and the time of an answer: too early, and what was sent before would count as later.
constexpr auto kClockMargin = std::chrono::seconds(2);

class Wait {
 public:
  Wait(Run& run, const SpecSources& sources, WaitFor what) : run_(run), sources_(sources), what_(what) {}

  Result<Waited> run() {
    const Result<Identity> identity = identify(run_.client);
    if (!identity) return identity.error();
    begun_ = run_.client.loop().now();
    while (true) {
      Result<Observed> observed = observe(run_.client, *identity, sources_);
      if (!observed) return observed.error();
      waited_.observed = std::move(*observed);
      if (waited_.observed.id.empty()) return nothing_there();
      const Result<bool> so = look();
      if (!so) return so.error();
      if (*so) return waited_;
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
      const std::string status = found == observed.streams.end() ? "absent" : found->second.description.status;
      if (status == "CREATING_FAILED") {
        Error error;
        error.message = "delivery stream " + name + " ended in CREATING_FAILED";
        error.hint = "`fhctl up` replaces it";
        return error;
      }
      if (status != "ACTIVE") {
        missing_.push_back(name + " is " + status);
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
    const auto& entries = observed.manifest->streams;
    return std::any_of(entries.begin(), entries.end(),
                       [&](const ManifestEntry& entry) { return entry.name == name && entry.state == "active"; });
  }

  Result<bool> drained() {
    const Observed& observed = waited_.observed;
    std::set<int> leaving;
    for (const auto& [number, stream] : observed.streams) {
      const bool ours = observed.owner_of(stream.tags) == Owner::kOurs;
      const bool destroying = observed.manifest && lists_draining(*observed.manifest, number);
      if (!ours || (observed.members().contains(number) && !destroying)) continue;
      if (stream.description.status == "DELETING") {
        missing_ = {stream.description.name + " is DELETING"};
        return false;
      }
      leaving.insert(number);
    }
    if (leaving.empty()) return true;
    std::vector<DrainCase> cases;
    if (observed.manifest) cases = drain_cases(observed.spec, observed, *observed.manifest, leaving);
    if (Result<void> judged = judge([&] { return look_at_drains(run_.client, observed.spec, cases); }); !judged)
      return judged.error();
    const bool ready = all_ready() && cases.size() == leaving.size();
    if (!ready && patience_over(cases)) return drain_refused(waited_.streams, "the same command");
    return ready;
  }

  static bool lists_draining(const Manifest& manifest, int number) {
    return std::any_of(manifest.streams.begin(), manifest.streams.end(),
                       [&](const ManifestEntry& entry) { return entry.index == number && entry.state == "draining"; });
  }

  bool patience_over(const std::vector<DrainCase>& cases) const {
    const WallTime now = aws_now(run_.client);
    const auto patience = std::chrono::seconds(waited_.observed.spec.drain_patience_s);
    for (std::size_t i = 0; i < waited_.streams.size(); ++i) {
      const Duration waited = std::min<Duration>(run_.client.loop().now() - begun_, now - cases[i].stop_by);
      if (waited_.streams[i].stuck() && waited >= patience) return true;
    }
    return false;
  }

  Result<bool> delivered() {
    const Observed& observed = waited_.observed;
    if (!since_) since_ = aws_now(run_.client) + kClockMargin;
    std::vector<DrainCase> cases;
    for (const auto& [number, stream] : observed.streams) {
      if (observed.owner_of(stream.tags) != Owner::kOurs || stream.description.status != "ACTIVE") continue;
      cases.push_back(delivery_case(observed.spec, stream, *since_));
    }
    if (Result<void> judged = judge([&] { return look_at_deliveries(run_.client, observed.spec, cases); }); !judged)
      return judged.error();
    return all_ready();
  }

  template <class Look>
  Result<void> judge(Look look) {
    Result<std::vector<DrainVerdict>> verdicts = look();
    if (!verdicts) return verdicts.error();
    waited_.streams = std::move(*verdicts);
    missing_.clear();
    for (const DrainVerdict& verdict : waited_.streams) {
      if (verdict.phase != DrainPhase::kReady) missing_.push_back(verdict.stream + " waits for " + verdict.waiting_for);
    }
    run_.observer.on(Draining{waited_.streams, run_.client.loop().now() - begun_, what_ == WaitFor::kDrained});
    return ok();
  }

  bool all_ready() const {
    return std::all_of(waited_.streams.begin(), waited_.streams.end(),
                       [](const DrainVerdict& verdict) { return verdict.phase == DrainPhase::kReady; });
  }

  Error nothing_there() const {
    Error error;
    error.kind = ErrorKind::kPrecondition;
    error.message = fmt::format("there is no pipeline {} in {}", sources_.name, waited_.observed.identity.region);
    error.hint = "`fhctl up` makes one";
    return error;
  }

  Error too_late() const {
    Error error;
    error.kind = ErrorKind::kTimeout;
    error.message = "the time is over: " + join(missing_, "; ");
    error.hint = "--timeout gives it more";
    return error;
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
