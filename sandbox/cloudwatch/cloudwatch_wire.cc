#include "sandbox/cloudwatch/cloudwatch_wire.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "core/base/json.h"
#include "core/base/text.h"
#include "sandbox/state/world.h"
#include "sandbox/wire/reply.h"
#include "sandbox/wire/router.h"
#include "sandbox/wire/xml.h"

namespace fhctl::sandbox {
namespace {

constexpr std::string_view kMetricsTarget = "GraniteServiceVersion20100801.";
constexpr const char* kVersion = "2010-08-01";
constexpr const char* kMetricsNamespace = "http://monitoring.amazonaws.com/doc/2010-08-01/";
constexpr const char* kJson10Type = "application/x-amz-json-1.0";
constexpr std::size_t kListMax = 2000;

bool is_form(const http::Request& request) {
  const std::string type = to_lower(request.headers.find("content-type").value_or(""));
  return starts_with(type, "application/x-www-form-urlencoded");
}

// Stores "A.member.2.B" as {"A": [?, {"B": ...}]}. Returns false if the path is malformed.
bool place(Json& root, const std::string& path, const std::string& text) {
  Json* at = &root;
  const std::vector<std::string> parts = split(path, '.');
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i] == "member" && i + 1 < parts.size()) {
      const std::int64_t n = parse_integer(parts[++i]).value_or(0);
      if (n < 1 || n > static_cast<std::int64_t>(kListMax) || (!at->is_null() && !at->is_array())) return false;
      at = &(*at)[static_cast<std::size_t>(n - 1)];
    } else {
      if (!at->is_null() && !at->is_object()) return false;
      at = &(*at)[parts[i]];
    }
  }
  if (!at->is_null()) return false;
  *at = text;
  return true;
}

void shape_text(Json& value, const Shape& shape) {
  if (shape.kind == ShapeKind::kStructure && value.is_object()) {
    for (const Member& member : shape.members) {
      if (value.contains(member.name)) shape_text(value[std::string(member.name)], *member.shape);
    }
  } else if (shape.kind == ShapeKind::kList && value.is_array()) {
    for (Json& element : value) shape_text(element, *shape.element);
  } else if (value.is_string()) {
    const std::string text = value.get<std::string>();
    if (shape.kind == ShapeKind::kInteger) {
      if (const std::optional<std::int64_t> number = parse_integer(text)) value = *number;
    } else if (shape.kind == ShapeKind::kBoolean && (text == "true" || text == "false")) {
      value = text == "true";
    } else if (shape.kind == ShapeKind::kAnything) {  // a time
      if (const std::optional<WallTime> time = parse_iso8601(text)) {
        value = static_cast<double>(time->time_since_epoch().count()) / 1000;
      }
    }
  }
}

std::string time_text(double seconds) {
  return format_iso8601(WallTime(std::chrono::milliseconds(std::llround(seconds * 1000))));
}

void add_json(pugi::xml_node parent, const std::string& name, const Json& value, bool is_time) {
  if (value.is_object()) {
    pugi::xml_node node = add_element(parent, name.c_str());
    for (const auto& [key, member] : value.items()) add_json(node, key, member, key == "Timestamps");
  } else if (value.is_array()) {
    pugi::xml_node node = add_element(parent, name.c_str());
    for (const Json& element : value) add_json(node, "member", element, is_time);
  } else if (is_time) {
    add_text(parent, name.c_str(), time_text(value.get<double>()));
  } else {
    add_text(parent, name.c_str(), value.is_string() ? value.get<std::string>() : dump(value));
  }
}

http::Response as_xml(const std::string& operation, const Json& body) {
  pugi::xml_document document;
  pugi::xml_node root = add_element(document, (operation + "Response").c_str());
  root.append_attribute("xmlns") = kMetricsNamespace;
  add_json(root, operation + "Result", body, false);
  add_text(add_element(root, "ResponseMetadata"), "RequestId", std::string(kRequestIdMark));
  http::Response response;
  response.status = 200;
  response.headers.set("Content-Type", "text/xml");
  response.body = write_xml(document);
  return response;
}

// The code of the same error in the query protocol.
std::string query_code(const std::string& json_code) {
  if (json_code == "ThrottlingException") return "Throttling";
  if (json_code == "ValidationException") return "ValidationError";
  if (json_code == "UnrecognizedClientException") return "InvalidClientTokenId";
  if (json_code == "InvalidSignatureException") return "SignatureDoesNotMatch";
  return ends_with(json_code, "Exception") ? json_code.substr(0, json_code.size() - 9) : json_code;
}

}  // namespace

std::optional<CloudWatchRequest> read_cloudwatch_request(const http::Request& request) {
  if (request.method != "POST" || request.path != "/" || !request.query.empty()) return std::nullopt;
  if (is_form(request)) {
    if (form_field(request.body, "Version") != kVersion) return std::nullopt;
    return CloudWatchRequest{form_field(request.body, "Action"), true};
  }
  const std::string target = request.headers.find("x-amz-target").value_or("");
  if (request.headers.find("content-type") != kJson10Type || !starts_with(target, kMetricsTarget)) return std::nullopt;
  return CloudWatchRequest{target.substr(kMetricsTarget.size()), false};
}

Json read_cloudwatch_body(const http::Request& request, bool is_query, const Shape& shape) {
  if (!is_query) return Json::parse(request.body, nullptr, false);
  Json body = Json::object();
  for (const std::string& part : split(request.body, '&')) {
    const std::size_t equals = part.find('=');
    if (equals == std::string::npos) return Json(Json::value_t::discarded);
    const std::string name = percent_decode(part.substr(0, equals));
    if (name == "Action" || name == "Version") continue;
    const std::string value = percent_decode(replace_all(part.substr(equals + 1), "+", "%20"));
    if (!place(body, name, value)) return Json(Json::value_t::discarded);
  }
  shape_text(body, shape);
  return body;
}

void finish_cloudwatch_answer(const http::Request& request, const std::string& operation, http::Response& response) {
  const std::string type = response.headers.find("content-type").value_or("");
  if (!starts_with(type, "application/x-amz-json")) return;  // an error page of a proxy
  const Json body = Json::parse(response.body, nullptr, false);
  const std::optional<std::string> code = get_string(body, "__type");
  if (is_form(request)) {
    response = code ? query_error(response.status == 400 && *code == "AccessDeniedException" ? 403 : response.status,
                                  query_code(*code), get_string(body, "message").value_or(""), kMetricsNamespace)
                    : as_xml(operation, body);
    return;
  }
  response.headers.set("Content-Type", kJson10Type);
  if (code) {
    const char* fault = response.status >= 500 ? "Receiver" : "Sender";
    response.headers.set("x-amzn-query-error", query_code(*code) + ";" + fault);
  }
}

}  // namespace fhctl::sandbox
