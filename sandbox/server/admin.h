// The admin interface: inspects the sandbox and injects faults while it runs, by unsigned requests to /_sandbox/...,
// over the server only. See sandbox/README.md. (No bucket can be called "_sandbox", so no request to S3 is hidden.)
#pragma once

#include "core/http/message.h"
#include "sandbox/cloud/cloud.h"

namespace fhctl::sandbox {

bool is_admin_request(const http::Request& request);
http::Response handle_admin(Cloud& cloud, const http::Request& request, WallTime now);

}  // namespace fhctl::sandbox
