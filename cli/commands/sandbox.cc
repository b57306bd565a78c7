// `fhctl sandbox`: replaces this process by fhctl-sandbox, a local AWS on 127.0.0.1.
#include <set>

#include <fmt/format.h>

#include "cli/command.h"
#include "cli/context.h"
#include "core/base/text.h"
#include "core/report/version.h"
#include "sandbox/flags/flags.h"

namespace fhctl::cli {
namespace sandbox_impl {
namespace {

struct Options {
  sandbox::Settings settings;      // only to check them
  std::vector<std::string> words;  // the same flags as they are passed on
};

void bind(Options& options, Flags& flags) {
  for (const sandbox::FlagRow& row : sandbox::flag_table()) {
    const auto set = [&options, &row](const std::string& value) -> Result<void> {
      RETURN_IF_ERROR(sandbox::set_flag(row, value, options.settings));
      options.words.push_back(row.form.empty() ? std::string(row.name) : fmt::format("{}={}", row.name, value));
      return ok();
    };
    flags.custom(std::string(row.name), std::string(row.form), set, std::string(row.help));
  }
}

std::string region_of(const Context& context) {
  const Environment& environment = context.platform().environment;
  return context.globals().region.value_or(environment.get("AWS_REGION").value_or("us-west-2"));
}

// The arguments of fhctl-sandbox (sandbox/main/arguments.h), its path first. Values stand in the word of their flag, so
// that none is taken for a flag.
std::vector<std::string> arguments(const std::string& path, const Options& options, Context& context) {
  const Globals& globals = context.globals();
  const Reporter& reporter = context.reporter();
  std::vector<std::string> words = {
      path, fmt::format("--expect-version={}", kVersion), fmt::format("--region={}", region_of(context)),
      fmt::format("--output={}", reporter.output_format_name()), fmt::format("--run-id={}", reporter.run_id())};
  if (globals.json_into) words.push_back("--json-into=" + *globals.json_into);
  if (globals.quiet) words.emplace_back("--quiet");
  if (reporter.err_style().color) words.emplace_back("--color");
  words.insert(words.end(), options.words.begin(), options.words.end());
  return words;
}

// All variables but AWS_*, which may contain keys: the sandbox does not need them.
std::vector<std::string> environment_without_aws(const Environment& environment) {
  std::vector<std::string> entries;
  const std::vector<std::string> names = environment.names();
  for (const std::string& name : std::set<std::string>(names.begin(), names.end())) {
    const std::optional<std::string> value = environment.get(name);
    if (value && !starts_with(name, "AWS_")) entries.push_back(name + "=" + *value);
  }
  return entries;
}

Error cannot_run(const Error& failure, const std::string& path) {
  if (failure.kind == ErrorKind::kCancelled) return failure;
  constexpr const char* kHint =
      "fhctl-sandbox belongs into the folder of fhctl, and every install puts it there: install again, or\n"
      "build it with `cmake --build build/release --target fhctl-sandbox`";
  if (failure.kind != ErrorKind::kNotFound) return make_error(failure.kind, failure.message, kHint);
  return make_error(ErrorKind::kFailed, fmt::format("the sandbox's executable is missing: there is no file {}", path),
                    kHint);
}

// Returns only if the process could not be replaced.
Result<int> run(const Options& options, Context& context) {
  RETURN_IF_ERROR(sandbox::check_settings(options.settings));
  Platform& platform = context.platform();
  const std::string own_path = platform.process_image.path();
  if (own_path.empty()) {
    return make_error(ErrorKind::kFailed, "the folder of fhctl, and so fhctl-sandbox, cannot be found",
                      "mount /proc, or run fhctl-sandbox yourself");
  }
  const std::string path = own_path.substr(0, own_path.rfind('/') + 1) + "fhctl-sandbox";
  platform.streams.flush();
  const Error failure = platform.process_image.replace(path, arguments(path, options, context),
                                                       environment_without_aws(platform.environment));
  return cannot_run(failure, path);
}

}  // namespace
}  // namespace sandbox_impl

Command sandbox_command() {
  Command command;
  command.name = "sandbox";
  command.group = CommandGroup::kTool;
  command.summary = "run a local AWS: no account, no cost";
  command.usage = "[--port N] [--state DIR]";
  command.about =
      "Serves Firehose, S3, IAM, STS, CloudWatch (logs, and Firehose's metrics) and\n"
      "Parameter Store on 127.0.0.1 for every client, with signatures checked, slow\n"
      "creations, IAM that takes its time, five calls a second and records that are\n"
      "really delivered. It is stricter than AWS. When it is ready it prints the\n"
      "variables to set; everything else goes to stderr.";
  command.examples =
      "fhctl sandbox\n"
      "fhctl sandbox --port 0 --state ./aws --time-factor 10\n"
      "fhctl sandbox --delivery-time 90s --metric-lag 3m --deleting-loses-buffers\n"
      "eval \"$(fhctl sandbox --print-env)\"";
  command.bind = binder<sandbox_impl::Options>(sandbox_impl::bind, sandbox_impl::run);
  return command;
}

}  // namespace fhctl::cli
