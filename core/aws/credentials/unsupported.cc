#include "core/aws/credentials/unsupported.h"

#include <fmt/core.h>

namespace fhctl::aws {
namespace {

// Where the default chain would read unsupported sources.
enum class Position { kWebIdentity, kRole, kProcess, kContainer };

struct UnsupportedSource {
  Position position;
  std::string_view name;  // the variable (kWebIdentity, kContainer), or the property of the profile (the others)
  std::string_view what;  // for the message: what the variable points to, or what the profile does
};

constexpr UnsupportedSource kUnsupportedSources[] = {
    {Position::kWebIdentity, "AWS_WEB_IDENTITY_TOKEN_FILE", "a web identity"},
    {Position::kRole, "role_arn", "assumes a role (role_arn)"},
    {Position::kRole, "web_identity_token_file", "uses a web identity (web_identity_token_file)"},
    {Position::kRole, "sso_account_id", "signs in with IAM Identity Center (SSO)"},
    {Position::kRole, "sso_role_name", "signs in with IAM Identity Center (SSO)"},
    {Position::kProcess, "login_session", "uses `aws login` (login_session)"},
    {Position::kProcess, "credential_process", "runs a program for keys (credential_process)"},
    {Position::kProcess, "sso_session", "signs in with IAM Identity Center (SSO)"},
    {Position::kContainer, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "container credentials"},
    {Position::kContainer, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "container credentials"},
};

Error unsupported_variable(const UnsupportedSource& source) {
  return make_error(ErrorKind::kCredentials,
                    fmt::format("{} points to {}, which this version of fhctl cannot read", source.name, source.what),
                    "put keys into the environment: `eval \"$(aws configure export-credentials --format env)\"`");
}

Error unsupported_property(const UnsupportedSource& source, const std::string& profile) {
  return make_error(
      ErrorKind::kCredentials,
      fmt::format("the profile \"{}\" {}, which this version of fhctl cannot do", profile, source.what),
      fmt::format("put keys into the environment: `eval \"$(aws configure export-credentials --profile {} --format "
                  "env)\"`",
                  profile));
}

class UnsupportedProvider final : public CredentialProvider {
 public:
  explicit UnsupportedProvider(Position position) : position_(position) {}

  std::string_view name() const override { return "unsupported"; }

  Result<std::optional<Credentials>> resolve(const ProviderContext& context) override {
    const bool ignored = position_ == Position::kWebIdentity && context.settings.profile_named_by_flag;
    if (ignored) return std::optional<Credentials>();
    const bool in_profile = position_ == Position::kRole || position_ == Position::kProcess;
    const std::string& profile = context.settings.profile;
    const ConfigSection* const section = in_profile ? context.config.find(profile) : nullptr;
    if (in_profile && section == nullptr) return std::optional<Credentials>();
    for (const UnsupportedSource& source : kUnsupportedSources) {
      if (source.position != position_) continue;
      if (in_profile && !section->value(source.name).empty()) return unsupported_property(source, profile);
      if (!in_profile && !environment_value(context.environment, source.name).empty()) {
        return unsupported_variable(source);
      }
    }
    return std::optional<Credentials>();
  }

  std::vector<std::string> places(const ProviderContext&) const override { return {}; }

 private:
  Position position_;
};

}  // namespace

std::unique_ptr<CredentialProvider> make_unsupported_web_identity() {
  return std::make_unique<UnsupportedProvider>(Position::kWebIdentity);
}

std::unique_ptr<CredentialProvider> make_unsupported_role() {
  return std::make_unique<UnsupportedProvider>(Position::kRole);
}

std::unique_ptr<CredentialProvider> make_unsupported_process() {
  return std::make_unique<UnsupportedProvider>(Position::kProcess);
}

std::unique_ptr<CredentialProvider> make_unsupported_container() {
  return std::make_unique<UnsupportedProvider>(Position::kContainer);
}

}  // namespace fhctl::aws
