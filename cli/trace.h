// --debug: every request and answer on stderr. Secrets are cut out here, in the sink, so that no call site can forget.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/aws/client.h"
#include "core/base/seams.h"

namespace fhctl::cli {

struct TraceOptions {
  bool bodies = false;  // --debug-bodies
};

// The lines for one event, escaped, each ending with a newline.
std::string trace_text(const aws::Trace& trace, const TraceOptions& options);

// The value as it may be shown: "<cut>" for Authorization, session tokens, cookies and the like.
std::string redact_header(std::string_view name, std::string_view value);
// Cuts signatures and tokens out of a query.
std::string redact_query(std::string_view query);
// Cuts the values of SecretAccessKey, SessionToken, password and the like out of JSON, XML and form bodies.
std::string redact_body(std::string_view body);

}  // namespace fhctl::cli
