// The aws-chunked encoding, in which SDKs upload to the sandbox: encoded bodies are decoded unchanged; bodies that are
// truncated, longer than declared, or not signed are refused.
#include "sandbox/wire/aws_chunked.h"

#include <algorithm>

#include "core/base/text.h"
#include "tests/fuzz/target.h"

namespace fhctl::fuzz::chunked {
namespace {

constexpr std::string_view kModes[] = {"STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
                                       "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", "STREAMING-OTHER"};

const sandbox::ChunkSigning kSigning{.key = std::string(32, 'k'),
                                     .amz_date = "20260120T100411Z",
                                     .scope = "20260120/us-east-1/s3/aws4_request",
                                     .seed_signature = std::string(64, '0')};

http::Request request_of(std::string_view body, std::size_t length) {
  http::Request request;
  request.method = "PUT";
  request.headers.set("x-amz-decoded-content-length", std::to_string(length));
  request.headers.set("content-encoding", "aws-chunked");
  request.body = body;
  return request;
}

std::string pack(std::string_view payload, std::size_t chunk_bytes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string body;
  for (std::size_t at = 0; at < payload.size(); at += chunk_bytes) {
    const std::string_view chunk = payload.substr(at, chunk_bytes);
    body += std::string{kHex[chunk.size() / 16], kHex[chunk.size() % 16]} + "\r\n" + std::string(chunk) + "\r\n";
  }
  return body + "0\r\n\r\n";
}

}  // namespace

FUZZ_TARGET(chunked) {
  Input choices(input);
  const std::string_view mode = kModes[choices.below(std::size(kModes))];
  const std::size_t chunk_bytes = 1 + choices.byte() % 255;
  const std::size_t length = choices.byte();
  const std::string_view body = choices.rest();
  http::Request request = request_of(body, length);
  const std::optional<http::Response> refusal = sandbox::decode_aws_chunked(request, mode, kSigning);
  if (refusal) {
    FUZZ_CHECK(refusal->status >= 400);
  } else {
    FUZZ_CHECK(request.body.size() == length && request.body.size() <= body.size());
    FUZZ_CHECK(!request.headers.find("content-encoding"));
    // The key is unknown to the fuzzer, but an input with the right signature could still be an empty body.
    FUZZ_CHECK(mode == kModes[0]);
  }

  http::Request packed = request_of(pack(body, chunk_bytes), body.size());
  FUZZ_CHECK(!sandbox::decode_aws_chunked(packed, kModes[0], kSigning));
  FUZZ_CHECK(packed.body == body);
}

}  // namespace fhctl::fuzz::chunked
