// Bucket naming rules, after "General purpose bucket naming rules" in the S3 user guide.
#include <algorithm>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/services/s3.h"

namespace fhctl::s3 {
namespace {

constexpr std::string_view kReservedPrefixes[] = {"xn--", "sthree-", "amzn-s3-demo-"};
constexpr std::string_view kReservedSuffixes[] = {"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"};

constexpr std::string_view kRegionalSuffix = "-an";
constexpr std::string_view kRegionsWithoutIt[] = {"me-central-1", "me-south-1"};

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool looks_like_ipv4(std::string_view name) {
  std::vector<std::string> parts = split(name, '.');
  return parts.size() == 4 && std::all_of(parts.begin(), parts.end(), [](const std::string& part) {
           return !part.empty() && part.size() <= 3 &&
                  std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
         });
}

}  // namespace

std::optional<std::string> bucket_name_problem(std::string_view name) {
  if (name.size() < 3 || name.size() > 63) return fmt::format("has {} characters, S3 takes 3 to 63", name.size());
  for (char c : name) {
    if (!is_letter_or_digit(c) && c != '.' && c != '-') return "may hold only a-z, 0-9, '.' and '-'";
  }
  if (!is_letter_or_digit(name.front()) || !is_letter_or_digit(name.back())) {
    return "must begin and end with a letter or a digit";
  }
  if (contains(name, "..")) return "may not hold two dots in a row";
  if (looks_like_ipv4(name)) return "may not look like an IP address";
  for (std::string_view prefix : kReservedPrefixes) {
    if (starts_with(name, prefix)) return fmt::format("may not begin with '{}', which S3 keeps for itself", prefix);
  }
  for (std::string_view suffix : kReservedSuffixes) {
    if (ends_with(name, suffix)) return fmt::format("may not end with '{}', which S3 keeps for itself", suffix);
  }
  return std::nullopt;
}

bool has_account_regional_names(std::string_view region) {
  return std::find(std::begin(kRegionsWithoutIt), std::end(kRegionsWithoutIt), region) == std::end(kRegionsWithoutIt);
}

std::string account_regional_name(std::string_view prefix, std::string_view account, std::string_view region) {
  return fmt::format("{}-{}-{}{}", prefix, account, region, kRegionalSuffix);
}

bool is_account_regional(std::string_view name, std::string_view account, std::string_view region) {
  const std::string suffix = account_regional_name("", account, region);
  return !account.empty() && name.size() > suffix.size() && ends_with(name, suffix);
}

std::optional<std::string> namespace_problem(std::string_view name, std::string_view account, std::string_view region) {
  if (!ends_with(name, kRegionalSuffix)) return std::nullopt;
  if (!has_account_regional_names(region)) {
    return fmt::format("ends with '{}', which S3 keeps for account-regional names, and {} has none", kRegionalSuffix,
                       region);
  }
  if (is_account_regional(name, account, region)) return std::nullopt;
  return fmt::format(
      "ends with '{}', which S3 keeps for account-regional names; those of account {} in {} end with '{}'",
      kRegionalSuffix, account, region, account_regional_name("", account, region));
}

}  // namespace fhctl::s3
