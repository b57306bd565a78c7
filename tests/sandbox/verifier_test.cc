// Signatures made by other programs: botocore 1.43 for the services, the examples of the S3 API reference for S3.
#include "sandbox/wire/verifier.h"

#include <gtest/gtest.h>

#include <functional>

#include "core/base/text.h"
#include "sandbox/server/request_reader.h"

namespace fhctl::sandbox {
namespace verifier_test {
namespace {

const WallTime kNow = *parse_iso8601("2026-01-20T10:04:11Z");
const WallTime kBookNow = *parse_iso8601("2013-05-24T00:00:00Z");

http::Request list_streams() {
  http::Request request;
  request.method = "POST";
  request.headers.all = {{"Host", "127.0.0.1:4580"},
                         {"Content-Type", "application/x-amz-json-1.1"},
                         {"X-Amz-Target", "Firehose_20150804.ListDeliveryStreams"},
                         {"X-Amz-Date", "20260120T100411Z"},
                         {"Authorization",
                          "AWS4-HMAC-SHA256 Credential=AKIASANDBOXEXAMPLE01/20260120/us-west-2/firehose/aws4_request, "
                          "SignedHeaders=content-type;host;x-amz-date;x-amz-target, "
                          "Signature=a036bd34a17471730bae05432f5e921bec4391004f4b720383f723a3d3d98ac3"}};
  request.body = R"({"Limit": 5})";
  return request;
}

http::Request caller_identity() {
  http::Request request;
  request.method = "POST";
  request.headers.all = {{"Host", "127.0.0.1:4580"},
                         {"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"},
                         {"X-Amz-Date", "20260120T100411Z"},
                         {"Authorization",
                          "AWS4-HMAC-SHA256 Credential=AKIASANDBOXEXAMPLE01/20260120/us-west-2/sts/aws4_request, "
                          "SignedHeaders=content-type;host;x-amz-date, "
                          "Signature=7fb5d978876522edfe5fe69cdf88763b30c6592b8834548475ac95d56eed8e4c"}};
  request.body = "Action=GetCallerIdentity&Version=2011-06-15";
  return request;
}

http::Request odd_listing() {
  http::Request request;
  set_target(request, "/bucket-1/a%20b/%2B%25/../%C3%A9//x%0D?list-type=2&prefix=logs%2F%2B&uploads");
  request.headers.all = {{"Host", "127.0.0.1:4580"},
                         {"x-amz-meta-note", "a   b"},
                         {"X-Amz-Date", "20260120T100411Z"},
                         {"X-Amz-Content-SHA256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
                         {"Authorization",
                          "AWS4-HMAC-SHA256 Credential=AKIASANDBOXEXAMPLE01/20260120/eu-west-1/s3/aws4_request, "
                          "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-meta-note, "
                          "Signature=35882b38683cbc295ec643c3e05e5669fa82efa1768298f0badbb916edb21a7c"}};
  return request;
}

Options book_options() {
  Options options;
  options.access_key_id = "AKIAIOSFODNN7EXAMPLE";
  options.secret_access_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
  return options;
}

http::Request book_request(const std::string& method, const std::string& target, const std::string& signed_headers,
                           const std::string& signature) {
  http::Request request;
  request.method = method;
  set_target(request, target);
  request.headers.all = {{"Host", "examplebucket.s3.amazonaws.com"},
                         {"x-amz-date", "20130524T000000Z"},
                         {"x-amz-content-sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
                         {"Authorization",
                          "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
                          "SignedHeaders=" +
                              signed_headers + ",Signature=" + signature}};
  return request;
}

// Returns the error code of the response in any format; empty if it was accepted.
std::string outcome(const Options& options, http::Request request, const std::string& service, WallTime now,
                    WallTime shifted) {
  DerivedKeys keys;
  const Verdict verdict = verify(options, keys, request, service, now, shifted);
  if (!verdict.refusal) return "";
  const std::string& body = verdict.refusal->body;
  const std::string open = contains(body, "<Code>") ? "<Code>" : "\"__type\":\"";
  const std::size_t start = body.find(open) + open.size();
  return body.substr(start, body.find_first_of("<\"", start) - start);
}

std::string outcome(http::Request request, const std::string& service) {
  return outcome(Options{}, std::move(request), service, kNow, kNow);
}

TEST(Verifier, AcceptsWhatOthersHaveSigned) {
  EXPECT_EQ(outcome(list_streams(), "firehose"), "");
  EXPECT_EQ(outcome(caller_identity(), "sts"), "");
  EXPECT_EQ(outcome(odd_listing(), "s3"), "");
}

TEST(Verifier, AcceptsTheExamplesOfTheS3Reference) {
  http::Request get = book_request("GET", "/test.txt", "host;range;x-amz-content-sha256;x-amz-date",
                                   "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  get.headers.set("Range", "bytes=0-9");
  http::Request put =
      book_request("PUT", "/test%24file.text", "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
                   "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
  put.headers.set("Date", "Fri, 24 May 2013 00:00:00 GMT");
  put.headers.set("x-amz-storage-class", "REDUCED_REDUNDANCY");
  put.headers.set("x-amz-content-sha256", "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072");
  put.body = "Welcome to Amazon S3.";
  const http::Request lifecycle = book_request("GET", "/?lifecycle", "host;x-amz-content-sha256;x-amz-date",
                                               "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
  const http::Request list = book_request("GET", "/?max-keys=2&prefix=J", "host;x-amz-content-sha256;x-amz-date",
                                          "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
  for (const http::Request& request : {get, put, lifecycle, list}) {
    EXPECT_EQ(outcome(book_options(), request, "s3", kBookNow, kBookNow), "") << request.target();
  }
}

// The chunked upload of the S3 reference: 65 KiB of 'a' in two signed chunks.
TEST(Verifier, DecodesSignedChunks) {
  http::Request request =
      book_request("PUT", "/examplebucket/chunkObject.txt",
                   "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;"
                   "x-amz-storage-class",
                   "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9");
  request.headers.set("Host", "s3.amazonaws.com");
  request.headers.set("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
  request.headers.set("x-amz-storage-class", "REDUCED_REDUNDANCY");
  request.headers.set("Content-Encoding", "aws-chunked");
  request.headers.set("x-amz-decoded-content-length", "66560");
  request.headers.set("Content-Length", "66824");
  request.body = "10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n" +
                 std::string(65536, 'a') +
                 "\r\n400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n" +
                 std::string(1024, 'a') +
                 "\r\n0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n";
  http::Request tampered = request;
  tampered.body[100] = 'b';
  EXPECT_EQ(outcome(book_options(), tampered, "s3", kBookNow, kBookNow), "SignatureDoesNotMatch");

  DerivedKeys keys;
  const Verdict verdict = verify(book_options(), keys, request, "s3", kBookNow, kBookNow);
  EXPECT_FALSE(verdict.refusal);
  EXPECT_EQ(request.body, std::string(66560, 'a'));
  EXPECT_FALSE(request.headers.find("content-encoding"));
}

struct Tampering {
  const char* name;
  std::function<void(http::Request&)> act;
  const char* firehose;  // expected codes in each family; nullptr: does not apply
  const char* sts;
  const char* s3;
};

void replace_in_authorization(http::Request& request, const std::string& from, const std::string& to) {
  request.headers.set("Authorization", replace_all(*request.headers.find("authorization"), from, to));
}

const Tampering kTamperings[] = {
    {"nothing", [](http::Request&) {}, "", "", ""},
    {"method", [](http::Request& r) { r.method = "PUT"; }, "InvalidSignatureException", "SignatureDoesNotMatch",
     "SignatureDoesNotMatch"},
    {"path", [](http::Request& r) { r.path += "x"; }, "InvalidSignatureException", "SignatureDoesNotMatch",
     "SignatureDoesNotMatch"},
    {"query", [](http::Request& r) { r.query += "&a=b"; }, "InvalidSignatureException", "SignatureDoesNotMatch",
     "SignatureDoesNotMatch"},
    {"host", [](http::Request& r) { r.headers.set("Host", "elsewhere"); }, "InvalidSignatureException",
     "SignatureDoesNotMatch", "SignatureDoesNotMatch"},
    {"body", [](http::Request& r) { r.body += " "; }, "InvalidSignatureException", "SignatureDoesNotMatch",
     "XAmzContentSHA256Mismatch"},
    {"signed header", [](http::Request& r) { r.headers.set("X-Amz-Date", "20260120T100412Z"); },
     "InvalidSignatureException", "SignatureDoesNotMatch", "SignatureDoesNotMatch"},
    {"unsigned x-amz header", [](http::Request& r) { r.headers.add("x-amz-expected-bucket-owner", "1"); },
     "InvalidSignatureException", "SignatureDoesNotMatch", "AccessDenied"},
    {"unsigned content type", [](http::Request& r) { r.headers.add("Content-Type", "text/plain"); },
     "InvalidSignatureException", "SignatureDoesNotMatch", "AccessDenied"},
    {"signature",
     [](http::Request& r) {
       std::string value = *r.headers.find("authorization");
       value.back() = value.back() == '0' ? '1' : '0';
       r.headers.set("Authorization", value);
     },
     "InvalidSignatureException", "SignatureDoesNotMatch", "SignatureDoesNotMatch"},
    {"short signature",
     [](http::Request& r) {
       std::string value = *r.headers.find("authorization");
       value.pop_back();
       r.headers.set("Authorization", value);
     },
     "IncompleteSignatureException", "IncompleteSignature", "AuthorizationHeaderMalformed"},
    {"no authorization", [](http::Request& r) { r.headers.remove("Authorization"); },
     "MissingAuthenticationTokenException", "MissingAuthenticationToken", "AccessDenied"},
    {"other algorithm", [](http::Request& r) { replace_in_authorization(r, "AWS4-HMAC-SHA256", "AWS3"); },
     "IncompleteSignatureException", "IncompleteSignature", "AuthorizationHeaderMalformed"},
    {"terminator", [](http::Request& r) { replace_in_authorization(r, "aws4_request", "aws5_request"); },
     "IncompleteSignatureException", "IncompleteSignature", "AuthorizationHeaderMalformed"},
    {"key id", [](http::Request& r) { replace_in_authorization(r, "AKIASANDBOXEXAMPLE01", "AKIAOTHER"); },
     "UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId"},
    {"scope's date", [](http::Request& r) { replace_in_authorization(r, "/20260120/", "/20260121/"); },
     "InvalidSignatureException", "SignatureDoesNotMatch", "AuthorizationHeaderMalformed"},
    {"scope's region", [](http::Request& r) { replace_in_authorization(r, "-west-", "-east-"); },
     "InvalidSignatureException", "SignatureDoesNotMatch", "SignatureDoesNotMatch"},
    {"scope's region is none", [](http::Request& r) { replace_in_authorization(r, "-west-", ""); },
     "InvalidSignatureException", "SignatureDoesNotMatch", "SignatureDoesNotMatch"},
    {"scope's service",
     [](http::Request& r) {
       replace_in_authorization(r, "/s3/", "/logs/");
       replace_in_authorization(r, "/sts/", "/logs/");
       replace_in_authorization(r, "/firehose/", "/logs/");
     },
     "InvalidSignatureException", "SignatureDoesNotMatch", "SignatureDoesNotMatch"},
    {"no date", [](http::Request& r) { r.headers.remove("X-Amz-Date"); }, "IncompleteSignatureException",
     "IncompleteSignature", "AccessDenied"},
    {"token", [](http::Request& r) { r.headers.add("X-Amz-Security-Token", "t"); }, "UnrecognizedClientException",
     "InvalidClientTokenId", "InvalidToken"},
    {"no payload hash", [](http::Request& r) { r.headers.remove("x-amz-content-sha256"); }, "", "",
     "SignatureDoesNotMatch"},
    {"signature in the query", [](http::Request& r) { r.query = "X-Amz-Signature=1"; }, "IncompleteSignatureException",
     "IncompleteSignature", "AuthorizationHeaderMalformed"},
};

TEST(Verifier, RefusesEveryTamperedPart) {
  for (const Tampering& tampering : kTamperings) {
    SCOPED_TRACE(tampering.name);
    http::Request firehose = list_streams();
    http::Request sts = caller_identity();
    http::Request s3 = odd_listing();
    for (http::Request* request : {&firehose, &sts, &s3}) tampering.act(*request);
    EXPECT_EQ(outcome(firehose, "firehose"), tampering.firehose);
    EXPECT_EQ(outcome(sts, "sts"), tampering.sts);
    EXPECT_EQ(outcome(s3, "s3"), tampering.s3);
  }
}

TEST(Verifier, RefusesASignatureForAnotherServiceThanAsked) {
  EXPECT_EQ(outcome(caller_identity(), "iam"), "SignatureDoesNotMatch");
}

TEST(Verifier, RefusesOldAndEarlySignatures) {
  const auto at = [](http::Request request, const char* service, int minutes) {
    const WallTime now = kNow + std::chrono::minutes(minutes);
    return outcome(Options{}, std::move(request), service, now, now);
  };
  for (int minutes : {-5, 5}) EXPECT_EQ(at(list_streams(), "firehose", minutes), "");
  for (int minutes : {-6, 6}) {
    EXPECT_EQ(at(list_streams(), "firehose", minutes), "InvalidSignatureException");
    EXPECT_EQ(at(caller_identity(), "sts", minutes), "SignatureDoesNotMatch");
    EXPECT_EQ(at(odd_listing(), "s3", minutes), "");
  }
  for (int minutes : {-16, 16}) EXPECT_EQ(at(odd_listing(), "s3", minutes), "RequestTimeTooSkewed");
  EXPECT_EQ(outcome(Options{}, list_streams(), "firehose", kNow + std::chrono::hours(3), kNow), "")
      << "a client may use the sandbox's clock after a test has moved it";
}

TEST(Verifier, WantsTheSessionTokenWhenThereIsOne) {
  Options options;
  options.session_token = "the-token";
  EXPECT_EQ(outcome(options, list_streams(), "firehose", kNow, kNow), "UnrecognizedClientException");
}

}  // namespace
}  // namespace verifier_test
}  // namespace fhctl::sandbox
