#include "tests/sim/harness/damaged_response.h"

#include "core/base/json.h"
#include "core/base/text.h"

namespace fhctl::test {
namespace {

void to_numbers(Json& json) {
  if (json.is_string()) {
    json = 17;
    return;
  }
  if (!json.is_structured()) return;
  for (Json& member : json) to_numbers(member);
}

void learn(Json& json) {
  if (json.is_object()) {
    for (Json& member : json) learn(member);
    json["SomethingNew"] = {{"Nested", Json::array({1, "two", nullptr})}};
  } else if (json.is_array()) {
    for (Json& member : json) learn(member);
  } else if (json == "ACTIVE" || json == "CREATING" || json == "DELETING") {
    json = "SUSPENDED";
  }
}

Json parsed(const http::Response& response) { return Json::parse(response.body, nullptr, false); }

}  // namespace

http::Response garbled(FaultKind kind, http::Response response) {
  if (response.status >= 300 || response.body.empty()) return response;
  Json json = parsed(response);
  switch (kind) {
    case FaultKind::kCutShort:
      response.body.resize(response.body.size() / 2);
      break;
    case FaultKind::kGarbled:
      for (std::size_t i = 0; i < response.body.size(); i += 7) response.body[i] = static_cast<char>(0x80 + i % 96);
      break;
    case FaultKind::kWrongType:
      if (json.is_discarded()) break;
      to_numbers(json);
      response.body = dump(json);
      break;
    case FaultKind::kNewMembers:
      if (json.is_discarded()) break;
      learn(json);
      response.body = dump(json);
      break;
    default:
      break;
  }
  return response;
}

http::Response keys_refused(const http::Request& request) {
  http::Response response;
  response.status = 200;
  response.headers.set("Content-Type", "application/xml");
  response.body = "<DeleteResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
  for (std::size_t at = request.body.find("<Key>"); at != std::string::npos; at = request.body.find("<Key>", at + 5)) {
    const std::string key = request.body.substr(at, request.body.find("</Key>", at) + 6 - at);
    response.body += "<Error>" + key + "<Code>InternalError</Code><Message>Try again.</Message></Error>";
  }
  response.body += "</DeleteResult>";
  return response;
}

http::Response without_tags(http::Response response) {
  Json json = parsed(response);
  if (!json.is_discarded()) {
    for (const char* member : {"Tags", "tags"}) {
      if (json.contains(member)) json[member] = json[member].is_array() ? Json::array() : Json::object();
    }
    response.body = dump(json);
    return response;
  }
  const std::size_t begin = response.body.find("<Tags>");
  const std::size_t end = response.body.find("</Tags>");
  if (begin != std::string::npos && end != std::string::npos) response.body.erase(begin + 6, end - begin - 6);
  return response;
}

http::Response with_more(http::Response response) {
  Json json = parsed(response);
  if (json.is_discarded() || !json.contains("HasMoreDeliveryStreams")) return response;
  json["HasMoreDeliveryStreams"] = true;
  response.body = dump(json);
  return response;
}

}  // namespace fhctl::test
