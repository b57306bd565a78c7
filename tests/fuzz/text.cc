// Encodings, numbers and durations: reading, writing and reading again gives the same value.
#include "core/base/text.h"

#include <chrono>

#include "core/base/time.h"
#include "core/spec/limits.h"
#include "core/spec/names.h"
#include "tests/fuzz/target.h"

namespace fhctl::fuzz::text {
namespace {

void check_encodings(std::string_view input) {
  FUZZ_CHECK(from_base64(to_base64(input)) == input);
  const std::optional<std::string> bytes = from_base64(input);
  if (bytes) FUZZ_CHECK(to_base64(*bytes) == input);
  for (const bool keep_slash : {false, true}) {
    const std::string encoded = percent_encode(input, keep_slash);
    FUZZ_CHECK(percent_decode(encoded) == input);
    FUZZ_CHECK(percent_encode(percent_decode(encoded), keep_slash) == encoded);
  }
  FUZZ_CHECK(percent_decode(input).size() <= input.size());
  FUZZ_CHECK(join(split(input, ','), ",") == input);
  FUZZ_CHECK(to_hex(input).size() == 2 * input.size());
  FUZZ_CHECK(equal_ignoring_case(to_lower(input), to_upper(input)));
}

void check_numbers(std::string_view input) {
  if (const std::optional<std::int64_t> number = parse_integer(input)) {
    FUZZ_CHECK(parse_integer(std::to_string(*number)) == number);
    FUZZ_CHECK(parse_integer(replace_all(format_thousands(*number), ",", "")) == number);
    FUZZ_CHECK(!format_bytes(*number).empty() && !plural(*number, "stream").empty());
    FUZZ_CHECK(parse_double(input).has_value());
  }
  if (const std::optional<std::int64_t> size = parse_size(input)) {
    FUZZ_CHECK(*size >= 0);
    FUZZ_CHECK(parse_size(std::to_string(*size)) == size);
  }
  if (const std::optional<Duration> duration = parse_duration(input)) {
    FUZZ_CHECK(*duration >= Duration::zero() && *duration < Duration::max());
    FUZZ_CHECK(!format_duration(*duration).empty() && !format_duration(-*duration).empty());
  }
  const Result<double> headroom = pipeline::parse_headroom(input);
  if (headroom) FUZZ_CHECK(*headroom >= 0 && *headroom < 1);
  const Result<std::int64_t> bytes = pipeline::parse_throughput(input);
  const Result<std::int64_t> records = pipeline::parse_record_rate(input);
  pipeline::Demand demand;
  if (bytes) demand.bytes_per_s = *bytes;
  if (records) demand.records_per_s = *records;
  const Result<pipeline::Sizing> sizing = pipeline::streams_needed(demand, "eu-central-1");
  if (sizing) FUZZ_CHECK(sizing->streams >= 1 && !sizing->working.empty());
}

void check_names(std::string_view input) {
  if (const std::optional<pipeline::Members> members = pipeline::parse_members(input)) {
    FUZZ_CHECK(members->size() <= 10000);
    FUZZ_CHECK(members->empty() || *members->begin() >= 1);
    FUZZ_CHECK(pipeline::parse_members(pipeline::format_members(*members)) == members);
  }
  const std::size_t hyphen = input.rfind('-');
  const std::string_view name = input.substr(0, hyphen);
  if (const std::optional<int> number = pipeline::stream_number(name, input)) {
    FUZZ_CHECK(pipeline::stream_name(name, *number) == input);
  }
  if (pipeline::check_pipeline_name(input)) FUZZ_CHECK(input.size() <= 31 && to_lower(input) == input);
}

}  // namespace

FUZZ_TARGET(text) {
  check_encodings(input);
  check_numbers(input);
  check_names(input);
}

}  // namespace fhctl::fuzz::text
