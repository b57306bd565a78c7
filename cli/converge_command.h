// Shared by `up`, `plan`, `scale` and `destroy`: one run of the core, with confirmation and report.
#pragma once

#include <optional>
#include <string>

#include "cli/context.h"
#include "cli/spec_flags.h"

namespace fhctl::cli {

struct ConvergeRequest {
  NamedSources named;
  pipeline::Intent intent;
  bool plan_only = false;
  bool detailed_exitcode = false;
  std::optional<std::string> confirm_name;
};

Result<int> run_converge(Context& context, const ConvergeRequest& request);

}  // namespace fhctl::cli
