#include "sandbox/server/request_reader.h"

#include <charconv>
#include <utility>

#include "core/base/text.h"

namespace fhctl::sandbox {
namespace {

std::string_view reason_of(int status) {
  static constexpr std::pair<int, std::string_view> kReasons[] = {
      {200, "OK"},
      {204, "No Content"},
      {206, "Partial Content"},
      {301, "Moved Permanently"},
      {304, "Not Modified"},
      {307, "Temporary Redirect"},
      {400, "Bad Request"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {409, "Conflict"},
      {411, "Length Required"},
      {412, "Precondition Failed"},
      {413, "Payload Too Large"},
      {416, "Range Not Satisfiable"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
  };
  for (const auto& [known, reason] : kReasons) {
    if (known == status) return reason;
  }
  return "Unknown";
}

// Parses a number in the base; false if it is empty, has other characters than digits, or is too large.
bool parse_size(std::string_view text, int base, std::size_t& size) {
  const char* const end = text.data() + text.size();
  const auto [after, failure] = std::from_chars(text.data(), end, size, base);
  return failure == std::errc() && after == end && !text.empty();
}

}  // namespace

void set_target(http::Request& request, std::string_view target) {
  const std::size_t question = target.find('?');
  request.path = target.substr(0, question);
  request.query = question == std::string_view::npos ? "" : target.substr(question + 1);
}

RequestReader::State RequestReader::fail(int status) {
  status_ = status;
  return State::kBroken;
}

RequestReader::State RequestReader::advance() {
  if (status_ != 0) return State::kBroken;
  if (!head_read_) {
    // Some clients send an empty line before the next request.
    while (starts_with(input_, "\r\n")) input_.erase(0, 2);
    const std::size_t end = input_.find("\r\n\r\n");
    if (end == std::string::npos) return input_.size() > kHeadBytesMax ? fail(431) : State::kNeedsMore;
    if (end > kHeadBytesMax) return fail(431);
    if (!read_head()) return fail(400);
    head_read_ = true;
  }
  return chunked_ ? read_chunks() : read_body();
}

bool RequestReader::read_head() {
  request_ = {};
  request_.scheme = "http";
  const std::size_t end = input_.find("\r\n\r\n");
  const std::string head = input_.substr(0, end);
  input_.erase(0, end + 4);
  std::string_view rest = head;
  bool first = true;
  while (!rest.empty()) {
    const std::size_t line_end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, line_end);
    rest.remove_prefix(line_end == std::string_view::npos ? rest.size() : line_end + 2);
    if (!(first ? read_request_line(line) : read_header(line))) return false;
    first = false;
  }
  return !first && read_framing();
}

bool RequestReader::read_request_line(std::string_view line) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last || first == 0) return false;
  const std::string_view version = line.substr(last + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return false;
  keep_alive_ = version == "HTTP/1.1";
  request_.method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  if (!starts_with(target, "/")) return false;
  set_target(request_, target);
  return true;
}

bool RequestReader::read_header(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view name = line.substr(0, colon);
  // Folded lines and blanks before the colon are used to smuggle requests past proxies.
  if (name.find_first_of(" \t") != std::string_view::npos) return false;
  request_.headers.add(name, trim(line.substr(colon + 1)));
  return true;
}

// Reads the length of the body, and whether the connection is kept.
bool RequestReader::read_framing() {
  const http::Headers& headers = request_.headers;
  chunked_ = false;
  length_ = 0;
  if (const std::optional<std::string> coding = headers.find("transfer-encoding")) {
    if (!equal_ignoring_case(*coding, "chunked") || headers.find("content-length")) return false;
    chunked_ = true;
  } else if (const std::optional<std::string> length = headers.find("content-length")) {
    if (!parse_size(*length, 10, length_)) return false;
  }
  if (equal_ignoring_case(headers.find("connection").value_or(""), "close")) keep_alive_ = false;
  expects_continue_ = equal_ignoring_case(headers.find("expect").value_or(""), "100-continue");
  const std::string host = headers.find("host").value_or("");
  const std::size_t colon = host.rfind(':');
  request_.host = host.substr(0, colon);
  request_.port = colon == std::string::npos ? 0 : static_cast<int>(parse_integer(host.substr(colon + 1)).value_or(0));
  return true;
}

RequestReader::State RequestReader::read_body() {
  if (length_ > kBodyBytesMax) return fail(413);
  if (input_.size() < length_) return State::kNeedsMore;
  request_.body = input_.substr(0, length_);
  input_.erase(0, length_);
  return State::kReady;
}

RequestReader::State RequestReader::read_chunks() {
  while (true) {
    const std::size_t line_end = input_.find("\r\n");
    if (line_end == std::string::npos) return input_.size() > kHeadBytesMax ? fail(400) : State::kNeedsMore;
    const std::string_view line = std::string_view(input_).substr(0, line_end);
    std::size_t size = 0;
    if (!parse_size(trim(line.substr(0, line.find(';'))), 16, size)) return fail(400);
    if (size > kBodyBytesMax - request_.body.size()) return fail(413);  // a sum could wrap
    const std::size_t start = line_end + 2;
    if (input_.size() < start + size + 2) return State::kNeedsMore;
    if (input_.compare(start + size, 2, "\r\n") != 0) return fail(400);  // trailers are not accepted either
    request_.body.append(input_, start, size);
    input_.erase(0, start + size + 2);
    if (size == 0) return State::kReady;
  }
}

http::Request RequestReader::take() {
  head_read_ = false;
  expects_continue_ = false;
  return std::exchange(request_, {});
}

bool RequestReader::take_expectation() { return head_read_ && std::exchange(expects_continue_, false); }

std::string serialize_response(const http::Response& response, std::string_view method, bool keep_alive) {
  const bool bodyless = response.status == 204 || response.status == 304;
  std::string bytes =
      "HTTP/1.1 " + std::to_string(response.status) + " " + std::string(reason_of(response.status)) + "\r\n";
  for (const http::Header& header : response.headers.all) {
    // A line break in a value would begin another header.
    bytes += header.name + ": " + replace_all(replace_all(header.value, "\r", " "), "\n", " ") + "\r\n";
  }
  if (!bodyless && !response.headers.find("content-length")) {
    bytes += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
  }
  bytes += keep_alive ? "\r\n" : "Connection: close\r\n\r\n";
  if (!bodyless && method != "HEAD") bytes += response.body;
  return bytes;
}

}  // namespace fhctl::sandbox
