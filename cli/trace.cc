#include "cli/trace.h"

#include <fmt/format.h>

#include "core/base/text.h"

namespace fhctl::cli {
namespace {

constexpr std::string_view kCut = "<cut>";
constexpr std::string_view kSecretHeaders[] = {
    "authorization",   "x-amz-security-token", "cookie", "set-cookie", "x-aws-ec2-metadata-token",
    "x-amz-signature", "proxy-authorization",
};
constexpr std::string_view kSecretParameters[] = {"x-amz-signature", "x-amz-credential", "x-amz-security-token"};
constexpr std::string_view kSecretKeys[] = {"secretaccesskey", "sessiontoken", "password", "secret", "token"};

bool is_one_of(std::string_view word, const auto& words) {
  const std::string lower = to_lower(word);
  for (const std::string_view each : words) {
    if (lower == each) return true;
  }
  return false;
}

bool is_word_byte(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '_';
}

// Where the value of a key that ends at `at` begins and ends, in any of: "key": "value", <key>value</, key=value&.
struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
};

Range value_after(std::string_view body, std::size_t at) {
  const auto until = [&](std::size_t from, char stop) {
    const std::size_t end = body.find(stop, from);
    return Range{from, end == std::string_view::npos ? body.size() : end};
  };
  if (at < body.size() && body[at] == '>') return until(at + 1, '<');
  if (at < body.size() && body[at] == '=') return until(at + 1, '&');
  if (at < body.size() && body[at] == '"') ++at;
  while (at < body.size() && body[at] == ' ') ++at;
  if (at >= body.size() || body[at] != ':') return {};
  ++at;
  while (at < body.size() && body[at] == ' ') ++at;
  if (at >= body.size() || body[at] != '"') return {};
  std::size_t end = at + 1;
  while (end < body.size() && body[end] != '"') end += body[end] == '\\' ? 2 : 1;
  return {at + 1, std::min(end, body.size())};
}

std::string header_lines(const http::Headers& headers, std::string_view mark) {
  std::string text;
  for (const http::Header& header : headers.all) {
    text += fmt::format("debug: {}   {}: {}\n", mark, escape_for_terminal(header.name),
                        escape_for_terminal(redact_header(header.name, header.value)));
  }
  return text;
}

std::string body_lines(std::string_view body, std::string_view mark, const TraceOptions& options) {
  if (body.empty()) return "";
  if (!options.bodies) {
    return fmt::format("debug: {}   <{} bytes>\n", mark, format_thousands(static_cast<std::int64_t>(body.size())));
  }
  return fmt::format("debug: {}   {}\n", mark, escape_for_terminal(redact_body(body)));
}

std::string sent_text(const aws::Trace& trace, const TraceOptions& options) {
  const http::Request& request = *trace.request;
  const std::string query = request.query.empty() ? "" : "?" + redact_query(request.query);
  return fmt::format("debug: > {} {}: {} {}://{}{}{} (try {})\n", aws::service_name(trace.service), trace.operation,
                     request.method, request.scheme, escape_for_terminal(request.authority()),
                     escape_for_terminal(request.path), escape_for_terminal(query), trace.attempt) +
         header_lines(request.headers, ">") + body_lines(request.body, ">", options);
}

std::string answered_text(const aws::Trace& trace, const TraceOptions& options) {
  const http::Response& response = *trace.response;
  std::string request_id;
  for (const std::string_view name : {"x-amzn-requestid", "x-amz-request-id"}) {
    if (const std::optional<std::string> id = response.headers.find(name)) request_id = *id;
  }
  return fmt::format("debug: < {} {}: {} request id {}\n", aws::service_name(trace.service), trace.operation,
                     response.status, request_id.empty() ? "-" : escape_for_terminal(request_id)) +
         header_lines(response.headers, "<") + body_lines(response.body, "<", options);
}

}  // namespace

std::string redact_header(std::string_view name, std::string_view value) {
  return is_one_of(name, kSecretHeaders) ? std::string(kCut) : std::string(value);
}

std::string redact_query(std::string_view query) {
  std::vector<std::string> parts = split(query, '&');
  for (std::string& part : parts) {
    const std::size_t equals = part.find('=');
    if (equals != std::string::npos && is_one_of(part.substr(0, equals), kSecretParameters)) {
      part = part.substr(0, equals + 1) + std::string(kCut);
    }
  }
  return join(parts, "&");
}

std::string redact_body(std::string_view body) {
  std::string shown;
  std::size_t at = 0;
  while (at < body.size()) {
    if (!is_word_byte(body[at])) {
      shown += body[at++];
      continue;
    }
    std::size_t end = at;
    while (end < body.size() && is_word_byte(body[end])) ++end;
    const std::string_view word = body.substr(at, end - at);
    const bool closes = at > 0 && body[at - 1] == '/';  // "</SecretAccessKey>"
    const Range value = !closes && is_one_of(word, kSecretKeys) ? value_after(body, end) : Range{};
    if (value.begin == 0) {
      shown += word;
      at = end;
    } else {
      shown += body.substr(at, value.begin - at);
      shown += kCut;
      at = value.end;
    }
  }
  return shown;
}

std::string trace_text(const aws::Trace& trace, const TraceOptions& options) {
  switch (trace.kind) {
    case aws::Trace::Kind::kSent:
      return sent_text(trace, options);
    case aws::Trace::Kind::kAnswered:
      return answered_text(trace, options);
    case aws::Trace::Kind::kNoAnswer:
      return fmt::format("debug: < {} {}: no answer: {}\n", aws::service_name(trace.service), trace.operation,
                         escape_for_terminal(describe(*trace.error)));
    case aws::Trace::Kind::kRetrying:
      return fmt::format("debug: . {} {}: again in {}: {}\n", aws::service_name(trace.service), trace.operation,
                         format_duration(trace.delay), escape_for_terminal(describe(*trace.error)));
    case aws::Trace::Kind::kWaiting:
      if (trace.over) return "";
      return fmt::format("debug: . waiting {} for {}: {}\n", format_duration(trace.delay),
                         escape_for_terminal(trace.resource), escape_for_terminal(trace.reason));
    case aws::Trace::Kind::kPaced:
      if (trace.delay < std::chrono::milliseconds(1)) return "";
      break;
  }
  return fmt::format("debug: . {} {}: waited {} for its turn\n", aws::service_name(trace.service), trace.operation,
                     format_duration(trace.delay));
}

}  // namespace fhctl::cli
