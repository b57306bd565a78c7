// One request on its way through libcurl. Only the curl transport uses this.
#pragma once

#include <memory>
#include <string>

#include <curl/curl.h>

#include "core/base/result.h"
#include "core/http/message.h"
#include "core/transport/curl_transport.h"
#include "core/transport/transport.h"

namespace fhctl::http {

// Refuses what cannot go over the wire as it stands (line breaks in headers), and plain http to a host that is neither
// on this machine nor a metadata service.
Result<void> check_sendable(const Request& request);

// curl keeps pointers into this object while the request is in flight, so it must not be moved or destroyed before its
// handle has left the multi handle. It refers to the request, which must outlive it.
class CurlExchange {
 public:
  CurlExchange(const Request& request, const Limits& limits, const CurlOptions& options);
  CurlExchange(const CurlExchange&) = delete;
  CurlExchange& operator=(const CurlExchange&) = delete;

  CURL* handle() const { return handle_.get(); }  // nullptr: no memory
  // To be called before the exchange begins: uses a connection that is neither taken from the pool nor returned to it.
  void use_own_connection();

  bool done() const { return done_; }
  void finish(CURLcode code);

  // To be called once done.
  Result<Response> result();
  // Whether the server was closing the pooled connection that was used. curl cannot resend a request with a body; one
  // without a body has met several such connections.
  bool met_closed_connection() const { return code_ == CURLE_SEND_FAIL_REWIND || code_ == CURLE_SEND_ERROR; }

 private:
  struct FreeHandle {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  };
  struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };

  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_upload(char* data, std::size_t size, std::size_t count, void* self);
  static int on_debug(CURL* handle, curl_infotype type, char* data, std::size_t size, void* self);

  void set_request(const CurlOptions& options);
  void set_limits();
  void set_security(const CurlOptions& options);
  void add_header(const std::string& line);
  bool take_header_line(std::string_view line);

  Error error() const;
  Error too_long(std::string_view what, std::size_t bytes_max) const;
  std::string tls_hint() const;
  std::string stage() const;
  std::string reason() const;
  bool passed(CURLINFO time) const;

  const Request& request_;
  Limits limits_;
  Response response_;
  std::size_t body_bytes_sent_ = 0;  // handed to curl
  std::size_t header_bytes_ = 0;
  bool headers_too_long_ = false;
  bool body_too_long_ = false;
  bool done_ = false;
  CURLcode code_ = CURLE_OK;
  std::string proxy_;  // where curl says that it goes through one
  char message_[CURL_ERROR_SIZE] = {};
  std::unique_ptr<curl_slist, FreeList> headers_;
  std::unique_ptr<CURL, FreeHandle> handle_;
};

}  // namespace fhctl::http
