#include "cli/views/logs.h"

#include <fmt/format.h>

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/report/error_report.h"

namespace fhctl::cli {
namespace {

using pipeline::DeliveryAdvice;
using pipeline::DeliveryErrorGroup;

// Text from the log is always escaped before it reaches a terminal.
std::string safe(std::string_view text) { return text.empty() ? "-" : escape_for_terminal(text); }

std::string code_text(std::string_view code) {
  return code.empty() ? "(not Firehose's form)" : escape_for_terminal(code);
}

std::string advice_text(std::string_view code, std::string_view indent) {
  const DeliveryAdvice advice = pipeline::advice_for(code);
  std::string text;
  if (!advice.meaning.empty()) text += fmt::format("{}{}\n", indent, advice.meaning);
  if (!advice.remedy.empty()) text += fmt::format("{}hint: {}\n", indent, advice.remedy);
  return text;
}

std::string group_text(const DeliveryErrorGroup& group, const Style& style) {
  std::string text = fmt::format("{}  {}  {}\n", safe(group.stream), style.paint(Colour::kRed, code_text(group.code)),
                                 plural(group.count, "time"));
  text += group.count == 1
              ? fmt::format("    at {}\n", format_iso8601(group.last))
              : fmt::format("    first {}, last {}\n", format_iso8601(group.first), format_iso8601(group.last));
  if (!group.message.empty()) text += "    " + escape_for_terminal(group.message) + "\n";
  return text + advice_text(group.code, "    ");
}

std::string logs_text(const LogsAnswer& answer, const Style& style) {
  if (!answer.logging) {
    return "Error logging is off for this pipeline: Firehose writes no delivery errors.\n"
           "hint: `fhctl up --error-logging true` switches it on ([logs] enabled in fhctl.toml).\n";
  }
  if (!answer.group_exists) {
    return fmt::format(
        "There is no log group {}: Firehose cannot write its delivery errors.\n"
        "hint: `fhctl up` makes it again.\n",
        escape_for_terminal(answer.log_group));
  }
  if (answer.total == 0) return fmt::format("No delivery errors since {}.\n", format_iso8601(answer.since));
  std::string text;
  for (const DeliveryErrorGroup& group : answer.groups) text += group_text(group, style);
  text += fmt::format("\n{} since {} in {}.\n", plural(answer.total, "delivery error"), format_iso8601(answer.since),
                      escape_for_terminal(answer.log_group));
  if (answer.hidden_groups > 0) {
    text += fmt::format("{} left out; --limit shows more.\n", plural(answer.hidden_groups, "older kind"));
  }
  return text;
}

std::string logs_lines(const LogsAnswer& answer) {
  std::string text;
  for (const DeliveryErrorGroup& group : answer.groups) {
    text += fmt::format("error\t{}\t{}\t{}\t{}\t{}\t{}\n", safe(group.stream), safe(group.code), group.count,
                        format_iso8601(group.first), format_iso8601(group.last), escape_for_terminal(group.message));
  }
  return text + fmt::format("total\t{}\n", answer.total);
}

std::string logs_json(const LogsAnswer& answer) {
  OrderedJson json = {
      {"schema", "fhctl.logs/1"},  {"log_group", answer.log_group},           {"log_stream", answer.log_stream},
      {"logging", answer.logging}, {"log_group_exists", answer.group_exists}, {"since", format_iso8601(answer.since)},
      {"total", answer.total},     {"errors", OrderedJson::array()},          {"left_out", answer.hidden_groups}};
  for (const DeliveryErrorGroup& group : answer.groups) {
    const DeliveryAdvice advice = pipeline::advice_for(group.code);
    json["errors"].push_back({{"stream", group.stream},
                              {"code", group.code},
                              {"message", group.message},
                              {"count", group.count},
                              {"first", format_iso8601(group.first)},
                              {"last", format_iso8601(group.last)},
                              {"meaning", advice.meaning},
                              {"hint", advice.remedy}});
  }
  return dump(json, 2);
}

std::string delivery_error_text(const pipeline::DeliveryError& error, bool with_advice, const Style& style) {
  const std::string& message = error.code.empty() ? error.raw : error.message;
  std::string text = fmt::format("{}  {}  {}  {}\n", format_iso8601(error.time), safe(error.stream),
                                 style.paint(Colour::kRed, code_text(error.code)), escape_for_terminal(message));
  return with_advice ? text + advice_text(error.code, "    ") : text;
}

std::string delivery_error_line(const pipeline::DeliveryError& error) {
  const std::string& message = error.code.empty() ? error.raw : error.message;
  return fmt::format("error\t{}\t{}\t{}\t{}\n", format_iso8601(error.time), safe(error.stream), safe(error.code),
                     escape_for_terminal(message));
}

std::string delivery_error_json(const pipeline::DeliveryError& error) {
  const DeliveryAdvice advice = pipeline::advice_for(error.code);
  return dump(OrderedJson{{"time", format_iso8601(error.time)},
                          {"stream", error.stream},
                          {"code", error.code},
                          {"message", error.message},
                          {"meaning", advice.meaning},
                          {"hint", advice.remedy},
                          {"raw", error.raw}});
}

}  // namespace

CommandResult logs_result(LogsAnswer answer) {
  return make_result("logs", std::move(answer), logs_text, logs_lines, logs_json);
}

CommandResult delivery_error_result(pipeline::DeliveryError error, bool with_advice) {
  return {"delivery_error",
          [error, with_advice](const Style& style) { return delivery_error_text(error, with_advice, style); },
          [error] { return delivery_error_line(error); }, [error] { return delivery_error_json(error); }};
}

}  // namespace fhctl::cli
