// One run's output: takes the core's events and the command's answer, and sends each where it belongs. stdout is the
// answer, stderr the talk; NDJSON goes to stdout, to a file, or to both.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/globals.h"
#include "cli/views/ndjson.h"
#include "cli/views/plan_text.h"
#include "cli/views/talk.h"
#include "cli/world.h"

namespace fhctl::cli {

class Reporter final : public pipeline::Observer {
 public:
  Reporter(World& world, const Globals& globals, std::string run_id);
  ~Reporter() override;

  // Opens --json-into and starts the event stream. kUsage when the file cannot be opened.
  Result<void> open();
  // Before the first event: how the identity line names the credentials.
  void set_profile(std::string profile);

  void on(const pipeline::Event& event) override;
  void tick();

  // To stdout, as it is. Only what belongs to the answer in the chosen format.
  void answer(std::string_view text);
  // The answer of a command as one JSON document: printed for json, an event of that type for ndjson and --json-into.
  void answer_json(std::string_view type, const std::string& json);
  // To stderr, unless --quiet.
  void say(std::string_view text);

  // The plan where the format wants it before the end: stdout for people, events for NDJSON. With `asking` it is also
  // shown on stderr in the other formats, because somebody has to answer to it.
  void show_plan(const pipeline::Plan& plan, const PlanFacts& facts, bool asking);
  // On stderr always, and as diagnostics.
  void fail(const Error& error);
  void failures(const std::vector<std::pair<pipeline::ResourceId, Error>>& failures);
  void note(const pipeline::Note& note);
  void summary(RunSummary summary);  // fills in the time since the reporter was made

  Format format() const { return format_; }
  const std::string& run_id() const { return run_id_; }
  const Style& out_style() const { return out_style_; }
  const Style& err_style() const { return err_style_; }
  bool hints() const;  // whether to say what to type next
  Duration elapsed() const;
  // A run has one summary: the frame adds one only where the command gave none.
  bool has_summary() const { return has_summary_; }

 private:
  World& world_;
  const Globals& globals_;
  std::string run_id_;
  Format format_;
  Style out_style_;
  Style err_style_;
  EventTextOptions text_;
  Instant started_;
  bool told_stopping_ = false;
  bool has_summary_ = false;
  std::unique_ptr<Talk> talk_;
  std::vector<std::unique_ptr<Ndjson>> ndjson_;
};

}  // namespace fhctl::cli
