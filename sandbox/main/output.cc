#include "sandbox/main/output.h"

#include "core/base/text.h"
#include "core/report/error_report.h"
#include "core/report/exit_code.h"
#include "core/report/version.h"

namespace fhctl::sandbox {

Output::Output(const Arguments& arguments, Streams& streams, Clocks clocks, std::string own_run_id)
    : arguments_(arguments),
      streams_(streams),
      clocks_(std::move(clocks)),
      run_id_(arguments.run_id.empty() ? std::move(own_run_id) : arguments.run_id),
      started_(clocks_.now()) {}

void Output::open(const Sink& json_into) {
  const auto add = [this](Sink sink) {
    events_.emplace_back(NdjsonWriter::Options{std::move(sink), run_id_, clocks_.wall_now});
    if (arguments_.run_id.empty()) events_.back().version(std::string(kVersion));
  };
  if (arguments_.output == OutputForm::kNdjson) add([this](std::string_view text) { print(text); });
  if (json_into) add(json_into);
}

void Output::answer(const std::string& text, const OrderedJson& json) {
  if (arguments_.output == OutputForm::kHuman || arguments_.output == OutputForm::kText) print(text);
  if (arguments_.output == OutputForm::kJson) print(dump(json) + "\n");
  for (NdjsonWriter& events : events_) events.answer("sandbox", dump(json));
}

void Output::say(std::string_view text) {
  if (!arguments_.quiet) streams_.err(text);
}

int Output::fail(const Error& error, const Signals& signals) {
  const int code = exit_code(error, signals);
  streams_.flush();
  streams_.err(error_text(error, arguments_.color));
  for (NdjsonWriter& events : events_) events.diagnostic(error);
  if (arguments_.output == OutputForm::kJson) {
    const OrderedJson json = {{"schema", "fhctl.run/1"},
                              {"command", "sandbox"},
                              {"result", "error"},
                              {"exit_code", code},
                              {"error", error_json(error)}};
    print(dump(json, 2) + "\n");
  }
  if (arguments_.output == OutputForm::kText) print("error\t" + escape_for_terminal(describe(error)) + "\n");
  return summarize(signals.stop_count() > 0 ? "cancelled" : "error", code, describe(error));
}

int Output::finish() { return summarize("ok", kExitDone, ""); }

int Output::summarize(std::string result, int exit_code, std::string message) {
  RunSummary summary;
  summary.result = std::move(result);
  summary.elapsed = clocks_.now() - started_;
  summary.exit_code = exit_code;
  summary.message = std::move(message);
  for (NdjsonWriter& events : events_) events.summary(summary);
  streams_.flush();
  // As in fhctl: a result that could not be written completely is a failure.
  return exit_code == kExitDone && streams_.out_failed() ? kExitFailed : exit_code;
}

void Output::print(std::string_view text) {
  streams_.out(text);
  streams_.flush();
}

}  // namespace fhctl::sandbox
