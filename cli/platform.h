// The platform of a run, as references: main creates the production one, tests create others.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/loop.h"
#include "core/base/platform.h"
#include "core/transport/transport.h"

namespace fhctl::cli {

// The loop with its driver and transport. Created when a command first needs it, because curl and the CA bundle are
// only known then, and because commands without network must be fast.
class Network {
 public:
  virtual ~Network() = default;
  virtual Loop& loop() = 0;
  virtual http::Transport& transport() = 0;
};

// Appends text to a file that was opened once (--json-into, which may be /dev/fd/3). Returns an error if not all of it
// could be written.
using Sink = std::function<Result<void>(std::string_view)>;

struct Platform {
  const Environment& environment;
  FileSystem& files;
  Entropy& entropy;
  const Host& host;
  ProcessImage& process_image;
  Streams& streams;
  const Signals& signals;
  std::function<Instant()> now;        // for elapsed times in views
  std::function<WallTime()> wall_now;  // for the times that events carry
  std::function<std::unique_ptr<Network>(const std::string& ca_bundle)> open_network;
  std::function<Result<Sink>(const std::string& path)> open_sink;
};

}  // namespace fhctl::cli
