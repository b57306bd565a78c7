// The seam for bytes on the network.
#pragma once

#include "core/base/result.h"
#include "core/base/time.h"
#include "core/http/message.h"

namespace fhctl::http {

struct Limits {
  Duration connect = std::chrono::seconds(5);
  Duration total = std::chrono::seconds(60);    // for the whole exchange
  Duration stalled = std::chrono::seconds(20);  // no byte for so long ends it
  std::size_t response_bytes_max = 64u << 20;
};

class Transport {
 public:
  virtual ~Transport() = default;
  // Sends the request and waits for the whole answer. Any status is a success; the only error is "no answer"
  // (kNetwork; kUntrusted when the server could not prove who it is; kProtocol when what came is no answer), whose
  // message names the host, the stage (name look-up, connecting, TLS, waiting for the answer) and, when one is in use,
  // the proxy. No redirect is followed and nothing is added to the request but Host, Content-Length and Accept-less
  // defaults. Waits: call it from a fiber.
  virtual Result<Response> exchange(const Request& request, const Limits& limits) = 0;
};

}  // namespace fhctl::http
