#include "cli/views/progress.h"

#include <algorithm>

#include "cli/views/event_text.h"

namespace fhctl::cli {
namespace {

using namespace pipeline;  // NOLINT: the events' own names

ProgressItem& item_of(Progress& progress, const ResourceId& resource, Action action, Instant now) {
  auto [place, is_new] = progress.items.try_emplace(resource);
  ProgressItem& item = place->second;
  if (is_new || item.action != action) {
    item = ProgressItem{resource, action, ProgressItem::State::kRunning, doing_word(action), now, {}};
  }
  if (!progress.started) progress.started = now;
  return item;
}

struct Update {
  Progress& progress;
  Instant now;

  void operator()(const StepStarted& event) const {
    item_of(progress, event.resource, event.action, now);
    progress.total = std::max(progress.total, event.total);
    progress.done = std::max(progress.done, event.done);
  }
  void operator()(const StepProgress& event) const {
    item_of(progress, event.resource, event.action, now).status = event.status;
  }
  void operator()(const StepDone& event) const {
    ProgressItem& item = item_of(progress, event.resource, event.action, now);
    item.state = ProgressItem::State::kDone;
    item.status = done_word(event.resource, event.action, false);
    item.took = event.elapsed;
    progress.total = std::max(progress.total, event.total);
    progress.done = std::max(progress.done, event.done);
    if (event.resource.kind == Kind::kStream) progress.iam.clear();
    if (event.resource.kind == Kind::kStream) progress.drain.clear();
  }
  void operator()(const StepFailed& event) const {
    ProgressItem& item = item_of(progress, event.resource, event.action, now);
    item.state = ProgressItem::State::kFailed;
    item.status = "failed";
  }
  void operator()(const IamWaiting& event) const { progress.iam = event_text(event, {}); }
  void operator()(const ConsistencyWaiting& event) const {
    if (event.over) {
      progress.consistency.erase(event.resource);
    } else {
      progress.consistency[event.resource] = {now - event.elapsed, event};
    }
  }
  void operator()(const DrainWaiting& event) const { progress.drain = {event_text(event, {})}; }
  void operator()(const Draining& event) const { progress.drain = drain_lines(event.streams, event.leaving); }
  void operator()(const Emptying& event) const { progress.emptying = event.done ? "" : event_text(event, {}); }
  template <class Other>
  void operator()(const Other&) const {}
};

}  // namespace

void Progress::on(const pipeline::Event& event, Instant now) { std::visit(Update{*this, now}, event); }

int Progress::running() const {
  return static_cast<int>(std::count_if(items.begin(), items.end(), [](const auto& entry) {
    return entry.second.state == ProgressItem::State::kRunning;
  }));
}

int Progress::queued() const { return std::max(0, total - static_cast<int>(items.size())); }

bool Progress::busy() const {
  return running() > 0 || !iam.empty() || !drain.empty() || !emptying.empty() || !consistency.empty();
}

std::string Progress::Wait::text(Instant now) const {
  ConsistencyWaiting event = last;
  event.elapsed = std::max(event.elapsed, now - since);
  return event_text(event, {});
}

std::vector<std::string> Progress::waits(Instant now) const {
  std::vector<std::string> texts;
  for (const std::string* wait : {&iam, &emptying}) {
    if (!wait->empty()) texts.push_back(*wait);
  }
  for (const auto& [resource, wait] : consistency) texts.push_back(wait.text(now));
  return texts;
}

std::optional<Duration> Progress::left(Instant now) const {
  std::vector<Duration> took;
  std::optional<Instant> youngest;
  for (const auto& [resource, item] : items) {
    if (resource.kind != Kind::kStream) continue;
    if (item.state == ProgressItem::State::kDone) took.push_back(item.took);
    if (item.state == ProgressItem::State::kRunning) youngest = std::max(youngest.value_or(item.since), item.since);
  }
  if (took.empty() || !youngest) return std::nullopt;
  std::nth_element(took.begin(), took.begin() + static_cast<std::ptrdiff_t>(took.size() / 2), took.end());
  const Duration left = took[took.size() / 2] - (now - *youngest);
  if (left < std::chrono::seconds(1)) return std::nullopt;
  return left;
}

}  // namespace fhctl::cli
