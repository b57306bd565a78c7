// Errors that the services find in answers which arrived well: shared by the three wire protocols. Only for .cc files.
#pragma once

#include <string_view>

#include "core/base/error.h"

namespace fhctl {

// Whether AWS answered with exactly this code. Absence is read from the code of the very thing that was asked for, and
// not from a status 404, which some proxy, or an absent bucket around an object, answers too.
bool is_fault(const Error& error, std::string_view code);
// The answer lacks a member that AWS always sends, or has it with another type.
Error missing_member(std::string_view operation, std::string_view member);
// A page whose token leads nowhere new: going on would never end.
Error stuck_pages(std::string_view operation);

}  // namespace fhctl
