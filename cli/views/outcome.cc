#include "cli/views/outcome.h"

#include <fmt/format.h>

#include "cli/views/event_text.h"
#include "cli/views/plan_json.h"
#include "cli/views/plan_text.h"
#include "core/base/text.h"
#include "core/report/error_report.h"

namespace fhctl::cli {
namespace {

std::vector<std::string> escaped(const std::vector<std::string>& texts) {
  std::vector<std::string> all;
  for (const std::string& text : texts) all.push_back(escape_for_terminal(text));
  return all;
}

OrderedJson manifest_json(const pipeline::Outcome& outcome) {
  if (!outcome.manifest) return nullptr;
  OrderedJson json = {{"generation", outcome.manifest->generation},
                      {"epoch", outcome.manifest->epoch},
                      {"active", outcome.manifest->count(pipeline::EntryState::kActive)},
                      {"draining", outcome.manifest->count(pipeline::EntryState::kDraining)},
                      {"targets", outcome.manifest_targets}};
  return json;
}

// "Manifest: generation 1, 2 active", then the places where it was written, a line each; empty without a manifest.
std::string manifest_line(const pipeline::Outcome& outcome) {
  if (!outcome.manifest) return "";
  const int draining = outcome.manifest->count(pipeline::EntryState::kDraining);
  std::string line = fmt::format("Manifest: generation {}, {} active", outcome.manifest->generation,
                                 outcome.manifest->count(pipeline::EntryState::kActive));
  if (draining > 0) line += fmt::format(", {} draining", draining);
  for (const std::string& target : escaped(outcome.manifest_targets)) line += "\n  " + target;
  return line;
}

std::string outcome_text(const OutcomeReport& report, const Style& style) {
  const pipeline::Outcome& outcome = report.outcome;
  if (report.plan_only || outcome.plan.empty() || outcome.error) return "";
  std::string text = "\n" + style.paint(Colour::kGreen, complete_line(outcome, report.destroy)) + "\n";
  if (const std::string line = manifest_line(outcome); !report.destroy && !line.empty()) text += line + "\n";
  for (const auto& [number, verdict] : outcome.differences) {
    const std::string difference = pipeline::difference_text(verdict.difference);
    text += fmt::format("{}: {}.\n", escape_for_terminal(verdict.stream), difference);
  }
  if (outcome.still_creating)
    text += "Some streams are still CREATING; `fhctl up` publishes them once they are ACTIVE.\n";
  if (!outcome.draining.empty()) {
    text += fmt::format("Still draining; `fhctl {}` continues and deletes, `fhctl undrain` takes back:\n",
                        report.destroy ? "destroy" : "scale");
    for (const std::string& line : drain_lines(outcome.draining)) text += "  " + line + "\n";
  }
  return text;
}

std::string outcome_json(const OutcomeReport& report) {
  const pipeline::Outcome& outcome = report.outcome;
  OrderedJson json;
  json["schema"] = "fhctl.run/1";
  json["fhctl"] = report.version;
  json["run_id"] = report.run_id;
  json["command"] = report.command;
  json["account"] = outcome.observed.identity.account;
  json["region"] = outcome.observed.identity.region;
  json["pipeline"] = outcome.observed.name;
  json["result"] = result_word(outcome, report.plan_only);
  json["exit_code"] = report.exit_code;
  json["plan"] = plan_json(outcome.plan);
  json["added"] = outcome.added;
  json["changed"] = outcome.changed;
  json["destroyed"] = outcome.destroyed;
  json["still_creating"] = outcome.still_creating;
  json["draining"] = OrderedJson::array();
  for (const pipeline::DrainStatus& verdict : outcome.draining) json["draining"].push_back(drain_json(verdict));
  json["differences"] = OrderedJson::array();
  for (const auto& [number, verdict] : outcome.differences) {
    json["differences"].push_back({{"stream", verdict.stream}, {"records", verdict.difference}});
  }
  json["manifest"] = manifest_json(outcome);
  json["failures"] = OrderedJson::array();
  for (const auto& [resource, error] : outcome.failures) {
    OrderedJson failure = error_json(error);
    failure["resource"] = {{"kind", pipeline::kind_key(resource.kind)}, {"name", resource.name}};
    json["failures"].push_back(std::move(failure));
  }
  json["error"] = outcome.error ? error_json(*outcome.error) : OrderedJson(nullptr);
  return dump(json, 2);
}

std::string outcome_lines(const OutcomeReport& report) {
  const pipeline::Outcome& outcome = report.outcome;
  std::string text = fmt::format("account\t{}\nregion\t{}\npipeline\t{}\n", outcome.observed.identity.account,
                                 outcome.observed.identity.region, outcome.observed.name);
  text += plan_lines(outcome.plan);
  text += "result\t" + result_word(outcome, report.plan_only) + "\n";
  if (!report.plan_only) {
    text += fmt::format("added\t{}\nchanged\t{}\ndestroyed\t{}\n", outcome.added, outcome.changed, outcome.destroyed);
  }
  if (outcome.manifest) {
    text += fmt::format("manifest\t{}\n", outcome.manifest->generation);
    for (const std::string& target : outcome.manifest_targets) {
      text += "manifest_target\t" + escape_for_terminal(target) + "\n";
    }
  }
  for (const pipeline::DrainStatus& verdict : outcome.draining) {
    text += fmt::format("draining\t{}\t{}\t{}\n", escape_for_terminal(verdict.stream),
                        pipeline::phase_key(verdict.phase), escape_for_terminal(verdict.waiting_for));
  }
  for (const auto& [number, verdict] : outcome.differences) {
    text += fmt::format("difference\t{}\t{}\n", escape_for_terminal(verdict.stream), verdict.difference);
  }
  for (const auto& [resource, error] : outcome.failures) {
    text += fmt::format("failed\t{}\t{}\t{}\n", pipeline::kind_key(resource.kind), escape_for_terminal(resource.name),
                        escape_for_terminal(describe(error)));
  }
  if (outcome.error) text += "error\t" + escape_for_terminal(describe(*outcome.error)) + "\n";
  return text;
}

}  // namespace

std::string result_word(const pipeline::Outcome& outcome, bool plan_only) {
  if (!outcome.plan.blockers.empty()) return "blocked";
  if (outcome.error) return outcome.error->kind == ErrorKind::kPartial ? "partial" : "error";
  if (outcome.plan.empty()) return "no_changes";
  return plan_only ? "changes_pending" : "ok";
}

std::string complete_line(const pipeline::Outcome& outcome, bool destroy) {
  if (destroy && !outcome.draining.empty()) {
    return fmt::format("Destroy begun: {} still draining. Resources: {} destroyed.",
                       plural(static_cast<std::int64_t>(outcome.draining.size()), "stream"), outcome.destroyed);
  }
  if (destroy) return fmt::format("Destroy complete! Resources: {} destroyed.", outcome.destroyed);
  return fmt::format("Apply complete! Resources: {} added, {} changed, {} destroyed.", outcome.added, outcome.changed,
                     outcome.destroyed);
}

CommandResult outcome_result(OutcomeReport report) {
  return make_result("", std::move(report), outcome_text, outcome_lines, outcome_json);
}

}  // namespace fhctl::cli
