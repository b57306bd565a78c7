#include "cli/views/plan_json.h"

#include "core/report/error_report.h"

namespace fhctl::cli {

OrderedJson note_json(const pipeline::Note& note) {
  return {{"level", note.warning ? "warn" : "info"}, {"message", note.message}, {"hint", note.hint}};
}

OrderedJson step_json(const pipeline::Step& step) {
  OrderedJson json;
  json["action"] = pipeline::action_key(step.action);
  json["kind"] = pipeline::kind_key(step.resource.kind);
  json["name"] = step.resource.name;
  if (step.resource.number > 0) json["number"] = step.resource.number;
  json["detail"] = step.detail;
  json["drift"] = step.drift;
  json["reasons"] = step.reasons;
  json["changes"] = OrderedJson::array();
  for (const pipeline::FieldChange& change : step.changes) {
    json["changes"].push_back({{"field", change.field}, {"before", change.before}, {"after", change.after}});
  }
  return json;
}

OrderedJson drain_json(const pipeline::DrainStatus& verdict) {
  OrderedJson json = {
      {"stream", verdict.stream}, {"phase", pipeline::phase_key(verdict.phase)}, {"waiting_for", verdict.waiting_for}};
  json["records_per_s"] = verdict.records_per_s;
  json["since"] = verdict.since ? OrderedJson(format_iso8601(*verdict.since)) : OrderedJson();
  json["left_s"] = std::chrono::duration_cast<std::chrono::seconds>(verdict.left).count();
  json["without_metrics"] = verdict.without_metrics;
  json["difference"] = verdict.difference;
  return json;
}

OrderedJson plan_json(const pipeline::Plan& plan) {
  OrderedJson json;
  json["summary"] = {{"add", plan.added()}, {"change", plan.changed()}, {"destroy", plan.destroyed()}};
  json["steps"] = OrderedJson::array();
  for (const pipeline::Step& step : plan.steps) json["steps"].push_back(step_json(step));
  json["blockers"] = OrderedJson::array();
  for (const Error& blocker : plan.blockers) json["blockers"].push_back(error_json(blocker));
  json["notes"] = OrderedJson::array();
  for (const pipeline::Note& note : plan.notes) json["notes"].push_back(note_json(note));
  json["members_before"] = pipeline::format_members(plan.members_before);
  json["members_after"] = pipeline::format_members(plan.members_after);
  return json;
}

}  // namespace fhctl::cli
