#include "sandbox/wire/aws_chunked.h"

#include <charconv>
#include <cstddef>
#include <vector>

#include "core/base/digest.h"
#include "core/base/text.h"
#include "sandbox/wire/error_reply.h"

namespace fhctl::sandbox {
namespace {

http::Response incomplete(std::string_view message) { return wire_error("s3", 400, "IncompleteBody", message); }

http::Response bad_chunk_signature() { return refuse("s3", Refusal::kBadSignature); }

// Removes one line ending in CRLF from `rest`; nullopt if there is none.
std::optional<std::string_view> take_line(std::string_view& rest) {
  const std::size_t end = rest.find("\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 2);
  return line;
}

struct ChunkHead {
  std::size_t size = 0;
  std::string signature;
};

// "1000;chunk-signature=ad80..." or "1000".
std::optional<ChunkHead> parse_head(std::string_view line) {
  ChunkHead head;
  const char* const end = line.data() + line.size();
  const auto [after, failure] = std::from_chars(line.data(), end, head.size, 16);
  if (failure != std::errc() || after == line.data()) return std::nullopt;
  const std::string_view extension(after, static_cast<std::size_t>(end - after));
  if (extension.empty()) return head;
  constexpr std::string_view kName = ";chunk-signature=";
  if (!starts_with(extension, kName)) return std::nullopt;
  head.signature = extension.substr(kName.size());
  return head;
}

class Decoder {
 public:
  Decoder(http::Request& request, bool is_signed, const ChunkSigning& signing)
      : request_(request), signed_(is_signed), signing_(signing), previous_(signing.seed_signature) {}

  std::optional<http::Response> run() {
    std::string_view rest = request_.body;
    std::string payload;
    while (true) {
      const std::optional<std::string_view> line = take_line(rest);
      if (!line) return incomplete("A chunk of the aws-chunked body has no head.");
      const std::optional<ChunkHead> head = parse_head(*line);
      if (!head || head->size > rest.size()) return incomplete("A chunk of the aws-chunked body is malformed.");
      const std::string_view chunk = rest.substr(0, head->size);
      if (signed_ && head->signature != next_signature("AWS4-HMAC-SHA256-PAYLOAD",
                                                       to_hex(sha256("")) + "\n" + to_hex(sha256(chunk)))) {
        return bad_chunk_signature();
      }
      if (head->size == 0) break;
      payload += chunk;
      rest.remove_prefix(head->size);
      if (!starts_with(rest, "\r\n")) return incomplete("A chunk of the aws-chunked body is not closed.");
      rest.remove_prefix(2);
    }
    if (std::optional<http::Response> refusal = take_trailers(rest)) return refusal;
    return finish(std::move(payload));
  }

 private:
  // The signature of `covered`, chained to everything before it.
  std::string next_signature(std::string_view algorithm, const std::string& covered) {
    const std::string to_sign =
        std::string(algorithm) + "\n" + signing_.amz_date + "\n" + signing_.scope + "\n" + previous_ + "\n" + covered;
    previous_ = to_hex(hmac_sha256(signing_.key, to_sign));
    return previous_;
  }

  std::optional<http::Response> take_trailers(std::string_view rest) {
    std::string canonical;
    std::string trailer_signature;
    while (!rest.empty()) {
      const std::optional<std::string_view> line = take_line(rest);
      if (!line) return incomplete("A trailer of the aws-chunked body is not closed.");
      if (line->empty()) continue;
      const std::size_t colon = line->find(':');
      if (colon == std::string_view::npos) return incomplete("A trailer of the aws-chunked body is malformed.");
      const std::string name = to_lower(line->substr(0, colon));
      const std::string_view value = trim(line->substr(colon + 1));
      if (name == "x-amz-trailer-signature") {
        trailer_signature = value;
        continue;
      }
      canonical += name + ":" + std::string(value) + "\n";
      request_.headers.add(name, value);
      arrived_.push_back(name);
    }
    if (signed_ && !canonical.empty() &&
        trailer_signature != next_signature("AWS4-HMAC-SHA256-TRAILER", to_hex(sha256(canonical)))) {
      return bad_chunk_signature();
    }
    return std::nullopt;
  }

  std::optional<http::Response> finish(std::string payload) {
    const std::optional<std::string> length = request_.headers.find("x-amz-decoded-content-length");
    if (!length) return wire_error("s3", 411, "MissingContentLength", "x-amz-decoded-content-length is missing.");
    if (parse_integer(*length) != static_cast<std::int64_t>(payload.size())) {
      return incomplete("The aws-chunked body is not as long as x-amz-decoded-content-length says.");
    }
    const std::string promised = to_lower(request_.headers.find("x-amz-trailer").value_or(""));
    for (const std::string& name : split(promised, ',')) {
      const std::string wanted(trim(name));
      bool found = wanted.empty();
      for (const std::string& name_arrived : arrived_) found = found || name_arrived == wanted;
      if (!found) return wire_error("s3", 400, "MalformedTrailerError", "The trailer " + wanted + " did not arrive.");
    }
    request_.body = std::move(payload);
    strip_encoding();
    return std::nullopt;
  }

  // S3 does not store "aws-chunked" as the object's encoding.
  void strip_encoding() {
    std::vector<std::string> kept;
    for (const std::string& part : split(request_.headers.find("content-encoding").value_or(""), ',')) {
      const std::string coding(trim(part));
      if (!coding.empty() && !equal_ignoring_case(coding, "aws-chunked")) kept.push_back(coding);
    }
    request_.headers.remove("content-encoding");
    if (!kept.empty()) request_.headers.set("Content-Encoding", join(kept, ","));
    request_.headers.set("Content-Length", std::to_string(request_.body.size()));
  }

  http::Request& request_;
  bool signed_;
  const ChunkSigning& signing_;
  std::string previous_;
  std::vector<std::string> arrived_;
};

}  // namespace

bool is_streaming_payload(std::string_view content_sha256) { return starts_with(content_sha256, "STREAMING-"); }

std::optional<http::Response> decode_aws_chunked(http::Request& request, std::string_view mode,
                                                 const ChunkSigning& signing) {
  const bool is_signed =
      mode == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" || mode == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
  if (!is_signed && mode != "STREAMING-UNSIGNED-PAYLOAD-TRAILER") {
    return wire_error("s3", 400, "InvalidArgument", "x-amz-content-sha256 must be a known value.");
  }
  return Decoder(request, is_signed, signing).run();
}

}  // namespace fhctl::sandbox
