// A sandbox state with S3, and a way to send it requests without signatures.
#pragma once

#include <string>
#include <vector>

#include <pugixml.hpp>

#include "core/base/digest.h"
#include "core/base/text.h"
#include "sandbox/s3/s3.h"
#include "sandbox/s3/s3_state.h"
#include "sandbox/state/world.h"

namespace fhctl::sandbox {

struct S3Fixture {
  CloudState world{Options{}};

  S3Fixture() { world.now = WallTime(std::chrono::seconds(1768903451)); }

  // `target` is "PATH" or "PATH?QUERY", as on the wire.
  http::Response ask(const std::string& method, const std::string& target, const std::string& body = "",
                     std::vector<http::Header> headers = {}, const std::string& region = "us-east-1") {
    http::Request request;
    request.method = method;
    request.host = "127.0.0.1";
    request.port = 4580;
    request.path = target.substr(0, target.find('?'));
    request.query = contains(target, "?") ? target.substr(target.find('?') + 1) : "";
    request.headers.all = std::move(headers);
    if (!request.headers.find("host")) request.headers.set("Host", "127.0.0.1:4580");
    request.body = body;
    const Incoming incoming{request, region, "arn:aws:iam::123456789012:user/sandbox"};
    return handle_s3(world, incoming);
  }

  // Adds the Content-MD5 that settings and DeleteObjects require.
  http::Response put(const std::string& method, const std::string& target, const std::string& body) {
    return ask(method, target, body, {{"Content-MD5", to_base64(md5(body))}});
  }

  void make_bucket(const std::string& name) { ask("PUT", "/" + name); }

  void set_versioning(const std::string& bucket, const std::string& status) {
    put("PUT", "/" + bucket + "?versioning", document("VersioningConfiguration", "<Status>" + status + "</Status>"));
  }

  static std::string document(const std::string& root, const std::string& content) {
    return "<" + root + " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" + content + "</" + root + ">";
  }

  // "200", or "404 NoSuchKey".
  static std::string outcome(const http::Response& response) {
    pugi::xml_document error;
    error.load_string(response.body.c_str());
    const std::string code = error.child("Error").child_value("Code");
    return std::to_string(response.status) + (code.empty() ? "" : " " + code);
  }

  // The text of every element of that name under the root, in order.
  static std::vector<std::string> texts(const http::Response& response, const std::string& path) {
    pugi::xml_document answer;
    answer.load_string(response.body.c_str(), pugi::parse_default | pugi::parse_ws_pcdata_single);
    std::vector<std::string> out;
    for (const pugi::xpath_node found : answer.select_nodes(("/*/" + path).c_str())) {
      out.push_back(found.node().child_value());
    }
    return out;
  }

  static std::string text(const http::Response& response, const std::string& path) {
    const std::vector<std::string> found = texts(response, path);
    return found.empty() ? "(none)" : found.front();
  }
};

}  // namespace fhctl::sandbox
