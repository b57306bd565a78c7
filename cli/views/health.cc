#include "cli/views/health.h"

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/report/error_report.h"

namespace fhctl::cli {
namespace {

std::string_view word(HealthCheck::Level level) {
  if (level == HealthCheck::Level::kOk) return "ok";
  return level == HealthCheck::Level::kWarn ? "warn" : "fail";
}

std::string painted(HealthCheck::Level level, const Style& style) {
  const std::string text = pad_to_width(word(level), 4);
  if (level == HealthCheck::Level::kOk) return style.paint(Colour::kGreen, text);
  return style.paint(level == HealthCheck::Level::kWarn ? Colour::kYellow : Colour::kRed, text);
}

std::string health_text(const std::vector<HealthCheck>& checks, const Style& style) {
  std::string text;
  for (const HealthCheck& check : checks) {
    text +=
        fmt::format("{}  {:<16}{}\n", painted(check.level, style), check.subject, escape_for_terminal(check.finding));
    if (!check.hint.empty()) text += std::string(22, ' ') + escape_for_terminal(check.hint) + "\n";
  }
  return text;
}

std::string health_lines(const std::vector<HealthCheck>& checks) {
  std::string text;
  for (const HealthCheck& check : checks) {
    text += fmt::format("{}\t{}\t{}\n", word(check.level), check.subject, escape_for_terminal(check.finding));
  }
  return text;
}

std::string health_json(const std::vector<HealthCheck>& checks) {
  OrderedJson json = {{"schema", "fhctl.doctor/1"}, {"checks", OrderedJson::array()}};
  for (const HealthCheck& check : checks) {
    OrderedJson row = {
        {"subject", check.subject}, {"level", word(check.level)}, {"finding", check.finding}, {"hint", check.hint}};
    if (check.level == HealthCheck::Level::kFail) row["error"] = error_json(check.error);
    json["checks"].push_back(std::move(row));
  }
  return dump(json, 2);
}

}  // namespace

CommandResult health_result(std::vector<HealthCheck> checks) {
  return make_result("health", std::move(checks), health_text, health_lines, health_json);
}

}  // namespace fhctl::cli
