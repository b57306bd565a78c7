// What services knew before: reads of AWS may be behind its writes. A read is answered from the state that its service
// had a while ago, by putting a copy in the place of the present one for as long as the request takes.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "sandbox/cloud.h"
#include "sandbox/router.h"

namespace fhctl::test {

class Past {
 public:
  // Before a request changes the service.
  void remember(const sandbox::World& world, const std::string& service, WallTime now);
  // Whether the state of `ago` is another than that of now.
  bool changed(const std::string& service, WallTime now, Duration ago) const;
  // nullopt: it is not; the present answer is the one of then.
  std::optional<http::Response> answer(sandbox::Cloud& cloud, const sandbox::Route& route, const http::Request& request,
                                       WallTime now, Duration ago);
  void forget() { states_.clear(); }

 private:
  struct State {
    WallTime until{};
    std::shared_ptr<const void> state;
  };
  const State* state_of(const std::string& service, WallTime now, Duration ago) const;

  std::map<std::string, std::deque<State>> states_;  // by service, oldest first
};

}  // namespace fhctl::test
