// The production Transport and Driver in one: libcurl's multi interface both moves bytes and waits.
#pragma once

#include <memory>
#include <string>

#include "core/base/loop.h"
#include "core/base/platform.h"
#include "core/transport/transport.h"

namespace fhctl::http {

struct CurlOptions {
  std::string ca_bundle;   // PEM file; empty: the system's
  std::string user_agent;  // not signed
  std::size_t connections_per_host_max = 16;
};

struct CurlState;  // what libcurl has under way

// Plain http is refused unless the host is loopback (or a metadata address). Redirects, cookies, netrc and Expect are
// off; paths go out as they are. Proxies come from the usual variables, never for loopback.
class CurlDriver final : public Driver {
 public:
  explicit CurlDriver(CurlOptions options);
  ~CurlDriver() override;

  Instant now() override;
  WallTime wall_now() override;
  void wait(Instant until) override;

  // The transport that waits through this driver. `loop` must be the one that uses the driver. libcurl is initialized
  // with the first exchange, so that commands without network stay fast.
  std::unique_ptr<Transport> make_transport(Loop& loop);

 private:
  std::shared_ptr<CurlState> state_;  // shared with the transports
};

}  // namespace fhctl::http
