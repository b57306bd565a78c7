#include "core/http/url.h"

#include <algorithm>
#include <array>

#include <arpa/inet.h>
#include <fmt/format.h>

#include "core/base/text.h"

namespace fhctl::http {

namespace {

constexpr std::int64_t kPortMax = 65535;

Error refused(std::string problem) {
  return {.kind = ErrorKind::kUsage,
          .message = "the endpoint URL " + std::move(problem),
          .hint = "an endpoint looks like https://host:port/path"};
}

// Network byte order; nullopt: not four decimal numbers between dots.
std::optional<std::array<unsigned char, 4>> ipv4_of(std::string_view host) {
  std::array<unsigned char, 4> address{};
  if (inet_pton(AF_INET, std::string(host).c_str(), address.data()) != 1) return std::nullopt;
  return address;
}

std::optional<std::array<unsigned char, 16>> ipv6_of(std::string_view host) {
  if (!starts_with(host, "[") || !ends_with(host, "]")) return std::nullopt;
  std::array<unsigned char, 16> address{};
  const std::string inside(host.substr(1, host.size() - 2));
  if (inet_pton(AF_INET6, inside.c_str(), address.data()) != 1) return std::nullopt;
  return address;
}

bool is_host_name(std::string_view host) {
  if (host.empty() || starts_with(host, ".") || contains(host, "..")) return false;
  return std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

// "host", "host:port", "[::1]:port".
Result<void> read_authority(std::string_view authority, Url& url) {
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  url.host = to_lower(authority.substr(0, colon));
  if (url.host.empty()) return refused("names no host");
  if (!is_host_name(url.host) && !ipv6_of(url.host)) return refused("has a host that is not a host name");
  if (colon == std::string_view::npos) return ok();
  const std::string_view digits = authority.substr(colon + 1);
  const std::optional<std::int64_t> port = parse_integer(digits);
  if (!port || *port < 1 || *port > kPortMax) return refused(fmt::format("has no port between 1 and {}", kPortMax));
  const int default_port = url.scheme == "http" ? 80 : 443;
  url.port = *port == default_port ? 0 : static_cast<int>(*port);
  return ok();
}

}  // namespace

// Messages never repeat the text: it may hold a password.
Result<Url> parse_url(std::string_view text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c != '\x7f' && c != '\\'; });
  if (!plain) return refused("holds a space, a backslash, a control character or a letter outside ASCII");
  const std::size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) return refused("does not begin with https:// or http://");
  Url url;
  url.scheme = to_lower(text.substr(0, scheme_end));
  if (url.scheme != "https" && url.scheme != "http") return refused("does not begin with https:// or http://");
  std::string_view rest = text.substr(scheme_end + 3);
  if (contains(rest, "?")) return refused("has a query");
  if (contains(rest, "#")) return refused("has a fragment");

  const std::size_t authority_end = std::min(rest.find('/'), rest.size());
  const std::string_view authority = rest.substr(0, authority_end);
  if (contains(authority, "@")) return refused("holds a user name or a password");
  RETURN_IF_ERROR(read_authority(authority, url));
  std::string_view path = rest.substr(authority_end);
  while (ends_with(path, "/")) path.remove_suffix(1);
  url.path = std::string(path);
  return url;
}

std::string format_url(const Url& url) {
  const std::string port = url.port == 0 ? "" : fmt::format(":{}", url.port);
  return fmt::format("{}://{}{}{}", url.scheme, url.host, port, url.path);
}

bool is_loopback(std::string_view host) {
  if (const auto address = ipv4_of(host)) return (*address)[0] == 127;
  if (const auto address = ipv6_of(host)) {
    const auto is_zero = [](int byte) { return byte == 0; };
    return address->back() == 1 && std::all_of(address->begin(), address->end() - 1, is_zero);
  }
  const std::string name = to_lower(host);
  return name == "localhost" || ends_with(name, ".localhost");
}

bool is_ip_address(std::string_view host) { return ipv4_of(host) || ipv6_of(host); }

}  // namespace fhctl::http
