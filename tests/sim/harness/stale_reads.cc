#include "tests/sim/harness/stale_reads.h"

#include <algorithm>
#include <utility>

#include "sandbox/firehose/firehose_state.h"
#include "sandbox/iam/iam_state.h"
#include "sandbox/logs/logs_state.h"
#include "sandbox/metrics/metrics.h"
#include "sandbox/s3/s3_state.h"
#include "sandbox/ssm/ssm_state.h"

namespace fhctl::test {
namespace {

constexpr auto kKept = std::chrono::minutes(5);

template <class State>
std::shared_ptr<const void> copy_of(const std::unique_ptr<State>& state) {
  return std::make_shared<State>(*state);
}

std::shared_ptr<const void> copy_state(const sandbox::CloudState& world, const std::string& service) {
  if (service == "firehose") return copy_of(world.firehose);
  if (service == "iam") return copy_of(world.iam);
  if (service == "logs") return copy_of(world.logs);
  if (service == "s3") return copy_of(world.s3);
  return nullptr;
}

template <class State>
http::Response answer_from(std::unique_ptr<State>& present, const std::shared_ptr<const void>& past,
                           sandbox::Cloud& cloud, const http::Request& request, WallTime now) {
  auto then = std::make_unique<State>(*std::static_pointer_cast<const State>(past));
  std::swap(present, then);
  http::Response response = cloud.handle(request, now);
  std::swap(present, then);
  return response;
}

// In the past state, streams still hold records that have been delivered since. They would be delivered again, so they
// go to copies of the other services, which are discarded.
http::Response answer_from_past_streams(sandbox::CloudState& world, const std::shared_ptr<const void>& past,
                                        sandbox::Cloud& cloud, const http::Request& request, WallTime now) {
  auto s3 = std::make_unique<sandbox::S3State>(*world.s3);
  auto logs = std::make_unique<sandbox::LogsState>(*world.logs);
  auto metrics = std::make_unique<sandbox::MetricsState>(*world.metrics);
  http::Response response = answer_from(world.firehose, past, cloud, request, now);
  std::swap(world.s3, s3);
  std::swap(world.logs, logs);
  std::swap(world.metrics, metrics);
  return response;
}

}  // namespace

void StaleReads::remember(const sandbox::CloudState& world, const std::string& service, WallTime now) {
  const std::shared_ptr<const void> state = copy_state(world, service);
  if (!state) return;
  std::deque<State>& states = states_[service];
  while (!states.empty() && states.front().until < now - kKept) states.pop_front();
  states.push_back({now, state});
}

const StaleReads::State* StaleReads::state_of(const std::string& service, WallTime now, Duration ago) const {
  const WallTime then = now - std::chrono::duration_cast<std::chrono::milliseconds>(ago);
  const auto states = states_.find(service);
  if (states == states_.end()) return nullptr;
  const auto found = std::find_if(states->second.begin(), states->second.end(),
                                  [&](const State& state) { return state.until > then; });
  return found == states->second.end() ? nullptr : &*found;
}

bool StaleReads::changed(const std::string& service, WallTime now, Duration ago) const {
  return state_of(service, now, ago) != nullptr;
}

std::optional<http::Response> StaleReads::answer(sandbox::Cloud& cloud, const sandbox::Route& route,
                                                 const http::Request& request, WallTime now, Duration ago) {
  const State* found = state_of(route.service, now, ago);
  if (found == nullptr) return std::nullopt;
  cloud.advance(now);  // what is due is delivered to the present state
  sandbox::CloudState& world = cloud.world();
  if (route.service == "firehose") return answer_from_past_streams(world, found->state, cloud, request, now);
  if (route.service == "iam") return answer_from(world.iam, found->state, cloud, request, now);
  if (route.service == "logs") return answer_from(world.logs, found->state, cloud, request, now);
  return answer_from(world.s3, found->state, cloud, request, now);
}

}  // namespace fhctl::test
