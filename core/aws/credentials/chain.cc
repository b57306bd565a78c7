#include "core/aws/credentials/chain.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "core/aws/credentials/environment.h"
#include "core/aws/credentials/shared_files.h"
#include "core/aws/credentials/unsupported.h"
#include "core/base/text.h"

namespace fhctl::aws {
namespace {

using ProviderFactory = std::unique_ptr<CredentialProvider> (*)();

// The default chain, in the order of the AWS CLI. A new provider is one line here.
constexpr ProviderFactory kDefaultChain[] = {
    make_environment_provider,        make_unsupported_web_identity, make_unsupported_role,
    make_shared_credentials_provider, make_unsupported_process,      make_shared_config_provider,
    make_unsupported_container,
};

// Key id and token become header values: a line break in them would add headers to the request.
Result<Credentials> checked(Credentials credentials) {
  const auto is_bad = [](char c) { return c <= ' ' || c > '~'; };
  for (const auto& [value, what] : {std::pair(&credentials.access_key_id, "access key id"),
                                    std::pair(&credentials.session_token, "session token")}) {
    if (std::none_of(value->begin(), value->end(), is_bad)) continue;
    return make_error(
        ErrorKind::kCredentials,
        fmt::format("the {} from {} contains white space or a control character", what, credentials.source),
        "copy it again, without line breaks");
  }
  return credentials;
}

Error nothing_found(const std::vector<std::string>& places) {
  return make_error(
      ErrorKind::kCredentials, fmt::format("no AWS credentials found (looked in: {})", join(places, ", ")),
      "`aws configure`, or `aws sso login` and `aws configure export-credentials`, or `fhctl sandbox` to play without "
      "an account");
}

}  // namespace

CredentialChain::CredentialChain(std::vector<std::unique_ptr<CredentialProvider>> providers)
    : providers_(std::move(providers)) {}

CredentialChain CredentialChain::make_default() {
  std::vector<std::unique_ptr<CredentialProvider>> providers;
  for (const ProviderFactory make : kDefaultChain) providers.push_back(make());
  return CredentialChain(std::move(providers));
}

Result<Credentials> CredentialChain::resolve(const ProviderContext& context) {
  std::vector<std::string> places;
  for (const std::unique_ptr<CredentialProvider>& provider : providers_) {
    ASSIGN_OR_RETURN(std::optional<Credentials> found, provider->resolve(context));
    if (found) return checked(*std::move(found));
    for (std::string& place : provider->places(context)) places.push_back(std::move(place));
  }
  return nothing_found(places);
}

}  // namespace fhctl::aws
