#include "cli/views/event_text.h"

#include <algorithm>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "core/base/text.h"

namespace fhctl::cli {
namespace {

using namespace pipeline;  // NOLINT: the events' own names

std::string title(const ResourceId& resource) {
  return fmt::format("{} {}", kind_title(resource.kind), escape_for_terminal(resource.name));
}

std::string counter(int done, int total) { return total > 0 ? fmt::format(" [{}/{}]", done, total) : ""; }

Duration whole_seconds(Duration duration) { return std::chrono::duration_cast<std::chrono::seconds>(duration); }
std::string lock_age(Duration age) { return format_duration(whole_seconds(age)); }

constexpr std::size_t kDrainsOneByOne = 5;

std::string drain_text(const DrainStatus& verdict, bool leaving, bool several = false) {
  const std::string difference =
      verdict.difference > 0 ? fmt::format(" ({})", difference_text(verdict.difference)) : "";
  if (verdict.phase == DrainPhase::kReady && !leaving)
    return (several ? "have delivered all" : "has delivered all") + difference;
  if (verdict.phase == DrainPhase::kReady)
    return (several ? "are drained and may be deleted" : "is drained and may be deleted") + difference;
  std::string text = (several ? "wait for " : "waits for ") + escape_for_terminal(verdict.waiting_for);
  if (verdict.without_metrics) text += " (weaker: without metrics)";
  if (verdict.left > Duration::zero() && !verdict.stuck())
    text += fmt::format(", about {} left", format_duration(whole_seconds(verdict.left)));
  return text;
}

struct Sentence {
  const EventTextOptions& options;

  std::string operator()(const Identified& event) const {
    const std::string keys = options.profile.empty() ? "environment keys" : "profile " + options.profile;
    return fmt::format("Account {} ({}), region {}, pipeline {}", escape_for_terminal(event.account),
                       escape_for_terminal(keys), event.region, event.pipeline);
  }
  std::string operator()(const Observing&) const { return "Reading the current state..."; }
  std::string operator()(const ObservedSummary& event) const {
    if (event.resources == 0) return "Nothing found.";
    return fmt::format("Found {}, {} among them.", plural(event.resources, "resource"),
                       plural(event.streams, "stream"));
  }
  std::string operator()(const LockWaiting& event) const {
    if (!event.problem.empty()) {
      return fmt::format("Waiting up to {} more for the lock (--lock-timeout): {}", lock_age(event.wait_left),
                         escape_for_terminal(event.problem));
    }
    return fmt::format("Locked by {}{}, renewed {} ago; waiting up to {} more (--lock-timeout)...",
                       escape_for_terminal(event.holder),
                       event.command.empty() ? "" : ", doing " + escape_for_terminal(event.command),
                       lock_age(event.age), lock_age(event.wait_left));
  }
  std::string operator()(const LockTaken& event) const {
    if (event.taken_over_from.empty()) return "Lock taken.";
    return fmt::format("Lock taken over from {}.", escape_for_terminal(event.taken_over_from));
  }
  std::string operator()(const LockReleased&) const { return "Lock released."; }
  std::string operator()(const Replanned& event) const {
    return "Something changed since the plan was made. New " + summary_line(event.plan);
  }
  std::string operator()(const StepStarted& event) const {
    return fmt::format("{}: {}{}", title(event.resource), doing_word(event.action), counter(event.done, event.total));
  }
  std::string operator()(const StepProgress& event) const {
    return fmt::format("{}: {} {}", title(event.resource), escape_for_terminal(event.status),
                       format_duration(event.elapsed));
  }
  std::string operator()(const StepDone& event) const {
    return fmt::format("{} {} ({}){}", title(event.resource), done_word(event.resource, event.action, options.no_wait),
                       format_duration(event.elapsed), counter(event.done, event.total));
  }
  std::string operator()(const StepFailed& event) const {
    return fmt::format("{}: {} failed: {}", title(event.resource), doing_word(event.action),
                       escape_for_terminal(describe(event.error)));
  }
  std::string operator()(const IamWaiting& event) const {
    return fmt::format("waiting for the new role to become usable (IAM, usually < 20 s), {}",
                       format_duration(event.elapsed));
  }
  std::string operator()(const ConsistencyWaiting& event) const {
    const std::string time = format_duration(whole_seconds(event.elapsed));
    if (event.over) return fmt::format("waited {} for {}", time, escape_for_terminal(event.resource));
    return fmt::format("waiting for {}, {}: {}", escape_for_terminal(event.resource), time,
                       escape_for_terminal(event.reason));
  }
  std::string operator()(const Throttled& event) const {
    return fmt::format("{}: AWS asks to slow down; now {:.1f} calls/s", event.operation, event.calls_per_second);
  }
  std::string operator()(const Retrying& event) const {
    const char* what = event.error.kind == ErrorKind::kNetwork ? "network" : "AWS";
    return fmt::format("{}: {} again in {} (try {}): {}", what, event.operation, format_duration(event.delay),
                       event.attempt + 1, escape_for_terminal(describe(event.error)));
  }
  std::string operator()(const ManifestPublished& event) const {
    std::vector<std::string> targets;
    for (const std::string& target : event.targets) {
      targets.push_back(starts_with(target, "s3://") ? "bucket" : escape_for_terminal(target));
    }
    const std::string draining = event.draining > 0 ? fmt::format(", {} draining", event.draining) : "";
    return fmt::format("manifest generation {}: {} active{} ({})", event.generation, event.active, draining,
                       join(targets, ", "));
  }
  std::string operator()(const DrainWaiting& event) const {
    const std::string who = event.streams.size() <= 4
                                ? join(event.streams, ", ")
                                : plural(static_cast<std::int64_t>(event.streams.size()), "stream");
    return fmt::format("draining {}: {}, about {} left", escape_for_terminal(who), escape_for_terminal(event.reason),
                       format_duration(event.left));
  }
  std::string operator()(const Draining& event) const {
    return fmt::format("{}, {} so far: {}", event.leaving ? "draining" : "delivering",
                       format_duration(whole_seconds(event.elapsed)),
                       join(drain_lines(event.streams, event.leaving), "; "));
  }
  std::string operator()(const Emptying& event) const {
    std::string text = fmt::format("emptying the bucket: {} deleted", format_thousands(event.deleted));
    if (event.uploads_aborted > 0) text += fmt::format(", {} aborted", plural(event.uploads_aborted, "upload"));
    if (!event.done && event.per_second > 0) {
      text += fmt::format(", {}/s", format_thousands(static_cast<std::int64_t>(event.per_second)));
    }
    return text + (event.done ? ", empty" : "");
  }
  std::string operator()(const Said& event) const {
    std::string text = (event.note.warning ? "warning: " : "") + escape_for_terminal(event.note.message);
    if (!event.note.hint.empty()) text += " (" + escape_for_terminal(event.note.hint) + ")";
    return text;
  }
  std::string operator()(const Stopping& event) const {
    if (event.calls_in_flight == 0) return "Stopping.";
    return fmt::format("Stopping. {} finishing...", plural(event.calls_in_flight, "API call"));
  }
};

struct Weight {
  EventWeight operator()(const StepStarted&) const { return EventWeight::kProgress; }
  EventWeight operator()(const StepProgress&) const { return EventWeight::kProgress; }
  EventWeight operator()(const IamWaiting&) const { return EventWeight::kProgress; }
  EventWeight operator()(const ConsistencyWaiting& event) const {
    return event.over ? EventWeight::kDetail : EventWeight::kProgress;
  }
  EventWeight operator()(const DrainWaiting&) const { return EventWeight::kProgress; }
  EventWeight operator()(const Draining&) const { return EventWeight::kProgress; }
  EventWeight operator()(const Emptying& event) const {
    return event.done ? EventWeight::kLine : EventWeight::kProgress;
  }
  EventWeight operator()(const LockTaken& event) const {
    return event.taken_over_from.empty() ? EventWeight::kDetail : EventWeight::kLine;
  }
  EventWeight operator()(const LockReleased&) const { return EventWeight::kDetail; }
  EventWeight operator()(const Throttled&) const { return EventWeight::kDetail; }
  EventWeight operator()(const Retrying& event) const {
    const bool down = event.error.kind == ErrorKind::kNetwork || event.error.kind == ErrorKind::kUnavailable;
    return down ? EventWeight::kLine : EventWeight::kDetail;
  }
  template <class Other>
  EventWeight operator()(const Other&) const {
    return EventWeight::kLine;
  }
};

}  // namespace

EventWeight event_weight(const pipeline::Event& event) { return std::visit(Weight{}, event); }

std::string event_text(const pipeline::Event& event, const EventTextOptions& options) {
  return std::visit(Sentence{options}, event);
}

std::vector<std::string> drain_lines(const std::vector<DrainStatus>& streams, bool leaving) {
  std::vector<std::string> lines;
  if (streams.size() <= kDrainsOneByOne) {
    for (const DrainStatus& verdict : streams) {
      lines.push_back(escape_for_terminal(verdict.stream) + " " + drain_text(verdict, leaving));
    }
    return lines;
  }
  std::map<DrainPhase, std::vector<const DrainStatus*>> phases;
  for (const DrainStatus& verdict : streams) phases[verdict.phase].push_back(&verdict);
  for (const auto& [phase, members] : phases) {
    // The drain that takes longest, or has the most traffic, represents its phase.
    const DrainStatus& spokesman = **std::max_element(members.begin(), members.end(), [](auto* a, auto* b) {
      return std::tuple(a->records_per_s, a->left, a->difference) <
             std::tuple(b->records_per_s, b->left, b->difference);
    });
    const std::string who = members.size() == 1 ? escape_for_terminal(spokesman.stream)
                                                : fmt::format("{} streams, {} among them,", members.size(),
                                                              escape_for_terminal(spokesman.stream));
    lines.push_back(who + " " + drain_text(spokesman, leaving, members.size() > 1));
  }
  return lines;
}

std::string done_word(const ResourceId& resource, Action action, bool no_wait) {
  switch (action) {
    case Action::kCreate:
      if (resource.kind != Kind::kStream) return "created";
      return no_wait ? "accepted" : "ACTIVE";
    case Action::kUpdate:
      return "updated";
    case Action::kDelete:
      return "deleted";
    case Action::kReplace:
      break;
  }
  return "replaced";
}

std::string doing_word(Action action) {
  switch (action) {
    case Action::kCreate:
      return "creating";
    case Action::kUpdate:
      return "updating";
    case Action::kDelete:
      return "deleting";
    case Action::kReplace:
      break;
  }
  return "replacing";
}

}  // namespace fhctl::cli
