// Errors that the services find in complete responses: shared by the three wire protocols. Only for .cc files.
#pragma once

#include <string_view>

#include "core/base/error.h"

namespace fhctl {

// Whether AWS responded with exactly this code. Absence is decided by the code of the requested resource and not by a
// status 404, which a proxy, or an absent bucket around an object, also returns.
bool is_fault(const Error& error, std::string_view code);
// The response lacks a member that AWS always sends, or has it with another type.
Error missing_member(std::string_view operation, std::string_view member);
// The page token does not advance, so that following it would never end.
Error stuck_pages(std::string_view operation);

}  // namespace fhctl
