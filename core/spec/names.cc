#include "core/spec/names.h"

#include <fmt/format.h>

#include "core/base/text.h"

namespace fhctl::pipeline {
namespace {

constexpr std::size_t kNameBytesMax = 31;

// Bucket names may not begin with these, and the default bucket begins with the pipeline's name.
constexpr std::string_view kForbiddenPrefixes[] = {"xn--", "sthree-", "amzn-s3-demo-"};

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

Error name_error(std::string_view name, std::string_view rule) {
  return Error{.kind = ErrorKind::kUsage,
               .message = fmt::format("the pipeline name \"{}\" {}", name, rule),
               .hint =
                   "A name is 1 to 31 lower-case letters, digits and hyphens; it begins with a letter and ends "
                   "with a letter or a digit."};
}

// A number as fhctl writes it: digits without leading zeros, from 1 to 999,999.
std::optional<int> plain_number(std::string_view text) {
  if (text.empty() || text.size() > 6 || text[0] == '0') return std::nullopt;
  int number = 0;
  for (char c : text) {
    if (!is_digit(c)) return std::nullopt;
    number = number * 10 + (c - '0');
  }
  return number;
}

}  // namespace

Result<void> check_pipeline_name(std::string_view name) {
  if (name.empty()) return name_error(name, "is empty");
  if (name.size() > kNameBytesMax) return name_error(name, fmt::format("has {} characters, over 31", name.size()));
  for (char c : name) {
    if (!is_lower(c) && !is_digit(c) && c != '-') return name_error(name, fmt::format("has the character '{}'", c));
  }
  if (!is_lower(name.front())) return name_error(name, "does not begin with a letter");
  if (name.back() == '-') return name_error(name, "ends with a hyphen");
  for (std::string_view prefix : kForbiddenPrefixes) {
    if (starts_with(name, prefix)) return name_error(name, fmt::format("begins with {}, which S3 forbids", prefix));
  }
  return ok();
}

std::string default_bucket(std::string_view name, std::string_view account, std::string_view region) {
  return fmt::format("{}-{}-{}", name, account, region);
}

std::string default_role(std::string_view name, std::string_view region) {
  return fmt::format("{}-{}-firehose", name, region);
}

std::string default_log_group(std::string_view name) { return fmt::format("/aws/kinesisfirehose/{}", name); }

std::string stream_name(std::string_view pipeline, int number) { return fmt::format("{}-{}", pipeline, number); }

std::optional<int> stream_number(std::string_view pipeline, std::string_view stream) {
  if (!starts_with(stream, pipeline)) return std::nullopt;
  stream.remove_prefix(pipeline.size());
  if (!starts_with(stream, "-")) return std::nullopt;
  return plain_number(stream.substr(1));
}

std::string own_prefix(std::string_view name, std::string_view region) {
  return fmt::format("_fhctl/{}/{}/", name, region);
}

std::string document_key(std::string_view name, std::string_view region) {
  return own_prefix(name, region) + "pipeline.json";
}

std::string manifest_key(std::string_view name, std::string_view region) {
  return own_prefix(name, region) + "manifest.json";
}

std::string lock_key(std::string_view name, std::string_view region) { return own_prefix(name, region) + "lock"; }

bool is_own_key(std::string_view key, std::string_view name, std::string_view region) {
  return key == document_key(name, region) || key == manifest_key(name, region) || key == lock_key(name, region);
}

std::string format_members(const Members& members) {
  std::string text;
  for (auto first = members.begin(); first != members.end();) {
    auto last = first;
    for (auto next = std::next(last); next != members.end() && *next == *last + 1; ++next) last = next;
    if (!text.empty()) text += ',';
    text += first == last ? fmt::format("{}", *first) : fmt::format("{}-{}", *first, *last);
    first = std::next(last);
  }
  return text;
}

std::optional<Members> parse_members(std::string_view text) {
  Members members;
  if (text.empty()) return members;
  std::size_t named = 0;  // numbers named twice count twice: repeating a large range must not cause unlimited work
  for (const std::string& part : split(text, ',')) {
    std::string_view range = part;
    std::size_t dash = range.find('-');
    std::optional<int> first = plain_number(range.substr(0, dash));
    std::optional<int> last = dash == std::string_view::npos ? first : plain_number(range.substr(dash + 1));
    if (!first || !last || *last < *first) return std::nullopt;
    named += static_cast<std::size_t>(*last - *first) + 1;
    if (named > kMembersMax) return std::nullopt;
    for (int number = *first; number <= *last; ++number) members.insert(number);
  }
  return members;
}

}  // namespace fhctl::pipeline
