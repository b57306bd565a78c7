// Output as newline-delimited JSON: one event a line, the first {"type":"version","ui":"1.0",...}, the last a summary.
// A minor version only adds; readers ignore what they do not know. Every line has ts, level, message and run_id.
#include <utility>

#include "cli/views/plan_json.h"
#include "cli/views/renderer.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/report/error_report.h"
#include "core/report/ndjson_writer.h"

namespace fhctl::cli {
namespace {

using namespace pipeline;  // NOLINT: the events' own names

OrderedJson resource_json(std::string_view type, const ResourceId& resource, Action action) {
  OrderedJson json = {{"type", type}, {"kind", kind_key(resource.kind)}, {"name", resource.name}};
  if (resource.number > 0) json["number"] = resource.number;
  json["action"] = action_key(action);
  return json;
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
            {"age_s", json_seconds(event.age)},
            {"wait_left_s", json_seconds(event.wait_left)}};
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
    json["elapsed_s"] = json_seconds(event.elapsed);
    return json;
  }
  OrderedJson operator()(const StepDone& event) const {
    OrderedJson json = resource_json("resource_complete", event.resource, event.action);
    json["elapsed_s"] = json_seconds(event.elapsed);
    json["done"] = event.done;
    json["total"] = event.total;
    return json;
  }
  OrderedJson operator()(const StepFailed& event) const {
    OrderedJson json = resource_json("resource_error", event.resource, event.action);
    add_error_members(json, event.error);
    return json;
  }
  OrderedJson operator()(const IamWaiting& event) const {
    return {{"type", "iam_waiting"}, {"elapsed_s", json_seconds(event.elapsed)}, {"aws_message", event.message}};
  }
  OrderedJson operator()(const ConsistencyWaiting& event) const {
    return {{"type", "consistency_waiting"},
            {"resource", event.resource},
            {"reason", event.reason},
            {"elapsed_s", json_seconds(event.elapsed)},
            {"over", event.over}};
  }
  OrderedJson operator()(const Throttled& event) const {
    return {{"type", "throttled"}, {"operation", event.operation}, {"calls_per_second", event.calls_per_second}};
  }
  OrderedJson operator()(const Retrying& event) const {
    OrderedJson json = {{"type", "retrying"},
                        {"operation", event.operation},
                        {"attempt", event.attempt},
                        {"delay_s", json_seconds(event.delay)}};
    add_error_members(json, event.error);
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
            {"left_s", json_seconds(event.left)}};
  }
  OrderedJson operator()(const Draining& event) const {
    OrderedJson json = {
        {"type", "drain"}, {"elapsed_s", json_seconds(event.elapsed)}, {"streams", OrderedJson::array()}};
    for (const DrainStatus& verdict : event.streams) json["streams"].push_back(drain_json(verdict));
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

class NdjsonRenderer final : public Renderer {
 public:
  explicit NdjsonRenderer(RendererOptions options)
      : options_(std::move(options)),
        // Readers rely on the version being the first line, so nothing is written before begin().
        writer_({[this](std::string_view line) {
                   if (has_begun_) lines_ += line;
                 },
                 options_.run_id, options_.wall_now}) {}
  NdjsonRenderer(const NdjsonRenderer&) = delete;

  std::string begin() override {
    has_begun_ = true;
    writer_.version(options_.version);
    return take();
  }
  std::string event(const pipeline::Event& event) override {
    writer_.write(std::visit(Members{}, event), level_of(event), event_text(event, options_.text));
    return take();
  }
  std::string plan(const pipeline::Plan& plan, const PlanFacts& facts) override;
  std::string note(const pipeline::Note& note) override {
    write_note(note);
    return take();
  }
  std::string error(const Error& error, const pipeline::ResourceId* resource) override;
  std::string result(const CommandResult& result) override {
    if (!result.event_type.empty()) writer_.answer(result.event_type, result.json());
    return take();
  }
  std::string summary(const RunSummary& summary) override {
    writer_.summary(summary);
    return take();
  }

 private:
  void write_note(const pipeline::Note& note) {
    writer_.write({{"type", "diagnostic"}, {"hint", note.hint}}, note.warning ? "warn" : "info", note.message);
  }
  // Returns the lines written since the last call.
  std::string take() { return std::exchange(lines_, {}); }

  RendererOptions options_;
  bool has_begun_ = false;
  std::string lines_;
  NdjsonWriter writer_;
};

std::string NdjsonRenderer::plan(const Plan& plan, const PlanFacts&) {
  for (const Step& step : plan.steps) {
    OrderedJson json = step_json(step);
    json["type"] = "plan_item";
    writer_.write(json, "info",
                  std::string(action_mark(step.action)) + " " + std::string(kind_title(step.resource.kind)) + " " +
                      step.resource.name);
  }
  for (const Note& each : plan.notes) write_note(each);
  writer_.write(
      {{"type", "plan_summary"}, {"add", plan.added()}, {"change", plan.changed()}, {"destroy", plan.destroyed()}},
      "info", plan.empty() ? "No changes." : summary_line(plan));
  return take();
}

std::string NdjsonRenderer::error(const Error& error, const ResourceId* resource) {
  OrderedJson members = OrderedJson::object();
  if (resource != nullptr) members["resource"] = {{"kind", kind_key(resource->kind)}, {"name", resource->name}};
  writer_.diagnostic(error, members);
  return take();
}

}  // namespace

std::unique_ptr<Renderer> make_ndjson_renderer(const RendererOptions& options) {
  return std::make_unique<NdjsonRenderer>(options);
}

}  // namespace fhctl::cli
