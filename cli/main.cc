// Creates the production platform and runs the program. Nothing here is slow: curl starts with the first request.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "cli/run.h"
#include "core/base/system.h"
#include "core/report/version.h"
#include "core/services/protocols/xml.h"
#include "core/transport/curl_transport.h"

namespace {

using namespace fhctl;  // NOLINT: this file is the program

class CurlNetwork final : public cli::Network {
 public:
  explicit CurlNetwork(const std::string& ca_bundle)
      : driver_({ca_bundle, "fhctl/" + std::string(kVersion)}),
        loop_(driver_),
        transport_(driver_.make_transport(loop_)) {}
  Loop& loop() override { return loop_; }
  http::Transport& transport() override { return *transport_; }

 private:
  http::CurlDriver driver_;
  Loop loop_;
  std::unique_ptr<http::Transport> transport_;
};

// The file stays open when fhctl-sandbox replaces this process: a reader of a named pipe would otherwise see the end
// before fhctl-sandbox opens it again.
Result<cli::Sink> open_sink(const std::string& path) {
  std::shared_ptr<std::FILE> file(std::fopen(path.c_str(), "w"), [](std::FILE* open) {
    if (open != nullptr) std::fclose(open);
  });
  if (!file) {
    return make_error(ErrorKind::kUsage, "cannot write to " + path + ": " + std::strerror(errno));
  }
  return cli::Sink([file, path](std::string_view text) -> Result<void> {
    if (std::fwrite(text.data(), 1, text.size(), file.get()) == text.size() && std::fflush(file.get()) == 0)
      return ok();
    return make_error(ErrorKind::kFailed, "cannot write to " + path + ": " + std::strerror(errno));
  });
}

}  // namespace

int main(int argc, char** argv) {
  forbid_core_files();
  end_without_memory();
  take_xml_memory_by_new();
  const auto environment = make_system_environment();
  const auto files = make_system_files();
  const auto entropy = make_system_entropy();
  const auto host = make_system_host();
  const auto process_image = make_system_process_image();
  const auto streams = make_system_streams();
  const auto signals = make_system_signals();
  cli::Platform platform{
      .environment = *environment,
      .files = *files,
      .entropy = *entropy,
      .host = *host,
      .process_image = *process_image,
      .streams = *streams,
      .signals = *signals,
      .now = system_now,
      .wall_now = system_wall_now,
      .open_network = [](const std::string& ca_bundle) { return std::make_unique<CurlNetwork>(ca_bundle); },
      .open_sink = open_sink,
  };
  return cli::run_cli(std::vector<std::string>(argv + 1, argv + argc), platform);
}
