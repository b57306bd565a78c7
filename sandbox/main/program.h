// Runs fhctl-sandbox, from its arguments to its exit code.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/base/platform.h"
#include "core/base/result.h"
#include "sandbox/main/output.h"
#include "sandbox/state/options.h"

namespace fhctl::sandbox {

// The server, and everything outside its own memory that the program uses; tests replace them.
struct Platform {
  FileSystem& files;
  Entropy& entropy;
  Streams& streams;
  const Signals& signals;
  Output::Clocks clocks;
  // Opens a file for --json-into, and truncates it unless `append`: fhctl may have written to it already.
  std::function<Result<Output::Sink>(const std::string& path, bool append)> open_sink;
  // As run_server().
  std::function<Result<void>(const Options& options, const std::function<void(int port)>& on_ready)> serve;
};

// `words` are the arguments without the program's name. Prints everything, errors included. Returns the exit code.
int run_program(const std::vector<std::string>& words, const Platform& platform);

}  // namespace fhctl::sandbox
