// `fhctl version`.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/context.h"
#include "cli/version.h"
#include "core/base/json.h"

namespace fhctl::cli {
namespace {

struct Options {};

void bind(Options&, Flags&) {}

Result<int> run(const Options&, Context& context) {
  Reporter& reporter = context.reporter();
  const OrderedJson json = {{"version", kVersion}, {"ui", "1.0"}};
  if (reporter.format() == Format::kHuman) reporter.answer(fmt::format("fhctl {}\n", kVersion));
  if (reporter.format() == Format::kText) reporter.answer(fmt::format("version\t{}\n", kVersion));
  reporter.answer_json("version_answer", dump(json));
  return 0;
}

}  // namespace

Command version_command() {
  Command command;
  command.name = "version";
  command.group = CommandGroup::kTool;
  command.summary = "show the version";
  command.about = "Prints fhctl's version. It never calls home and checks for no update.";
  command.examples = "fhctl version\nfhctl version --output json";
  command.bind = binder<Options>(bind, run);
  return command;
}

}  // namespace fhctl::cli
