// State of the simulated IAM. IAM is global: one set of roles for all regions.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/base/time.h"
#include "sandbox/state/history.h"

namespace fhctl::sandbox {

// A policy document. Firehose sees the previous document until a change has propagated (Options::iam_delay); IAM's own
// reads have a delay of their own (Options::consistency).
struct SpreadingPolicy {
  std::string document;
  WallTime changed{};
  std::string before;  // empty: there was none
};

struct Role {
  std::string name;
  std::string path = "/";
  std::string id;  // new with every creation, also under a previous name
  std::string arn;
  WallTime created{};
  std::string description;
  int max_session_seconds = 3600;
  std::string boundary_arn;
  SpreadingPolicy trust;
  std::vector<std::pair<std::string, std::string>> tags;
  std::map<std::string, SpreadingPolicy> inline_policies;
  std::vector<std::string> attached_arns;
  int message = 1;  // which of the documented messages Firehose returns until the role has propagated
};

struct IamState {
  using Roles = std::map<std::string, Role>;
  Roles roles;  // by name in lower case: names are unique without regard to case
  History<Roles> history;
};

}  // namespace fhctl::sandbox
