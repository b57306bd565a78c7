#include "core/transport/curl_transport.h"

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/base/system.h"
#include "core/base/text.h"
#include "tests/support/raw_server.h"

namespace fhctl::http {
namespace curl_transport_test {
namespace {

using namespace std::chrono_literals;
using test::Connection;
using test::RawServer;

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

// Records the requests, and responds to each with the same bytes.
struct Answering {
  std::string answer;
  std::vector<std::string>& received;
  void operator()(Connection& connection) const {
    while (true) {
      std::string request = connection.read_request();
      if (request.empty()) return;
      received.push_back(std::move(request));
      connection.write(answer);
    }
  }
};

struct CurlTransportTest : testing::Test {
  Request request_to(int port) const { return {.scheme = "http", .host = "127.0.0.1", .port = port}; }

  // Runs one exchange with a new transport.
  Result<Response> exchange(const Request& request, const Limits& limits = {}) {
    Result<Response> result = Response{};
    run([&](Transport& transport, Loop&) { result = transport.exchange(request, limits); });
    return result;
  }

  void run(const std::function<void(Transport&, Loop&)>& body) {
    CurlDriver driver({.ca_bundle = "", .user_agent = "fhctl/test"});
    Loop loop(driver);
    const std::unique_ptr<Transport> transport = driver.make_transport(loop);
    loop.run([&] { body(*transport, loop); });
  }

  std::string answered_with(std::string answer, Request request = {}) {
    RawServer server(Answering{std::move(answer), received});
    request.scheme = "http";
    request.host = "127.0.0.1";
    request.port = server.port();
    const Result<Response> response = exchange(request);
    return response ? std::to_string(response->status) + " " + response->body : describe(response.error());
  }

  std::vector<std::string> received;
};

TEST_F(CurlTransportTest, SendsExactlyTheHeadersItWasGiven) {
  RawServer server(Answering{std::string(kOk), received});
  Request request = request_to(server.port());
  request.method = "POST";
  request.path = "/a%2Fb/../c//.";
  request.query = "versions&x=%20y";
  request.headers.all = {{"X-Amz-Date", "20260120T100411Z"}, {"X-Empty", ""}, {"content-length", "99"}};
  request.body = std::string("zero\0byte", 9);
  const Result<Response> response = exchange(request);
  ASSERT_TRUE(response) << describe(response.error());
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "ok");
  EXPECT_EQ(received.at(0),
            "POST /a%2Fb/../c//.?versions&x=%20y HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                "\r\nUser-Agent: fhctl/test\r\nX-Amz-Date: 20260120T100411Z\r\nX-Empty:\r\n"
                "Content-Length: 9\r\n\r\nzero" +
                std::string("\0byte", 5));
}

TEST_F(CurlTransportTest, LeavesAHeaderOfOursAlone) {
  Request request{.method = "PUT"};
  request.headers.all = {{"Host", "bucket.s3.amazonaws.com"}, {"Content-Type", "text/plain"}, {"User-Agent", "x"}};
  EXPECT_EQ(answered_with(std::string(kOk), request), "200 ok");
  EXPECT_EQ(received.at(0),
            "PUT / HTTP/1.1\r\nHost: bucket.s3.amazonaws.com\r\nContent-Type: text/plain\r\nUser-Agent: x\r\n"
            "Content-Length: 0\r\n\r\n");
}

TEST_F(CurlTransportTest, EveryMethodGoesOutUnderItsName) {
  struct Row {
    std::string method;
    std::string body;
    bool counts_the_body;
  };
  for (const Row& row : std::vector<Row>{{"GET", "", false},
                                         {"DELETE", "", false},
                                         {"DELETE", "x", true},
                                         {"POST", "", true},
                                         {"PUT", std::string(2'000'000, 'x'), true}}) {
    received.clear();
    EXPECT_EQ(answered_with(std::string(kOk), {.method = row.method, .body = row.body}), "200 ok");
    ASSERT_EQ(received.size(), 1u) << row.method;
    EXPECT_TRUE(starts_with(received[0], row.method + " / HTTP/1.1\r\n")) << received[0].substr(0, 100);
    EXPECT_TRUE(ends_with(received[0], "\r\n\r\n" + row.body));
    EXPECT_EQ(contains(received[0], "Content-Length: " + std::to_string(row.body.size())), row.counts_the_body);
    EXPECT_FALSE(contains(received[0], "Expect:"));
  }
}

TEST_F(CurlTransportTest, AHeadAnswerHasNoBodyWhateverItsLengthSays) {
  const std::string answer = "HTTP/1.1 404 Not Found\r\nContent-Length: 300\r\nx-amz-bucket-region: eu-west-1\r\n\r\n";
  EXPECT_EQ(answered_with(answer, {.method = "HEAD"}), "404 ");
  EXPECT_TRUE(starts_with(received.at(0), "HEAD / HTTP/1.1\r\n"));
}

TEST_F(CurlTransportTest, AnyStatusIsAnAnswerAndARedirectIsNotFollowed) {
  EXPECT_EQ(answered_with("HTTP/1.1 503 Slow Down\r\nContent-Length: 4\r\n\r\nslow"), "503 slow");
  const std::string moved = "HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 2\r\n\r\ngo";
  EXPECT_EQ(answered_with(moved), "307 go");
  EXPECT_EQ(received.size(), 2u);
}

TEST_F(CurlTransportTest, HeadersOfTheFinalAnswerAreKeptInOrder) {
  RawServer server(
      Answering{"HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\n"
                "HTTP/1.1 200 OK\r\nX-A:  one \r\nx-a: two\r\nX-Empty:\r\nX-Folded: a\r\n  b\r\n"
                "Content-Length: 2\r\n\r\nok",
                received});
  const Result<Response> response = exchange(request_to(server.port()));
  ASSERT_TRUE(response) << describe(response.error());
  EXPECT_EQ(response->headers.all,
            (std::vector<Header>{
                {"X-A", "one"}, {"x-a", "two"}, {"X-Empty", ""}, {"X-Folded", "a b"}, {"Content-Length", "2"}}));
}

TEST_F(CurlTransportTest, ChunksAreJoinedAndCompressionIsLeftAlone) {
  EXPECT_EQ(answered_with("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n"
                          "2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n"),
            "200 abcde");
}

TEST_F(CurlTransportTest, ConnectionsAreUsedAgain) {
  RawServer server(Answering{std::string(kOk), received});
  run([&](Transport& transport, Loop&) {
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(transport.exchange(request_to(server.port()), {}));
  });
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(received.size(), 5u);
}

// Without precautions libcurl would send the second request again on a new connection.
TEST_F(CurlTransportTest, ARequestIsNeverSentTwiceWhenAUsedConnectionDies) {
  std::mutex mutex;
  const auto note = [&](std::string request) {
    const std::lock_guard lock(mutex);
    received.push_back(std::move(request));
  };
  RawServer server([&](Connection& connection) {
    note(connection.read_request());
    connection.write(kOk);
    note(connection.read_request());
  });
  Request request = request_to(server.port());
  request.method = "POST";
  request.body = "{}";
  run([&](Transport& transport, Loop&) {
    EXPECT_TRUE(transport.exchange(request, {}));
    const Result<Response> second = transport.exchange(request, {});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, ErrorKind::kNetwork);
    EXPECT_TRUE(contains(second.error().message, "waiting for the answer failed (the connection was closed)"))
        << second.error().message;
  });
  server.finish();
  // A second connection may be opened, but nothing goes over it.
  EXPECT_EQ(std::count(received.begin(), received.end(), ""), std::ssize(received) - 2);
}

// The server would close the next connection too, so that a change with three attempts would be lost three times.
TEST_F(CurlTransportTest, AServerThatClosesAUsedConnectionGetsANewOneForEachRequest) {
  RawServer server([&](Connection& connection) {
    if (connection.read_request().empty()) return;
    connection.write(kOk);
    connection.read_request();  // received, but without a response
  });
  RawServer other(Answering{std::string(kOk), received});
  Request request = request_to(server.port());
  request.method = "POST";
  request.body = "{}";
  run([&](Transport& transport, Loop&) {
    EXPECT_TRUE(transport.exchange(request, {}));
    EXPECT_FALSE(transport.exchange(request, {}));
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(transport.exchange(request, {}));
    request.port = other.port();  // another server, which is not affected
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(transport.exchange(request, {}));
  });
  EXPECT_EQ(other.connections(), 1);
}

TEST_F(CurlTransportTest, ManyExchangesRunAtOnceOnABoundedNumberOfConnections) {
  std::mutex mutex;
  RawServer server([&](Connection& connection) {
    while (!connection.read_request().empty()) {
      const std::lock_guard lock(mutex);
      received.emplace_back();
      connection.write(kOk);
    }
  });
  const Instant start = system_now();
  run([&](Transport& transport, Loop& loop) {
    Group group(loop);
    for (int i = 0; i < 40; ++i) {
      group.spawn([&] { EXPECT_TRUE(transport.exchange(request_to(server.port()), {})); });
    }
    group.join();
  });
  EXPECT_EQ(received.size(), 40u);
  EXPECT_LE(server.connections(), 16);
  // Generous, for slow machines: the point is that no exchange waits for a timer.
  EXPECT_LT(seconds_of(system_now() - start), 2);
}

TEST_F(CurlTransportTest, ATruncatedBodyIsAnError) {
  RawServer server([](Connection& connection) {
    connection.read_request();
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
  });
  const Result<Response> response = exchange(request_to(server.port()));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::kNetwork);
  EXPECT_TRUE(contains(response.error().message, "reading the answer failed")) << response.error().message;
}

TEST_F(CurlTransportTest, AClosedConnectionIsAnError) {
  RawServer server([](Connection& connection) { connection.read_request(); });
  const Result<Response> response = exchange(request_to(server.port()));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::kNetwork);
  EXPECT_EQ(response.error().message, "no answer from 127.0.0.1:" + std::to_string(server.port()) +
                                          ": waiting for the answer failed (the connection was closed)");
}

TEST_F(CurlTransportTest, AnAnswerLongerThanTheLimitIsCutOff) {
  RawServer server([](Connection& connection) {
    connection.read_request();
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + std::string(2000, 'x'));
    connection.wait_for_end();
  });
  Limits limits;
  limits.response_bytes_max = 1024;
  const Result<Response> response = exchange(request_to(server.port()), limits);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::kProtocol);
  EXPECT_TRUE(contains(response.error().message, "is longer than 1 KiB")) << response.error().message;
  limits.response_bytes_max = 2000;
  EXPECT_TRUE(exchange(request_to(server.port()), limits));
}

TEST_F(CurlTransportTest, EndlessHeadersAreCutOff) {
  RawServer server([](Connection& connection) {
    connection.read_request();
    connection.write("HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 400; ++i) connection.write("X-More: " + std::string(1000, 'x') + "\r\n");
    connection.wait_for_end();
  });
  const Result<Response> response = exchange(request_to(server.port()));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::kProtocol);
  EXPECT_TRUE(contains(response.error().message, "the headers of the answer")) << response.error().message;
}

TEST_F(CurlTransportTest, AGiantHeaderLineIsNotReportedAsOutOfMemory) {
  RawServer server([](Connection& connection) {
    connection.read_request();
    connection.write("HTTP/1.1 200 OK\r\nX-Long: " + std::string(1 << 20, 'x') + "\r\n\r\n");
    connection.wait_for_end();
  });
  const Result<Response> response = exchange(request_to(server.port()));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::kProtocol);
  EXPECT_TRUE(contains(response.error().message, "the headers of the answer")) << response.error().message;
}

TEST_F(CurlTransportTest, AnAnswerThatIsAnnouncedTooLongIsNotWaitedFor) {
  const std::string huge = "HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n";
  const std::string refused = answered_with(huge);
  EXPECT_TRUE(contains(refused, "is longer than 64 MiB")) << refused;
  EXPECT_EQ(answered_with(huge, {.method = "HEAD"}), "200 ");  // Content-Length of a body that is not sent
}

TEST_F(CurlTransportTest, WithoutTrustedCertificatesNoServerIsTrusted) {
  RawServer server([](Connection& connection) { connection.wait_for_end(); });
  CurlDriver driver({.ca_bundle = "/nowhere/at/all.pem", .user_agent = ""});
  Loop loop(driver);
  const std::unique_ptr<Transport> transport = driver.make_transport(loop);
  Request request = request_to(server.port());
  request.scheme = "https";
  Result<Response> response = Response{};
  loop.run([&] { response = transport->exchange(request, {}); });
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::kUntrusted);
  EXPECT_TRUE(contains(response.error().message, "/nowhere/at/all.pem")) << response.error().message;
  EXPECT_TRUE(contains(response.error().hint, "AWS_CA_BUNDLE"));
}

TEST_F(CurlTransportTest, WhatIsNotHttpIsAProtocolError) {
  RawServer server([](Connection& connection) {
    connection.read_request();
    connection.write("SSH-2.0-OpenSSH_9.2\r\n");
    connection.wait_for_end();
  });
  const Result<Response> response = exchange(request_to(server.port()));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::kProtocol);
}

TEST_F(CurlTransportTest, ASilentServerEndsWithTheTimeAllowed) {
  RawServer server([](Connection& connection) { connection.wait_for_end(); });
  Limits limits;
  limits.total = 50ms;
  const Result<Response> response = exchange(request_to(server.port()), limits);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::kNetwork);
  EXPECT_TRUE(contains(response.error().message, "waiting for the answer failed")) << response.error().message;
}

TEST_F(CurlTransportTest, AnAnswerThatStopsMidwayEndsWhenItHasStalled) {
  RawServer server([](Connection& connection) {
    connection.read_request();
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
    connection.wait_for_end();
  });
  Limits limits;
  limits.stalled = 1s;
  limits.total = 30s;
  const Instant start = system_now();
  const Result<Response> response = exchange(request_to(server.port()), limits);
  ASSERT_FALSE(response);
  EXPECT_TRUE(contains(response.error().message, "reading the answer failed")) << response.error().message;
  EXPECT_LT(seconds_of(system_now() - start), 20);
}

TEST_F(CurlTransportTest, NamesTheStageThatFailed) {
  int closed_port = 0;
  {
    const RawServer server([](Connection&) {});
    closed_port = server.port();
  }
  setenv("NO_PROXY", "127.0.0.1", 1);  // connected directly: the error names the host, not a proxy
  const Result<Response> refused = exchange(request_to(closed_port));
  unsetenv("NO_PROXY");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kNetwork);
  EXPECT_TRUE(starts_with(refused.error().message,
                          "cannot reach 127.0.0.1:" + std::to_string(closed_port) + ": connecting failed ("))
      << refused.error().message;

  RawServer plain([](Connection& connection) {
    connection.write("this is not TLS, whatever you say");
    connection.wait_for_end();
  });
  Request tls = request_to(plain.port());
  tls.scheme = "https";
  const Result<Response> no_tls = exchange(tls);
  ASSERT_FALSE(no_tls);
  EXPECT_TRUE(contains(no_tls.error().message, ": TLS failed (")) << no_tls.error().message;
  EXPECT_TRUE(contains(no_tls.error().hint, "AWS_CA_BUNDLE"));
}

TEST_F(CurlTransportTest, AProxyIsNamedWithoutItsPassword) {
  RawServer proxy(Answering{"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", received});
  const std::string address = "127.0.0.1:" + std::to_string(proxy.port());
  setenv("https_proxy", ("http://me:hunter2@" + address).c_str(), 1);
  setenv("http_proxy", ("http://me:hunter2@" + address).c_str(), 1);
  const Result<Response> response = exchange({.host = "firehose.us-east-1.amazonaws.com"});
  ASSERT_FALSE(response);
  EXPECT_TRUE(starts_with(response.error().message,
                          "cannot reach firehose.us-east-1.amazonaws.com:443 through the "
                          "proxy http://" +
                              address + ": connecting failed ("))
      << response.error().message;
  EXPECT_FALSE(contains(response.error().message, "hunter2"));
  EXPECT_TRUE(contains(response.error().hint, "HTTPS_PROXY"));
  received.clear();
  EXPECT_EQ(answered_with(std::string(kOk)), "200 ok");  // loopback never goes through it
  EXPECT_TRUE(starts_with(received.at(0), "GET / HTTP/1.1\r\n"));
  unsetenv("https_proxy");
  unsetenv("http_proxy");
}

TEST_F(CurlTransportTest, PlainHttpIsForThisMachineOnly) {
  for (const std::string host : {"firehose.us-east-1.amazonaws.com", "10.0.0.1", "169.254.169.253"}) {
    const Result<Response> response = exchange({.scheme = "http", .host = host});
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().kind, ErrorKind::kUsage);
    EXPECT_TRUE(starts_with(response.error().message, "refusing to talk to " + host)) << response.error().message;
  }
}

TEST_F(CurlTransportTest, NamesUnderLocalhostAreThisMachine) {
  RawServer server(Answering{std::string(kOk), received});
  for (const std::string host : {"localhost", "bucket.localhost"}) {
    Request request = request_to(server.port());
    request.host = host;
    const Result<Response> response = exchange(request);
    EXPECT_TRUE(response) << describe(response.error());
  }
}

TEST_F(CurlTransportTest, NothingCanBeSmuggledIntoARequest) {
  const Request good = request_to(1);
  std::vector<Request> bad(6, good);
  bad[0].headers.add("X-A", "1\r\nX-B: 2");
  bad[1].headers.add("X-A: 1\r\nX-B", "2");
  bad[2].path = "/ HTTP/1.1\r\nX-B: 2";
  bad[3].method = "GET /x";
  bad[4].path = "relative";
  bad[5].query = "a\nb";
  for (const Request& request : bad) {
    const Result<Response> response = exchange(request);
    ASSERT_FALSE(response);
    EXPECT_TRUE(contains(response.error().message, "a character that HTTP does not allow")) << response.error().message;
  }
}

TEST_F(CurlTransportTest, ADroppedExchangeLeavesCurlAndTheNextOneWorks) {
  RawServer silent([](Connection& connection) { connection.wait_for_end(); });
  RawServer server(Answering{std::string(kOk), received});
  CurlDriver driver(CurlOptions{});
  Loop loop(driver);
  const std::unique_ptr<Transport> transport = driver.make_transport(loop);
  for (int i = 0; i < 2; ++i) {
    loop.run([&] {
      loop.spawn([&] { static_cast<void>(transport->exchange(request_to(silent.port()), {})); });
      EXPECT_TRUE(transport->exchange(request_to(server.port()), {}));
    });
    EXPECT_EQ(loop.alive(), 0u);
  }
  // The driver closes its connections last; the servers wait for that.
}

TEST_F(CurlTransportTest, TimersGoOnWhileAnExchangeIsUnderWay) {
  RawServer silent([](Connection& connection) { connection.wait_for_end(); });
  Limits limits;
  limits.total = 60ms;
  int ticks = 0;
  run([&](Transport& transport, Loop& loop) {
    loop.spawn([&] {
      while (true) {
        loop.sleep_for(5ms);
        ++ticks;
      }
    });
    EXPECT_FALSE(transport.exchange(request_to(silent.port()), limits));
  });
  EXPECT_GE(ticks, 2);
  EXPECT_LE(ticks, 14);
}

}  // namespace
}  // namespace curl_transport_test
}  // namespace fhctl::http
