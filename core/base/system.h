// The production side of the seams. Only cli/main (and the sandbox server) make these; everything else gets references.
#pragma once

#include <memory>

#include "core/base/seams.h"

namespace fhctl {

std::unique_ptr<Entropy> make_system_entropy();          // getrandom
std::unique_ptr<Environment> make_system_environment();  // getenv, environ
std::unique_ptr<FileSystem> make_system_files();
std::unique_ptr<Host> make_system_host();
// The start time in the text of /proc/PID/stat, in clock ticks; nullopt when the text has none.
std::optional<std::int64_t> start_in_stat(std::string_view text);
std::unique_ptr<Streams> make_system_streams();
// Catches SIGINT and SIGTERM; ignores SIGPIPE. The second stop request ends the process at once with 130 or 143.
std::unique_ptr<Signals> make_system_signals();
// Readable from the first stop request on, for whoever waits in poll(): a signal that comes between a look at
// stop_count() and a blocking read() would interrupt neither. -1 before make_system_signals().
int system_stop_descriptor();

// A core file would hold keys. Whoever needs one raises the limit of the running process (prlimit).
void forbid_core_files();

// From now on whoever finds no memory says so on standard error and ends with exit code 1, wherever it is: nothing is
// unwound, and what is half done another run finishes as after a kill.
void end_without_memory();

// Clocks alone, for programs without a loop of ours (the sandbox server).
Instant system_now();
WallTime system_wall_now();

// Replaces the file in one step as seen from outside: a temporary file beside it, synced, renamed over it, directory
// synced. A crash or a full disk leaves the old file whole. Refuses a path that is a directory, a symlink or a device.
Result<void> replace_file(FileSystem& files, Entropy& entropy, const std::string& path, std::string_view bytes,
                          unsigned mode = 0644);

}  // namespace fhctl
