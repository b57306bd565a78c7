#include "core/aws/client.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "core/aws/request_attempts.h"
#include "core/base/text.h"

namespace fhctl::aws {
namespace {

// Firehose allows 5 calls a second for each operation. Calls to the other services are not limited until AWS throttles
// them.
constexpr RateLimit kFirehosePace = {4.9, 5};
constexpr RateLimit kFreePace = {100, 100};

}  // namespace

Client::Client(Loop& loop, http::Transport& transport, Entropy& entropy, Cancellation& control, Credentials credentials,
               ClientOptions options)
    : state_(new ClientState{loop, transport, entropy, control, std::move(credentials), std::move(options)}) {}

Client::~Client() = default;

Result<http::Response> Client::call(const Call& call) { return RequestAttempts(*state_, call).run(); }

void Client::set_account(std::string account) { state_->account = std::move(account); }
void Client::note_created(Service service, const std::string& resource) {
  state_->changes.note({.creates = resource}, settle_time(service), state_->loop.now());
}
const RecentChanges& Client::recent_changes() const { return state_->changes; }
ConsistencyWait Client::consistency_wait(std::string resource) { return {*state_, std::move(resource)}; }
const std::string& Client::region() const { return state_->options.region; }
const Partition& Client::partition() const { return partition_of(state_->options.region); }
const Credentials& Client::credentials() const { return state_->credentials; }
bool Client::custom_endpoint(Service service) const { return state_->is_custom(service); }
const Endpoint& Client::endpoint(Service service) const { return state_->options.endpoints.at(service); }
std::optional<WallTime> Client::server_time() const { return state_->s3_time; }
std::optional<WallTime> Client::latest_date() const { return state_->latest_date; }
void Client::set_guard(std::function<Result<void>(const Call&)> guard) { state_->guard = std::move(guard); }
std::optional<Duration> Client::clock_offset() const { return state_->clock_offset; }
WallTime Client::now() const {
  const Duration offset = clock_offset().value_or(Duration::zero());
  return loop().wall_now() + std::chrono::duration_cast<std::chrono::milliseconds>(offset);
}
Loop& Client::loop() const { return state_->loop; }
Cancellation& Client::control() const { return state_->control; }
Entropy& Client::entropy() const { return state_->entropy; }

RateLimiter& ClientState::pacer(Service service, const std::string& operation) {
  std::unique_ptr<RateLimiter>& pacer = pacers[{service, operation}];
  if (!pacer) {
    const bool is_put = operation == "PutRecord" || operation == "PutRecordBatch";
    pacer = std::make_unique<RateLimiter>(loop, service == Service::kFirehose && !is_put ? kFirehosePace : kFreePace);
  }
  return *pacer;
}

void ClientState::learn_clock(Service service, const http::Response& response) {
  const std::optional<std::string> date = response.headers.find("date");
  const std::optional<WallTime> server = date ? parse_http_date(*date) : std::nullopt;
  if (!server) return;
  if (service == Service::kS3) s3_time = *server;
  latest_date = std::max(latest_date.value_or(*server), *server);
  clock_offset = *server - loop.wall_now();
}

bool ClientState::is_custom(Service service) const {
  const auto found = options.endpoints.find(service);
  if (found == options.endpoints.end()) return false;
  const Partition& partition = partition_of(options.region);
  const std::string& host = found->second.url.host;
  return !ends_with(host, fmt::format(".{}", partition.dns_suffix)) &&
         !ends_with(host, fmt::format(".{}", partition.dual_stack_suffix));
}

bool only_reads(const Call& call) {
  if (call.service == Service::kS3) return call.request.method == "GET" || call.request.method == "HEAD";
  for (const std::string_view verb : {"Get", "List", "Describe", "Filter"}) {
    if (starts_with(call.operation, verb)) return true;
  }
  return false;
}

}  // namespace fhctl::aws
