// Events as newline-delimited JSON: the lines that every run has. Each line has type, ts, level, message and run_id
// before its own members. A minor version only adds; readers ignore what they do not know.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/time.h"
#include "core/report/run_summary.h"

namespace fhctl {

class NdjsonWriter {
 public:
  struct Options {
    std::function<void(std::string_view)> sink;
    std::string run_id;
    std::function<WallTime()> wall_now;
  };

  explicit NdjsonWriter(Options options) : options_(std::move(options)) {}

  // Writes one line. `members` has a member "type".
  void write(const OrderedJson& members, std::string_view level, const std::string& message);

  // The first line of a run: {"type":"version","ui":"1.0",...}.
  void version(const std::string& version);
  // The result of a command as an event of this type, in the member "value". null when `json` is not a document.
  void answer(std::string_view type, std::string_view json);
  // The error; `members` follow the error's members.
  void diagnostic(const Error& error, const OrderedJson& members = OrderedJson::object());
  // The last line of a run.
  void summary(const RunSummary& summary);

 private:
  Options options_;
};

// Seconds with milliseconds as decimals, as all events give durations.
double json_seconds(Duration duration);

// Adds the members of error_json() to an event, except for the message, which each line has itself.
void add_error_members(OrderedJson& json, const Error& error);

}  // namespace fhctl
