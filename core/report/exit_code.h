// Maps an error to the exit code. No other place knows the codes.
#pragma once

#include <string>

#include "core/base/error.h"
#include "core/base/platform.h"

namespace fhctl {

inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitChanges = 2;
inline constexpr int kExitUsage = 64;

// A run that was stopped by a signal ends with 130 or 143, whatever the error says.
int exit_code(const Error& error, const Signals& signals);
int exit_code_of_kind(ErrorKind kind);

// The table of codes for `fhctl help` and the manual page, one row a line.
std::string exit_code_table();

}  // namespace fhctl
