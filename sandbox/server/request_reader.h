// Parses HTTP/1.1 requests from a stream of bytes, and keeps path, query and headers exactly as received. (Common
// libraries decode paths and header values, and then no signature can be verified.)
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/http/message.h"

namespace fhctl::sandbox {

class RequestReader {
 public:
  enum class State {
    kNeedsMore,
    kReady,   // take() returns the request
    kBroken,  // the connection must be closed after a response with status()
  };

  void feed(std::string_view bytes) { input_ += bytes; }
  State advance();
  // Returns the request that is ready. Bytes that follow it are kept.
  http::Request take();

  int status() const { return status_; }           // 400, 413 or 431 when broken
  bool keep_alive() const { return keep_alive_; }  // of the request taken last
  // True once per request that waits for "100 Continue" before it sends its body.
  bool take_expectation();

  static constexpr std::size_t kHeadBytesMax = 64u << 10;
  static constexpr std::size_t kBodyBytesMax = 64u << 20;

 private:
  State fail(int status);
  bool read_head();
  bool read_request_line(std::string_view line);
  bool read_header(std::string_view line);
  bool read_framing();
  State read_body();
  State read_chunks();

  std::string input_;
  http::Request request_;
  bool head_read_ = false;
  bool chunked_ = false;
  bool expects_continue_ = false;
  bool keep_alive_ = true;
  std::size_t length_ = 0;  // of the body, when not chunked
  int status_ = 0;
};

// Splits "path?query" without decoding it.
void set_target(http::Request& request, std::string_view target);

// The bytes of a response. Content-Length is set from the body unless it is already set (HEAD) or forbidden (204).
std::string serialize_response(const http::Response& response, std::string_view method, bool keep_alive);

}  // namespace fhctl::sandbox
