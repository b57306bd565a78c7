#include "cli/views/describe.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "cli/views/describe_parts.h"
#include "cli/views/error_text.h"
#include "cli/views/event_text.h"
#include "cli/views/plan_text.h"
#include "cli/views/value_diff.h"
#include "core/base/text.h"
#include "core/observe/lock_object.h"
#include "core/report/error_report.h"

namespace fhctl::cli {
namespace {

using pipeline::Observed;

std::string header(const Observed& observed) {
  std::map<std::string, int> states;
  for (const auto& [number, stream] : observed.streams) ++states[stream_state(observed, stream)];
  std::vector<std::string> words;
  for (const char* state : {"active", "creating", "draining", "deleting", "failed", "foreign"}) {
    if (states[state] > 0) words.push_back(fmt::format("{} {}", states[state], state));
  }
  const std::string streams = words.empty() ? "no streams" : join(words, ", ");
  std::string text = fmt::format("{}  {}  {}  ({})\n", observed.name, observed.identity.region, streams,
                                 plural(observed.resources(), "resource"));
  if (observed.document) {
    text += fmt::format("made {} by {}\n", escape_for_terminal(observed.document->created_at),
                        escape_for_terminal(observed.document->created_by));
  }
  return text;
}

std::string drain_note(const Description& description, int number) {
  for (const pipeline::DrainStatus& drain : description.drains) {
    if (drain.number == number) return "    " + join(drain_lines({drain}), "") + "\n";
  }
  return "";
}

std::string stream_table(const Description& description, const Style& style) {
  const Observed& observed = description.observed;
  if (observed.streams.empty()) return "";
  std::size_t width = 4;
  for (const auto& [number, stream] : observed.streams) width = std::max(width, stream.description.name.size());
  std::string text = "\n" +
                     style.paint(Colour::kBold, fmt::format("  {}  {:<9} {:<15} CREATED", pad_to_width("NAME", width),
                                                            "STATE", "AWS")) +
                     "\n";
  for (const auto& [number, stream] : observed.streams) {
    const std::string state = stream_state(observed, stream);
    text += fmt::format("  {}  {:<9} {:<15} {}\n", pad_to_width(escape_for_terminal(stream.description.name), width),
                        state, escape_for_terminal(stream.description.status.text()), created_text(stream));
    if (const std::string since = draining_since(observed, stream); state == "draining" && !since.empty()) {
      text += fmt::format("    since {}; `fhctl undrain` takes it back\n", escape_for_terminal(since));
      text += drain_note(description, number);
    }
    if (!stream.description.failure_type.empty()) {
      text += fmt::format("    {}: {}\n", escape_for_terminal(stream.description.failure_type),
                          escape_for_terminal(stream.description.failure_details));
    }
  }
  return text;
}

std::string parts_table(const Observed& observed, const Style& style) {
  std::string text = "\n";
  for (const DescribedPart& part : described_parts(observed)) {
    const bool well = part.state == "ok" || part.state == "external";
    const std::string state = well ? part.state : style.paint(Colour::kRed, part.state);
    text += fmt::format("  {:<17}{}", pipeline::kind_title(part.kind), escape_for_terminal(part.name));
    if (part.state != "ok") text += "  " + state;
    if (!part.note.empty()) text += "\n" + std::string(19, ' ') + escape_for_terminal(part.note);
    text += "\n";
  }
  return text;
}

std::string capacity_line(const Observed& observed) {
  int active = 0;
  for (const auto& [number, stream] : observed.streams) active += stream_state(observed, stream) == "active" ? 1 : 0;
  return "\nCapacity: " + capacity_text(active, observed.identity.region) + "\n";
}

std::string manifest_text(const Description& description) {
  const Observed& observed = description.observed;
  if (observed.manifest_problem) {
    return "Manifest: unreadable: " + escape_for_terminal(describe(*observed.manifest_problem)) + "\n";
  }
  if (!observed.manifest) return "Manifest: none published\n";
  return fmt::format("Manifest: generation {}, published {}{}\n", observed.manifest->generation,
                     escape_for_terminal(observed.manifest->published_at), local_manifest_text(description.local));
}

std::string lock_text(const Observed& observed) {
  if (!observed.lock) return "Lock: free\n";
  const pipeline::SeenLock& lock = *observed.lock;
  if (lock.problem) return "Lock: unreadable: " + escape_for_terminal(describe(*lock.problem)) + "\n";
  std::string text =
      fmt::format("Lock: held by {} (pid {} on {}, {}), renewed {} ago{}\n", escape_for_terminal(lock.body.holder),
                  lock.body.pid, escape_for_terminal(lock.body.host), escape_for_terminal(lock.body.command),
                  format_duration(std::chrono::duration_cast<std::chrono::seconds>(lock.age)),
                  lock.expired ? "; its lease has run out" : "");
  if (!lock.body.ci_url.empty()) text += "  " + escape_for_terminal(lock.body.ci_url) + "\n";
  return text;
}

// Differences from the spec: what `up` would repair first, then what does not exist.
std::string drift_text(const Description& description, const Style& style) {
  const pipeline::Plan& plan = description.plan;
  std::string text;
  for (const pipeline::Step& step : plan.steps) {
    text += fmt::format("{:>3} {:<17}{}\n", pipeline::action_mark(step.action),
                        pipeline::kind_title(step.resource.kind), escape_for_terminal(step.resource.name));
    for (const pipeline::FieldChange& change : step.changes) {
      for (const std::string& line : field_change_lines(change.field, change.before, change.after)) {
        text += "      " + line + "\n";
      }
    }
    for (const std::string& reason : step.reasons) text += "      because: " + escape_for_terminal(reason) + "\n";
  }
  std::string all = text.empty() ? "Drift: none.\n" : "Drift: what `fhctl up` would do:\n" + text;
  for (const Error& blocker : plan.blockers) all += "  " + error_text(blocker, style);
  for (const pipeline::Note& note : plan.notes) all += note_text(note, style);
  return all;
}

}  // namespace

CommandResult describe_result(Description description) {
  return make_result("description", std::move(description), describe_text, describe_lines, describe_json);
}

std::string describe_text(const Description& description, const Style& style) {
  const Observed& observed = description.observed;
  if (nothing_there(observed)) {
    return fmt::format("Nothing found: there is no pipeline {} in {} of account {}.\n", observed.name,
                       observed.identity.region, observed.identity.account);
  }
  std::string text = header(observed) + stream_table(description, style) + parts_table(observed, style);
  text += capacity_line(observed) + manifest_text(description) + lock_text(observed) + drift_text(description, style);
  if (observed.document_problem) {
    text += "warning: pipeline.json: " + escape_for_terminal(describe(*observed.document_problem)) + "\n";
  }
  if (!description.continue_command.empty()) text += "\nTo continue: " + description.continue_command + "\n";
  return text;
}

}  // namespace fhctl::cli
