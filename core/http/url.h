// URLs of endpoints: what a user may give as --endpoint-url.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace fhctl::http {

struct Url {
  std::string scheme;  // "http" or "https"
  std::string host;    // lower case; IPv6 in brackets
  int port = 0;        // 0: the scheme's default
  std::string path;    // "" or "/base", without a trailing slash
  bool operator==(const Url&) const = default;
};

// An error (kUsage) that says what is wrong: another scheme, user info, a query, a fragment, an empty host, a bad port,
// control characters.
Result<Url> parse_url(std::string_view text);
std::string format_url(const Url& url);

bool is_loopback(std::string_view host);    // "localhost", "*.localhost", 127.0.0.0/8, "[::1]"
bool is_ip_address(std::string_view host);  // IPv4 or bracketed IPv6

}  // namespace fhctl::http
