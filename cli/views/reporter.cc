#include "cli/views/reporter.h"

#include "cli/version.h"
#include "cli/views/error_text.h"

namespace fhctl::cli {

Reporter::Reporter(World& world, const Globals& globals, std::string run_id)
    : world_(world),
      globals_(globals),
      run_id_(std::move(run_id)),
      format_(globals.format()),
      out_style_(style_of_stdout(globals, world.environment, world.streams)),
      err_style_(style_of_stderr(globals, world.environment, world.streams)),
      started_(world.now()) {
  text_.no_wait = globals.no_wait;
}

Reporter::~Reporter() = default;

Result<void> Reporter::open() {
  const NdjsonOptions to_stdout = {[this](std::string_view text) { answer(text); }, std::string(kVersion), run_id_,
                                   text_, world_.wall_now};
  if (format_ == Format::kNdjson) ndjson_.push_back(std::make_unique<Ndjson>(to_stdout));
  if (!globals_.json_into) return ok();
  Result<Sink> sink = world_.open_sink(*globals_.json_into);
  if (!sink) return sink.error();
  NdjsonOptions to_file = to_stdout;
  to_file.sink = *sink;
  ndjson_.push_back(std::make_unique<Ndjson>(to_file));
  return ok();
}

void Reporter::set_profile(std::string profile) { text_.profile = std::move(profile); }

void Reporter::on(const pipeline::Event& event) {
  if (std::holds_alternative<pipeline::Stopping>(event) && std::exchange(told_stopping_, true)) return;
  if (!talk_ && !globals_.quiet && format_ != Format::kNdjson) {
    TalkOptions options{world_.streams, err_style_, globals_.verbose, text_, world_.now, world_.wall_now};
    const bool live = world_.streams.err_is_terminal() && world_.environment.get("TERM") != "dumb" &&
                      !in_automation(world_.environment) && !globals_.debug;
    talk_ = live ? make_live_talk(std::move(options)) : make_line_talk(std::move(options));
  }
  if (talk_) talk_->on(event);
  for (const std::unique_ptr<Ndjson>& ndjson : ndjson_) ndjson->on(event);
}

void Reporter::tick() {
  if (talk_) talk_->tick();
}

void Reporter::answer(std::string_view text) {
  if (talk_) talk_->pause();
  world_.streams.out(text);
  world_.streams.flush();
}

void Reporter::answer_json(std::string_view type, const std::string& json) {
  if (format_ == Format::kJson) answer(json + "\n");
  for (const std::unique_ptr<Ndjson>& ndjson : ndjson_) ndjson->answer(type, json);
}

void Reporter::say(std::string_view text) {
  if (globals_.quiet) return;
  if (talk_) talk_->pause();
  world_.streams.err(text);
}

void Reporter::show_plan(const pipeline::Plan& plan, const PlanFacts& facts, bool asking) {
  if (format_ == Format::kHuman) {
    answer(plan_text(plan, facts, out_style_));
  } else if (asking) {
    say(plan_text(plan, facts, err_style_));
  }
  for (const std::unique_ptr<Ndjson>& ndjson : ndjson_) ndjson->plan(plan);
}

void Reporter::fail(const Error& error) {
  if (talk_) talk_->pause();
  world_.streams.flush();
  world_.streams.err(error_text(error, err_style_));
  for (const std::unique_ptr<Ndjson>& ndjson : ndjson_) ndjson->diagnostic(error, nullptr);
}

void Reporter::failures(const std::vector<std::pair<pipeline::ResourceId, Error>>& failures) {
  if (failures.empty()) return;
  if (talk_) talk_->pause();
  world_.streams.flush();
  world_.streams.err("\n" + failures_text(failures, err_style_));
  for (const auto& [resource, error] : failures) {
    for (const std::unique_ptr<Ndjson>& ndjson : ndjson_) ndjson->diagnostic(error, &resource);
  }
}

void Reporter::note(const pipeline::Note& note) {
  if (format_ != Format::kNdjson) say(note_text(note, err_style_));
  for (const std::unique_ptr<Ndjson>& ndjson : ndjson_) ndjson->note(note);
}

void Reporter::summary(RunSummary summary) {
  has_summary_ = true;
  summary.elapsed = elapsed();
  for (const std::unique_ptr<Ndjson>& ndjson : ndjson_) ndjson->summary(summary);
}

bool Reporter::hints() const {
  return !globals_.quiet && format_ == Format::kHuman && world_.streams.err_is_terminal() &&
         world_.streams.out_is_terminal() && !in_automation(world_.environment);
}

Duration Reporter::elapsed() const { return world_.now() - started_; }

}  // namespace fhctl::cli
