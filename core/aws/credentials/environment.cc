#include "core/aws/credentials/environment.h"

#include <utility>

#include "core/base/time.h"

namespace fhctl::aws {
namespace {

class EnvironmentProvider final : public CredentialProvider {
 public:
  std::string_view name() const override { return "environment"; }

  Result<std::optional<Credentials>> resolve(const ProviderContext& context) override {
    if (context.settings.profile_named_by_flag) return std::optional<Credentials>();
    const Environment& environment = context.environment;
    Credentials credentials;
    credentials.access_key_id = environment_value(environment, "AWS_ACCESS_KEY_ID");
    credentials.secret_access_key = environment_value(environment, "AWS_SECRET_ACCESS_KEY");
    if (credentials.access_key_id.empty()) return std::optional<Credentials>();
    if (credentials.secret_access_key.empty()) {
      return make_error(ErrorKind::kCredentials, "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not",
                        "set both, or unset AWS_ACCESS_KEY_ID to use a profile");
    }
    credentials.session_token = environment_value(environment, "AWS_SESSION_TOKEN");
    if (credentials.session_token.empty()) {
      credentials.session_token = environment_value(environment, "AWS_SECURITY_TOKEN");
    }
    credentials.expiration = parse_iso8601(environment_value(environment, "AWS_CREDENTIAL_EXPIRATION"));
    credentials.account_id = environment_value(environment, "AWS_ACCOUNT_ID");
    credentials.source = "environment (AWS_ACCESS_KEY_ID)";
    return std::optional<Credentials>(std::move(credentials));
  }

  std::vector<std::string> places(const ProviderContext& context) const override {
    if (context.settings.profile_named_by_flag) return {};
    return {"environment"};
  }
};

}  // namespace

std::unique_ptr<CredentialProvider> make_environment_provider() { return std::make_unique<EnvironmentProvider>(); }

}  // namespace fhctl::aws
