// Signs requests for tests of the code behind the verifier. The verifier itself is tested with signatures that were
// made by other programs.
#pragma once

#include <string>

#include "core/base/digest.h"
#include "core/base/text.h"
#include "core/base/time.h"
#include "core/http/message.h"
#include "sandbox/state/options.h"

namespace fhctl::sandbox {

// Signs a request without a query whose path needs no encoding.
inline void sign(http::Request& request, const std::string& service, WallTime now, const Options& options = {}) {
  const std::string amz_date = format_amz_date(now);
  const std::string scope = amz_date.substr(0, 8) + "/us-east-1/" + service + "/aws4_request";
  const std::string payload = to_hex(sha256(request.body));
  request.headers.set("Host", "127.0.0.1:4580");
  request.headers.set("X-Amz-Content-Sha256", payload);
  request.headers.set("X-Amz-Date", amz_date);
  std::string names = "host;x-amz-content-sha256;x-amz-date";
  std::string values = "host:127.0.0.1:4580\nx-amz-content-sha256:" + payload + "\nx-amz-date:" + amz_date + "\n";
  if (const auto type = request.headers.find("content-type")) {
    names = "content-type;" + names;
    values = "content-type:" + *type + "\n" + values;
  }
  if (const auto target = request.headers.find("x-amz-target")) {
    names += ";x-amz-target";
    values += "x-amz-target:" + *target + "\n";
  }
  const std::string canonical = request.method + "\n" + request.path + "\n\n" + values + "\n" + names + "\n" + payload;
  std::string key = "AWS4" + options.secret_access_key;
  for (const std::string& part : split(scope, '/')) key = hmac_sha256(key, part);
  const std::string signature =
      to_hex(hmac_sha256(key, "AWS4-HMAC-SHA256\n" + amz_date + "\n" + scope + "\n" + to_hex(sha256(canonical))));
  request.headers.set("Authorization", "AWS4-HMAC-SHA256 Credential=" + options.access_key_id + "/" + scope +
                                           ", SignedHeaders=" + names + ", Signature=" + signature);
}

inline http::Request signed_firehose(const std::string& operation, const std::string& body, WallTime now) {
  http::Request request;
  request.method = "POST";
  request.scheme = "http";
  request.host = "127.0.0.1";
  request.port = 4580;
  request.headers.set("Content-Type", "application/x-amz-json-1.1");
  request.headers.set("X-Amz-Target", "Firehose_20150804." + operation);
  request.body = body;
  sign(request, "firehose", now);
  return request;
}

inline http::Request signed_form(const std::string& service, const std::string& form, WallTime now) {
  http::Request request;
  request.method = "POST";
  request.headers.set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
  request.body = form;
  sign(request, service, now);
  return request;
}

inline http::Request signed_s3(const std::string& method, const std::string& path, WallTime now) {
  http::Request request;
  request.method = method;
  request.path = path;
  sign(request, "s3", now);
  return request;
}

}  // namespace fhctl::sandbox
