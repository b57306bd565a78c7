// The result of `verify`, its renderings, and what it is waiting for.
#pragma once

#include <string>

#include "cli/views/result.h"
#include "cli/views/style.h"
#include "core/verify/verify.h"

namespace fhctl::cli {

CommandResult verify_result(pipeline::VerifyReport report);
std::string verify_text(const pipeline::VerifyReport& report, const Style& style);
std::string verify_lines(const pipeline::VerifyReport& report);  // "stream<TAB>logs-1<TAB>proven<TAB>..."
std::string verify_json(const pipeline::VerifyReport& report);

// "logs-1: 1 of 1 records; logs-2: 0 of 1, buffered up to 60 s". If there are many streams, only those that are waited
// for.
std::string verify_progress(const pipeline::VerifyReport& report);

// kVerification: which streams did not deliver. Call it only if the report is not proven.
Error verify_failure(const pipeline::VerifyReport& report);

}  // namespace fhctl::cli
