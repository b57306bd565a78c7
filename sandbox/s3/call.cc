#include "sandbox/s3/call.h"

#include <algorithm>

#include "core/base/text.h"
#include "core/http/url.h"

namespace fhctl::sandbox {
namespace {

// Whether the bytes are UTF-8 without NUL; S3 keys are Unicode.
bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const unsigned char lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead == 0 || lead > 0xF4 || (lead >= 0x80 && lead < 0xC2) || i + length > text.size()) return false;
    for (std::size_t k = 1; k < length; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xC0) != 0x80) return false;
    }
    const unsigned char second = length > 1 ? static_cast<unsigned char>(text[i + 1]) : 0;
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F)) return false;
    if ((lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) return false;
    i += length;
  }
  return true;
}

// Whether every '%' begins an escape of two hex digits.
bool is_percent_encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEFabcdef";
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') continue;
    if (i + 2 >= text.size() || kHex.find(text[i + 1]) == kHex.npos || kHex.find(text[i + 2]) == kHex.npos) {
      return false;
    }
  }
  return true;
}

// "b" of "b.localhost:4580" and of "b.127.0.0.1:4580"; empty where the host alone names the service.
std::string bucket_of_host(const http::Request& request) {
  std::string host = request.headers.find("host").value_or(request.authority());
  if (!starts_with(host, "[")) host = host.substr(0, host.find(':'));
  host = to_lower(host);
  if (http::is_ip_address(host)) return "";
  if (ends_with(host, ".localhost")) return host.substr(0, host.size() - std::string_view(".localhost").size());
  const std::size_t loopback = host.find(".127.");
  if (loopback != std::string::npos && http::is_ip_address(host.substr(loopback + 1))) return host.substr(0, loopback);
  return "";
}

http::Response bad_uri(const S3Call& call) {
  return s3_error(call, 400, "InvalidURI", "Couldn't parse the specified URI.");
}

std::optional<http::Response> read_query(S3Call& call) {
  if (call.incoming.raw.query.empty()) return std::nullopt;
  for (const std::string& part : split(call.incoming.raw.query, '&')) {
    // Some parsers read a raw '+' as a space, others as a plus: a client must send %20 or %2B.
    if (part.empty() || contains(part, "+") || !is_percent_encoded(part)) return bad_uri(call);
    const std::size_t equals = part.find('=');
    const std::string name = percent_decode(part.substr(0, equals));
    if (call.param(name)) {
      return s3_error(call, 400, "InvalidArgument", "A query parameter was given twice.", {{"ArgumentName", name}});
    }
    call.query.emplace_back(name, equals == std::string::npos ? "" : percent_decode(part.substr(equals + 1)));
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> S3Call::param(std::string_view name) const {
  for (const auto& [key_of, value] : query) {
    if (key_of == name) return value;
  }
  return std::nullopt;
}

std::optional<std::string> S3Call::header(std::string_view name) const { return incoming.raw.headers.find(name); }

std::optional<http::Response> read_address(S3Call& call) {
  const http::Request& request = call.incoming.raw;
  if (!starts_with(request.path, "/") || !is_percent_encoded(request.path)) return bad_uri(call);
  call.bucket_name = bucket_of_host(request);
  call.virtual_host = !call.bucket_name.empty();
  std::string rest = request.path.substr(1);
  if (!call.virtual_host) {
    const std::size_t slash = rest.find('/');
    call.bucket_name = percent_decode(rest.substr(0, slash));
    rest = slash == std::string::npos ? "" : rest.substr(slash + 1);
  }
  call.key = percent_decode(rest);
  if (!is_utf8(call.key) || !is_utf8(call.bucket_name)) return bad_uri(call);
  if (call.key.size() > kKeyBytesMax) {
    return s3_error(call, 400, "KeyTooLongError", "Your key is too long",
                    {{"Size", std::to_string(call.key.size())}, {"MaxSizeAllowed", std::to_string(kKeyBytesMax)}});
  }
  return read_query(call);
}

std::optional<http::Response> read_document(const S3Call& call, const char* root, pugi::xml_document& document) {
  if (!is_utf8(call.body()) || !parse_xml(document, call.body())) return s3_malformed(call);
  const pugi::xml_node top = document.document_element();
  if (top.name() != std::string_view(root) || top.attribute("xmlns").value() != std::string_view(kS3Namespace)) {
    return s3_malformed(call);
  }
  return std::nullopt;
}

http::Response s3_error(const S3Call& call, int status, std::string_view code, std::string_view message,
                        const S3Details& details) {
  pugi::xml_document document;
  const pugi::xml_node error = document.append_child("Error");
  http::Response response = s3_empty(call, status);
  add_text(error, "Code", std::string(code));
  add_text(error, "Message", std::string(message));
  for (const auto& [name, value] : details) add_text(error, name.c_str(), value);
  add_text(error, "RequestId", *response.headers.find("x-amz-request-id"));
  response.headers.set("Content-Type", "application/xml");
  response.body = write_xml(document);
  return response;
}

http::Response s3_malformed(const S3Call& call) {
  return s3_error(call, 400, "MalformedXML",
                  "The XML you provided was not well-formed or did not validate against our published schema");
}

http::Response s3_empty(const S3Call& call, int status) {
  http::Response response;
  response.status = status;
  response.headers.set("x-amz-request-id", new_request_id(call.world));
  return response;
}

http::Response s3_document(const S3Call& call, const pugi::xml_document& document) {
  http::Response response = s3_empty(call, 200);
  response.headers.set("Content-Type", "application/xml");
  response.body = write_xml(document);
  return response;
}

pugi::xml_node s3_root(pugi::xml_document& document, const char* name) {
  pugi::xml_node root = document.append_child(name);
  root.append_attribute("xmlns").set_value(kS3Namespace);
  return root;
}

std::optional<int> read_page_size(const S3Call& call, const char* name, http::Response& refusal) {
  const std::optional<std::string> text = call.param(name);
  if (!text) return kPageMax;
  const std::optional<std::int64_t> size = parse_integer(*text);
  if (!size || *size < 0 || *size > 2147483647) {
    refusal = s3_error(call, 400, "InvalidArgument",
                       std::string("Provided ") + name + " not an integer or within integer range",
                       {{"ArgumentName", name}, {"ArgumentValue", *text}});
    return std::nullopt;
  }
  return static_cast<int>(std::min<std::int64_t>(*size, kPageMax));
}

std::string s3_time(WallTime time) {
  std::string text = format_iso8601(time);
  text.insert(text.size() - 1, ".000");
  return text;
}

std::string s3_url_encode(const std::string& key) {
  return replace_all(replace_all(percent_encode(key, true), "%20", "+"), "%2A", "*");
}

}  // namespace fhctl::sandbox
