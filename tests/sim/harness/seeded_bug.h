// Seeded bugs: defects that a program like fhctl could have. Requests and responses are changed between fhctl and the
// cloud, so that fhctl behaves as if it had the bug. Each bug is enabled alone, and the invariants must detect it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/http/message.h"
#include "sandbox/wire/router.h"

namespace fhctl::test {

// Sends one request of fhctl to the cloud; may be called more than once, or not at all. Status 0: no response arrived.
using Send = std::function<http::Response(const http::Request&)>;

using MistakeAct = std::function<http::Response(const http::Request&, const sandbox::Route&, const Send&)>;

struct SeededBug {
  std::string name;                  // "create-stream-then-tag"
  std::string what;                  // for people: "makes a stream and tags it in a second call"
  std::function<MistakeAct()> make;  // with separate state for each simulation
  bool one_pid_namespace = false;    // see Simulation
};

const std::vector<SeededBug>& mistakes();
const SeededBug* mistake_named(const std::string& name);

}  // namespace fhctl::test
