// Text in and out: encodings, numbers with units, escaping for terminals.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fhctl {

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string to_lower(std::string_view text);  // ASCII only: locales must not change what goes over the wire
std::string to_upper(std::string_view text);
std::string_view trim(std::string_view text);  // spaces, tabs, CR, LF
bool starts_with(std::string_view text, std::string_view prefix);
bool ends_with(std::string_view text, std::string_view suffix);
bool contains(std::string_view text, std::string_view part);
bool equal_ignoring_case(std::string_view a, std::string_view b);
std::vector<std::string> split(std::string_view text, char separator);  // "a,,b" has three parts
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string replace_all(std::string text, std::string_view from, std::string_view to);

std::string to_hex(std::string_view bytes);  // lower case
std::string to_base64(std::string_view bytes);
std::optional<std::string> from_base64(std::string_view text);

// RFC 3986: everything but A-Za-z0-9-._~ becomes %XX with upper-case hex; keep_slash leaves '/'.
std::string percent_encode(std::string_view bytes, bool keep_slash = false);
// Only %XX; '+' stays '+'. A '%' that is not followed by two hex digits stays as it is.
std::string percent_decode(std::string_view text);

// The whole text as a number; nullopt when anything else stands in it or it does not fit.
std::optional<std::int64_t> parse_integer(std::string_view text);
std::optional<double> parse_double(std::string_view text);  // always with a decimal point, whatever the locale

// "5MiB", "40 MiB/s" (the "/s" is for the caller to cut), "512KiB", "3670016", "80k": bytes or a count. KiB, MiB, GiB
// are powers of 1024; k, M, G, kB, MB, GB powers of 1000. nullopt: not a size.
std::optional<std::int64_t> parse_size(std::string_view text);
std::string format_bytes(std::int64_t bytes);               // "3.4 GiB"
std::string format_thousands(std::int64_t number);          // "1,000,000"
std::string plural(std::int64_t n, std::string_view noun);  // "1 stream", "2 streams"

// What came from outside and goes to a terminal: control characters, escape sequences, bidi controls and broken UTF-8
// become visible (\x1b, \u202e). Newlines and tabs too, unless kept.
std::string escape_for_terminal(std::string_view text, bool keep_newlines = false);

std::size_t edit_distance(std::string_view a, std::string_view b);  // Levenshtein, for "did you mean"
// The candidate nearest to `text` with a distance of at most 2, or nothing.
std::optional<std::string> nearest(std::string_view text, const std::vector<std::string>& candidates);

}  // namespace fhctl
