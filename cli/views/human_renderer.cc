// Output for people: the plan, then the result. Everything else of a run is on stderr.
#include "cli/views/renderer.h"

namespace fhctl::cli {
namespace {

class HumanRenderer final : public Renderer {
 public:
  explicit HumanRenderer(const Style& style) : style_(style) {}

  std::string plan(const pipeline::Plan& plan, const PlanFacts& facts) override {
    return plan_text(plan, facts, style_);
  }
  std::string result(const CommandResult& result) override { return result.human(style_); }

 private:
  Style style_;
};

}  // namespace

std::unique_ptr<Renderer> make_human_renderer(const RendererOptions& options) {
  return std::make_unique<HumanRenderer>(options.style);
}

}  // namespace fhctl::cli
