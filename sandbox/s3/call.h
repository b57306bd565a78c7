// One parsed request to the simulated S3, and helpers for its responses.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sandbox/s3/s3_state.h"
#include "sandbox/state/world.h"
#include "sandbox/wire/xml.h"

namespace fhctl::sandbox {

inline constexpr const char* kS3Namespace = "http://s3.amazonaws.com/doc/2006-03-01/";
inline constexpr int kPageMax = 1000;
inline constexpr std::size_t kKeyBytesMax = 1024;

struct S3Call {
  CloudState& world;
  const Incoming& incoming;
  std::string bucket_name;    // empty: the service itself
  std::string key;            // decoded; empty: the bucket itself
  bool virtual_host = false;  // the bucket's name was in the Host header
  std::vector<std::pair<std::string, std::string>> query;
  Bucket* bucket = nullptr;  // set for every operation that requires the bucket to exist

  std::optional<std::string> param(std::string_view name) const;
  std::optional<std::string> header(std::string_view name) const;
  const std::string& body() const { return incoming.raw.body; }
};

using S3Details = std::vector<std::pair<std::string, std::string>>;

// Sets bucket, key and query from the request line and the Host header. Returns an error response if they are invalid.
std::optional<http::Response> read_address(S3Call& call);

// Parses a body as XML with this root element in S3's namespace. Returns a MalformedXML response otherwise.
std::optional<http::Response> read_document(const S3Call& call, const char* root, pugi::xml_document& document);

http::Response s3_error(const S3Call& call, int status, std::string_view code, std::string_view message,
                        const S3Details& details = {});
http::Response s3_malformed(const S3Call& call);
http::Response s3_empty(const S3Call& call, int status);
http::Response s3_document(const S3Call& call, const pugi::xml_document& document);
// The root element of a response, in S3's namespace.
pugi::xml_node s3_root(pugi::xml_document& document, const char* name);

// The response if the bucket's policy denies the caller this action on the key (empty: on the bucket). In s3.cc.
std::optional<http::Response> refuse_by_policy(const S3Call& call, const std::string& action, const std::string& key);

// Parses a numeric parameter, capped at kPageMax. Nullopt and an error response if it is not a number from 0 up.
std::optional<int> read_page_size(const S3Call& call, const char* name, http::Response& refusal);
// "2026-01-20T10:04:11.000Z", as S3 writes times in XML.
std::string s3_time(WallTime time);
// Encodes as encoding-type=url does: '/' and '*' stay, a space becomes '+'.
std::string s3_url_encode(const std::string& key);

}  // namespace fhctl::sandbox
