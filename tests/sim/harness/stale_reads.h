// Earlier states of the services, because reads of AWS may be behind writes. A read is answered from an earlier state
// of its service by replacing the present state with a copy for the duration of the request.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "sandbox/cloud/cloud.h"
#include "sandbox/wire/router.h"

namespace fhctl::test {

class StaleReads {
 public:
  // Must be called before a request changes the service.
  void remember(const sandbox::CloudState& world, const std::string& service, WallTime now);
  // Whether the state of `ago` differs from the present one.
  bool changed(const std::string& service, WallTime now, Duration ago) const;
  // Returns the response from the earlier state; nullopt if the state has not changed since then.
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
