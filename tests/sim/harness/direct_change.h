// Changes of the cloud's state that are not made by a request, but by the simulation for an external actor. Requests
// see them with the same consistency delays as those made by requests.
#pragma once

#include "sandbox/firehose/firehose_state.h"
#include "sandbox/iam/iam_state.h"
#include "sandbox/logs/logs_state.h"
#include "sandbox/s3/s3_state.h"
#include "sandbox/state/world.h"

namespace fhctl::test {

// Made before the change; its end marks everything that has changed since, and what may have.
class DirectChange {
 public:
  explicit DirectChange(sandbox::CloudState& world);
  ~DirectChange();
  DirectChange(const DirectChange&) = delete;
  DirectChange& operator=(const DirectChange&) = delete;

 private:
  sandbox::CloudState& world_;
  sandbox::IamState::Roles roles_;
  sandbox::LogsState::Groups groups_;
  sandbox::S3State::Buckets buckets_;  // without objects
  sandbox::FirehoseState::Streams streams_;
};

}  // namespace fhctl::test
