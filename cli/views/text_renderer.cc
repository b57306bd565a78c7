// Output for scripts without a JSON parser: tab-separated lines.
#include "cli/views/renderer.h"
#include "core/base/text.h"

namespace fhctl::cli {
namespace {

class TextRenderer final : public Renderer {
 public:
  std::string result(const CommandResult& result) override { return result.text(); }
  std::string failed_run(const FailedRun& run) override {
    return "error\t" + escape_for_terminal(describe(run.error)) + "\n";
  }
};

}  // namespace

std::unique_ptr<Renderer> make_text_renderer(const RendererOptions&) { return std::make_unique<TextRenderer>(); }

}  // namespace fhctl::cli
