// Makes the production side of the seams and hands over. Nothing here costs time: curl starts with the first request.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "cli/run.h"
#include "cli/version.h"
#include "core/base/system.h"
#include "core/http/curl_transport.h"
#include "core/services/xml.h"

namespace {

using namespace fhctl;  // NOLINT: this file is the program

class CurlNetwork final : public cli::Network {
 public:
  explicit CurlNetwork(const std::string& ca_bundle)
      : driver_({ca_bundle, "fhctl/" + std::string(cli::kVersion)}),
        loop_(driver_),
        transport_(driver_.make_transport(loop_)) {}
  Loop& loop() override { return loop_; }
  http::Transport& transport() override { return *transport_; }

 private:
  http::CurlDriver driver_;
  Loop loop_;
  std::unique_ptr<http::Transport> transport_;
};

Result<cli::Sink> open_sink(const std::string& path) {
  std::shared_ptr<std::FILE> file(std::fopen(path.c_str(), "we"), [](std::FILE* open) {
    if (open != nullptr) std::fclose(open);
  });
  if (!file) {
    Error error;
    error.kind = ErrorKind::kUsage;
    error.message = "cannot write to " + path + ": " + std::strerror(errno);
    return error;
  }
  return cli::Sink([file](std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), file.get());
    std::fflush(file.get());
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
  const auto streams = make_system_streams();
  const auto signals = make_system_signals();
  cli::World world{*environment,
                   *files,
                   *entropy,
                   *host,
                   *streams,
                   *signals,
                   system_now,
                   system_wall_now,
                   [](const std::string& ca_bundle) { return std::make_unique<CurlNetwork>(ca_bundle); },
                   open_sink};
  return cli::run_cli(std::vector<std::string>(argv + 1, argv + argc), world);
}
