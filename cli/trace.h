// --debug: every request and response on stderr. Secrets are removed here, so that no caller can forget it.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/aws/client.h"
#include "core/base/platform.h"

namespace fhctl::cli {

struct TraceOptions {
  bool bodies = false;  // --debug-bodies
};

// The lines for one event, escaped, each ending with a newline.
std::string trace_text(const aws::Trace& trace, const TraceOptions& options);

// The value as it may be shown: "<cut>" for Authorization, session tokens, cookies and similar headers.
std::string redact_header(std::string_view name, std::string_view value);
// Removes signatures and tokens from a query.
std::string redact_query(std::string_view query);
// Removes the values of SecretAccessKey, SessionToken, password and similar members from JSON, XML and form bodies.
std::string redact_body(std::string_view body);

}  // namespace fhctl::cli
