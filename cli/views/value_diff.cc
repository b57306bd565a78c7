#include "cli/views/value_diff.h"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

#include "core/base/json.h"
#include "core/base/text.h"

namespace fhctl::cli {
namespace {

constexpr std::size_t kShort = 100;
constexpr std::size_t kLinesMax = 16;

// JSON laid out one member a line, everything else as it is.
std::vector<std::string> document_lines(const std::string& text) {
  const bool looks_like_json = !text.empty() && (text.front() == '{' || text.front() == '[');
  const OrderedJson json = looks_like_json ? OrderedJson::parse(text, nullptr, false) : OrderedJson();
  const bool is_json = looks_like_json && !json.is_discarded();
  return split(is_json ? dump(json, 2) : text, '\n');
}

// The lines outside a longest common subsequence, marked. Documents here have at most a few hundred lines.
std::vector<std::string> differing_lines(const std::vector<std::string>& before,
                                         const std::vector<std::string>& after) {
  const std::size_t n = before.size();
  const std::size_t m = after.size();
  if (n * m > 1'000'000) return {"(too long to compare here)"};
  std::vector<std::vector<std::size_t>> common(n + 1, std::vector<std::size_t>(m + 1, 0));
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t k = m; k-- > 0;) {
      common[i][k] = before[i] == after[k] ? common[i + 1][k + 1] + 1 : std::max(common[i + 1][k], common[i][k + 1]);
    }
  }
  std::vector<std::string> lines;
  std::size_t i = 0;
  std::size_t k = 0;
  while (i < n || k < m) {
    if (i < n && k < m && before[i] == after[k]) {
      ++i, ++k;
    } else if (k == m || (i < n && common[i + 1][k] >= common[i][k + 1])) {
      lines.push_back("- " + before[i++]);
    } else {
      lines.push_back("+ " + after[k++]);
    }
  }
  return lines;
}

std::string shown(const std::string& value) { return value.empty() ? "(none)" : escape_for_terminal(value); }

}  // namespace

std::vector<std::string> field_change_lines(const std::string& field, const std::string& before,
                                            const std::string& after) {
  const bool one_line = !contains(before, "\n") && !contains(after, "\n");
  if (one_line && before.size() + after.size() <= kShort) {
    return {fmt::format("{}: {} -> {}", escape_for_terminal(field), shown(before), shown(after))};
  }
  std::vector<std::string> lines = {escape_for_terminal(field) + ":"};
  const std::vector<std::string> changed = differing_lines(document_lines(before), document_lines(after));
  for (std::size_t i = 0; i < changed.size() && i < kLinesMax; ++i) {
    lines.push_back("  " + escape_for_terminal(changed[i]));
  }
  if (changed.size() > kLinesMax) lines.push_back(fmt::format("  ... and {} more lines", changed.size() - kLinesMax));
  return lines;
}

}  // namespace fhctl::cli
