// The sandbox's request reader: the same requests however the bytes come in, none larger than its caps, and none that
// begins inside another one's body.
#include "sandbox/request_reader.h"

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

// Everything that is ready, until the reader wants more bytes or has had enough.
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
  // Reading is quadratic in the number of portions; a long input comes in larger ones.
  FUZZ_CHECK(read_in_portions(input, std::max(portion, input.size() / 512 + 1)) == whole);

  // No byte is in two requests.
  std::size_t bytes = 0;
  for (const std::string& request : whole.requests) bytes += request.size() / 2;
  FUZZ_CHECK(bytes <= input.size() + 16 * whole.requests.size());

  http::Response response;
  response.status = 200 + input.front();
  response.headers.add("X", input);
  const std::string answer = sandbox::serialize_response(response, "GET", true);
  // One head, whatever stands in a value.
  FUZZ_CHECK(answer.find("\r\n\r\n") == answer.size() - 4);
  FUZZ_CHECK(std::count(answer.begin(), answer.end(), '\n') <= 4);
}

}  // namespace fhctl::fuzz::requests
