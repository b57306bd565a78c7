#include "sandbox/server/server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <vector>

#include "core/base/system.h"
#include "sandbox/access/access.h"
#include "sandbox/server/admin.h"
#include "sandbox/server/peer_process.h"
#include "sandbox/server/persistence.h"

namespace fhctl::sandbox {
namespace {

constexpr std::chrono::milliseconds kHeartbeat(100);  // how often time advances without requests
constexpr std::chrono::milliseconds kSaveAfter(200);  // how long changes are collected before they are saved

Error system_error(ErrorKind kind, const std::string& what) {
  return {.kind = kind, .message = what + ": " + std::strerror(errno)};
}

// A listening socket on 127.0.0.1, or -1 with errno set.
int listen_on(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 && listen(fd, 128) == 0) return fd;
  const int failure = errno;
  ::close(fd);
  errno = failure;
  return -1;
}

int port_of(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

// Half of the body is lost; of a response without a body, half of the head.
std::size_t lost_bytes(const http::Response& response, const std::string& output) {
  return response.body.empty() ? output.size() / 2 : (response.body.size() + 1) / 2;
}

// Receives SIGINT and SIGTERM through a descriptor while this object exists.
class StopSignals {
 public:
  StopSignals() {
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGINT);
    sigaddset(&wanted, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &wanted, &before_);
    fd_ = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
  }
  ~StopSignals() {
    // Removes the signal from the queue; otherwise it would be delivered when it is unblocked.
    signalfd_siginfo info;
    while (read(fd_, &info, sizeof info) > 0) {
    }
    ::close(fd_);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  int fd() const { return fd_; }

  // Whether the program's own handler had received a signal before: `fd` does not report that one.
  static bool came_before() {
    pollfd asked = {system_stop_descriptor(), POLLIN, 0};
    return poll(&asked, 1, 0) > 0;
  }

 private:
  sigset_t before_;
  int fd_;
};

// Saves changes some time after they were made.
class Saver {
 public:
  Saver(StateFolder* folder, Cloud& cloud) : folder_(folder), cloud_(cloud), saved_(cloud.revision()) {}

  Result<void> save_if_due() {
    if (folder_ == nullptr || cloud_.revision() == saved_) return ok();
    const Instant now = system_now();
    const Instant due = due_.value_or(now + kSaveAfter);
    due_ = due;
    return now < due ? ok() : save();
  }

  Result<void> save() {
    if (folder_ == nullptr) return ok();
    due_.reset();
    saved_ = cloud_.revision();
    return folder_->save(cloud_);
  }

 private:
  StateFolder* folder_;
  Cloud& cloud_;
  std::uint64_t saved_;
  std::optional<Instant> due_;
};

}  // namespace

Result<void> run_server(const Options& options, const std::function<void(int port)>& on_ready) {
  if (!(options.time_factor > 0)) return Error{.kind = ErrorKind::kUsage, .message = "the time factor must be above 0"};
  if (!options.fault_plan.empty()) {
    if (Result<std::vector<FaultRule>> plan = parse_fault_plan(options.fault_plan); !plan) return plan.error();
  }
  for (const auto& [kind, policy] : options.caller_policies) {
    const std::optional<std::string> wrong = caller_policy_problem(kind, policy);
    if (wrong) return make_error(ErrorKind::kUsage, "the caller's policy is not a valid one: " + *wrong);
  }
  Cloud cloud(options);
  const std::unique_ptr<FileSystem> files = make_system_files();
  const std::unique_ptr<Entropy> entropy = make_system_entropy();
  std::optional<StateFolder> folder;
  if (!options.state_folder.empty()) {
    folder.emplace(options.state_folder, *files, *entropy);
    if (Result<void> loaded = folder->load(cloud); !loaded) return loaded;
  }
  Result<std::unique_ptr<Server>> server = Server::open(cloud, options.port, options.kill_pid);
  if (!server) return server.error();
  const StopSignals stop;
  Saver saver(folder ? &*folder : nullptr, cloud);
  on_ready((*server)->port());
  bool stopping = StopSignals::came_before();
  while (!stopping) {
    stopping = (*server)->turn(kHeartbeat, stop.fd());
    cloud.advance(system_wall_now());
    if (Result<void> saved = saver.save_if_due(); !saved) return saved;
  }
  return saver.save();
}

Result<std::unique_ptr<Server>> Server::open(Cloud& cloud, int port, int kill_pid) {
  const int listener = listen_on(port);
  if (listener < 0) {
    Error error = system_error(ErrorKind::kPrecondition, "cannot listen on 127.0.0.1:" + std::to_string(port));
    if (errno == EADDRINUSE) error.hint = "another sandbox may be running; choose another port with --port";
    return error;
  }
  return std::unique_ptr<Server>(new Server(cloud, listener, port_of(listener), kill_pid));
}

Server::Server(Cloud& cloud, int listener, int port, int kill_pid)
    : cloud_(cloud), listener_(listener), port_(port), kill_pid_(kill_pid) {}

Server::~Server() {
  for (const auto& [fd, connection] : connections_) ::close(fd);
  ::close(listener_);
}

bool Server::turn(std::chrono::milliseconds wait_max, int also) {
  std::vector<pollfd> polled = {{listener_, POLLIN, 0}, {also, POLLIN, 0}};  // poll skips a descriptor of -1
  const Instant now = system_now();
  for (const auto& [fd, connection] : connections_) {
    const bool held = connection.held_until && *connection.held_until > now;
    if (held) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(*connection.held_until - now);
      wait_max = std::min(wait_max, left);
    }
    // Not polled for input after the peer has closed its side: poll would return at once every time.
    const bool sends = !connection.output.empty() && !held;
    const short events = sends ? POLLOUT : connection.closed_by_peer ? 0 : POLLIN;
    polled.push_back({fd, events, 0});
  }
  if (poll(polled.data(), polled.size(), static_cast<int>(wait_max.count())) < 0) return false;
  if (polled[0].revents != 0) accept_all();
  for (std::size_t i = 2; i < polled.size(); ++i) {
    const int fd = polled[i].fd;
    Connection& connection = connections_.at(fd);
    if ((polled[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0) receive(fd, connection);
    if (connection.held_until && *connection.held_until <= system_now()) connection.held_until.reset();
    serve_ready(fd, connection);
    if (done(connection)) close(fd);
  }
  return polled[1].revents != 0;
}

void Server::accept_all() {
  while (true) {
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    const int fd = accept4(listener_, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connections_[fd].peer_port = ntohs(peer.sin_port);
  }
}

void Server::receive(int fd, Connection& connection) {
  char buffer[64 << 10];
  while (true) {
    const ssize_t got = recv(fd, buffer, sizeof buffer, 0);
    if (got > 0) {
      connection.reader.feed({buffer, static_cast<std::size_t>(got)});
      continue;
    }
    if (got < 0 && errno == EINTR) continue;
    const bool nothing_now = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    if (!nothing_now) connection.closed_by_peer = true;
    return;
  }
}

// Handles every complete request, in order.
void Server::serve_ready(int fd, Connection& connection) {
  while (true) {
    if (!connection.held_until) send(fd, connection);
    if (!connection.output.empty() || connection.held_until || connection.close_when_sent) return;
    switch (connection.reader.advance()) {
      case RequestReader::State::kNeedsMore:
        if (!connection.reader.take_expectation()) return;
        connection.output = "HTTP/1.1 100 Continue\r\n\r\n";
        break;
      case RequestReader::State::kBroken:
        break_off(connection, connection.reader.status());
        break;
      case RequestReader::State::kReady:
        serve(connection, connection.reader.take());
        break;
    }
  }
}

void Server::serve(Connection& connection, const http::Request& request) {
  const WallTime now = system_wall_now();
  const bool keep_alive = connection.reader.keep_alive();
  connection.close_when_sent = !keep_alive;
  if (is_admin_request(request)) {
    connection.output = serialize_response(handle_admin(cloud_, request, now), request.method, keep_alive);
    return;
  }
  const Answer answer = cloud_.exchange(request, now);
  if (answer.delay > Duration::zero()) connection.held_until = system_now() + answer.delay;
  switch (answer.fate) {
    case Fate::kSent:
      connection.output = serialize_response(answer.response, request.method, keep_alive);
      return;
    case Fate::kTruncated:
      connection.output = serialize_response(answer.response, request.method, keep_alive);
      connection.output.erase(connection.output.size() - lost_bytes(answer.response, connection.output));
      break;
    case Fate::kClientDies:
      kill_client(connection);
      break;
    case Fate::kDropped:
      break;
  }
  connection.close_when_sent = true;
}

void Server::break_off(Connection& connection, int status) {
  http::Response response;
  response.status = status;
  connection.output = serialize_response(response, "GET", false);
  connection.close_when_sent = true;
}

void Server::send(int fd, Connection& connection) {
  std::string& output = connection.output;
  while (connection.sent < output.size()) {
    const ssize_t sent = ::send(fd, output.data() + connection.sent, output.size() - connection.sent, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (sent < 0) {
      connection.closed_by_peer = true;
      break;
    }
    connection.sent += static_cast<std::size_t>(sent);
  }
  output.clear();
  connection.sent = 0;
}

void Server::kill_client(const Connection& connection) {
  const int pid = kill_pid_ > 0 ? kill_pid_ : find_peer_process(port_, connection.peer_port);
  if (pid > 1 && pid != getpid()) kill(pid, SIGKILL);
}

bool Server::done(const Connection& connection) const {
  if (connection.closed_by_peer && connection.output.empty()) return true;
  return connection.close_when_sent && connection.output.empty() && !connection.held_until;
}

void Server::close(int fd) {
  ::close(fd);
  connections_.erase(fd);
}

}  // namespace fhctl::sandbox
