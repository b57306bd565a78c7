#include "core/spec/spec_validation.h"

#include <fmt/format.h>

#include "core/base/text.h"

namespace fhctl::pipeline {
namespace {

constexpr std::size_t kPrefixBytesMax = 1024;
constexpr std::size_t kEvaluatedPrefixBytesMax = 512;
constexpr std::string_view kErrorType = "!{firehose:error-output-type}";

bool is_alnum(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// A byte of a UTF-8 sequence.
bool is_beyond_ascii(char c) { return static_cast<unsigned char>(c) >= 0x80; }

std::size_t characters(std::string_view utf8) {
  std::size_t count = 0;
  for (char c : utf8) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
  return count;
}

// Letters, digits and the characters in `others`, between min and max of them.
bool made_of(std::string_view text, std::string_view others, std::size_t min, std::size_t max) {
  if (text.size() < min || text.size() > max) return false;
  for (char c : text) {
    if (!is_alnum(c) && others.find(c) == std::string_view::npos) return false;
  }
  return true;
}

bool is_account(std::string_view text) {
  return text.size() == 12 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE
std::vector<std::string> arn_parts(std::string_view arn) {
  std::vector<std::string> parts;
  for (int i = 0; i < 5; ++i) {
    std::size_t colon = arn.find(':');
    if (colon == std::string_view::npos) return {};
    parts.emplace_back(arn.substr(0, colon));
    arn.remove_prefix(colon + 1);
  }
  parts.emplace_back(arn);
  if (parts[0] != "arn" || !starts_with(parts[1], "aws") || !made_of(parts[1], "-", 3, 32)) return {};
  return parts;
}

// What one prefix holds besides plain text.
struct Expressions {
  bool any = false;
  bool error_type = false;
  std::size_t plain_bytes = 0;
  std::string problem;  // empty: none
};

// What stands between "!{" and "}".
std::string expression_problem(std::string_view inner) {
  std::size_t colon = inner.find(':');
  std::string_view space = inner.substr(0, colon);
  std::string_view value = colon == std::string_view::npos ? "" : inner.substr(colon + 1);
  if (space == "timestamp" && !value.empty()) return "";
  if (space == "firehose" && (value == "random-string" || value == "error-output-type")) return "";
  if (starts_with(space, "partitionKeyFrom")) return "needs dynamic partitioning, which fhctl does not set up";
  return "is not one of !{timestamp:FORMAT}, !{firehose:random-string} and !{firehose:error-output-type}";
}

Expressions read_expressions(std::string_view prefix) {
  Expressions found;
  while (!prefix.empty()) {
    std::size_t start = prefix.find("!{");
    found.plain_bytes += std::min(start, prefix.size());
    if (start == std::string_view::npos) break;
    std::size_t end = prefix.find('}', start);
    if (end == std::string_view::npos) {
      found.problem = fmt::format("has an expression without its end: \"{}\"", prefix.substr(start));
      break;
    }
    std::string_view expression = prefix.substr(start, end + 1 - start);
    found.any = true;
    if (expression == kErrorType) found.error_type = true;
    std::string problem = expression_problem(expression.substr(2, expression.size() - 3));
    if (!problem.empty() && found.problem.empty()) found.problem = fmt::format("has {}, which {}", expression, problem);
    prefix.remove_prefix(end + 1);
  }
  return found;
}

// What one prefix shows without the other.
std::vector<std::string> single_prefix_problems(std::string_view key, std::string_view prefix,
                                                const Expressions& found) {
  std::vector<std::string> problems;
  if (prefix.size() > kPrefixBytesMax) {
    problems.push_back(fmt::format("{} has {} bytes, over {}", key, prefix.size(), kPrefixBytesMax));
  } else if (found.plain_bytes > kEvaluatedPrefixBytesMax) {
    problems.push_back(fmt::format("{} has {} bytes of plain text; with its expressions filled in Firehose takes {}",
                                   key, found.plain_bytes, kEvaluatedPrefixBytesMax));
  }
  for (char c : prefix) {
    if (!is_control(c)) continue;
    problems.push_back(fmt::format("{} has a control character", key));
    break;
  }
  // The role is denied everything there, so that no delivery can overwrite the manifest.
  if (starts_with(prefix, "_fhctl/") || starts_with(prefix, "_fhctl!{")) {
    problems.push_back(fmt::format("{} must not begin with _fhctl/, where fhctl keeps its own objects", key));
  }
  if (!found.problem.empty()) problems.push_back(fmt::format("{} {}", key, found.problem));
  return problems;
}

}  // namespace

std::optional<std::string> existing_bucket_problem(std::string_view name) {
  if (made_of(name, "._-", 3, 255)) return std::nullopt;
  return fmt::format("must be the name of a bucket (not its ARN), not \"{}\"", name);
}

std::optional<std::string> account_problem(std::string_view account) {
  if (is_account(account)) return std::nullopt;
  return fmt::format("must be the id of an account, 12 digits, not \"{}\"", account);
}

std::optional<std::string> role_name_problem(std::string_view name) {
  if (made_of(name, "_+=,.@-", 1, 64)) return std::nullopt;
  return fmt::format("must be 1 to 64 letters, digits and _+=,.@- (a name, not an ARN), not \"{}\"", name);
}

std::optional<std::string> existing_role_problem(std::string_view name_or_arn) {
  if (!starts_with(name_or_arn, "arn:")) {
    if (!role_name_problem(name_or_arn)) return std::nullopt;
  } else {
    const std::vector<std::string> parts = arn_parts(name_or_arn);
    const bool is_role = !parts.empty() && parts[2] == "iam" && parts[3].empty() && is_account(parts[4]) &&
                         starts_with(parts[5], "role/");
    const std::string resource = is_role ? parts[5].substr(4) : "";  // path and name: "/service-role/team"
    const std::size_t slash = resource.rfind('/');
    const bool fine =
        is_role && !role_path_problem(resource.substr(0, slash + 1)) && !role_name_problem(resource.substr(slash + 1));
    if (fine) return std::nullopt;
  }
  return fmt::format(
      "must be the name of a role (1 to 64 letters, digits and _+=,.@-) or its ARN "
      "(arn:aws:iam::123456789012:role/PATH/NAME), not \"{}\"",
      name_or_arn);
}

std::optional<std::string> role_path_problem(std::string_view path) {
  bool fine = path.size() <= 512 && starts_with(path, "/") && ends_with(path, "/");
  for (char c : path) fine = fine && c >= '!' && c <= '~';
  if (fine) return std::nullopt;
  return fmt::format("must begin and end with / and have at most 512 characters, not \"{}\"", path);
}

std::optional<std::string> policy_name_problem(std::string_view name) {
  if (made_of(name, "_+=,.@-", 1, 128)) return std::nullopt;
  return fmt::format("must be 1 to 128 letters, digits and _+=,.@-, not \"{}\"", name);
}

std::optional<std::string> log_group_problem(std::string_view name) {
  if (!made_of(name, "._-/#", 1, 512)) {
    return fmt::format("must be 1 to 512 letters, digits and ._-/#, not \"{}\"", name);
  }
  if (starts_with(name, "aws/")) return fmt::format("must not begin with aws/, as \"{}\" does (/aws/ is fine)", name);
  return std::nullopt;
}

std::optional<std::string> log_stream_problem(std::string_view name) {
  bool fine = !name.empty() && name.size() <= 512;
  for (char c : name) fine = fine && c != ':' && c != '*' && !is_control(c);
  if (fine) return std::nullopt;
  return fmt::format("must be 1 to 512 characters without : and *, not \"{}\"", name);
}

std::optional<std::string> boundary_problem(std::string_view arn) {
  std::vector<std::string> parts = arn_parts(arn);
  bool fine = !parts.empty() && parts[2] == "iam" && parts[3].empty() && (is_account(parts[4]) || parts[4] == "aws") &&
              starts_with(parts[5], "policy/") && made_of(parts[5], "_+=,.@-/", 8, 640);
  if (fine) return std::nullopt;
  return fmt::format("must be the ARN of an IAM policy (arn:aws:iam::123456789012:policy/NAME), not \"{}\"", arn);
}

std::optional<std::string> kms_key_problem(std::string_view arn) {
  std::vector<std::string> parts = arn_parts(arn);
  bool fine = !parts.empty() && parts[2] == "kms" && made_of(parts[3], "-", 1, 32) && is_account(parts[4]) &&
              starts_with(parts[5], "key/") && made_of(parts[5], "-/", 5, 256);
  if (fine) return std::nullopt;
  return fmt::format("must be the ARN of a KMS key (arn:aws:kms:REGION:123456789012:key/ID), not \"{}\"", arn);
}

std::optional<std::string> tag_problem(std::string_view key, std::string_view value) {
  if (key.empty()) return fmt::format("a tag is written KEY=VALUE, not \"{}\"", value);
  for (std::string_view own : {"aws:", "fhctl:"}) {
    if (starts_with(to_lower(key), own)) return fmt::format("the tag \"{}\" must not begin with {}", key, own);
  }
  if (characters(key) > 128) return fmt::format("the tag \"{}\" has a key of over 128 characters", key);
  if (characters(value) > 256) return fmt::format("the tag \"{}\" has a value of over 256 characters", key);
  for (char c : std::string(key) + std::string(value)) {
    // What all services take (Firehose alone takes '%' too). Letters of any language are fine.
    bool fine = is_alnum(c) || is_beyond_ascii(c) || std::string_view(" _.:/=+-@").find(c) != std::string_view::npos;
    if (!fine) return fmt::format("the tag \"{}\" may only have letters, digits, spaces and _ . : / = + - @", key);
  }
  return std::nullopt;
}

std::vector<std::string> prefix_problems(const Spec& spec) {
  Expressions prefix = read_expressions(spec.prefix);
  Expressions error_prefix = read_expressions(spec.error_prefix);
  std::vector<std::string> problems = single_prefix_problems("delivery.prefix", spec.prefix, prefix);
  for (std::string& problem : single_prefix_problems("delivery.error_prefix", spec.error_prefix, error_prefix)) {
    problems.push_back(std::move(problem));
  }
  if (prefix.error_type) {
    problems.push_back(fmt::format("delivery.prefix must not have {}: it belongs in error_prefix", kErrorType));
  }
  bool wanted = prefix.any || error_prefix.any;
  if (wanted && !error_prefix.error_type && error_prefix.problem.empty()) {
    problems.push_back(fmt::format("delivery.error_prefix must have {}, because {} has an expression", kErrorType,
                                   prefix.any ? "delivery.prefix" : "it"));
  }
  return problems;
}

Error spec_error(const std::vector<std::string>& problems, std::string hint) {
  return Error{.kind = ErrorKind::kUsage, .message = join(problems, "\n"), .hint = std::move(hint)};
}

}  // namespace fhctl::pipeline
