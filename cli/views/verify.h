// What `verify` proved, in its three forms, and what it waits for. Pure.
#pragma once

#include <string>

#include "cli/views/style.h"
#include "core/pipeline/verify.h"

namespace fhctl::cli {

std::string verify_text(const pipeline::VerifyReport& report, const Style& style);
std::string verify_lines(const pipeline::VerifyReport& report);  // "stream<TAB>logs-1<TAB>proven<TAB>..."
std::string verify_json(const pipeline::VerifyReport& report);

// "logs-1: 1 of 1 records; logs-2: 0 of 1, buffered up to 60 s". Of many streams only those that are waited for.
std::string verify_progress(const pipeline::VerifyReport& report);

// kVerification: which streams did not deliver. Call it only when the report is not proven.
Error verify_failure(const pipeline::VerifyReport& report);

}  // namespace fhctl::cli
