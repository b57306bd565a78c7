// The sandbox's request reader: the requests do not depend on how the bytes are split, none exceeds the limits, and
// none begins inside the body of another.
#include "sandbox/server/request_reader.h"

#include <algorithm>

#include "core/base/text.h"
#include "tests/fuzz/target.h"

namespace fhctl::fuzz::requests {
namespace {

using sandbox::RequestReader;

constexpr int kRequestsMax = 64;

struct Read {
  std::vector<std::string> requests;
  int status = 0;  // when broken
  bool operator==(const Read&) const = default;
};

std::string describe(const http::Request& request, bool keep_alive) {
  std::string said = request.method + " " + request.path + "\x01" + request.query + "\x01" + request.host + "\x01" +
                     std::to_string(request.port) + (keep_alive ? "+" : "-");
  for (const http::Header& header : request.headers.all) said += "\x01" + header.name + ":" + header.value;
  return said + "\x01\x01" + request.body;
}

void check_request(const http::Request& request) {
  FUZZ_CHECK(!request.method.empty() && starts_with(request.path, "/"));
  FUZZ_CHECK(!contains(request.path, "?"));
  FUZZ_CHECK(request.body.size() <= RequestReader::kBodyBytesMax);
  for (const http::Header& header : request.headers.all) {
    FUZZ_CHECK(!header.name.empty() && header.name.find_first_of(": \t") == std::string::npos);
    FUZZ_CHECK(!contains(header.name, "\r\n") && !contains(header.value, "\r\n"));
  }
}

// Returns all complete requests, until the reader needs more bytes or has rejected the input.
void take_ready(RequestReader& reader, Read& into) {
  while (into.requests.size() < kRequestsMax) {
    const RequestReader::State state = reader.advance();
    if (state == RequestReader::State::kBroken) {
      into.status = reader.status();
      FUZZ_CHECK(into.status == 400 || into.status == 413 || into.status == 431);
      FUZZ_CHECK(reader.advance() == RequestReader::State::kBroken);
      return;
    }
    if (state == RequestReader::State::kNeedsMore) return;
    const http::Request request = reader.take();
    check_request(request);
    into.requests.push_back(describe(request, reader.keep_alive()));
  }
}

Read read_in_portions(std::string_view bytes, std::size_t portion_bytes) {
  RequestReader reader;
  Read read;
  for (std::size_t at = 0; at < bytes.size() && read.status == 0; at += portion_bytes) {
    reader.feed(bytes.substr(at, portion_bytes));
    take_ready(reader, read);
  }
  return read;
}

}  // namespace

FUZZ_TARGET(requests) {
  if (input.empty()) return;
  const Read whole = read_in_portions(input, input.size());
  const std::size_t portion = 1 + static_cast<unsigned char>(input.back()) % 64;
  // Reading is quadratic in the number of portions, so a long input is read in larger ones.
  FUZZ_CHECK(read_in_portions(input, std::max(portion, input.size() / 512 + 1)) == whole);

  // No byte is in two requests.
  std::size_t bytes = 0;
  for (const std::string& request : whole.requests) bytes += request.size() / 2;
  FUZZ_CHECK(bytes <= input.size() + 16 * whole.requests.size());

  http::Response response;
  response.status = 200 + input.front();
  response.headers.add("X", input);
  const std::string answer = sandbox::serialize_response(response, "GET", true);
  // One head, whatever the header values contain.
  FUZZ_CHECK(answer.find("\r\n\r\n") == answer.size() - 4);
  FUZZ_CHECK(std::count(answer.begin(), answer.end(), '\n') <= 4);
}

}  // namespace fhctl::fuzz::requests
