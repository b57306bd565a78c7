#include "cli/views/ndjson.h"

#include "cli/views/plan_json.h"
#include "core/base/json.h"
#include "core/base/text.h"

namespace fhctl::cli {
namespace {

using namespace pipeline;  // NOLINT: the events' own names

double seconds_rounded(Duration duration) {
  return static_cast<double>(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count()) / 1000;
}

OrderedJson resource_json(std::string_view type, const ResourceId& resource, Action action) {
  OrderedJson json = {{"type", type}, {"kind", kind_key(resource.kind)}, {"name", resource.name}};
  if (resource.number > 0) json["number"] = resource.number;
  json["action"] = action_key(action);
  return json;
}

void add_error(OrderedJson& json, const Error& error) {
  const OrderedJson members = error_json(error);
  for (auto member = members.begin(); member != members.end(); ++member) {
    if (member.key() != "message") json[member.key()] = member.value();
  }
}

// The members of an event beside ts, level, message and run_id.
struct Members {
  OrderedJson operator()(const Identified& event) const {
    return {{"type", "identity"},
            {"account", event.account},
            {"region", event.region},
            {"pipeline", event.pipeline},
            {"caller_arn", event.caller_arn},
            {"credentials_source", event.credentials_source}};
  }
  OrderedJson operator()(const Observing&) const { return {{"type", "observing"}}; }
  OrderedJson operator()(const ObservedSummary& event) const {
    return {{"type", "observed"}, {"resources", event.resources}, {"streams", event.streams}};
  }
  OrderedJson operator()(const LockWaiting& event) const {
    return {{"type", "lock"},
            {"state", "waiting"},
            {"holder", event.holder},
            {"command", event.command},
            {"problem", event.problem},
            {"age_s", seconds_rounded(event.age)},
            {"wait_left_s", seconds_rounded(event.wait_left)}};
  }
  OrderedJson operator()(const LockTaken& event) const {
    return {{"type", "lock"}, {"state", "taken"}, {"taken_over_from", event.taken_over_from}};
  }
  OrderedJson operator()(const LockReleased&) const { return {{"type", "lock"}, {"state", "released"}}; }
  OrderedJson operator()(const Replanned& event) const {
    return {{"type", "plan_summary"},
            {"replanned", true},
            {"add", event.plan.added()},
            {"change", event.plan.changed()},
            {"destroy", event.plan.destroyed()}};
  }
  OrderedJson operator()(const StepStarted& event) const {
    OrderedJson json = resource_json("resource_start", event.resource, event.action);
    json["done"] = event.done;
    json["total"] = event.total;
    return json;
  }
  OrderedJson operator()(const StepProgress& event) const {
    OrderedJson json = resource_json("resource_progress", event.resource, event.action);
    json["status"] = event.status;
    json["elapsed_s"] = seconds_rounded(event.elapsed);
    return json;
  }
  OrderedJson operator()(const StepDone& event) const {
    OrderedJson json = resource_json("resource_complete", event.resource, event.action);
    json["elapsed_s"] = seconds_rounded(event.elapsed);
    json["done"] = event.done;
    json["total"] = event.total;
    return json;
  }
  OrderedJson operator()(const StepFailed& event) const {
    OrderedJson json = resource_json("resource_error", event.resource, event.action);
    add_error(json, event.error);
    return json;
  }
  OrderedJson operator()(const IamWaiting& event) const {
    return {{"type", "iam_waiting"}, {"elapsed_s", seconds_rounded(event.elapsed)}, {"aws_message", event.message}};
  }
  OrderedJson operator()(const Throttled& event) const {
    return {{"type", "throttled"}, {"operation", event.operation}, {"calls_per_second", event.calls_per_second}};
  }
  OrderedJson operator()(const Retrying& event) const {
    OrderedJson json = {{"type", "retrying"},
                        {"operation", event.operation},
                        {"attempt", event.attempt},
                        {"delay_s", seconds_rounded(event.delay)}};
    add_error(json, event.error);
    return json;
  }
  OrderedJson operator()(const ManifestPublished& event) const {
    return {{"type", "manifest_published"},
            {"generation", event.generation},
            {"active", event.active},
            {"draining", event.draining},
            {"targets", event.targets}};
  }
  OrderedJson operator()(const DrainWaiting& event) const {
    return {{"type", "drain_progress"},
            {"streams", event.streams},
            {"reason", event.reason},
            {"left_s", seconds_rounded(event.left)}};
  }
  OrderedJson operator()(const Draining& event) const {
    OrderedJson json = {
        {"type", "drain"}, {"elapsed_s", seconds_rounded(event.elapsed)}, {"streams", OrderedJson::array()}};
    for (const DrainVerdict& verdict : event.streams) json["streams"].push_back(drain_json(verdict));
    return json;
  }
  OrderedJson operator()(const Emptying& event) const {
    return {{"type", "emptying"},
            {"deleted", event.deleted},
            {"uploads_aborted", event.uploads_aborted},
            {"per_second", event.per_second},
            {"done", event.done}};
  }
  OrderedJson operator()(const Said& event) const { return {{"type", "diagnostic"}, {"hint", event.note.hint}}; }
  OrderedJson operator()(const Stopping& event) const {
    return {{"type", "stopping"}, {"calls_in_flight", event.calls_in_flight}};
  }
};

std::string_view level_of(const pipeline::Event& event) {
  if (std::holds_alternative<StepFailed>(event)) return "error";
  const Said* said = std::get_if<Said>(&event);
  if (said != nullptr && said->note.warning) return "warn";
  if (std::holds_alternative<Retrying>(event) || std::holds_alternative<Stopping>(event)) return "warn";
  return event_weight(event) == EventWeight::kDetail ? "debug" : "info";
}

}  // namespace

struct Ndjson::Line {
  OrderedJson members;
  std::string_view level;
  std::string message;
};

Ndjson::Ndjson(NdjsonOptions options) : options_(std::move(options)) {
  write({{{"type", "version"}, {"ui", "1.0"}, {"fhctl", options_.version}}, "info", "fhctl " + options_.version});
}

void Ndjson::write(Line line) {
  OrderedJson json = {{"type", line.members["type"]}};
  json["ts"] = format_iso8601(options_.wall_now());
  json["level"] = line.level;
  json["message"] = line.message;
  json["run_id"] = options_.run_id;
  for (auto member = line.members.begin(); member != line.members.end(); ++member) json[member.key()] = member.value();
  options_.sink(dump(json) + "\n");
}

void Ndjson::on(const pipeline::Event& event) {
  write({std::visit(Members{}, event), level_of(event), event_text(event, options_.text)});
}

void Ndjson::plan(const Plan& plan) {
  for (const Step& step : plan.steps) {
    OrderedJson json = step_json(step);
    json["type"] = "plan_item";
    write({json, "info",
           std::string(action_mark(step.action)) + " " + std::string(kind_title(step.resource.kind)) + " " +
               step.resource.name});
  }
  for (const Note& each : plan.notes) note(each);
  write({{{"type", "plan_summary"}, {"add", plan.added()}, {"change", plan.changed()}, {"destroy", plan.destroyed()}},
         "info",
         plan.empty() ? "No changes." : summary_line(plan)});
}

void Ndjson::diagnostic(const Error& error, const ResourceId* resource) {
  OrderedJson json = {{"type", "diagnostic"}};
  add_error(json, error);
  if (resource != nullptr) {
    json["resource"] = {{"kind", kind_key(resource->kind)}, {"name", resource->name}};
  }
  write({json, "error", describe(error)});
}

void Ndjson::note(const Note& note) {
  write({{{"type", "diagnostic"}, {"hint", note.hint}}, note.warning ? "warn" : "info", note.message});
}

void Ndjson::answer(std::string_view type, std::string_view json) {
  OrderedJson value = OrderedJson::parse(json, nullptr, false);
  write({{{"type", type}, {"value", value.is_discarded() ? OrderedJson() : value}}, "info", ""});
}

void Ndjson::summary(const RunSummary& summary) {
  write({{{"type", "summary"},
          {"result", summary.result},
          {"added", summary.added},
          {"changed", summary.changed},
          {"destroyed", summary.destroyed},
          {"elapsed_s", seconds_rounded(summary.elapsed)},
          {"exit_code", summary.exit_code}},
         summary.exit_code == 0 || summary.exit_code == 2 ? "info" : "error",
         summary.message});
}

}  // namespace fhctl::cli
