// A server on loopback that responds with exactly the bytes that a test gives it, and records exactly what it received.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace fhctl::test {

// The server's side of one connection. Calls block: the server has a thread for each connection.
class Connection {
 public:
  explicit Connection(int descriptor) : descriptor_(descriptor) {}

  // Returns the next request with its body of Content-Length bytes; empty if the client has closed the connection.
  std::string read_request() {
    while (true) {
      const std::size_t head_end = unread_.find("\r\n\r\n");
      if (head_end != std::string::npos) {
        const std::size_t size = head_end + 4 + content_length(unread_.substr(0, head_end));
        if (unread_.size() >= size) {
          std::string request = unread_.substr(0, size);
          unread_.erase(0, size);
          return request;
        }
      }
      char buffer[65536];
      const ssize_t got = recv(descriptor_, buffer, sizeof buffer, 0);
      if (got <= 0) return {};
      unread_.append(buffer, static_cast<std::size_t>(got));
    }
  }

  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  // Waits until the client closes the connection.
  void wait_for_end() {
    char byte = 0;
    while (recv(descriptor_, &byte, 1, 0) > 0) {
    }
  }

 private:
  static std::size_t content_length(const std::string& head) {
    const std::size_t at = head.find("Content-Length: ");
    return at == std::string::npos ? 0 : std::stoul(head.substr(at + 16));
  }

  int descriptor_;
  std::string unread_;
};

class RawServer {
 public:
  using Serve = std::function<void(Connection&)>;

  explicit RawServer(Serve serve) : serve_(std::move(serve)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    listen(listener_, 64);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }

  ~RawServer() { finish(); }
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  // Stops accepting and waits until every connection has been served. After that the recorded requests may be read.
  void finish() {
    if (!acceptor_.joinable()) return;
    shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    for (std::thread& worker : workers_) worker.join();
    close(listener_);
  }

  int port() const { return port_; }
  int connections() const { return connections_; }

 private:
  void accept_all() {
    while (true) {
      const int descriptor = accept(listener_, nullptr, nullptr);
      if (descriptor < 0) return;
      ++connections_;
      workers_.emplace_back([this, descriptor] {
        Connection connection(descriptor);
        serve_(connection);
        close(descriptor);
      });
    }
  }

  Serve serve_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> connections_{0};
  std::thread acceptor_;
  std::vector<std::thread> workers_;  // joined after the client has closed its connections
};

}  // namespace fhctl::test
