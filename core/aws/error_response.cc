#include "core/aws/error_response.h"

#include <cstring>

#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include "core/base/json.h"
#include "core/base/text.h"

namespace fhctl::aws {
namespace {

constexpr std::size_t kMessageBytesMax = 500;

bool speaks_xml(Service service) {
  return service == Service::kS3 || service == Service::kS3Control || service == Service::kIam ||
         service == Service::kSts;
}
std::string clean_code(std::string_view code);
std::string shortened(std::string_view text);
std::string query_code(const http::Response& response);
bool looks_like_html(const http::Response& response);
std::string html_title(std::string_view body);
bool read_json(const std::string& body, ErrorResponse& into);
bool read_xml(const std::string& body, ErrorResponse& into);
bool xml_is_whole(Service service, const std::string& body);
bool names_error(std::string_view body);

}  // namespace

ErrorResponse read_error_response(Service service, const http::Response& response) {
  ErrorResponse response_error;
  response_error.http_status = response.status;
  const std::string_view body = trim(response.body);
  if (looks_like_html(response)) {
    const std::string title = html_title(body);
    response_error.message = fmt::format("the answer is an HTML page, not one of {}{}; is a proxy in between?",
                                         service_name(service), title.empty() ? "" : fmt::format(" (\"{}\")", title));
  } else if (!read_json(response.body, response_error) && !read_xml(response.body, response_error)) {
    response_error.message = body.empty() ? "" : fmt::format("the answer cannot be read: {}", body);
    if (response.status < 300) response_error.message = "the answer was cut off or is none of this service";
  }
  const std::optional<std::string> location = response.headers.find("location");
  if (response_error.message.empty() && location && response.status >= 300 && response.status < 400) {
    response_error.message = fmt::format("a redirect to {}, which is not followed", *location);
  }
  response_error.message = shortened(response_error.message);
  if (const std::string code = query_code(response); !code.empty()) response_error.code = code;
  if (response_error.code.empty())
    response_error.code = clean_code(response.headers.find("x-amzn-errortype").value_or(""));
  if (response_error.code.empty()) response_error.code = fmt::format("HTTP {}", response.status);
  for (const std::string_view name : {"x-amzn-requestid", "x-amz-request-id"}) {
    if (const std::optional<std::string> id = response.headers.find(name)) response_error.request_id = *id;
  }
  if (const std::optional<std::string> region = response.headers.find("x-amz-bucket-region"))
    response_error.region = *region;
  return response_error;
}

bool is_foreign(const ErrorResponse& response_error) {
  return starts_with(response_error.code, "HTTP ") && !response_error.message.empty();
}

bool error_in_success(Service service, const http::Response& response) {
  if (response.status < 200 || response.status >= 300) return false;
  const std::string_view body = trim(response.body);
  if (body.empty()) return false;
  if (!speaks_xml(service)) return body.front() != '{' || body.back() != '}' || names_error(body);
  // S3 also sends objects and policies, which need not be XML.
  if (service == Service::kS3 && body.front() != '<') return false;
  return !xml_is_whole(service, response.body);
}

namespace {

// "aws.protocol#ThrottlingException:http://..." is ThrottlingException.
std::string clean_code(std::string_view code) {
  code = code.substr(0, code.find(':'));
  const std::size_t hash = code.rfind('#');
  return std::string(trim(hash == std::string_view::npos ? code : code.substr(hash + 1)));
}

// "x-amzn-query-error: Throttling;Sender" is the old code of a service that moved from the query protocol to JSON. Like
// the SDKs, fhctl prefers it to the code in the body, because the old code is the documented one.
std::string query_code(const http::Response& response) {
  const std::string value = response.headers.find("x-amzn-query-error").value_or("");
  const std::size_t semicolon = value.find(';');
  return semicolon == std::string::npos ? "" : clean_code(std::string_view(value).substr(0, semicolon));
}

// At most kMessageBytesMax bytes, never half a UTF-8 character.
std::string shortened(std::string_view text) {
  text = trim(text);
  if (text.size() <= kMessageBytesMax) return std::string(text);
  std::size_t end = kMessageBytesMax - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "...";
}

bool looks_like_html(const http::Response& response) {
  const std::string_view body = trim(response.body);
  const std::string start = to_lower(body.substr(0, 15));
  if (starts_with(start, "<!doctype html") || starts_with(start, "<html")) return true;
  // Some servers label XML as HTML: it counts as HTML only without an XML declaration and without an error element.
  const bool labelled = starts_with(to_lower(response.headers.find("content-type").value_or("")), "text/html");
  return labelled && !body.empty() && body.front() != '{' && !starts_with(start, "<?xml") &&
         !starts_with(start, "<error");
}

std::string html_title(std::string_view body) {
  const std::string lower = to_lower(body);
  const std::size_t begin = lower.find("<title>");
  if (begin == std::string::npos) return "";
  const std::size_t end = lower.find('<', begin + 7);
  if (end == std::string::npos) return "";
  return std::string(trim(body.substr(begin + 7, std::min<std::size_t>(end - begin - 7, 100))));
}

bool read_json(const std::string& body, ErrorResponse& into) {
  const std::string_view content = trim(body);
  if (content.empty() || content.front() != '{') return false;
  const Result<Json> document = parse_json(content, "the error");
  if (!document) return false;
  for (const std::string_view name : {"__type", "code", "Code"}) {
    if (into.code.empty()) into.code = clean_code(get_string(*document, name).value_or(""));
  }
  for (const std::string_view name : {"message", "Message", "errorMessage"}) {
    if (into.message.empty()) into.message = get_string(*document, name).value_or("");
  }
  return true;
}

// <Error> alone (S3), or <ErrorResponse><Error> with the request id beside it (IAM and STS).
bool read_xml(const std::string& body, ErrorResponse& into) {
  const std::string_view content = trim(body);
  if (content.empty() || content.front() != '<') return false;
  pugi::xml_document document;
  if (!document.load_buffer(content.data(), content.size())) return false;
  const pugi::xml_node root = document.document_element();
  const bool alone = std::strcmp(root.name(), "Error") == 0;
  const pugi::xml_node error = alone ? root : root.child("Error");
  if (!error) return false;
  into.code = clean_code(error.child_value("Code"));
  into.message = error.child_value("Message");
  into.region = error.child_value("Region");
  into.request_id = root.child_value("RequestId");
  return true;
}

bool xml_is_whole(Service service, const std::string& body) {
  pugi::xml_document document;
  if (!document.load_buffer(body.data(), body.size())) return false;
  const std::string_view root = document.document_element().name();
  const bool rest = service == Service::kS3 || service == Service::kS3Control;
  if (!rest) return ends_with(root, "Response") && root != "ErrorResponse";
  return !root.empty() && root != "Error" && to_lower(root) != "html";
}

// No response of a JSON service has this member at its top level, except errors.
bool names_error(std::string_view body) {
  if (!contains(body, "\"__type\"")) return false;
  const Result<Json> document = parse_json(body, "the response");
  return document && document->contains("__type");
}

}  // namespace
}  // namespace fhctl::aws
