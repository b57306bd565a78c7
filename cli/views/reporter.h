// Everything that a run writes: a result and the plan go to stdout in the output format that the user chose, progress,
// notes and errors to stderr, and with --json-into all of it to a file as NDJSON too.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/globals.h"
#include "cli/platform.h"
#include "cli/views/progress_printer.h"
#include "cli/views/renderer.h"
#include "cli/views/result.h"

namespace fhctl::cli {

struct OutputFormat;

class Reporter final : public pipeline::Observer {
 public:
  Reporter(Platform& platform, const Globals& globals, std::string run_id);
  ~Reporter() override;

  // Opens --json-into and begins the output. kUsage when the file cannot be opened.
  Result<void> open();
  // Before the first event: the profile that the identity line names.
  void set_profile(std::string profile);

  // An event of the run: progress on stderr, or a line of an event stream.
  void on(const pipeline::Event& event) override;
  // Redraws the progress. Called about ten times a second.
  void tick();

  // Writes the result of the command, or the next part of it for a command that continues, such as `logs --follow`.
  void show(const CommandResult& result);
  // The same for a result whose text() is a file in itself, such as the manifest: people get the file as well, and so
  // do programs if the user chose the form of the file with a flag of the command (`form_chosen`). Only an event stream
  // always gets the event. What was written as a file is not repeated in --json-into.
  void show_file(const CommandResult& result, bool form_chosen);
  // Writes a text that is the same in every output format: a script, a policy, a page of help.
  void print(std::string_view text);

  // To stderr, unless --quiet.
  void say(std::string_view text);
  // A hint at what to type next: to stderr, only at a terminal.
  void hint(std::string_view text);

  // The plan, before it is carried out. `asking`: the user is about to be asked for a confirmation, so that stderr has
  // to show the plan if stdout does not.
  void show_plan(const pipeline::Plan& plan, const PlanFacts& facts, bool asking);
  // To stderr in every format.
  void fail(const Error& error);
  void failures(const std::vector<std::pair<pipeline::ResourceId, Error>>& failures);
  void note(const pipeline::Note& note);
  // The end of a run that has no result: fail(), and the error in the place of the result.
  void fail_run(const FailedRun& run);
  void summary(RunSummary summary);  // fills in the time since the reporter was made

  // kUsage when the output format has room for one result only, so that a command with --follow cannot use it.
  Result<void> check_follow() const;
  const std::string& run_id() const { return run_id_; }
  // For a command that another program continues: what the program needs to write in the same way.
  std::string_view output_format_name() const;
  const Style& err_style() const { return err_style_; }
  // A run has one summary: the caller of the command writes one only if the command did not.
  bool has_summary() const { return has_summary_; }
  // Whether events are missing in the file of --json-into, which was reported.
  bool event_log_failed() const { return event_log_failed_; }

 private:
  // A renderer and where its lines go.
  struct Output {
    std::unique_ptr<Renderer> renderer;
    Sink sink;
  };
  Output make_output(const OutputFormat& format, Sink sink) const;
  // Calls `render` with the renderer of each output, and writes what it returns.
  template <class Render>
  void write_rendered(const Render& render);
  void write(Output& output, std::string_view text);
  // Makes room on the terminal for other output.
  void pause_progress();
  bool has_hints() const;

  Platform& world_;
  const Globals& globals_;
  std::string run_id_;
  const OutputFormat& format_;
  Style out_style_;
  Style err_style_;
  EventTextOptions text_;
  Instant started_;
  bool stopping_reported_ = false;
  bool has_summary_ = false;
  bool event_log_failed_ = false;
  std::unique_ptr<ProgressPrinter> progress_;  // made for the first event
  std::vector<Output> outputs_;                // stdout, then --json-into
};

}  // namespace fhctl::cli
