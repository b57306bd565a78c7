#include "sandbox/wire/error_reply.h"

#include "sandbox/state/world.h"
#include "sandbox/wire/reply.h"
#include "sandbox/wire/xml.h"

namespace fhctl::sandbox {
namespace {

struct Form {
  Refusal refusal;
  int json_status;
  const char* json_code;
  int query_status;
  const char* query_code;
  int s3_status;
  const char* s3_code;
  const char* message;
};

constexpr Form kForms[] = {
    {Refusal::kThrottled, 400, "ThrottlingException", 400, "Throttling", 503, "SlowDown", "Rate exceeded"},
    {Refusal::kDenied, 400, "AccessDeniedException", 403, "AccessDenied", 403, "AccessDenied", "Access Denied"},
    {Refusal::kExpired, 400, "ExpiredTokenException", 403, "ExpiredToken", 400, "ExpiredToken",
     "The security token included in the request is expired"},
    {Refusal::kUnknownKey, 400, "UnrecognizedClientException", 403, "InvalidClientTokenId", 403, "InvalidAccessKeyId",
     "The security token included in the request is invalid."},
    {Refusal::kBadSignature, 400, "InvalidSignatureException", 403, "SignatureDoesNotMatch", 403,
     "SignatureDoesNotMatch",
     "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
     "and signing method."},
    {Refusal::kUnsigned, 400, "MissingAuthenticationTokenException", 403, "MissingAuthenticationToken", 403,
     "AccessDenied", "Missing Authentication Token"},
    {Refusal::kMalformed, 400, "IncompleteSignatureException", 400, "IncompleteSignature", 400,
     "AuthorizationHeaderMalformed", "The authorization header is malformed."},
    {Refusal::kUnavailable, 503, "ServiceUnavailableException", 503, "ServiceUnavailable", 503, "ServiceUnavailable",
     "The service is unavailable. Please try again shortly."},
};

http::Response s3_error(int status, std::string_view code, std::string_view message) {
  pugi::xml_document document;
  pugi::xml_node error = add_element(document, "Error");
  add_text(error, "Code", std::string(code));
  add_text(error, "Message", std::string(message));
  http::Response response;
  response.status = status;
  response.headers.set("Content-Type", "application/xml");
  response.body = write_xml(document);
  return response;
}

}  // namespace

Wire wire_of(std::string_view service) {
  if (service == "iam" || service == "sts") return Wire::kQuery;
  if (service == "s3" || service.empty()) return Wire::kS3;
  return Wire::kJson;
}

http::Response wire_error(std::string_view service, int status, std::string_view code, std::string_view message) {
  switch (wire_of(service)) {
    case Wire::kQuery:
      return query_error(
          status, code, message,
          service == "iam" ? "https://iam.amazonaws.com/doc/2010-05-08/" : "https://sts.amazonaws.com/doc/2011-06-15/");
    case Wire::kS3:
      return s3_error(status, code, message);
    case Wire::kJson:
      break;
  }
  return json_error(status, code, message);
}

http::Response refuse(std::string_view service, Refusal refusal, std::string_view message) {
  for (const Form& form : kForms) {
    if (form.refusal != refusal) continue;
    const std::string_view text = message.empty() ? std::string_view(form.message) : message;
    switch (wire_of(service)) {
      case Wire::kQuery:
        return wire_error(service, form.query_status, form.query_code, text);
      case Wire::kS3:
        return wire_error(service, form.s3_status, form.s3_code, text);
      case Wire::kJson:
        return wire_error(service, form.json_status, form.json_code, text);
    }
  }
  return wire_error(service, 500, "InternalFailure", message);
}

}  // namespace fhctl::sandbox
