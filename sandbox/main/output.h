// The output of fhctl-sandbox: prints results and errors as the commands of `fhctl` do, in each of the output formats.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.h"
#include "core/base/platform.h"
#include "core/report/ndjson_writer.h"
#include "sandbox/main/arguments.h"

namespace fhctl::sandbox {

class Output {
 public:
  using Sink = std::function<void(std::string_view)>;

  struct Clocks {
    std::function<Instant()> now;
    std::function<WallTime()> wall_now;
  };

  // Writes events under the run id of the arguments, or under `own_run_id` if they have none. The arguments and the
  // streams must outlive it.
  Output(const Arguments& arguments, Streams& streams, Clocks clocks, std::string own_run_id);

  // Begins the events; `json_into` is the file of --json-into, or empty. If fhctl started this process, it has already
  // written the first event.
  void open(const Sink& json_into);

  // Prints the result to stdout: `text` for people, or `json`.
  void answer(const std::string& text, const OrderedJson& json);
  // Prints to stderr, unless --quiet.
  void say(std::string_view text);
  // Ends the output with the error, on stderr and in the output format. Returns the exit code.
  int fail(const Error& error, const Signals& signals);
  // Ends the output of a run without an error. Returns the exit code.
  int finish();

 private:
  int summarize(std::string result, int exit_code, std::string message);
  void print(std::string_view text);

  const Arguments& arguments_;
  Streams& streams_;
  Clocks clocks_;
  std::string run_id_;
  Instant started_;
  std::vector<NdjsonWriter> events_;
};

}  // namespace fhctl::sandbox
