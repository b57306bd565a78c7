#include "sandbox/wire/reply.h"

#include <utility>

#include <pugixml.hpp>

#include "core/base/json.h"
#include "sandbox/wire/xml.h"

namespace fhctl::sandbox {
namespace {

constexpr std::string_view kJsonType = "application/x-amz-json-1.1";

http::Response answer(int status, std::string_view content_type, std::string body) {
  http::Response response;
  response.status = status;
  response.headers.set("Content-Type", content_type);
  response.body = std::move(body);
  return response;
}

}  // namespace

http::Response json_error(int status, std::string_view code, std::string_view message) {
  return answer(status, kJsonType, dump(Json{{"__type", code}, {"message", message}}));
}

http::Response json_answer(std::string body) { return answer(200, kJsonType, std::move(body)); }

http::Response query_error(int status, std::string_view code, std::string_view message, std::string_view xmlns) {
  pugi::xml_document document;
  pugi::xml_node root = add_element(document, "ErrorResponse");
  root.append_attribute("xmlns") = std::string(xmlns).c_str();
  pugi::xml_node error = add_element(root, "Error");
  add_text(error, "Type", status >= 500 ? "Receiver" : "Sender");
  add_text(error, "Code", std::string(code));
  add_text(error, "Message", std::string(message));
  add_text(root, "RequestId", std::string(kRequestIdMark));
  return answer(status, "text/xml", write_xml(document));
}

}  // namespace fhctl::sandbox
