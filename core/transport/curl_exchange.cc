#include "core/transport/curl_exchange.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/http/url.h"

namespace fhctl::http {

namespace {

constexpr std::size_t kHeaderBytesMax = 256u << 10;
// AWS closes idle connections without notice, so an older one is not used.
constexpr long kIdleSecondsMax = 30;

// The metadata services of EC2, ECS and EKS speak plain http on link-local addresses.
constexpr std::array<std::string_view, 5> kMetadataHosts = {"169.254.169.254", "169.254.170.2", "169.254.170.23",
                                                            "[fd00:ec2::254]", "[fd00:ec2::23]"};

bool is_metadata(std::string_view host) {
  return std::find(kMetadataHosts.begin(), kMetadataHosts.end(), to_lower(host)) != kMetadataHosts.end();
}

bool is_local(std::string_view host) { return is_loopback(host) || is_metadata(host); }

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

bool has_blank(std::string_view text) { return contains(text, " ") || has_control_character(text); }

// Rounded up: curl takes 0 for "no limit".
long milliseconds_of(Duration duration) {
  return std::max(1L, static_cast<long>(std::chrono::ceil<std::chrono::milliseconds>(duration).count()));
}

std::string without_user_info(std::string_view url) {
  const std::size_t scheme_end = url.find("://");
  const std::size_t start = scheme_end == std::string_view::npos ? 0 : scheme_end + 3;
  const std::size_t at = url.rfind('@');
  if (at == std::string_view::npos || at < start) return std::string(url);
  return std::string(url.substr(0, start)) + std::string(url.substr(at + 1));
}

bool is_tls_problem(CURLcode code) {
  switch (code) {
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return true;
    default:
      return false;
  }
}

// True if the server's certificate, or the certificates to check it with, are at fault: a retry fails in the same way.
bool is_untrusted(CURLcode code) { return is_tls_problem(code) && code != CURLE_SSL_CONNECT_ERROR; }

// curl refuses a header line of more than 100 KiB, and says that it has no memory (later versions: too large).
bool is_giant_line(CURLcode code) { return code == CURLE_OUT_OF_MEMORY || static_cast<int>(code) == 100; }

// The response is not valid HTTP.
bool is_unreadable(CURLcode code) {
  return code == CURLE_WEIRD_SERVER_REPLY || code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_BAD_CONTENT_ENCODING;
}

}  // namespace

Result<void> check_sendable(const Request& request) {
  bool broken = has_blank(request.method) || has_blank(request.host) || has_blank(request.target()) ||
                request.method.empty() || !starts_with(request.path, "/");
  for (const Header& header : request.headers.all) {
    // A tab is the one control character that may stand in a value.
    const std::string value = replace_all(header.value, "\t", " ");
    broken = broken || header.name.empty() || contains(header.name, ":") || has_blank(header.name) ||
             has_control_character(value);
  }
  if (broken) {
    return Error{.message = fmt::format("the request to {} holds a character that HTTP does not allow", request.host)};
  }
  if (request.scheme == "https" || (request.scheme == "http" && is_local(request.host))) return ok();
  return Error{.kind = ErrorKind::kUsage,
               .message = fmt::format("refusing to talk to {} over {}", request.authority(), request.scheme),
               .hint = "use https; plain http is for this machine alone"};
}

CurlExchange::CurlExchange(const Request& request, const Limits& limits, const CurlOptions& options)
    : request_(request), limits_(limits), handle_(curl_easy_init()) {
  if (!handle_) return;
  set_request(options);
  set_limits();
  set_security(options);
  curl_easy_setopt(handle(), CURLOPT_ERRORBUFFER, message_);
  curl_easy_setopt(handle(), CURLOPT_HEADERFUNCTION, &CurlExchange::on_header);
  curl_easy_setopt(handle(), CURLOPT_HEADERDATA, this);
  curl_easy_setopt(handle(), CURLOPT_WRITEFUNCTION, &CurlExchange::on_body);
  curl_easy_setopt(handle(), CURLOPT_WRITEDATA, this);
  curl_easy_setopt(handle(), CURLOPT_DEBUGFUNCTION, &CurlExchange::on_debug);
  curl_easy_setopt(handle(), CURLOPT_DEBUGDATA, this);
  curl_easy_setopt(handle(), CURLOPT_VERBOSE, 1L);  // into on_debug, not to stderr
}

void CurlExchange::use_own_connection() {
  curl_easy_setopt(handle(), CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(handle(), CURLOPT_FORBID_REUSE, 1L);
}

void CurlExchange::finish(CURLcode code) {
  code_ = code;
  done_ = true;
}

Result<Response> CurlExchange::result() {
  if (code_ != CURLE_OK) return error();
  long status = 0;
  curl_easy_getinfo(handle(), CURLINFO_RESPONSE_CODE, &status);
  response_.status = static_cast<int>(status);
  return std::move(response_);
}

// The request goes out exactly as it was signed: curl's own headers are off and the target is not touched.
void CurlExchange::set_request(const CurlOptions& options) {
  const std::string origin = request_.scheme + "://" + request_.authority() + "/";
  const std::string target = request_.target();
  const bool has_body = !request_.body.empty();
  curl_easy_setopt(handle(), CURLOPT_URL, origin.c_str());
  curl_easy_setopt(handle(), CURLOPT_REQUEST_TARGET, target.c_str());
  curl_easy_setopt(handle(), CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(handle(), CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  if (has_body || request_.method == "POST" || request_.method == "PUT") {
    curl_easy_setopt(handle(), CURLOPT_POST, 1L);
    curl_easy_setopt(handle(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    // The body is sent by a callback that cannot be rewound, and not as POSTFIELDS: curl would silently send those a
    // second time when a pooled connection fails. curl must not decide whether a change is repeated.
    curl_easy_setopt(handle(), CURLOPT_READFUNCTION, &CurlExchange::on_upload);
    curl_easy_setopt(handle(), CURLOPT_READDATA, this);
  }
  if (request_.method == "HEAD") curl_easy_setopt(handle(), CURLOPT_NOBODY, 1L);
  curl_easy_setopt(handle(), CURLOPT_CUSTOMREQUEST, request_.method.c_str());

  if (!request_.headers.find("host")) add_header("Host: " + request_.authority());
  for (const Header& header : request_.headers.all) {
    if (equal_ignoring_case(header.name, "content-length")) continue;  // curl counts the body itself
    add_header(header.value.empty() ? header.name + ";" : header.name + ": " + header.value);
  }
  for (const std::string name : {"Accept", "Content-Type", "Expect"}) {
    if (!request_.headers.find(name)) add_header(name + ":");  // "Name:" keeps curl from adding its own
  }
  curl_easy_setopt(handle(), CURLOPT_HTTPHEADER, headers_.get());
  if (!options.user_agent.empty() && !request_.headers.find("user-agent")) {
    curl_easy_setopt(handle(), CURLOPT_USERAGENT, options.user_agent.c_str());
  }
}

void CurlExchange::set_limits() {
  const auto stalled_seconds = std::chrono::ceil<std::chrono::seconds>(limits_.stalled).count();
  curl_easy_setopt(handle(), CURLOPT_CONNECTTIMEOUT_MS, milliseconds_of(limits_.connect));
  curl_easy_setopt(handle(), CURLOPT_TIMEOUT_MS, milliseconds_of(limits_.total));
  curl_easy_setopt(handle(), CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(handle(), CURLOPT_LOW_SPEED_TIME, std::max(1L, static_cast<long>(stalled_seconds)));
  curl_easy_setopt(handle(), CURLOPT_MAXAGE_CONN, kIdleSecondsMax);
  curl_easy_setopt(handle(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle(), CURLOPT_QUICK_EXIT, 1L);  // dropping a request never waits for DNS
  curl_easy_setopt(handle(), CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt(handle(), CURLOPT_TCP_KEEPALIVE, 1L);
  // Announcing a body that is too long is enough for an error, except in a HEAD response, which announces another
  // length.
  if (request_.method != "HEAD") {
    curl_easy_setopt(handle(), CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(limits_.response_bytes_max));
  }
}

void CurlExchange::set_security(const CurlOptions& options) {
  const bool local = is_local(request_.host);
  curl_easy_setopt(handle(), CURLOPT_PROTOCOLS_STR, local ? "http,https" : "https");
  curl_easy_setopt(handle(), CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(handle(), CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(handle(), CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(handle(), CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(handle(), CURLOPT_SSL_VERIFYHOST, 2L);
  if (!options.ca_bundle.empty()) curl_easy_setopt(handle(), CURLOPT_CAINFO, options.ca_bundle.c_str());
  if (local) curl_easy_setopt(handle(), CURLOPT_PROXY, "");  // for a proxy, loopback is another machine
  curl_easy_setopt(handle(), CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
}

void CurlExchange::add_header(const std::string& line) {
  curl_slist* const longer = curl_slist_append(headers_.get(), line.c_str());
  if (longer == nullptr) return;
  static_cast<void>(headers_.release());  // `longer` is the same list from its head on
  headers_.reset(longer);
}

std::size_t CurlExchange::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  const std::string_view line(data, size * count);
  return static_cast<CurlExchange*>(self)->take_header_line(line) ? line.size() : 0;
}

// False ends the exchange.
bool CurlExchange::take_header_line(std::string_view line) {
  header_bytes_ += line.size();
  headers_too_long_ = header_bytes_ > kHeaderBytesMax;
  if (headers_too_long_) return false;
  std::vector<Header>& headers = response_.headers.all;
  if (starts_with(line, "HTTP/")) {
    headers.clear();  // what came before was a 1xx and not the answer
  } else if (!headers.empty() && (starts_with(line, " ") || starts_with(line, "\t")) && !trim(line).empty()) {
    headers.back().value += " " + std::string(trim(line));  // a folded line
  } else if (const std::size_t colon = line.find(':'); colon != std::string_view::npos) {
    response_.headers.add(line.substr(0, colon), trim(line.substr(colon + 1)));
  }
  return true;
}

std::size_t CurlExchange::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  CurlExchange& exchange = *static_cast<CurlExchange*>(self);
  const std::size_t bytes = size * count;
  std::string& body = exchange.response_.body;
  exchange.body_too_long_ = bytes > exchange.limits_.response_bytes_max - body.size();
  if (exchange.body_too_long_) return 0;
  body.append(data, bytes);
  return bytes;
}

std::size_t CurlExchange::on_upload(char* data, std::size_t size, std::size_t count, void* self) {
  CurlExchange& exchange = *static_cast<CurlExchange*>(self);
  const std::size_t bytes = exchange.request_.body.copy(data, size * count, exchange.body_bytes_sent_);
  exchange.body_bytes_sent_ += bytes;
  return bytes;
}

// The only way to learn from curl 7.88 whether it uses a proxy, and which.
int CurlExchange::on_debug(CURL* /*handle*/, curl_infotype type, char* data, std::size_t size, void* self) {
  if (type != CURLINFO_TEXT) return 0;
  const std::string_view text(data, size);
  if (!starts_with(text, "Uses proxy env variable")) return 0;
  if (contains(to_lower(text.substr(0, text.find('='))), "no_proxy")) return 0;  // logged with the same prefix
  const std::size_t quote = text.find('\'');
  const std::size_t end = text.rfind('\'');
  if (quote == std::string_view::npos || end <= quote) return 0;
  static_cast<CurlExchange*>(self)->proxy_ = without_user_info(text.substr(quote + 1, end - quote - 1));
  return 0;
}

Error CurlExchange::error() const {
  if (headers_too_long_ || (is_giant_line(code_) && response_.body.empty() && passed(CURLINFO_PRETRANSFER_TIME_T))) {
    return too_long("the headers of the answer", kHeaderBytesMax);
  }
  if (body_too_long_ || code_ == CURLE_FILESIZE_EXCEEDED) return too_long("the answer", limits_.response_bytes_max);
  const std::string port =
      request_.port != 0 ? fmt::format("{}", request_.port) : std::string(request_.scheme == "http" ? "80" : "443");
  const bool sent = passed(CURLINFO_PRETRANSFER_TIME_T);
  Error error{
      .kind = is_unreadable(code_)  ? ErrorKind::kProtocol
              : is_untrusted(code_) ? ErrorKind::kUntrusted
                                    : ErrorKind::kNetwork,
      .message = fmt::format("{} {}:{}{}: {} failed ({})", sent ? "no answer from" : "cannot reach", request_.host,
                             port, proxy_.empty() ? "" : " through the proxy " + proxy_, stage(), reason())};
  if (is_tls_problem(code_)) error.hint = tls_hint();
  if (code_ == CURLE_COULDNT_RESOLVE_HOST) error.hint = "check the region and the network";
  if (code_ == CURLE_COULDNT_RESOLVE_PROXY || (!sent && !proxy_.empty())) {
    error.hint += error.hint.empty() ? "check HTTPS_PROXY and NO_PROXY" : "; or check HTTPS_PROXY and NO_PROXY";
  }
  return error;
}

std::string CurlExchange::tls_hint() const {
  constexpr long kUnspecified = 1;  // X509_V_ERR_UNSPECIFIED of OpenSSL (x509_vfy.h): curl has not asked for the result
  constexpr long kNotYetValid = 9;
  constexpr long kExpired = 10;
  long verdict = 0;
  curl_easy_getinfo(handle(), CURLINFO_SSL_VERIFYRESULT, &verdict);
  if (verdict == kNotYetValid || verdict == kExpired) {
    return "look at this machine's clock; if it is right, the server's operator must renew its certificate";
  }
  if (code_ == CURLE_SSL_CACERT_BADFILE) return "--ca-bundle or AWS_CA_BUNDLE has to name a file of certificates, PEM";
  if (code_ == CURLE_PEER_FAILED_VERIFICATION && verdict <= kUnspecified) {
    return "look at the endpoint URL: the certificate is for another host";
  }
  return "when a proxy inspects TLS, or the endpoint is your own, name its certificate with --ca-bundle or "
         "AWS_CA_BUNDLE";
}

Error CurlExchange::too_long(std::string_view what, std::size_t bytes_max) const {
  return {.kind = ErrorKind::kProtocol,
          .message = fmt::format("{} of {} is longer than {}", what, request_.authority(),
                                 format_bytes(static_cast<std::int64_t>(bytes_max)))};
}

// The stage that was reached, derived from curl's timers.
std::string CurlExchange::stage() const {
  if (is_tls_problem(code_)) return "TLS";
  if (code_ == CURLE_COULDNT_RESOLVE_HOST) return "name look-up";
  if (code_ == CURLE_COULDNT_RESOLVE_PROXY) return "name look-up of the proxy";
  if (!passed(CURLINFO_NAMELOOKUP_TIME_T)) return "name look-up";
  if (code_ == CURLE_COULDNT_CONNECT || !passed(CURLINFO_CONNECT_TIME_T)) return "connecting";
  long proxy_status = 0;
  curl_easy_getinfo(handle(), CURLINFO_HTTP_CONNECTCODE, &proxy_status);
  if (proxy_status >= 300) return "connecting";
  if (!passed(CURLINFO_PRETRANSFER_TIME_T)) return request_.scheme == "https" ? "TLS" : "connecting";
  if (code_ == CURLE_SEND_ERROR || body_bytes_sent_ < request_.body.size()) return "sending";
  return header_bytes_ == 0 ? "waiting for the answer" : "reading the answer";
}

std::string CurlExchange::reason() const {
  if (code_ == CURLE_GOT_NOTHING || code_ == CURLE_SEND_FAIL_REWIND) return "the connection was closed";
  return message_[0] != '\0' ? message_ : curl_easy_strerror(code_);
}

bool CurlExchange::passed(CURLINFO time) const {
  curl_off_t microseconds = 0;
  curl_easy_getinfo(handle(), time, &microseconds);
  return microseconds > 0;
}

}  // namespace fhctl::http
