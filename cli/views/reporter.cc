#include "cli/views/reporter.h"

#include <fmt/format.h>

#include "cli/views/error_text.h"
#include "cli/views/output_format.h"
#include "core/report/error_report.h"
#include "core/report/version.h"

namespace fhctl::cli {

Reporter::Reporter(Platform& platform, const Globals& globals, std::string run_id)
    : world_(platform),
      globals_(globals),
      run_id_(std::move(run_id)),
      format_(chosen_output_format(globals)),
      out_style_(style_of_stdout(globals, platform.environment, platform.streams)),
      err_style_(style_of_stderr(globals, platform.environment, platform.streams)),
      started_(platform.now()) {
  text_.no_wait = globals.no_wait;
  outputs_.push_back(make_output(format_, [this](std::string_view text) {
    print(text);
    return ok();
  }));
}

Reporter::~Reporter() = default;

Reporter::Output Reporter::make_output(const OutputFormat& format, Sink sink) const {
  return {format.make_renderer({out_style_, std::string(kVersion), run_id_, text_, world_.wall_now}), std::move(sink)};
}

template <class Render>
void Reporter::write_rendered(const Render& render) {
  for (Output& output : outputs_) {
    if (const std::string lines = render(*output.renderer); !lines.empty()) write(output, lines);
  }
}

// The first error of a file is reported; the run goes on.
void Reporter::write(Output& output, std::string_view text) {
  const Result<void> written = output.sink(text);
  if (written || std::exchange(event_log_failed_, true)) return;
  pause_progress();
  world_.streams.err(error_text(written.error(), err_style_));
}

Result<void> Reporter::open() {
  write_rendered([](Renderer& renderer) { return renderer.begin(); });
  if (!globals_.json_into) return ok();
  ASSIGN_OR_RETURN(Sink sink, world_.open_sink(*globals_.json_into));
  outputs_.push_back(make_output(event_log_format(), std::move(sink)));
  write(outputs_.back(), outputs_.back().renderer->begin());
  return ok();
}

void Reporter::set_profile(std::string profile) { text_.profile = std::move(profile); }

void Reporter::on(const pipeline::Event& event) {
  if (std::holds_alternative<pipeline::Stopping>(event) && std::exchange(stopping_reported_, true)) return;
  if (!progress_ && !globals_.quiet && !format_.event_stream) {
    ProgressOptions options{world_.streams, err_style_, globals_.verbose, text_, world_.now, world_.wall_now};
    const bool live = world_.streams.err_is_terminal() && world_.environment.get("TERM") != "dumb" &&
                      !in_automation(world_.environment) && !globals_.debug;
    progress_ = live ? make_tty_progress(std::move(options)) : make_plain_progress(std::move(options));
  }
  if (progress_) progress_->on(event);
  write_rendered([&](Renderer& renderer) { return renderer.event(event); });
}

void Reporter::tick() {
  if (progress_) progress_->tick();
}

void Reporter::pause_progress() {
  if (progress_) progress_->pause();
}

void Reporter::print(std::string_view text) {
  pause_progress();
  world_.streams.out(text);
  world_.streams.flush();
}

void Reporter::show(const CommandResult& result) {
  write_rendered([&](Renderer& renderer) { return renderer.result(result); });
}

void Reporter::show_file(const CommandResult& result, bool form_chosen) {
  const bool as_file = !format_.structured || (form_chosen && !format_.event_stream);
  if (as_file) return print(result.text());
  show(result);
}

void Reporter::say(std::string_view text) {
  if (globals_.quiet) return;
  pause_progress();
  world_.streams.err(text);
}

void Reporter::hint(std::string_view text) {
  if (has_hints()) say(text);
}

bool Reporter::has_hints() const {
  return !globals_.quiet && format_.for_people && world_.streams.err_is_terminal() &&
         world_.streams.out_is_terminal() && !in_automation(world_.environment);
}

void Reporter::show_plan(const pipeline::Plan& plan, const PlanFacts& facts, bool asking) {
  if (asking && !format_.for_people) say(plan_text(plan, facts, err_style_));
  write_rendered([&](Renderer& renderer) { return renderer.plan(plan, facts); });
}

void Reporter::fail(const Error& error) {
  pause_progress();
  world_.streams.flush();
  world_.streams.err(error_text(error, err_style_));
  write_rendered([&](Renderer& renderer) { return renderer.error(error, nullptr); });
}

void Reporter::failures(const std::vector<std::pair<pipeline::ResourceId, Error>>& failures) {
  if (failures.empty()) return;
  pause_progress();
  world_.streams.flush();
  world_.streams.err("\n" + failures_text(failures, err_style_));
  for (const auto& [resource, error] : failures) {
    write_rendered([&](Renderer& renderer) { return renderer.error(error, &resource); });
  }
}

void Reporter::note(const pipeline::Note& note) {
  if (!format_.event_stream) say(note_text(note, err_style_));
  write_rendered([&](Renderer& renderer) { return renderer.note(note); });
}

void Reporter::fail_run(const FailedRun& run) {
  fail(run.error);
  write_rendered([&](Renderer& renderer) { return renderer.failed_run(run); });
}

void Reporter::summary(RunSummary summary) {
  has_summary_ = true;
  summary.elapsed = world_.now() - started_;
  write_rendered([&](Renderer& renderer) { return renderer.summary(summary); });
}

std::string_view Reporter::output_format_name() const { return format_.name; }

Result<void> Reporter::check_follow() const {
  if (!format_.one_document()) return ok();
  return usage_error(fmt::format("--follow has no end, and --output {} is one document", format_.name),
                     fmt::format("use --output {}", event_log_format().name));
}

}  // namespace fhctl::cli
