#include "cli/views/plan_text.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/views/error_text.h"
#include "cli/views/value_diff.h"
#include "core/base/text.h"
#include "core/spec/limits.h"

namespace fhctl::cli {
namespace {

using pipeline::Action;
using pipeline::Kind;
using pipeline::Plan;
using pipeline::Step;

constexpr std::size_t kTitleWidth = 17;
constexpr std::size_t kCollapseFrom = 12;

std::string painted_mark(Action action, const Style& style) {
  const std::string mark(pipeline::action_mark(action));
  if (action == Action::kCreate) return style.paint(Colour::kGreen, mark);
  if (action == Action::kUpdate) return style.paint(Colour::kYellow, mark);
  return style.paint(Colour::kRed, mark);
}

// Streams in a row to which the same happens for the same reasons: shown as one line when they are many.
std::size_t run_length(const std::vector<Step>& steps, std::size_t first) {
  std::size_t end = first + 1;
  const Step& step = steps[first];
  if (step.resource.kind != Kind::kStream) return 1;
  while (end < steps.size() && steps[end].resource.kind == Kind::kStream && steps[end].action == step.action &&
         steps[end].detail == step.detail && steps[end].changes == step.changes && steps[end].reasons == step.reasons) {
    ++end;
  }
  return end - first >= kCollapseFrom ? end - first : 1;
}

std::string collapsed_name(const std::vector<Step>& steps, std::size_t first, std::size_t count) {
  if (count == 1) return escape_for_terminal(steps[first].resource.name);
  pipeline::Members numbers;
  for (std::size_t i = first; i < first + count; ++i) numbers.insert(steps[i].resource.number);
  const std::string& name = steps[first].resource.name;
  return escape_for_terminal(fmt::format("{}-{}  ({} streams)", name.substr(0, name.rfind('-')),
                                         "[" + pipeline::format_members(numbers) + "]", count));
}

void add_step(std::string& text, const Step& step, const std::string& name, std::size_t name_width,
              const Style& style) {
  // Right-aligned: "-/+" begins where the others have their indentation.
  const std::string indent = step.action == Action::kReplace ? "" : "  ";
  std::string line = fmt::format("{}{} {}{}", indent, painted_mark(step.action, style),
                                 pad_to_width(pipeline::kind_title(step.resource.kind), kTitleWidth), name);
  if (!step.detail.empty()) {
    const std::string detail = escape_for_terminal(step.detail);
    const std::size_t gap = display_width(name) < name_width ? name_width - display_width(name) : 0;
    if (display_width(line) + gap + 2 + display_width(detail) <= static_cast<std::size_t>(style.columns)) {
      line += std::string(gap + 2, ' ') + style.paint(Colour::kDim, detail);
    } else {
      line += "\n" + std::string(4 + kTitleWidth, ' ') + style.paint(Colour::kDim, detail);
    }
  }
  text += line + "\n";
  for (const pipeline::FieldChange& change : step.changes) {
    for (const std::string& each : field_change_lines(change.field, change.before, change.after)) {
      text += "      " + each + "\n";
    }
  }
  for (const std::string& reason : step.reasons) text += "      because: " + escape_for_terminal(reason) + "\n";
}

// The widest name that has a detail after it, so that short details stand in one column.
std::size_t name_column(const std::vector<Step>& steps) {
  std::size_t width = 0;
  for (const Step& step : steps) {
    const std::size_t name = display_width(step.resource.name);
    if (!step.detail.empty() && name <= 32) width = std::max(width, name);
  }
  return width;
}

}  // namespace

std::string capacity_text(int streams, const std::string& region) {
  const pipeline::StreamLimits limits = pipeline::stream_limits(region);
  return fmt::format("{}, {}/s, {} rec/s, {} req/s (region defaults)", plural(streams, "stream"),
                     format_bytes(limits.bytes_per_s * streams), format_thousands(limits.records_per_s * streams),
                     format_thousands(limits.requests_per_s * streams));
}

std::string plan_text(const Plan& plan, const PlanFacts& facts, const Style& style) {
  std::string text;
  if (!plan.steps.empty()) text += "\n";
  const std::size_t name_width = name_column(plan.steps);
  for (std::size_t i = 0; i < plan.steps.size();) {
    const std::size_t count = run_length(plan.steps, i);
    add_step(text, plan.steps[i], collapsed_name(plan.steps, i, count), name_width, style);
    i += count;
  }
  if (!plan.steps.empty()) text += "\n";
  for (const pipeline::Note& note : plan.notes) text += note_text(note, style);
  const int streams = static_cast<int>(plan.members_after.size());
  if (plan.empty() && !plan.blockers.empty()) return text;
  if (plan.empty()) {
    text += "No changes.";
    if (!facts.destroy && facts.streams_active > 0)
      text += fmt::format(" {} ACTIVE.", plural(facts.streams_active, "stream"));
    if (facts.destroy) text += " There is nothing to destroy.";
    return text + "\n";
  }
  text += pipeline::summary_line(plan) + "\n";
  if (!facts.destroy && streams > 0) {
    const std::string capacity = fmt::format("Capacity: {}.", capacity_text(streams, facts.region));
    const bool grows = plan.members_after.size() > plan.members_before.size();
    const std::string_view cost = grows ? "Streams cost nothing while idle." : "";
    const bool fits = capacity.size() + 1 + cost.size() <= static_cast<std::size_t>(style.columns);
    text += capacity + (cost.empty() ? "" : fits ? " " : "\n") + std::string(cost) + "\n";
  }
  return text;
}

std::string plan_lines(const Plan& plan) {
  std::string text;
  for (const Step& step : plan.steps) {
    text +=
        fmt::format("plan\t{}\t{}\t{}\t{}\n", pipeline::action_key(step.action), pipeline::kind_key(step.resource.kind),
                    escape_for_terminal(step.resource.name), escape_for_terminal(step.detail));
    for (const pipeline::FieldChange& change : step.changes) {
      text += fmt::format("change\t{}\t{}\t{}\t{}\n", escape_for_terminal(step.resource.name),
                          escape_for_terminal(change.field), escape_for_terminal(change.before),
                          escape_for_terminal(change.after));
    }
  }
  for (const Error& blocker : plan.blockers) text += "blocker\t" + escape_for_terminal(describe(blocker)) + "\n";
  for (const pipeline::Note& note : plan.notes) text += "note\t" + escape_for_terminal(note.message) + "\n";
  text += fmt::format("summary\t{}\t{}\t{}\n", plan.added(), plan.changed(), plan.destroyed());
  return text;
}

}  // namespace fhctl::cli
