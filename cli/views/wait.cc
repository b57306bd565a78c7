#include "cli/views/wait.h"

#include <fmt/format.h>

#include "cli/views/plan_json.h"
#include "core/base/text.h"

namespace fhctl::cli {
namespace {

std::string difference_lines(const pipeline::Waited& waited) {
  std::string text;
  for (const pipeline::DrainStatus& verdict : waited.streams) {
    if (verdict.difference == 0) continue;
    const std::string difference = pipeline::difference_text(verdict.difference);
    text += fmt::format("{}: {}.\n", escape_for_terminal(verdict.stream), difference);
  }
  return text;
}

std::string waited_text(const std::string& goal, const pipeline::Waited& waited) {
  const std::string name = waited.observed.name;
  if (goal == "active")
    return fmt::format("{}: {} ACTIVE and published.\n", name,
                       plural(static_cast<std::int64_t>(waited.observed.members().size()), "stream"));
  if (goal == "delivered") return name + ": what was sent before has been delivered.\n" + difference_lines(waited);
  if (waited.streams.empty()) return name + ": no stream is draining.\n";
  const bool destroys = waited.observed.document && pipeline::is_destroy(waited.observed.document->intent);
  return fmt::format("{}: {} drained; `fhctl {} {}` deletes.\n", name,
                     plural(static_cast<std::int64_t>(waited.streams.size()), "stream"), destroys ? "destroy" : "scale",
                     name) +
         difference_lines(waited);
}

std::string waited_json(const std::string& goal, const pipeline::Waited& waited) {
  OrderedJson json = {{"pipeline", waited.observed.name}, {"for", goal}, {"streams", OrderedJson::array()}};
  for (const pipeline::DrainStatus& verdict : waited.streams) json["streams"].push_back(drain_json(verdict));
  return dump(json);
}

}  // namespace

CommandResult wait_result(std::string goal, pipeline::Waited waited) {
  const auto text = [goal, waited] { return waited_text(goal, waited); };
  return {"waited", [text](const Style&) { return text(); }, text,
          [goal = std::move(goal), waited = std::move(waited)] { return waited_json(goal, waited); }};
}

}  // namespace fhctl::cli
