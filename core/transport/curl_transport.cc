#include "core/transport/curl_transport.h"

#include <algorithm>
#include <map>
#include <utility>

#include <curl/curl.h>
#include <poll.h>

#include "core/base/system.h"
#include "core/transport/curl_exchange.h"

namespace fhctl::http {

namespace {

constexpr std::chrono::milliseconds kWaitMax = std::chrono::hours(1);
constexpr long kIdleConnectionsMax = 128;

// How long connections of a server that closed one without notice are not kept: it is likely to do so again, and a
// retried change would fail in the same way.
constexpr Duration kDistrust = std::chrono::seconds(30);

// Rounded up: a wait that ended a little early would spin until the instant has come.
int milliseconds_until(Instant until, Instant now) {
  if (until <= now) return 0;
  const Duration left = until == kNever ? Duration(kWaitMax) : std::min<Duration>(until - now, kWaitMax);
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count());
}

}  // namespace

struct CurlState {
  struct Waiting {
    Loop* loop = nullptr;
    Fiber* fiber = nullptr;
    CurlExchange* exchange = nullptr;
  };

  explicit CurlState(CurlOptions the_options) : options(std::move(the_options)) {}
  ~CurlState() {
    if (multi != nullptr) curl_multi_cleanup(multi);
  }
  CurlState(const CurlState&) = delete;
  CurlState& operator=(const CurlState&) = delete;

  bool start();
  bool add(CURL* handle, const Waiting& who);
  void remove(CURL* handle);
  bool perform();
  bool distrusts(const std::string& server, Instant now) const;

  CurlOptions options;
  CURLM* multi = nullptr;
  std::map<CURL*, Waiting> in_flight;
  std::map<std::string, Instant> distrusted_until;  // servers that closed a connection without notice
};

namespace {

// Removes the exchange from curl when the fiber continues, with a response or because it is dropped.
class InFlight {
 public:
  InFlight(CurlState& state, CURL* handle) : state_(state), handle_(handle) {}
  ~InFlight() { state_.remove(handle_); }
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;

 private:
  CurlState& state_;
  CURL* handle_;
};

class CurlTransport final : public Transport {
 public:
  CurlTransport(std::shared_ptr<CurlState> state, Loop& loop) : state_(std::move(state)), loop_(loop) {}

  Result<Response> exchange(const Request& request, const Limits& limits) override {
    const std::shared_ptr<CurlState> state = state_;  // outlives the transport while an exchange is under way
    RETURN_IF_ERROR(check_sendable(request));
    if (!state->start()) return Error{.message = "libcurl cannot be started"};
    CurlExchange exchange(request, limits, state->options);
    if (!exchange.handle()) return Error{.message = "libcurl has no memory for another request"};
    const std::string server = request.authority();
    if (state->distrusts(server, loop_.now())) exchange.use_own_connection();
    if (!state->add(exchange.handle(), {&loop_, loop_.current(), &exchange})) {
      return Error{.message = "libcurl does not take the request"};
    }
    const InFlight in_flight(*state, exchange.handle());
    while (!exchange.done()) loop_.park(kNever);  // curl's own limits end it
    if (exchange.met_closed_connection()) state->distrusted_until[server] = loop_.now() + kDistrust;
    return exchange.result();
  }

 private:
  std::shared_ptr<CurlState> state_;
  Loop& loop_;
};

}  // namespace

CurlDriver::CurlDriver(CurlOptions options) : state_(std::make_shared<CurlState>(std::move(options))) {}
CurlDriver::~CurlDriver() = default;

Instant CurlDriver::now() { return system_now(); }
WallTime CurlDriver::wall_now() { return system_wall_now(); }

void CurlDriver::wait(Instant until) {
  // Without a request in flight a plain sleep is enough; a signal ends it, as it ends curl_multi_poll.
  if (state_->in_flight.empty()) {
    poll(nullptr, 0, milliseconds_until(until, now()));
    return;
  }
  // First move bytes: requests that were added since the last time go out without any delay.
  if (state_->perform()) return;
  curl_multi_poll(state_->multi, nullptr, 0, milliseconds_until(until, now()), nullptr);
  state_->perform();
}

std::unique_ptr<Transport> CurlDriver::make_transport(Loop& loop) {
  return std::make_unique<CurlTransport>(state_, loop);
}

bool CurlState::start() {
  if (multi != nullptr) return true;
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return false;
  multi = curl_multi_init();
  if (multi == nullptr) return false;
  curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, static_cast<long>(options.connections_per_host_max));
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, kIdleConnectionsMax);
  return true;
}

bool CurlState::add(CURL* handle, const Waiting& who) {
  if (curl_multi_add_handle(multi, handle) != CURLM_OK) return false;
  in_flight[handle] = who;
  return true;
}

void CurlState::remove(CURL* handle) {
  curl_multi_remove_handle(multi, handle);
  in_flight.erase(handle);
}

bool CurlState::distrusts(const std::string& server, Instant now) const {
  const auto found = distrusted_until.find(server);
  return found != distrusted_until.end() && now < found->second;
}

// Moves bytes; true when an exchange has ended.
bool CurlState::perform() {
  int running = 0;
  curl_multi_perform(multi, &running);
  bool ended = false;
  int left = 0;
  while (const CURLMsg* const message = curl_multi_info_read(multi, &left)) {
    const auto waiting = in_flight.find(message->easy_handle);
    if (message->msg != CURLMSG_DONE || waiting == in_flight.end()) continue;
    waiting->second.exchange->finish(message->data.result);
    waiting->second.loop->wake(waiting->second.fiber);
    ended = true;
  }
  return ended;
}

}  // namespace fhctl::http
