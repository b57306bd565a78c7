// Errors as people and programs read them.
#pragma once

#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/base/json.h"

namespace fhctl {

// "error: MESSAGE", its contexts, what AWS said unless the message says it already, and the hint. Ends with a newline.
// Everything that may come from outside is escaped. `color`: the first word is red.
std::string error_text(const Error& error, bool color);

// Returns "AWS said CODE (request id ...)", or an empty text when AWS did not answer or the message has all of it.
std::string aws_answer_text(const Error& error);

// Returns the text escaped for a terminal, with every line but the first behind `indent`.
std::string escaped_lines(std::string_view text, std::string_view indent);

// The error as an object with the members code, message, aws_code, request_id, http_status, hint, contexts, retryable.
OrderedJson error_json(const Error& error);

}  // namespace fhctl
