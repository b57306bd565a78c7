// The shared configuration files of the AWS tools, and what is read from them: credentials, settings, endpoints.
#include "core/aws/shared_config.h"

#include <algorithm>

#include "core/aws/settings.h"
#include "core/base/text.h"
#include "tests/fuzz/target.h"
#include "tests/support/credential_scene.h"

namespace fhctl::fuzz::profile {
namespace {

bool same(const aws::ConfigSection& a, const aws::ConfigSection& b) {
  return a.values == b.values && a.nested == b.nested && a.origins == b.origins;
}

bool same(const std::map<std::string, aws::ConfigSection>& a, const std::map<std::string, aws::ConfigSection>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& left, const auto& right) {
    return left.first == right.first && same(left.second, right.second);
  });
}

bool same(const aws::SharedConfig& a, const aws::SharedConfig& b) {
  return same(a.profiles, b.profiles) && same(a.sso_sessions, b.sso_sessions) && same(a.services, b.services);
}

void check_one_file(std::string_view text, aws::SharedFile kind) {
  aws::SharedConfig once;
  const Result<void> parsed = aws::parse_shared_file(text, kind, "the-file", once);
  if (!parsed) {
    FUZZ_CHECK(parsed.error().kind == ErrorKind::kUsage);
    FUZZ_CHECK(starts_with(parsed.error().message, "the-file, line "));
    FUZZ_CHECK(once.profiles.empty() && once.services.empty() && once.sso_sessions.empty());
    return;
  }
  // Merging a file with itself changes nothing.
  aws::SharedConfig twice = once;
  FUZZ_CHECK(aws::parse_shared_file(text, kind, "the-file", twice));
  FUZZ_CHECK(same(once, twice));
  for (const auto& [name, section] : once.profiles) {
    for (const auto& [key, value] : section.values) {
      FUZZ_CHECK(!key.empty() && to_lower(key) == key && trim(key) == key && trim(value) == value);
      FUZZ_CHECK(section.origins.contains(key));
    }
    for (const auto& [key, nested] : section.nested) FUZZ_CHECK(section.values.contains(key));
  }
}

// Key id and token become header values.
bool fits_a_header(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

void check_use(test::CredentialScene& scene, const std::string& profile) {
  scene.settings.profile = profile;
  scene.settings.profile_named_by_flag = true;
  const Result<aws::Credentials> credentials = scene.resolve_default();
  if (credentials) {
    FUZZ_CHECK(!credentials->access_key_id.empty() && !credentials->secret_access_key.empty());
    FUZZ_CHECK(fits_a_header(credentials->access_key_id) && fits_a_header(credentials->session_token));
    FUZZ_CHECK(aws::key_tail(*credentials).size() <= 4);
  } else {
    FUZZ_CHECK(credentials.error().kind == ErrorKind::kCredentials && !credentials.error().hint.empty());
  }
  const Result<aws::Settings> settings = aws::resolve_settings(scene.environment, scene.config, {.profile = profile});
  if (!settings) {
    FUZZ_CHECK(settings.error().kind == ErrorKind::kUsage);
    return;
  }
  FUZZ_CHECK(settings->max_attempts >= 0 && settings->max_attempts <= 1000);
  for (const auto& [service, url] : settings->endpoint_urls) {
    const Result<aws::Endpoint> endpoint =
        aws::resolve_endpoint({.service = service, .region = settings->region, .custom_url = url});
    if (endpoint) FUZZ_CHECK(!endpoint->url.host.empty() && fits_a_header(endpoint->url.host));
  }
}

}  // namespace

FUZZ_TARGET(profile) {
  Input pieces(input);
  const std::string config(pieces.piece());
  const std::string credentials(pieces.piece());
  check_one_file(config, aws::SharedFile::kConfig);
  check_one_file(credentials, aws::SharedFile::kCredentials);

  test::CredentialScene scene;
  scene.environment.values["HOME"] = "/h";
  scene.files.files = {{"/h/.aws/config", config}, {"/h/.aws/credentials", credentials}};
  const Result<aws::SharedConfig> shared = aws::load_shared_config(scene.environment, scene.files);
  if (!shared) return;
  scene.config = *shared;
  check_use(scene, "default");
  if (!shared->profiles.empty()) check_use(scene, shared->profiles.rbegin()->first);
}

}  // namespace fhctl::fuzz::profile
