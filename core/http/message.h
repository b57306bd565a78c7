// An HTTP request and its answer, as plain data. Shared with the sandbox, which therefore sees exactly these bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fhctl::http {

struct Header {
  std::string name;
  std::string value;
  bool operator==(const Header&) const = default;
};

// In the order of sending; names compare without case; a name may occur more than once.
class Headers {
 public:
  std::vector<Header> all = {};

  // The first value under that name.
  std::optional<std::string> find(std::string_view name) const;
  // Replaces every value under that name by this one.
  void set(std::string_view name, std::string_view value);
  void add(std::string_view name, std::string_view value);
  void remove(std::string_view name);
  bool operator==(const Headers&) const = default;
};

struct Request {
  std::string method = "GET";
  std::string scheme = "https";
  std::string host = {};   // without port; IPv6 in brackets
  int port = 0;            // 0: the scheme's default
  std::string path = "/";  // exactly as it goes over the wire: already percent-encoded, never normalised
  std::string query = {};  // exactly as it goes over the wire, without '?'
  Headers headers = {};
  std::string body = {};

  // "host" or "host:port", as the Host header says it (the port only when it is not the scheme's default).
  std::string authority() const;
  std::string target() const;  // path, and "?query" when there is one
  std::string url() const;
};

struct Response {
  int status = 0;
  Headers headers = {};
  std::string body = {};
};

}  // namespace fhctl::http
