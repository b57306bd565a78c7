#include "core/base/time.h"

#include <array>
#include <cmath>

#include <fmt/format.h>

#include "core/base/text.h"

namespace fhctl {

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::array<std::string_view, 7> kWeekdays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct Calendar {
  int year = 0;
  unsigned month = 0;  // 1 to 12
  unsigned day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  unsigned weekday = 0;  // 0: Sunday
};

Calendar calendar_of(WallTime time) {
  const auto day = std::chrono::floor<days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{std::chrono::floor<seconds>(time - day)};
  return {.year = int(date.year()),
          .month = unsigned(date.month()),
          .day = unsigned(date.day()),
          .hour = int(clock.hours().count()),
          .minute = int(clock.minutes().count()),
          .second = int(clock.seconds().count()),
          .weekday = std::chrono::weekday{day}.c_encoding()};
}

// nullopt when there is no such day or time of day.
std::optional<WallTime> time_of(const Calendar& calendar) {
  const std::chrono::year_month_day date{std::chrono::year{calendar.year}, std::chrono::month{calendar.month},
                                         std::chrono::day{calendar.day}};
  if (!date.ok() || calendar.hour > 23 || calendar.minute > 59 || calendar.second > 59) return std::nullopt;
  return WallTime{std::chrono::sys_days{date}} + hours(calendar.hour) + minutes(calendar.minute) +
         seconds(calendar.second);
}

// Reads a text from left to right; every take_ leaves it alone and fails when the next characters do not fit.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool empty() const { return rest_.empty(); }
  char peek() const { return rest_.empty() ? '\0' : rest_.front(); }

  bool take(std::string_view expected) {
    if (!starts_with(rest_, expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }
  bool take_one_of(std::string_view allowed) {
    if (rest_.empty() || allowed.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // Exactly `digits` decimal digits.
  template <class Number>
  bool take_number(std::size_t digits, Number& number) {
    if (rest_.size() < digits) return false;
    Number value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (!is_digit(rest_[i])) return false;
      value = value * 10 + static_cast<Number>(rest_[i] - '0');
    }
    rest_.remove_prefix(digits);
    number = value;
    return true;
  }
  // The index of the name that comes next.
  template <std::size_t N>
  bool take_name(const std::array<std::string_view, N>& names, unsigned& index) {
    for (index = 0; index < N; ++index) {
      if (take(names[index])) return true;
    }
    return false;
  }
  std::string_view take_while(bool (*wanted)(char)) {
    std::size_t size = 0;
    while (size < rest_.size() && wanted(rest_[size])) ++size;
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

 private:
  std::string_view rest_;
};

// ".123456": milliseconds, further digits cut off. Nothing at all is fine too.
bool take_fraction(Reader& reader, milliseconds& fraction) {
  if (!reader.take(".")) return true;
  const std::string_view digits = reader.take_while(is_digit);
  if (digits.empty()) return false;
  int value = 0;
  for (std::size_t i = 0; i < 3; ++i) value = value * 10 + (i < digits.size() ? digits[i] - '0' : 0);
  fraction = milliseconds(value);
  return true;
}

// "Z", "+02:00", "-0530", "+02".
bool take_offset(Reader& reader, minutes& offset) {
  if (reader.take_one_of("Zz")) return true;
  const bool west = reader.peek() == '-';
  if (!reader.take_one_of("+-")) return false;
  int offset_hours = 0;
  int offset_minutes = 0;
  if (!reader.take_number(2, offset_hours)) return false;
  if (reader.take(":") && reader.empty()) return false;
  if (!reader.empty() && !reader.take_number(2, offset_minutes)) return false;
  if (offset_hours > 23 || offset_minutes > 59) return false;
  offset = hours(offset_hours) + minutes(offset_minutes);
  if (west) offset = -offset;
  return true;
}

struct Unit {
  std::string_view name;
  double seconds;
};
// From the longest to the shortest: "1h30m" is a duration, "30m1h" is a slip.
constexpr std::array<Unit, 5> kUnits = {{{"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}, {"ms", 0.001}}};

constexpr double kDurationSecondsMax = 9.2e9;  // int64 nanoseconds end at 292 years

}  // namespace

double seconds_of(Duration duration) { return std::chrono::duration<double>(duration).count(); }

Duration from_seconds(double seconds) {
  if (!(seconds < kDurationSecondsMax)) return Duration::max();
  if (seconds < -kDurationSecondsMax) return Duration::min();
  return Duration(std::llround(seconds * 1e9));
}

std::string format_iso8601(WallTime time) {
  const Calendar c = calendar_of(time);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", c.year, c.month, c.day, c.hour, c.minute, c.second);
}

std::string format_amz_date(WallTime time) {
  const Calendar c = calendar_of(time);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", c.year, c.month, c.day, c.hour, c.minute, c.second);
}

std::string format_http_date(WallTime time) {
  const Calendar c = calendar_of(time);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kWeekdays.at(c.weekday), c.day,
                     kMonths.at(c.month - 1), c.year, c.hour, c.minute, c.second);
}

std::optional<WallTime> parse_iso8601(std::string_view text) {
  Reader reader(text);
  Calendar c;
  milliseconds fraction{0};
  minutes offset{0};
  const bool read = reader.take_number(4, c.year) && reader.take("-") && reader.take_number(2, c.month) &&
                    reader.take("-") && reader.take_number(2, c.day) && reader.take_one_of("Tt ") &&
                    reader.take_number(2, c.hour) && reader.take(":") && reader.take_number(2, c.minute) &&
                    reader.take(":") && reader.take_number(2, c.second) && take_fraction(reader, fraction) &&
                    take_offset(reader, offset) && reader.empty();
  if (!read) return std::nullopt;
  const std::optional<WallTime> time = time_of(c);
  if (!time) return std::nullopt;
  return *time + fraction - offset;
}

std::optional<WallTime> parse_http_date(std::string_view text) {
  Reader reader(text);
  Calendar c;
  unsigned month_index = 0;
  const bool read = reader.take_name(kWeekdays, c.weekday) && reader.take(", ") && reader.take_number(2, c.day) &&
                    reader.take(" ") && reader.take_name(kMonths, month_index) && reader.take(" ") &&
                    reader.take_number(4, c.year) && reader.take(" ") && reader.take_number(2, c.hour) &&
                    reader.take(":") && reader.take_number(2, c.minute) && reader.take(":") &&
                    reader.take_number(2, c.second) && reader.take(" GMT") && reader.empty();
  if (!read) return std::nullopt;
  c.month = month_index + 1;
  return time_of(c);
}

std::string format_duration(Duration duration) {
  if (duration < Duration::zero()) return duration == Duration::min() ? "-" : "-" + format_duration(-duration);
  if (duration < seconds(1)) return fmt::format("{}ms", std::chrono::floor<milliseconds>(duration).count());
  const auto total = std::chrono::round<seconds>(duration).count();
  if (total < 60) return fmt::format("{}s", total);
  if (total < 3600) return fmt::format("{}m {:02}s", total / 60, total % 60);
  return fmt::format("{}h {:02}m", total / 3600, total % 3600 / 60);
}

std::optional<Duration> parse_duration(std::string_view text) {
  if (const std::optional<double> plain = parse_double(text)) {
    if (!is_digit(text.front()) || *plain >= kDurationSecondsMax) return std::nullopt;
    return from_seconds(*plain);
  }
  Reader reader(text);
  double total = 0;
  std::size_t units_used = 0;
  do {
    const std::string_view digits = reader.take_while([](char c) { return is_digit(c) || c == '.'; });
    const std::string_view name = reader.take_while([](char c) { return c >= 'a' && c <= 'z'; });
    const std::optional<double> number = parse_double(digits);
    if (!number || !is_digit(digits.front())) return std::nullopt;
    while (units_used < kUnits.size() && kUnits[units_used].name != name) ++units_used;
    if (units_used == kUnits.size()) return std::nullopt;
    total += *number * kUnits[units_used++].seconds;
  } while (!reader.empty());
  if (total >= kDurationSecondsMax) return std::nullopt;
  return from_seconds(total);
}

}  // namespace fhctl
