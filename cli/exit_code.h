// From an error to the exit code: the one place that knows both.
#pragma once

#include <string>

#include "core/base/error.h"
#include "core/base/seams.h"

namespace fhctl::cli {

inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitChanges = 2;
inline constexpr int kExitUsage = 64;

// A run that was stopped by a signal ends with 130 or 143, whatever the error says.
int exit_code(const Error& error, const Signals& signals);
int exit_code_of_kind(ErrorKind kind);

// The table of codes for `fhctl help` and the manual page, one row a line.
std::string exit_code_table();

}  // namespace fhctl::cli
