#include "cli/views/progress_printer.h"

#include <set>

#include <fmt/format.h>

#include "core/base/text.h"

namespace fhctl::cli {
namespace {

constexpr Duration kRedraw = std::chrono::milliseconds(100);
constexpr std::size_t kStreamsOneByOne = 5;
constexpr std::size_t kBlockLinesMax = 12;

std::string spinner(const Style& style, int frame) {
  static constexpr const char* kBraille[] = {"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};
  static constexpr const char* kPlain[] = {"-", "\\", "|", "/"};
  return style.utf8 ? kBraille[frame % 10] : kPlain[frame % 4];
}

std::string seconds_text(Duration duration) {
  return format_duration(std::chrono::duration_cast<std::chrono::seconds>(duration));
}

std::string item_line(const ProgressItem& item, Instant now, const Style& style, int frame) {
  return fmt::format(" {} {} {}  {} {}", spinner(style, frame), pipeline::kind_title(item.resource.kind),
                     escape_for_terminal(item.resource.name), escape_for_terminal(item.status),
                     seconds_text(now - item.since));
}

// "#1-4 ACTIVE, #5-9 CREATING 38s, 20 queued": many streams in one line for each state.
std::vector<std::string> collapsed_streams(const Progress& progress, Instant now, const Style& style, int frame) {
  std::map<std::string, std::set<int>> numbers;
  std::map<std::string, Instant> oldest;
  for (const auto& [resource, item] : progress.items) {
    if (resource.kind != pipeline::Kind::kStream) continue;
    numbers[item.status].insert(resource.number);
    if (item.state != ProgressItem::State::kRunning) continue;
    const auto [place, is_new] = oldest.try_emplace(item.status, item.since);
    if (!is_new) place->second = std::min(place->second, item.since);
  }
  std::vector<std::string> lines;
  for (const auto& [status, members] : numbers) {
    const auto since = oldest.find(status);
    const bool running = since != oldest.end();
    lines.push_back(fmt::format(" {} firehose #{}  {}{}", running ? spinner(style, frame) : " ",
                                pipeline::format_members(members), escape_for_terminal(status),
                                running ? " " + seconds_text(now - since->second) : ""));
  }
  return lines;
}

class TtyProgress final : public ProgressPrinter {
 public:
  explicit TtyProgress(ProgressOptions options) : options_(std::move(options)) {}

  void on(const pipeline::Event& event) override {
    progress_.on(event, options_.now());
    const std::string text = line_of(event);
    if (!text.empty()) {
      pause();
      options_.streams.err(text + "\n");
    }
    if (!text.empty() || options_.now() - drawn_ >= kRedraw) draw();
  }

  void tick() override {
    if (options_.now() - drawn_ < kRedraw) return;
    ++frame_;
    draw();
  }

  void pause() override {
    if (lines_drawn_ == 0) return;
    // Up to the block's first line, then clear to the end of the screen.
    options_.streams.err(fmt::format("\x1b[{}A\r\x1b[J", lines_drawn_));
    lines_drawn_ = 0;
  }

 private:
  std::string line_of(const pipeline::Event& event) const {
    const Style& style = options_.style;
    if (const auto* done = std::get_if<pipeline::StepDone>(&event)) {
      const std::string mark = style.paint(Colour::kGreen, style.utf8 ? "✓" : "ok");
      return fmt::format(" {} {} {}  {} {}", mark, pad_to_width(pipeline::kind_title(done->resource.kind), 15),
                         escape_for_terminal(done->resource.name),
                         done_word(done->resource, done->action, options_.text.no_wait),
                         format_duration(done->elapsed));
    }
    if (std::holds_alternative<pipeline::StepFailed>(event)) {
      return fmt::format(" {} {}", style.paint(Colour::kRed, style.utf8 ? "✗" : "x"), event_text(event, options_.text));
    }
    const EventWeight weight = event_weight(event);
    if (weight == EventWeight::kProgress) return "";
    if (weight == EventWeight::kDetail && !options_.verbose) return "";
    return event_text(event, options_.text);
  }

  void draw() {
    const Instant now = options_.now();
    drawn_ = now;
    const std::vector<std::string> lines =
        progress_.busy() ? live_block(progress_, now, options_.style, frame_) : std::vector<std::string>();
    if (lines.empty() && lines_drawn_ == 0) return;
    std::string text;
    if (lines_drawn_ > 0) text = fmt::format("\x1b[{}A\r\x1b[J", lines_drawn_);
    for (const std::string& line : lines) text += line + "\n";
    lines_drawn_ = lines.size();
    options_.streams.err(text);
  }

  ProgressOptions options_;
  Progress progress_;
  Instant drawn_{};
  std::size_t lines_drawn_ = 0;
  int frame_ = 0;
};

}  // namespace

std::unique_ptr<ProgressPrinter> make_tty_progress(ProgressOptions options) {
  return std::make_unique<TtyProgress>(std::move(options));
}

std::vector<std::string> live_block(const Progress& progress, Instant now, const Style& style, int frame) {
  std::vector<std::string> lines;
  std::size_t streams = 0;
  for (const auto& [resource, item] : progress.items) streams += resource.kind == pipeline::Kind::kStream ? 1 : 0;
  for (const auto& [resource, item] : progress.items) {
    if (item.state != ProgressItem::State::kRunning) continue;
    if (resource.kind == pipeline::Kind::kStream && streams > kStreamsOneByOne) continue;
    lines.push_back(item_line(item, now, style, frame));
  }
  if (streams > kStreamsOneByOne) {
    for (std::string& line : collapsed_streams(progress, now, style, frame)) lines.push_back(std::move(line));
  }
  const std::string dots = " " + std::string(style.utf8 ? "…" : ".") + " ";
  for (const std::string& drain : progress.drain) lines.push_back(dots + drain);
  for (const std::string& wait : progress.waits(now)) lines.push_back(dots + wait);
  if (lines.size() >= kBlockLinesMax) lines.resize(kBlockLinesMax - 1);
  if (progress.total > 0) {
    std::string total = fmt::format(" [{}/{}]", progress.done, progress.total);
    if (progress.queued() > 0) total += fmt::format(" {} queued,", progress.queued());
    if (progress.started) total += fmt::format(" {} elapsed", seconds_text(now - *progress.started));
    if (const std::optional<Duration> left = progress.left(now)) {
      total += fmt::format(", about {} left", seconds_text(*left));
    }
    lines.push_back(std::move(total));
  }
  // A line that wraps would use one line more than the next redraw erases.
  for (std::string& line : lines) line = cut_to_width(line, static_cast<std::size_t>(style.columns) - 1);
  return lines;
}

}  // namespace fhctl::cli
