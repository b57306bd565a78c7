#include "core/aws/credentials/shared_files.h"

#include <utility>

#include <fmt/core.h>

namespace fhctl::aws {
namespace {

constexpr std::string_view kKeyIdName = "aws_access_key_id";
constexpr std::string_view kSecretName = "aws_secret_access_key";

Error missing_property(const ConfigSection& section, const std::string& profile, std::string_view present,
                       std::string_view missing) {
  return make_error(
      ErrorKind::kCredentials,
      fmt::format("the profile \"{}\" in {} has {} but no {}", profile, section.origin(present), present, missing),
      fmt::format("`aws configure --profile {}` writes both", profile));
}

// The static keys of the profile, wherever they are; nullopt when it has none.
Result<std::optional<Credentials>> static_keys(const ConfigSection& section, const std::string& profile) {
  Credentials credentials;
  credentials.access_key_id = section.value(kKeyIdName);
  credentials.secret_access_key = section.value(kSecretName);
  const bool has_key = !credentials.access_key_id.empty();
  const bool has_secret = !credentials.secret_access_key.empty();
  if (!has_key && !has_secret) return std::optional<Credentials>();
  if (!has_secret) return missing_property(section, profile, kKeyIdName, kSecretName);
  if (!has_key) return missing_property(section, profile, kSecretName, kKeyIdName);
  // A session token is only valid with the keys that it was issued for: one in the other file belongs to others.
  const std::string key_origin = section.origin(kKeyIdName);
  if (section.origin("aws_session_token") == key_origin) credentials.session_token = section.value("aws_session_token");
  credentials.account_id = section.value("aws_account_id");
  credentials.source = fmt::format("{} [{}]", key_origin, profile);
  return std::optional<Credentials>(std::move(credentials));
}

class SharedFilesProvider final : public CredentialProvider {
 public:
  explicit SharedFilesProvider(SharedFile file) : file_(file) {}

  std::string_view name() const override {
    return file_ == SharedFile::kCredentials ? "shared credentials file" : "shared config file";
  }

  Result<std::optional<Credentials>> resolve(const ProviderContext& context) override {
    const std::string& profile = context.settings.profile;
    const ConfigSection* const section = context.config.find(profile);
    if (section == nullptr) return std::optional<Credentials>();
    if (file_ == SharedFile::kCredentials) {
      const bool has_key = !section->value(kKeyIdName).empty();
      if (!has_key || section->origin(kKeyIdName) != context.config.credentials_path) {
        return std::optional<Credentials>();
      }
    }
    return static_keys(*section, profile);
  }

  std::vector<std::string> places(const ProviderContext& context) const override {
    const SharedConfig& config = context.config;
    const std::string& path = file_ == SharedFile::kCredentials ? config.credentials_path : config.config_path;
    return {fmt::format("{} [{}]", path, context.settings.profile)};
  }

 private:
  SharedFile file_;
};

}  // namespace

std::unique_ptr<CredentialProvider> make_shared_credentials_provider() {
  return std::make_unique<SharedFilesProvider>(SharedFile::kCredentials);
}

std::unique_ptr<CredentialProvider> make_shared_config_provider() {
  return std::make_unique<SharedFilesProvider>(SharedFile::kConfig);
}

}  // namespace fhctl::aws
