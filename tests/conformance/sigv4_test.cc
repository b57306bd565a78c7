// Signature Version 4 against the suite of aws-c-auth, step by step, and against the examples of the S3 API reference.
#include "core/aws/sigv4.h"

#include "core/base/text.h"
#include "tests/conformance/vectors.h"

namespace fhctl::aws {
namespace sigv4_test {
namespace {

namespace fs = std::filesystem;

// "METHOD target HTTP/1.1", where the target may hold raw spaces; header lines; an empty line; the body.
http::Request parse_request(const std::string& text) {
  const std::size_t end_of_head = text.find("\n\n");
  const std::string head = text.substr(0, end_of_head);
  http::Request request;
  if (end_of_head != std::string::npos) request.body = text.substr(end_of_head + 2);
  const std::vector<std::string> lines = split(head, '\n');
  const std::size_t first_space = lines[0].find(' ');
  const std::string target = lines[0].substr(first_space + 1, lines[0].rfind(" HTTP/") - first_space - 1);
  request.method = lines[0].substr(0, first_space);
  request.path = target.substr(0, target.find('?'));
  if (contains(target, "?")) request.query = target.substr(target.find('?') + 1);
  for (std::size_t i = 1; i < lines.size(); ++i) {
    if (lines[i].empty()) continue;
    if (lines[i][0] == ' ' || lines[i][0] == '\t') {  // a folded line
      request.headers.all.back().value += "\n" + lines[i];
      continue;
    }
    const std::size_t colon = lines[i].find(':');
    request.headers.add(lines[i].substr(0, colon), lines[i].substr(colon + 1));
  }
  request.host = request.headers.find("host").value_or("");
  return request;
}

std::multimap<std::string, std::string> by_name(const http::Headers& headers) {
  std::multimap<std::string, std::string> result;
  for (const http::Header& header : headers.all) result.emplace(to_lower(header.name), header.value);
  return result;
}

void check_case(const fs::path& folder) {
  const Json context = conformance::read_json(folder / "context.json");
  const Json& keys = *get_object(context, "credentials");
  Credentials credentials;
  credentials.access_key_id = get_string(keys, "access_key_id").value_or("");
  credentials.secret_access_key = get_string(keys, "secret_access_key").value_or("");
  const std::string token = get_string(keys, "token").value_or("");
  const bool token_is_added_later = get_bool(context, "omit_session_token").value_or(false);
  if (!token_is_added_later) credentials.session_token = token;

  SigningScope scope;
  scope.region = get_string(context, "region").value_or("");
  scope.service = get_string(context, "service").value_or("");
  scope.normalize_path = get_bool(context, "normalize").value_or(true);
  scope.sign_content_hash = get_bool(context, "sign_body").value_or(false);
  const std::optional<WallTime> time = parse_iso8601(get_string(context, "timestamp").value_or(""));
  ASSERT_TRUE(time);

  http::Request request = parse_request(conformance::read_text(folder / "request.txt"));
  const SigningSteps steps = sign(request, credentials, scope, *time);
  EXPECT_EQ(steps.canonical_request, conformance::read_text(folder / "header-canonical-request.txt"));
  EXPECT_EQ(steps.string_to_sign, conformance::read_text(folder / "header-string-to-sign.txt"));
  EXPECT_EQ(steps.signature, conformance::read_text(folder / "header-signature.txt"));

  http::Request expected = parse_request(conformance::read_text(folder / "header-signed-request.txt"));
  if (token_is_added_later) request.headers.set("X-Amz-Security-Token", token);
  EXPECT_EQ(by_name(request.headers), by_name(expected.headers));
}

TEST(SigV4Conformance, AwsCAuth) {
  FHCTL_NEEDS_VECTORS();
  conformance::Count count("aws-c-auth v4");
  for (const fs::path& folder : conformance::entries(conformance::folder() / "sigv4/aws-c-auth-v4")) {
    if (!fs::is_directory(folder)) continue;
    if (!fs::exists(folder / "header-canonical-request.txt")) {
      count.skip("only for presigned URLs, which fhctl does not make");
      continue;
    }
    SCOPED_TRACE(folder.filename().string());
    count.run();
    check_case(folder);
  }
}

TEST(SigV4Conformance, ExamplesOfTheS3Reference) {
  FHCTL_NEEDS_VECTORS();
  conformance::Count count("S3 reference examples");
  const Json document = conformance::read_json(conformance::folder() / "sigv4/s3-sigv4-doc-examples.json");
  const Json* cases = get_array(document, "cases");
  const Json* keys = get_object(document, "credentials");
  ASSERT_TRUE(cases != nullptr && keys != nullptr);
  const SigningScope scope = {.region = get_string(document, "region").value_or(""),
                              .service = get_string(document, "service").value_or(""),
                              .double_encode_path = false,
                              .normalize_path = false,
                              .sign_content_hash = true};
  const std::optional<WallTime> time = parse_iso8601(get_string(document, "timestamp").value_or(""));
  ASSERT_TRUE(time);
  for (const Json& item : *cases) {
    count.run();
    http::Request request;
    request.method = get_string(item, "method").value_or("");
    request.path = get_string(item, "canonical_path").value_or("");
    request.query = get_string(item, "query").value_or("");
    SCOPED_TRACE(request.method + " " + request.target());
    for (const Json& header : item.at("headers")) {
      request.headers.add(header.at(0).get<std::string>(), header.at(1).get<std::string>());
    }
    const std::string canonical = canonical_request(request, scope, get_string(item, "payload_sha256").value_or(""));
    EXPECT_EQ(canonical, get_string(item, "canonical_request"));
    const std::string to_sign = string_to_sign(canonical, scope, *time);
    EXPECT_EQ(to_sign, get_string(item, "string_to_sign"));
    EXPECT_EQ(signature(get_string(*keys, "secret_access_key").value_or(""), to_sign, scope, *time),
              get_string(item, "signature"));
  }
}

}  // namespace
}  // namespace sigv4_test
}  // namespace fhctl::aws
