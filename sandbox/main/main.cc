// Creates the production implementations of the platform interfaces and runs the program.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "core/base/system.h"
#include "sandbox/main/program.h"
#include "sandbox/server/server.h"
#include "sandbox/wire/xml.h"

namespace {

using namespace fhctl;  // NOLINT: this file is the program

Result<sandbox::Output::Sink> open_sink(const std::string& path, bool append) {
  std::shared_ptr<std::FILE> file(std::fopen(path.c_str(), append ? "ae" : "we"), [](std::FILE* open) {
    if (open != nullptr) std::fclose(open);
  });
  if (!file) return make_error(ErrorKind::kUsage, "cannot write to " + path + ": " + std::strerror(errno));
  return sandbox::Output::Sink([file](std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), file.get());
    std::fflush(file.get());
  });
}

}  // namespace

int main(int argc, char** argv) {
  forbid_core_files();
  end_without_memory();
  sandbox::take_xml_memory_by_new();
  const auto files = make_system_files();
  const auto entropy = make_system_entropy();
  const auto streams = make_system_streams();
  const auto signals = make_system_signals();
  const sandbox::Platform platform{*files,    *entropy,           *streams, *signals, {system_now, system_wall_now},
                                   open_sink, sandbox::run_server};
  return sandbox::run_program(std::vector<std::string>(argv + 1, argv + argc), platform);
}
