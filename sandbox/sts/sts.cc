// STS: returns the identity of the caller.
#include "sandbox/sts/sts.h"

#include "sandbox/state/world.h"
#include "sandbox/wire/reply.h"
#include "sandbox/wire/router.h"
#include "sandbox/wire/xml.h"

namespace fhctl::sandbox {
namespace {

constexpr const char* kStsNamespace = "https://sts.amazonaws.com/doc/2011-06-15/";
constexpr const char* kUserId = "AIDASANDBOXEXAMPLE001";

http::Response caller_identity(const CloudState& world, const Incoming& incoming) {
  pugi::xml_document document;
  pugi::xml_node root = add_element(document, "GetCallerIdentityResponse");
  root.append_attribute("xmlns") = kStsNamespace;
  pugi::xml_node result = add_element(root, "GetCallerIdentityResult");
  add_text(result, "Arn", incoming.caller_arn);
  add_text(result, "UserId", kUserId);
  add_text(result, "Account", world.options.account);
  add_text(add_element(root, "ResponseMetadata"), "RequestId", std::string(kRequestIdMark));
  http::Response response;
  response.status = 200;
  response.headers.set("Content-Type", "text/xml");
  response.body = write_xml(document);
  return response;
}

}  // namespace

http::Response handle_sts(CloudState& world, const Incoming& incoming) {
  const std::string action = form_field(incoming.raw.body, "Action");
  if (action == "GetCallerIdentity") return caller_identity(world, incoming);
  return query_error(400, "InvalidAction", "Could not find operation " + action + " for version 2011-06-15",
                     kStsNamespace);
}

}  // namespace fhctl::sandbox
