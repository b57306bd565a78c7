#include "sandbox/server/request_reader.h"

#include <gtest/gtest.h>

namespace fhctl::sandbox {
namespace request_reader_test {
namespace {

using State = RequestReader::State;

TEST(RequestReader, KeepsEveryByteOfPathQueryAndHeaders) {
  RequestReader reader;
  reader.feed(
      "PUT /b/a%20b/../%2f//\x01?x=%2B&y HTTP/1.1\r\nHost: h:80\r\nX-A:  a%20b+c \r\nx-a: 2\r\n"
      "Content-Length: 2\r\n\r\nhiGET / HTTP/1.1\r\n\r\n");
  ASSERT_EQ(reader.advance(), State::kReady);
  const http::Request first = reader.take();
  EXPECT_EQ(first.method, "PUT");
  EXPECT_EQ(first.path, "/b/a%20b/../%2f//\x01");
  EXPECT_EQ(first.query, "x=%2B&y");
  EXPECT_EQ(first.host, "h");
  EXPECT_EQ(first.headers.all[1], (http::Header{"X-A", "a%20b+c"}));
  EXPECT_EQ(first.headers.all[2], (http::Header{"x-a", "2"}));
  EXPECT_EQ(first.body, "hi");
  ASSERT_EQ(reader.advance(), State::kReady);
  EXPECT_EQ(reader.take().method, "GET");
  EXPECT_EQ(reader.advance(), State::kNeedsMore);
}

TEST(RequestReader, ReadsTheSameByteByByte) {
  const std::string bytes = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1;x=y\r\nd\r\n0\r\n\r\n";
  RequestReader reader;
  for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
    reader.feed(bytes.substr(i, 1));
    ASSERT_EQ(reader.advance(), State::kNeedsMore) << i;
  }
  reader.feed("\n");
  ASSERT_EQ(reader.advance(), State::kReady);
  EXPECT_EQ(reader.take().body, "abcd");
}

TEST(RequestReader, SaysOnceThatTheClientWaitsToContinue) {
  RequestReader reader;
  reader.feed("PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n");
  EXPECT_EQ(reader.advance(), State::kNeedsMore);
  EXPECT_TRUE(reader.take_expectation());
  EXPECT_FALSE(reader.take_expectation());
  reader.feed("x");
  EXPECT_EQ(reader.advance(), State::kReady);
}

TEST(RequestReader, KnowsWhetherTheConnectionIsKept) {
  struct Row {
    const char* bytes;
    bool kept;
  };
  for (const Row& row : {Row{"GET / HTTP/1.1\r\n\r\n", true}, Row{"GET / HTTP/1.0\r\n\r\n", false},
                         Row{"GET / HTTP/1.1\r\nConnection: Close\r\n\r\n", false}}) {
    RequestReader reader;
    reader.feed(row.bytes);
    ASSERT_EQ(reader.advance(), State::kReady);
    EXPECT_EQ(reader.keep_alive(), row.kept) << row.bytes;
  }
}

TEST(RequestReader, RefusesWhatIsNotARequest) {
  struct Row {
    std::string bytes;
    int status;
  };
  const Row rows[] = {
      {"\r\nnonsense\r\n\r\n", 400},
      {"GET /\r\n\r\n", 400},
      {"GET / HTTP/2.0\r\n\r\n", 400},
      {"GET http://h/ HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nA: b\r\n folded\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nContent-Length: 1x\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
      {"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc", 400},
      {"PUT / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", 413},
      // Added to the bytes before it, such a size overflows to a small number.
      {"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nxx\r\nfffffffffffffffe\r\nyz\r\n0\r\n\r\n", 413},
      {"GET / HTTP/1.1\r\nA: " + std::string(70000, 'a'), 431},
  };
  for (const Row& row : rows) {
    RequestReader reader;
    reader.feed(row.bytes);
    EXPECT_EQ(reader.advance(), State::kBroken) << row.bytes.substr(0, 60);
    EXPECT_EQ(reader.status(), row.status) << row.bytes.substr(0, 60);
  }
}

TEST(Response, HasTheLengthThatItsMethodAndStatusAskFor) {
  http::Response response;
  response.status = 200;
  response.body = "hi";
  EXPECT_EQ(serialize_response(response, "GET", true), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
  EXPECT_EQ(serialize_response(response, "HEAD", false),
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n");
  response.headers.set("Content-Length", "99");
  EXPECT_EQ(serialize_response(response, "HEAD", true), "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n");
  response = {};
  response.status = 204;
  response.headers.set("X", "a\r\nb");
  EXPECT_EQ(serialize_response(response, "DELETE", true), "HTTP/1.1 204 No Content\r\nX: a  b\r\n\r\n");
}

}  // namespace
}  // namespace request_reader_test
}  // namespace fhctl::sandbox
