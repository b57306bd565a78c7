#include "core/report/ndjson_writer.h"

#include "core/report/error_report.h"

namespace fhctl {

void NdjsonWriter::write(const OrderedJson& members, std::string_view level, const std::string& message) {
  OrderedJson json = {{"type", members.at("type")}};
  json["ts"] = format_iso8601(options_.wall_now());
  json["level"] = level;
  json["message"] = message;
  json["run_id"] = options_.run_id;
  for (auto member = members.begin(); member != members.end(); ++member) json[member.key()] = member.value();
  options_.sink(dump(json) + "\n");
}

void NdjsonWriter::version(const std::string& version) {
  write({{"type", "version"}, {"ui", "1.0"}, {"fhctl", version}}, "info", "fhctl " + version);
}

void NdjsonWriter::answer(std::string_view type, std::string_view json) {
  OrderedJson value = OrderedJson::parse(json, nullptr, false);
  write({{"type", type}, {"value", value.is_discarded() ? OrderedJson() : value}}, "info", "");
}

void NdjsonWriter::diagnostic(const Error& error, const OrderedJson& members) {
  OrderedJson json = {{"type", "diagnostic"}};
  add_error_members(json, error);
  for (auto member = members.begin(); member != members.end(); ++member) json[member.key()] = member.value();
  write(json, "error", describe(error));
}

void NdjsonWriter::summary(const RunSummary& summary) {
  write({{"type", "summary"},
         {"result", summary.result},
         {"added", summary.added},
         {"changed", summary.changed},
         {"destroyed", summary.destroyed},
         {"elapsed_s", json_seconds(summary.elapsed)},
         {"exit_code", summary.exit_code}},
        summary.exit_code == 0 || summary.exit_code == 2 ? "info" : "error", summary.message);
}

double json_seconds(Duration duration) {
  return static_cast<double>(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count()) / 1000;
}

void add_error_members(OrderedJson& json, const Error& error) {
  const OrderedJson members = error_json(error);
  for (auto member = members.begin(); member != members.end(); ++member) {
    if (member.key() != "message") json[member.key()] = member.value();
  }
}

}  // namespace fhctl
