#include "sandbox/main/program.h"

#include <optional>

#include <fmt/format.h>

#include "core/base/random.h"
#include "core/report/exit_code.h"
#include "core/report/version.h"
#include "sandbox/main/exports.h"

namespace fhctl::sandbox {
namespace {

constexpr std::size_t kFileBytesMax = 1u << 20;

Error other_version(const std::string& expected) {
  return make_error(
      ErrorKind::kFailed,
      fmt::format("fhctl-sandbox has version {}, but fhctl, which started it, has version {}", kVersion, expected),
      "install both from one build: `cmake --install` puts them into the same folder");
}

Result<std::string> read_file(FileSystem& files, const std::string& path) {
  ASSIGN_OR_RETURN(std::optional<std::string> text, files.read(path, kFileBytesMax));
  if (!text) return make_error(ErrorKind::kUsage, fmt::format("there is no file {}", path));
  return *text;
}

Result<void> read_files(FileSystem& files, Settings& settings) {
  if (settings.fault_plan_file) {
    ASSIGN_OR_RETURN(settings.fault_plan, read_file(files, *settings.fault_plan_file));
  }
  if (settings.caller_policy_file) {
    ASSIGN_OR_RETURN(settings.caller_policies["identity"], read_file(files, *settings.caller_policy_file));
  }
  return ok();
}

// Prints the exports, and unless only they were requested, serves until a signal arrives.
Result<void> run_checked(Arguments& arguments, Output& output, const Platform& platform) {
  Settings& settings = arguments.settings;
  RETURN_IF_ERROR(check_settings(settings));
  RETURN_IF_ERROR(read_files(platform.files, settings));
  const auto tell = [&](int port) {
    output.answer(exports_text(settings, port, arguments.region), exports_json(settings, port, arguments.region));
  };
  if (settings.print_env) {
    tell(settings.port);
    return ok();
  }
  return platform.serve(settings, [&](int port) {
    tell(port);
    output.say(
        fmt::format("The sandbox is ready on http://127.0.0.1:{}, account {}. In another terminal, paste the\n"
                    "exports and run `fhctl up`. Ctrl-C ends it{}.\n",
                    port, settings.account, settings.state_folder.empty() ? "; nothing is kept" : ""));
  });
}

int print_and_leave(const std::string& text, Streams& streams) {
  streams.out(text);
  streams.flush();
  return streams.out_failed() ? kExitFailed : kExitDone;
}

}  // namespace

int run_program(const std::vector<std::string>& words, const Platform& platform) {
  Arguments arguments;
  const Result<void> parsed = parse_arguments(words, arguments);
  Output output(arguments, platform.streams, platform.clocks, random_hex(platform.entropy, 8));
  if (arguments.help) return print_and_leave(help_text(), platform.streams);
  if (arguments.version) return print_and_leave(fmt::format("fhctl-sandbox {}\n", kVersion), platform.streams);
  Output::Sink json_into;
  if (!arguments.json_into.empty()) {
    Result<Output::Sink> opened = platform.open_sink(arguments.json_into, !arguments.run_id.empty());
    if (!opened) return output.fail(opened.error(), platform.signals);
    json_into = *opened;
  }
  output.open(json_into);
  // Checked before errors of the arguments are reported: another version may have other flags.
  if (!arguments.expected_version.empty() && arguments.expected_version != kVersion) {
    return output.fail(other_version(arguments.expected_version), platform.signals);
  }
  if (!parsed) return output.fail(parsed.error(), platform.signals);
  const Result<void> done = run_checked(arguments, output, platform);
  return done ? output.finish() : output.fail(done.error(), platform.signals);
}

}  // namespace fhctl::sandbox
