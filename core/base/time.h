// Points in time. Instants are monotonic and only for waiting; wall times are for signatures, names and people. Neither
// type can read a clock: only a Driver can (core/base/platform.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fhctl {

using Duration = std::chrono::nanoseconds;

struct Monotonic {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<Monotonic, Duration>;
  static constexpr bool is_steady = true;
};

using Instant = Monotonic::time_point;
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

inline constexpr Instant kNever = Instant::max();

double seconds_of(Duration duration);
Duration from_seconds(double seconds);

inline std::int64_t whole_seconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
}

// Whole seconds since 1970, as CloudWatch counts.
inline std::int64_t epoch_seconds(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}
inline WallTime from_epoch_seconds(std::int64_t seconds) { return WallTime(std::chrono::seconds(seconds)); }

// "2026-01-20T10:04:11Z" (seconds). Milliseconds are cut off.
std::string format_iso8601(WallTime time);
// "20260120T100411Z", as SigV4 writes it.
std::string format_amz_date(WallTime time);
// "Tue, 20 Jan 2026 10:04:11 GMT" (RFC 7231).
std::string format_http_date(WallTime time);
// nullopt: not a time of that form. Fractions of a second and numeric offsets are accepted in ISO 8601.
std::optional<WallTime> parse_iso8601(std::string_view text);
std::optional<WallTime> parse_http_date(std::string_view text);

// "850ms", "12s", "1m 02s", "2h 05m": for people.
std::string format_duration(Duration duration);
// "60s", "5m", "1h30m", "250ms", "2d", "90" (seconds). nullopt: not a duration.
std::optional<Duration> parse_duration(std::string_view text);

}  // namespace fhctl
