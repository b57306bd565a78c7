// The platform interface for bytes on the network.
#pragma once

#include "core/base/result.h"
#include "core/base/time.h"
#include "core/http/message.h"

namespace fhctl::http {

struct Limits {
  Duration connect = std::chrono::seconds(5);
  Duration total = std::chrono::seconds(60);    // for the whole exchange
  Duration stalled = std::chrono::seconds(20);  // ends after this time without a byte
  std::size_t response_bytes_max = 64u << 20;
};

class Transport {
 public:
  virtual ~Transport() = default;
  // Sends the request and waits for the whole response. Any status is a success. The only errors are those without a
  // response (kNetwork; kUntrusted if the server could not prove its identity; kProtocol if what arrived is not a
  // response). The message names the host, the stage (name look-up, connecting, TLS, waiting for the answer) and the
  // proxy, if one is used. No redirect is followed, and only Host and Content-Length are added to the request. Waits:
  // call it from a fiber.
  virtual Result<Response> exchange(const Request& request, const Limits& limits) = 0;
};

}  // namespace fhctl::http
