#include "cli/views/error_text.h"

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/report/error_report.h"

namespace fhctl::cli {
namespace {

// The message without the names of the resource, equal for "creating stream logs-3: ..." and "... logs-4: ...".
bool same_failure(const std::pair<pipeline::ResourceId, Error>& a, const std::pair<pipeline::ResourceId, Error>& b) {
  return a.first.kind == b.first.kind && a.second.kind == b.second.kind && a.second.aws_code == b.second.aws_code &&
         replace_all(a.second.message, a.first.name, "") == replace_all(b.second.message, b.first.name, "");
}

std::string names_of_group(const std::vector<pipeline::ResourceId>& resources) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < resources.size() && i < 6; ++i) names.push_back(escape_for_terminal(resources[i].name));
  std::string text = join(names, ", ");
  if (resources.size() > 6) text += fmt::format(" and {} more", resources.size() - 6);
  return text;
}

}  // namespace

std::string error_text(const Error& error, const Style& style) { return fhctl::error_text(error, style.color); }

std::string failures_text(const std::vector<std::pair<pipeline::ResourceId, Error>>& failures, const Style& style) {
  if (failures.empty()) return "";
  std::string text = style.paint(Colour::kBold, "What failed:") + "\n";
  std::vector<bool> shown(failures.size(), false);
  for (std::size_t i = 0; i < failures.size(); ++i) {
    if (shown[i]) continue;
    std::vector<pipeline::ResourceId> group;
    for (std::size_t k = i; k < failures.size(); ++k) {
      if (shown[k] || !same_failure(failures[i], failures[k])) continue;
      shown[k] = true;
      group.push_back(failures[k].first);
    }
    const Error& error = failures[i].second;
    text += fmt::format("  {} {} {}\n", style.paint(Colour::kRed, "x"), pipeline::kind_title(group.front().kind),
                        names_of_group(group));
    text += "      " + escaped_lines(error.message, "      ") + "\n";
    for (const std::string& context : error.contexts) text += "      while " + escape_for_terminal(context) + "\n";
    if (const std::string line = aws_answer_text(error); !line.empty()) text += "      " + line + "\n";
    if (!error.hint.empty()) text += "      hint: " + escaped_lines(error.hint, "      ") + "\n";
  }
  return text;
}

std::string note_text(const pipeline::Note& note, const Style& style) {
  std::string text = note.warning ? style.paint(Colour::kYellow, "warning:") : std::string("note:");
  text += " " + escaped_lines(note.message, "  ") + "\n";
  if (!note.hint.empty()) text += "  hint: " + escaped_lines(note.hint, "  ") + "\n";
  return text;
}

}  // namespace fhctl::cli
