// The events as newline-delimited JSON: the first line is {"type":"version","ui":"1.0",...}. A minor version only adds;
// readers ignore what they do not know. Every line has ts, level, message and run_id.
#pragma once

#include <functional>
#include <string>

#include "cli/views/event_text.h"
#include "cli/world.h"
#include "core/base/error.h"
#include "core/pipeline/event.h"

namespace fhctl::cli {

struct NdjsonOptions {
  Sink sink;
  std::string version;
  std::string run_id;
  EventTextOptions text;
  std::function<WallTime()> wall_now;
};

struct RunSummary {
  std::string result;  // "ok", "no_changes", "changes_pending", "partial", "error", "cancelled"
  int added = 0;
  int changed = 0;
  int destroyed = 0;
  Duration elapsed{};
  int exit_code = 0;
  std::string message;
};

class Ndjson final : public pipeline::Observer {
 public:
  explicit Ndjson(NdjsonOptions options);

  void on(const pipeline::Event& event) override;
  void plan(const pipeline::Plan& plan);
  void diagnostic(const Error& error, const pipeline::ResourceId* resource);
  void note(const pipeline::Note& note);
  // Any answer of a command that has no events of its own: {"type":TYPE, "value":...}; `json` is a document.
  void answer(std::string_view type, std::string_view json);
  void summary(const RunSummary& summary);

 private:
  struct Line;
  void write(Line line);
  NdjsonOptions options_;
};

}  // namespace fhctl::cli
