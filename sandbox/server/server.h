// The sandbox over HTTP on 127.0.0.1: one thread, one poll loop, HTTP/1.1 with kept connections.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/base/time.h"
#include "sandbox/cloud/cloud.h"
#include "sandbox/server/request_reader.h"
#include "sandbox/state/options.h"

namespace fhctl::sandbox {

// Serves until SIGINT or SIGTERM, then saves its state. Calls `on_ready` once with the port, when it accepts
// connections. While it runs, it receives the two signals and no handler does. Errors: the port is in use
// (kPrecondition), the fault plan or the time factor is invalid (kUsage), or the state folder cannot be used.
Result<void> run_server(const Options& options, const std::function<void(int port)>& on_ready);

// Runs one iteration at a time, for run_server and for tests without threads.
class Server {
 public:
  // `kill_pid` as in Options.
  static Result<std::unique_ptr<Server>> open(Cloud& cloud, int port, int kill_pid = 0);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  int port() const { return port_; }
  // Waits at most `wait_max` for an event, then handles what is ready. `also` is one more descriptor to wait for (-1:
  // none); returns true when it can be read.
  bool turn(std::chrono::milliseconds wait_max, int also = -1);

 private:
  struct Connection {
    int peer_port = 0;
    RequestReader reader;
    std::string output;
    std::size_t sent = 0;  // of the output
    bool close_when_sent = false;
    bool closed_by_peer = false;
    std::optional<Instant> held_until;  // the output and further requests wait until then
  };

  Server(Cloud& cloud, int listener, int port, int kill_pid);
  void accept_all();
  void receive(int fd, Connection& connection);
  void serve_ready(int fd, Connection& connection);
  void serve(Connection& connection, const http::Request& request);
  void break_off(Connection& connection, int status);
  void send(int fd, Connection& connection);
  void kill_client(const Connection& connection);
  bool done(const Connection& connection) const;
  void close(int fd);

  Cloud& cloud_;
  int listener_;
  int port_;
  int kill_pid_;
  std::map<int, Connection> connections_;
};

}  // namespace fhctl::sandbox
