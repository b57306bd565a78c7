#include "core/report/error_report.h"

#include <fmt/format.h>

#include "core/base/text.h"

namespace fhctl {

std::string error_text(const Error& error, bool color) {
  std::string text = color ? "\x1b[31merror:\x1b[0m" : "error:";
  text += " " + escaped_lines(error.message, "  ") + "\n";
  for (const std::string& context : error.contexts) text += "  while " + escape_for_terminal(context) + "\n";
  if (const std::string line = aws_answer_text(error); !line.empty()) text += "  " + line + "\n";
  if (!error.hint.empty()) text += "hint: " + escaped_lines(error.hint, "  ") + "\n";
  return text;
}

std::string aws_answer_text(const Error& error) {
  if (error.aws_code.empty()) return "";
  const bool code_told = contains(error.message, error.aws_code);
  const bool request_told = error.request_id.empty() || contains(error.message, error.request_id);
  if (code_told && request_told) return "";
  if (code_told) return "request id " + escape_for_terminal(error.request_id);
  std::string line = "AWS said " + escape_for_terminal(error.aws_code);
  if (!error.request_id.empty()) line += fmt::format(" (request id {})", escape_for_terminal(error.request_id));
  return line;
}

std::string escaped_lines(std::string_view text, std::string_view indent) {
  return replace_all(escape_for_terminal(text, true), "\n", "\n" + std::string(indent));
}

OrderedJson error_json(const Error& error) {
  OrderedJson json;
  json["code"] = kind_name(error.kind);
  json["message"] = error.message;
  json["aws_code"] = error.aws_code;
  json["request_id"] = error.request_id;
  json["http_status"] = error.http_status;
  json["hint"] = error.hint;
  json["contexts"] = error.contexts;
  json["retryable"] = error.kind == ErrorKind::kNetwork || error.kind == ErrorKind::kThrottled ||
                      error.kind == ErrorKind::kUnavailable || error.kind == ErrorKind::kPartial ||
                      error.kind == ErrorKind::kLocked || error.kind == ErrorKind::kTimeout;
  return json;
}

}  // namespace fhctl
