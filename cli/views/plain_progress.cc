#include "cli/views/progress_printer.h"

#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "core/base/text.h"

namespace fhctl::cli {
namespace {

constexpr Duration kHeartbeat = std::chrono::seconds(30);
constexpr Duration kLongWait = std::chrono::seconds(5);

class PlainProgress final : public ProgressPrinter {
 public:
  explicit PlainProgress(ProgressOptions options) : options_(std::move(options)), last_(options_.now()) {}

  void on(const pipeline::Event& event) override {
    progress_.on(event, options_.now());
    const EventWeight weight = event_weight(event);
    const bool new_wait = first_wait(event);
    if (const auto* draining = std::get_if<pipeline::Draining>(&event)) return tell_new_phases(*draining);
    if (weight != EventWeight::kLine && !new_wait && !options_.verbose) return;
    if (const std::string text = event_text(event, options_.text); !text.empty()) line(text);
  }

  void tick() override {
    const Instant now = options_.now();
    report_long_wait(now);
    if (!progress_.busy() || now - last_ < kHeartbeat) return;
    line(heartbeat(progress_, now));
  }

  void pause() override {}

 private:
  // Waits count as progress, but the first event of one is a line.
  bool first_wait(const pipeline::Event& event) {
    const bool iam = std::holds_alternative<pipeline::IamWaiting>(event);
    const bool drain = std::holds_alternative<pipeline::DrainWaiting>(event);
    if ((iam && told_iam_) || (drain && told_drain_)) return false;
    told_iam_ = told_iam_ || iam;
    told_drain_ = told_drain_ || drain;
    return iam || drain;
  }

  // Waits for consistency are many and short as a rule. One that lasts is a line, unless another one was just now; that
  // it goes on is reported by the heartbeat.
  void report_long_wait(Instant now) {
    if (reported_wait_ && now - *reported_wait_ < kHeartbeat) return;
    for (const auto& [resource, wait] : progress_.consistency) {
      if (now - wait.since < kLongWait || !reported_waits_.insert(resource).second) continue;
      reported_wait_ = now;
      return line(wait.text(now));
    }
  }

  // Each change of a drain's phase is a line; that it is still running is reported by the heartbeat.
  void tell_new_phases(const pipeline::Draining& event) {
    std::vector<pipeline::DrainStatus> news;
    for (const pipeline::DrainStatus& verdict : event.streams) {
      const auto shown = phases_.find(verdict.stream);
      if (shown == phases_.end() || shown->second != verdict.phase || options_.verbose) news.push_back(verdict);
      phases_[verdict.stream] = verdict.phase;
    }
    for (const std::string& text : drain_lines(news, event.leaving)) line(text);
  }

  void line(const std::string& text) {
    last_ = options_.now();
    const std::string time = format_iso8601(options_.wall_now());
    options_.streams.err(fmt::format("{} {}\n", time.substr(11, 8), text));
  }

  ProgressOptions options_;
  Progress progress_;
  Instant last_;
  bool told_iam_ = false;
  bool told_drain_ = false;
  std::optional<Instant> reported_wait_;
  std::set<std::string> reported_waits_;
  std::map<std::string, pipeline::DrainPhase> phases_;  // by stream, as reported last
};

}  // namespace

std::unique_ptr<ProgressPrinter> make_plain_progress(ProgressOptions options) {
  return std::make_unique<PlainProgress>(std::move(options));
}

std::string heartbeat(const Progress& progress, Instant now) {
  std::map<std::string, int> doing;
  for (const auto& [resource, item] : progress.items) {
    if (item.state == ProgressItem::State::kRunning) ++doing[doing_word(item.action)];
  }
  std::string text = "running";
  if (progress.total > 0) text += fmt::format(": {}/{} done", progress.done, progress.total);
  for (const auto& [word, count] : doing) text += fmt::format(", {} {}", count, word);
  if (progress.total > 0) text += fmt::format(", {} queued", progress.queued());
  if (progress.started) text += fmt::format(", {} elapsed", format_duration(now - *progress.started));
  for (const std::string& drain : progress.drain) text += "; " + drain;
  for (const std::string& wait : progress.waits(now)) text += "; " + wait;
  return text;
}

}  // namespace fhctl::cli
