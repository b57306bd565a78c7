// The server over loopback, one turn of its loop at a time, without threads or sleeping.
#include "sandbox/server/server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/system.h"
#include "core/base/text.h"
#include "tests/sandbox/signed_request.h"

namespace fhctl::sandbox {
namespace server_test {
namespace {

constexpr int kTurnsMax = 20000;

class Client {
 public:
  explicit Client(int port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    connected_ = connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~Client() { close(fd_); }

  bool connected() const { return connected_; }
  void send_bytes(const std::string& bytes) const {
    ASSERT_EQ(write(fd_, bytes.data(), bytes.size()), ssize_t(bytes.size()));
  }

  // Returns what has arrived; sets `closed` at the end of the connection.
  std::string receive(bool& closed) const {
    std::string result;
    char buffer[4096];
    ssize_t got = 0;
    while ((got = recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT)) > 0)
      result.append(buffer, static_cast<std::size_t>(got));
    closed = got == 0 || (got < 0 && errno == ECONNRESET);
    return result;
  }

  int fd() const { return fd_; }

 private:
  int fd_;
  bool connected_ = false;
};

std::string bytes_of(const http::Request& request) {
  std::string bytes = request.method + " " + request.target() + " HTTP/1.1\r\n";
  for (const http::Header& header : request.headers.all) bytes += header.name + ": " + header.value + "\r\n";
  return bytes + "Content-Length: " + std::to_string(request.body.size()) + "\r\n\r\n" + request.body;
}

std::string list_streams() { return bytes_of(signed_firehose("ListDeliveryStreams", "{}", system_wall_now())); }

struct Running {
  Cloud cloud;
  std::unique_ptr<Server> server;

  explicit Running(const Options& options = {}) : cloud(options), server(*Server::open(cloud, 0)) {}

  // Runs turns of the server until `part` has arrived or the connection has been closed.
  std::string read_until(const Client& client, const std::string& part, bool& closed) {
    std::string received;
    closed = false;
    for (int i = 0; i < kTurnsMax && !closed && (part.empty() || !contains(received, part)); ++i) {
      server->turn(std::chrono::milliseconds(1));
      received += client.receive(closed);
    }
    return received;
  }

  std::string exchange(const std::string& bytes, const std::string& part) {
    const Client client(server->port());
    client.send_bytes(bytes);
    bool closed = false;
    return read_until(client, part, closed);
  }

  std::string admin(const std::string& method, const std::string& target, const std::string& body = "",
                    const std::string& header = "Host: 127.0.0.1") {
    return exchange(method + " /_sandbox/" + target + " HTTP/1.1\r\n" + header +
                        "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body,
                    "");
  }
};

TEST(Server, AnswersSeveralRequestsOnOneConnection) {
  Running running;
  const Client client(running.server->port());
  ASSERT_TRUE(client.connected());
  bool closed = false;
  for (int i = 0; i < 3; ++i) {
    client.send_bytes(list_streams());
    const std::string answer = running.read_until(client, "\"HasMoreDeliveryStreams\":false", closed);
    EXPECT_TRUE(starts_with(answer, "HTTP/1.1 200 OK\r\n")) << answer;
    EXPECT_TRUE(contains(answer, "}"));
  }
  EXPECT_EQ(running.cloud.journal().size(), 3u);
}

TEST(Server, AsksForTheBodyOfARequestThatWaits) {
  Running running;
  const Client client(running.server->port());
  const std::string bytes = list_streams();
  const std::size_t head_end = bytes.find("\r\n\r\n");
  client.send_bytes(bytes.substr(0, head_end) + "\r\nExpect: 100-continue\r\n\r\n");
  bool closed = false;
  EXPECT_EQ(running.read_until(client, "\r\n\r\n", closed), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send_bytes(bytes.substr(head_end + 4));
  EXPECT_TRUE(starts_with(running.read_until(client, "HasMore", closed), "HTTP/1.1 200 OK\r\n"));
}

TEST(Server, ClosesAfterWhatIsNotARequest) {
  Running running;
  EXPECT_TRUE(starts_with(running.exchange("nonsense\r\n\r\n", ""), "HTTP/1.1 400 "));
}

TEST(Server, DropsAndTruncatesAsTheFaultSays) {
  Options options;
  options.fault_plan = R"([{"at":1,"fault":"drop_after"},{"at":2,"fault":"truncate"}])";
  Running running(options);
  EXPECT_EQ(running.exchange(list_streams(), ""), "");
  const std::string truncated = running.exchange(list_streams(), "");
  EXPECT_TRUE(contains(truncated, "\r\n\r\n{\"")) << truncated;
  EXPECT_FALSE(contains(truncated, "}"));
}

TEST(Server, HoldsDelayedAnswersBackWithoutStoppingOthers) {
  Options options;
  options.fault_plan = R"([{"at":1,"fault":"delay","ms":60000},{"at":3,"fault":"delay","ms":20}])";
  Running running(options);
  const Client slow(running.server->port());
  slow.send_bytes(list_streams());
  for (int i = 0; i < kTurnsMax && running.cloud.journal().empty(); ++i) {
    running.server->turn(std::chrono::milliseconds(1));
  }
  EXPECT_TRUE(contains(running.exchange(list_streams(), "HasMore"), "200 OK"));
  bool closed = false;
  EXPECT_EQ(slow.receive(closed), "");
  EXPECT_FALSE(closed);
  EXPECT_TRUE(contains(running.exchange(list_streams(), "HasMore"), "200 OK")) << "a short delay ends";
}

TEST(Server, KillsTheClientThatSentTheRequest) {
  for (bool after : {false, true}) {
    Options options;
    options.kill_at_request = 1;
    options.kill_after_effect = after;
    Running running(options);
    const std::string request = bytes_of(signed_s3("PUT", "/bucket-1", system_wall_now()));
    const pid_t child = fork();
    if (child == 0) {
      const Client client(running.server->port());
      if (write(client.fd(), request.data(), request.size()) < 0) _exit(1);
      char byte;
      while (read(client.fd(), &byte, 1) > 0) {
      }
      pause();  // only a signal ends it
      _exit(0);
    }
    int status = 0;
    for (int i = 0; i < kTurnsMax && waitpid(child, &status, WNOHANG) == 0; ++i) {
      running.server->turn(std::chrono::milliseconds(1));
    }
    EXPECT_TRUE(WIFSIGNALED(status));
    EXPECT_EQ(WTERMSIG(status), SIGKILL);
    const std::string summary = running.admin("GET", "summary");
    EXPECT_EQ(contains(summary, "bucket-1"), after);
  }
}

TEST(Admin, ShowsMovesAndResets) {
  Running running;
  running.exchange(bytes_of(signed_s3("PUT", "/bucket-1", system_wall_now())), "\r\n\r\n");
  EXPECT_TRUE(contains(running.admin("GET", "requests"), "\"operation\": \"CreateBucket\""));
  EXPECT_TRUE(contains(running.admin("GET", "summary"), "\"name\": \"bucket-1\""));
  EXPECT_TRUE(contains(running.admin("POST", "advance?seconds=3600"), "200 OK"));
  EXPECT_EQ(running.cloud.clock_shift(), std::chrono::hours(1));
  EXPECT_TRUE(contains(running.admin("POST", "clock?seconds=soon"), "HTTP/1.1 400"));
  EXPECT_TRUE(contains(running.admin("POST", "clock?seconds=-1200"), "200 OK"));
  const WallTime now = system_wall_now();
  EXPECT_TRUE(contains(running.exchange(bytes_of(signed_s3("GET", "/", now)), "</Error>"), "RequestTimeTooSkewed"));
  const WallTime theirs = now - std::chrono::minutes(20);
  EXPECT_TRUE(contains(running.exchange(bytes_of(signed_s3("GET", "/", theirs)), "Result>"), "ListAllMyBuckets"));
  EXPECT_TRUE(contains(running.admin("POST", "clock?seconds=0"), "200 OK"));
  EXPECT_TRUE(contains(running.admin("POST", "fail-delivery?code=AccessDenied&stream=s-1&seconds=60"), "200 OK"));
  EXPECT_TRUE(contains(running.admin("POST", "fail-delivery"), "200 OK"));
  EXPECT_TRUE(contains(running.admin("POST", "consistency-delay?iam=5&s3=2.5"), "200 OK"));
  EXPECT_EQ(running.cloud.world().options.consistency.iam, std::chrono::seconds(5));
  EXPECT_EQ(running.cloud.world().options.consistency.s3, std::chrono::milliseconds(2500));
  for (const char* bad : {"consistency-delay", "consistency-delay?sts=1", "consistency-delay?iam=0&s3=soon"}) {
    EXPECT_TRUE(contains(running.admin("POST", bad), "HTTP/1.1 400")) << bad;
  }
  EXPECT_EQ(running.cloud.world().options.consistency.iam, std::chrono::seconds(5));
  EXPECT_TRUE(contains(running.admin("POST", "fail-delivery?code=a%22b"), "HTTP/1.1 400"));
  EXPECT_TRUE(contains(running.admin("POST", "fail-delivery?code=X&seconds=-1"), "HTTP/1.1 400"));
  const std::string policy = R"({"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}})";
  EXPECT_TRUE(contains(running.admin("POST", "caller-policy", policy), "\"policies\": 1"));
  EXPECT_TRUE(contains(running.admin("POST", "caller-policy?kind=scp", policy), "\"policies\": 2"));
  EXPECT_TRUE(contains(running.admin("POST", "caller-policy?kind=scp"), "\"policies\": 1"));
  EXPECT_TRUE(contains(running.admin("POST", "caller-policy?kind=other", policy), "HTTP/1.1 400"));
  EXPECT_TRUE(contains(running.admin("POST", "caller-policy", "{}"), "HTTP/1.1 400"));
  EXPECT_TRUE(contains(running.admin("POST", "reset"), "200 OK"));
  EXPECT_FALSE(contains(running.admin("GET", "summary"), "bucket-1"));
  EXPECT_TRUE(contains(running.admin("GET", "other"), "HTTP/1.1 404"));
}

TEST(Admin, SetsFaultsAtRunTime) {
  Running running;
  running.exchange(list_streams(), "HasMore");
  EXPECT_TRUE(contains(running.admin("POST", "faults", R"([{"at":1,"fault":"throttle"}])"), "200 OK"));
  EXPECT_TRUE(contains(running.exchange(list_streams(), "Rate exceeded"), "ThrottlingException"));
  EXPECT_TRUE(contains(running.admin("POST", "hold-credentials?at=2"), "200 OK"));
  EXPECT_TRUE(contains(running.exchange(list_streams(), "HasMore"), "200 OK"));
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(contains(running.exchange(list_streams(), "expired"), "ExpiredTokenException"));
  }
  EXPECT_TRUE(contains(running.admin("POST", "faults", R"({"fail_create_name":"s-1"})"), "200 OK"));
  EXPECT_EQ(running.cloud.world().options.fail_create_name, "s-1");
  for (const char* bad : {"{", "5", R"({"other":1})", R"([{"fault":"explode"}])"}) {
    EXPECT_TRUE(contains(running.admin("POST", "faults", bad), "HTTP/1.1 400")) << bad;
  }
}

TEST(Admin, IsForProgramsOnThisMachineOnly) {
  Running running;
  EXPECT_TRUE(contains(running.admin("GET", "summary", "", "Host: evil.example"), "HTTP/1.1 403"));
  EXPECT_TRUE(contains(running.admin("GET", "summary", "", "Host: localhost\r\nOrigin: http://localhost"), "403"));
}

TEST(Server, SaysWhenThePortIsTaken) {
  Running running;
  Cloud other{Options{}};
  const Result<std::unique_ptr<Server>> second = Server::open(other, running.server->port());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::kPrecondition);
  EXPECT_TRUE(contains(second.error().hint, "--port"));
}

}  // namespace
}  // namespace server_test
}  // namespace fhctl::sandbox
