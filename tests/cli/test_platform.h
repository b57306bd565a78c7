// Runs the command line on a fake platform: files, environment, terminal, and a network that the test scripts.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/platform.h"
#include "cli/run.h"
#include "core/base/random.h"
#include "tests/support/fakes.h"
#include "tests/support/virtual_driver.h"

namespace fhctl::cli {

class TestNetwork final : public Network {
 public:
  TestNetwork(test::VirtualDriver& driver, test::ScriptedTransport::Script script)
      : loop_(driver), transport_(loop_, std::move(script)) {}
  Loop& loop() override { return loop_; }
  http::Transport& transport() override { return transport_; }

 private:
  Loop loop_;
  test::ScriptedTransport transport_;
};

class TestPlatform {
 public:
  test::MapEnvironment environment;
  test::MemoryFiles files;
  test::FakeHost host;
  test::FakeProcessImage process_image;
  test::FakeStreams streams;
  test::FakeSignals signals;
  test::VirtualDriver driver;
  SeededEntropy entropy{1};
  int networks_opened = 0;
  std::string sink;  // what went to --json-into
  test::ScriptedTransport::Script script = [](const http::Request&) -> Result<http::Response> {
    Error error;
    error.kind = ErrorKind::kNetwork;
    error.message = "cannot reach the network: this test has none";
    return error;
  };
  Platform platform{environment,
                    files,
                    entropy,
                    host,
                    process_image,
                    streams,
                    signals,
                    [this] { return driver.now(); },
                    [this] { return driver.wall_now(); },
                    [this](const std::string&) -> std::unique_ptr<Network> {
                      ++networks_opened;
                      return std::make_unique<TestNetwork>(driver, script);
                    },
                    [this](const std::string&) -> Result<Sink> {
                      return Sink([this](std::string_view text) -> Result<void> {
                        sink += text;
                        return ok();
                      });
                    }};

  int run(const std::vector<std::string>& words) {
    streams.written_out.clear();
    streams.written_err.clear();
    return run_cli(words, platform);
  }
  const std::string& out() const { return streams.written_out; }
  const std::string& err() const { return streams.written_err; }
};

}  // namespace fhctl::cli
