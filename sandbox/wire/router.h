// Classifies a request by service, operation and resource, for routing, fault rules and the journal.
#pragma once

#include <string>
#include <string_view>

#include "core/http/message.h"

namespace fhctl::sandbox {

struct Route {
  std::string service;    // signing name: "firehose", "logs", "monitoring", "ssm", "iam", "sts"; "s3" if it
                          // matches none of them
  std::string operation;  // "CreateDeliveryStream", "PutBucketTagging"; empty if unknown
  std::string resource;   // stream, role or log group name, "bucket/key"; empty when there is none
  bool mutating = false;  // may change something in the cloud
};

Route route_of(const http::Request& request);

// The decoded value of a field of a form body; empty when absent.
std::string form_field(std::string_view form, std::string_view name);

}  // namespace fhctl::sandbox
