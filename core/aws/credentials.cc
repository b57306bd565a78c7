#include "core/aws/credentials.h"

#include <algorithm>
#include <vector>

#include <fmt/core.h>

#include "core/base/text.h"

namespace fhctl::aws {
namespace {

constexpr std::string_view kKeyIdName = "aws_access_key_id";
constexpr std::string_view kSecretName = "aws_secret_access_key";

Error credentials_error(std::string message, std::string hint);
Result<std::optional<Credentials>> from_environment(const Environment& environment);
std::optional<Error> unsupported_environment(const Environment& environment, bool web_identity);
Result<std::optional<Credentials>> from_profile(const ProfileSet& profiles, const std::string& profile);
Error nothing_found(const ProfileSet& profiles, const std::string& profile, bool environment_read);

}  // namespace

std::string key_tail(const Credentials& credentials) {
  const std::string& id = credentials.access_key_id;
  return id.size() <= 4 ? id : id.substr(id.size() - 4);
}

Result<Credentials> load_credentials(const Environment& environment, const ProfileSet& profiles,
                                     const std::string& profile, bool profile_named_by_flag) {
  if (!profile_named_by_flag) {
    Result<std::optional<Credentials>> found = from_environment(environment);
    if (!found) return found.error();
    if (*found) return **found;
    // The AWS CLI would take the web identity before the profile's keys: taking those would be somebody else.
    if (std::optional<Error> error = unsupported_environment(environment, /*web_identity=*/true)) return *error;
  }
  Result<std::optional<Credentials>> found = from_profile(profiles, profile);
  if (!found) return found.error();
  if (*found) return **found;
  if (std::optional<Error> error = unsupported_environment(environment, /*web_identity=*/false)) return *error;
  return nothing_found(profiles, profile, /*environment_read=*/!profile_named_by_flag);
}

namespace {

Error credentials_error(std::string message, std::string hint) {
  Error error;
  error.kind = ErrorKind::kCredentials;
  error.message = std::move(message);
  error.hint = std::move(hint);
  return error;
}

// Blank counts as not set, as in the AWS CLI.
std::string variable(const Environment& environment, std::string_view name) {
  return std::string(trim(environment.get(name).value_or("")));
}

std::string property(const ProfileSection& section, std::string_view name) {
  const auto found = section.values.find(std::string(name));
  return found == section.values.end() ? "" : std::string(trim(found->second));
}

std::string origin(const ProfileSection& section, std::string_view name) {
  const auto found = section.origins.find(std::string(name));
  return found == section.origins.end() ? "" : found->second;
}

// Key id and token become header values: a line break in them would write headers of its own.
Result<std::optional<Credentials>> checked(Credentials credentials) {
  const auto is_bad = [](char c) { return c <= ' ' || c > '~'; };
  for (const auto& [value, what] : {std::pair(&credentials.access_key_id, "access key id"),
                                    std::pair(&credentials.session_token, "session token")}) {
    if (std::none_of(value->begin(), value->end(), is_bad)) continue;
    return credentials_error(
        fmt::format("The {} from {} contains white space or a control character.", what, credentials.source),
        "Copy it again, without line breaks.");
  }
  return std::optional<Credentials>(std::move(credentials));
}

Result<std::optional<Credentials>> from_environment(const Environment& environment) {
  Credentials credentials;
  credentials.access_key_id = variable(environment, "AWS_ACCESS_KEY_ID");
  credentials.secret_access_key = variable(environment, "AWS_SECRET_ACCESS_KEY");
  if (credentials.access_key_id.empty()) return std::optional<Credentials>();
  if (credentials.secret_access_key.empty()) {
    return credentials_error("AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not.",
                             "Set both, or unset AWS_ACCESS_KEY_ID to use a profile.");
  }
  credentials.session_token = variable(environment, "AWS_SESSION_TOKEN");
  if (credentials.session_token.empty()) credentials.session_token = variable(environment, "AWS_SECURITY_TOKEN");
  credentials.expiration = parse_iso8601(variable(environment, "AWS_CREDENTIAL_EXPIRATION"));
  credentials.account_id = variable(environment, "AWS_ACCOUNT_ID");
  credentials.source = "environment (AWS_ACCESS_KEY_ID)";
  return checked(std::move(credentials));
}

std::optional<Error> unsupported_environment(const Environment& environment, bool web_identity) {
  struct Source {
    std::string_view variable;
    std::string_view what;
    bool web_identity;
  };
  constexpr Source sources[] = {
      {"AWS_WEB_IDENTITY_TOKEN_FILE", "a web identity", true},
      {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "container credentials", false},
      {"AWS_CONTAINER_CREDENTIALS_FULL_URI", "container credentials", false},
  };
  for (const Source& source : sources) {
    if (source.web_identity != web_identity || variable(environment, source.variable).empty()) continue;
    return credentials_error(
        fmt::format("{} points to {}, which this version of fhctl cannot read.", source.variable, source.what),
        "Put keys into the environment: `eval \"$(aws configure export-credentials --format env)\"`.");
  }
  return std::nullopt;
}

// What a profile wants besides static keys, in the words of a message; empty: nothing.
std::string_view role_wish(const ProfileSection& section) {
  if (!property(section, "role_arn").empty()) return "assumes a role (role_arn)";
  if (!property(section, "web_identity_token_file").empty()) return "uses a web identity (web_identity_token_file)";
  if (!property(section, "sso_account_id").empty() || !property(section, "sso_role_name").empty()) {
    return "signs in with IAM Identity Center (SSO)";
  }
  return "";
}

std::string_view process_wish(const ProfileSection& section) {
  if (!property(section, "login_session").empty()) return "uses `aws login` (login_session)";
  if (!property(section, "credential_process").empty()) return "runs a program for keys (credential_process)";
  if (!property(section, "sso_session").empty()) return "signs in with IAM Identity Center (SSO)";
  return "";
}

Error unsupported_profile(const std::string& profile, std::string_view wish) {
  return credentials_error(
      fmt::format("The profile \"{}\" {}, which this version of fhctl cannot do.", profile, wish),
      fmt::format("Put keys into the environment: `eval \"$(aws configure export-credentials --profile {} --format "
                  "env)\"`.",
                  profile));
}

Error missing_property(const ProfileSection& section, const std::string& profile, std::string_view present,
                       std::string_view missing) {
  return credentials_error(
      fmt::format("The profile \"{}\" in {} has {} but no {}.", profile, origin(section, present), present, missing),
      fmt::format("`aws configure --profile {}` writes both.", profile));
}

// The AWS CLI's order: roles and SSO before keys; keys of the credentials file before other means; keys of the config
// file last.
Result<std::optional<Credentials>> from_profile(const ProfileSet& profiles, const std::string& profile) {
  const ProfileSection* section = profiles.find(profile);
  if (section == nullptr) return std::optional<Credentials>();
  if (const std::string_view wish = role_wish(*section); !wish.empty()) return unsupported_profile(profile, wish);
  Credentials credentials;
  credentials.access_key_id = property(*section, kKeyIdName);
  credentials.secret_access_key = property(*section, kSecretName);
  const std::string key_origin = origin(*section, kKeyIdName);
  const bool has_key = !credentials.access_key_id.empty();
  if (!has_key || key_origin != profiles.credentials_path) {
    if (const std::string_view wish = process_wish(*section); !wish.empty()) {
      return unsupported_profile(profile, wish);
    }
  }
  const bool has_secret = !credentials.secret_access_key.empty();
  if (!has_key && !has_secret) return std::optional<Credentials>();
  if (!has_secret) return missing_property(*section, profile, kKeyIdName, kSecretName);
  if (!has_key) return missing_property(*section, profile, kSecretName, kKeyIdName);
  // A token belongs to the keys beside it; one left over in the other file would spoil them.
  if (origin(*section, "aws_session_token") == key_origin) {
    credentials.session_token = property(*section, "aws_session_token");
  }
  credentials.account_id = property(*section, "aws_account_id");
  credentials.source = fmt::format("{} [{}]", key_origin, profile);
  return checked(std::move(credentials));
}

Error nothing_found(const ProfileSet& profiles, const std::string& profile, bool environment_read) {
  return credentials_error(
      fmt::format("No AWS credentials found (looked in: {}{} [{}], {} [{}]).", environment_read ? "environment, " : "",
                  profiles.credentials_path, profile, profiles.config_path, profile),
      "`aws configure`, or `aws sso login` and `aws configure export-credentials`, or `fhctl sandbox` to play without "
      "an account.");
}

}  // namespace
}  // namespace fhctl::aws
