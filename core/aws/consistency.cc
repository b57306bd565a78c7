#include "core/aws/consistency.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "core/aws/request_attempts.h"
#include "core/base/text.h"

namespace fhctl::aws {
namespace {

constexpr Duration kFirstPause = std::chrono::seconds(1);
constexpr Duration kPauseMax = std::chrono::seconds(15);
// Firehose shows its own changes sooner than the others; its polls must not be held up for longer.
constexpr Duration kFirehoseSettles = std::chrono::minutes(2);
constexpr Duration kSettles = std::chrono::minutes(5);

Duration whole_seconds(Duration duration) { return std::chrono::duration_cast<std::chrono::seconds>(duration); }

}  // namespace

Duration settle_time(Service service) { return service == Service::kFirehose ? kFirehoseSettles : kSettles; }

void RecentChanges::note(const CallResources& resources, Duration settles_in, Instant now) {
  const Instant until = now + settles_in;
  if (!resources.changes.empty()) {
    const auto [entry, is_new] = entries_.try_emplace(resources.changes, Entry{Change::kChanged, until});
    if (!is_new) entry->second.until = until;  // a created one stays a created one
  }
  if (!resources.creates.empty()) entries_[resources.creates] = {Change::kCreated, until};
  if (!resources.deletes.empty()) entries_[resources.deletes] = {Change::kDeleted, until};
}

std::optional<Instant> RecentChanges::created(const std::string& resource, Instant now) const {
  return until(resource, now, Change::kCreated);
}

std::optional<Instant> RecentChanges::changed(const std::string& resource, Instant now) const {
  return until(resource, now, std::nullopt);
}

std::optional<Instant> RecentChanges::deleted(const std::string& resource, Instant now) const {
  return until(resource, now, Change::kDeleted);
}

std::vector<std::string> RecentChanges::created_with_prefix(const std::string& prefix, Instant now) const {
  std::vector<std::string> names;
  for (auto entry = entries_.lower_bound(prefix); entry != entries_.end() && starts_with(entry->first, prefix);
       ++entry) {
    if (created(entry->first, now)) names.push_back(entry->first);
  }
  return names;
}

std::optional<Instant> RecentChanges::until(const std::string& resource, Instant now,
                                            std::optional<Change> change) const {
  const auto entry = entries_.find(resource);
  if (entry == entries_.end() || now >= entry->second.until) return std::nullopt;
  if (change && entry->second.change != *change) return std::nullopt;
  return entry->second.until;
}

Duration consistency_pause(int number, Duration longest, Entropy& entropy) {
  // Twelve doublings are more than an hour; a larger shift could overflow.
  const Duration whole = std::min<Duration>(kFirstPause * (std::int64_t{1} << std::clamp(number, 0, 12)), longest);
  return from_seconds(seconds_of(whole) * (1 - random_unit(entropy) / 2));
}

ConsistencyWait::ConsistencyWait(ClientState& state, std::string resource)
    : state_(state), resource_(std::move(resource)) {}

ConsistencyWait::~ConsistencyWait() {
  if (begun()) report(first_reason_, Duration::zero(), true);
}

Result<bool> ConsistencyWait::pause(std::string_view reason, Instant until) {
  const Result<bool> waited = pause_at_most(reason, until, kPauseMax);
  return waited ? waited : Result<bool>(explained(waited.error()));
}

Result<bool> ConsistencyWait::pause_at_most(std::string_view reason, Instant until, Duration longest) {
  const Instant now = state_.loop.now();
  if (now >= until) return false;
  if (!begun()) {
    since_ = now;
    first_reason_ = reason;
  }
  const Duration delay = std::min<Duration>(consistency_pause(pauses_, longest, state_.entropy), until - now);
  ++pauses_;
  report(reason, delay, false);
  const Result<void> slept = state_.control.sleep_until(now + delay);
  if (slept) return true;
  return slept.error();
}

Duration ConsistencyWait::waited() const { return begun() ? state_.loop.now() - since_ : Duration::zero(); }

std::string ConsistencyWait::summary() const {
  return fmt::format("waited {} for {}", format_duration(whole_seconds(waited())), resource_);
}

Error ConsistencyWait::explained(Error error) const {
  if (begun() && error.kind == ErrorKind::kTimeout) {
    error.message += fmt::format("; {}: {}", summary(), first_reason_);
  }
  return error;
}

void ConsistencyWait::report(std::string_view reason, Duration delay, bool over) const {
  if (!state_.options.trace) return;
  Trace trace{.kind = Trace::Kind::kWaiting, .service = {}, .operation = {}};
  trace.delay = delay;
  trace.resource = resource_;
  trace.reason = reason;
  trace.elapsed = waited();
  trace.over = over;
  state_.options.trace(trace);
}

}  // namespace fhctl::aws
