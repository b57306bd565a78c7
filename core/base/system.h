// The production implementations of the platform interfaces. Only cli/main and the sandbox server create these;
// everything else gets references.
#pragma once

#include <memory>

#include "core/base/platform.h"

namespace fhctl {

std::unique_ptr<Entropy> make_system_entropy();          // getrandom
std::unique_ptr<Environment> make_system_environment();  // getenv, environ
std::unique_ptr<FileSystem> make_system_files();
std::unique_ptr<Host> make_system_host();
std::unique_ptr<ProcessImage> make_system_process_image();
// The start time in the text of /proc/PID/stat, in clock ticks; nullopt when the text has none.
std::optional<std::int64_t> start_in_stat(std::string_view text);
std::unique_ptr<Streams> make_system_streams();
// Catches SIGINT and SIGTERM; ignores SIGPIPE. The second stop request ends the process at once with 130 or 143.
// Unblocks the two signals: ProcessImage::replace() blocks them, so that none is lost between the two programs.
std::unique_ptr<Signals> make_system_signals();
// Readable from the first stop request on, to be used with poll(): a signal that arrives between a check of
// stop_count() and a blocking read() would interrupt neither. -1 before make_system_signals().
int system_stop_descriptor();

// Disables core files, which would contain keys. To get one, raise the limit of the running process (prlimit).
void forbid_core_files();

// From now on, when memory cannot be allocated anywhere, the process prints that on standard error and exits with code
// 1, without unwinding. As after a kill, another run finishes what was started.
void end_without_memory();

// Only the clocks, for programs without a Loop (the sandbox server).
Instant system_now();
WallTime system_wall_now();

}  // namespace fhctl
