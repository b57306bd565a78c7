// `fhctl version`.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/context.h"
#include "core/base/json.h"
#include "core/report/version.h"

namespace fhctl::cli {
namespace version_impl {
namespace {

struct Options {};

void bind(Options&, Flags&) {}

Result<int> run(const Options&, Context& context) {
  context.reporter().show({"version_answer", [](const Style&) { return fmt::format("fhctl {}\n", kVersion); },
                           [] { return fmt::format("version\t{}\n", kVersion); },
                           [] {
                             return dump(OrderedJson{{"version", kVersion}, {"ui", "1.0"}});
                           }});
  return 0;
}

}  // namespace
}  // namespace version_impl

Command version_command() {
  Command command;
  command.name = "version";
  command.group = CommandGroup::kTool;
  command.summary = "show the version";
  command.about = "Prints fhctl's version. It never calls home and checks for no update.";
  command.examples = "fhctl version\nfhctl version --output json";
  command.bind = binder<version_impl::Options>(version_impl::bind, version_impl::run);
  return command;
}

}  // namespace fhctl::cli
