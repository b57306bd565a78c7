// Times as AWS writes them, and the delay that a response asks for: ISO 8601, HTTP dates, x-amz-retry-after.
#include "core/base/time.h"

#include "core/aws/retry.h"
#include "tests/fuzz/target.h"

namespace fhctl::fuzz::dates {
namespace {

// The years that all formats can represent.
constexpr WallTime kFirst{std::chrono::milliseconds(-62167219200000)};  // 0000-01-01T00:00:00Z
constexpr WallTime kEnd{std::chrono::milliseconds(253402300800000)};    // 10000-01-01T00:00:00Z

void check_time(WallTime time) {
  FUZZ_CHECK(time > kFirst - std::chrono::hours(24) && time < kEnd + std::chrono::hours(24));
  if (time < kFirst || time >= kEnd) return;
  const WallTime whole = std::chrono::floor<std::chrono::seconds>(time);
  FUZZ_CHECK(parse_iso8601(format_iso8601(time)) == whole);
  FUZZ_CHECK(parse_http_date(format_http_date(time)) == whole);
  FUZZ_CHECK(format_amz_date(time).size() == 16);
}

void check_retry_after(std::string_view hint) {
  for (const aws::Retry kind : {aws::Retry::kTransient, aws::Retry::kThrottling}) {
    for (const int retry : {0, 3, 11, 1000}) {
      SeededEntropy one(7);
      SeededEntropy same(7);
      const Duration unasked = aws::backoff(kind, retry, std::nullopt, one);
      const Duration asked = aws::backoff(kind, retry, hint, same);
      FUZZ_CHECK(unasked >= Duration::zero() && unasked <= aws::backoff_cap(kind, retry));
      FUZZ_CHECK(asked >= unasked && asked <= unasked + std::chrono::seconds(5));
    }
  }
}

}  // namespace

FUZZ_TARGET(dates) {
  if (const std::optional<WallTime> time = parse_iso8601(input)) check_time(*time);
  if (const std::optional<WallTime> time = parse_http_date(input)) {
    check_time(*time);
    // Except the name of the weekday, which is not checked.
    FUZZ_CHECK(format_http_date(*time).substr(3) == input.substr(3));
  }
  check_retry_after(input);
}

}  // namespace fhctl::fuzz::dates
