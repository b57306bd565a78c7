// Mistakes that a program like fhctl could make, made on purpose: between fhctl and the cloud, requests and answers are
// bent so that fhctl does what a wrong fhctl would do. Each is switched on alone, and the rules have to notice.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/http/message.h"
#include "sandbox/router.h"

namespace fhctl::test {

// Sends one request to the cloud, for fhctl; may be called more than once, or not at all. Status 0: no answer came.
using Send = std::function<http::Response(const http::Request&)>;

using MistakeAct = std::function<http::Response(const http::Request&, const sandbox::Route&, const Send&)>;

struct Mistake {
  std::string name;                  // "create-stream-then-tag"
  std::string what;                  // for people: "makes a stream and tags it in a second call"
  std::function<MistakeAct()> make;  // with a memory of its own for each world
  bool one_pid_namespace = false;    // see SimWorld
};

const std::vector<Mistake>& mistakes();
const Mistake* mistake_named(const std::string& name);

}  // namespace fhctl::test
