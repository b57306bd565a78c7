// Output for programs: the result, or the error in its place, as one JSON document.
#include "cli/views/plan_json.h"
#include "cli/views/renderer.h"
#include "core/report/error_report.h"

namespace fhctl::cli {
namespace {

class JsonRenderer final : public Renderer {
 public:
  std::string result(const CommandResult& result) override { return result.json() + "\n"; }
  std::string failed_run(const FailedRun& run) override {
    const OrderedJson json = {{"schema", "fhctl.run/1"},
                              {"command", run.command},
                              {"result", "error"},
                              {"exit_code", run.exit_code},
                              {"error", error_json(run.error)}};
    return dump(json, 2) + "\n";
  }
};

}  // namespace

std::unique_ptr<Renderer> make_json_renderer(const RendererOptions&) { return std::make_unique<JsonRenderer>(); }

}  // namespace fhctl::cli
