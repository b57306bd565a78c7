// Log events, objects and keys written by Firehose: delivery errors, markers of `verify`, names of objects.
#include <algorithm>

#include "core/base/text.h"
#include "core/drain/delivery_errors.h"
#include "core/manifest/manifest_formats.h"
#include "core/verify/marker.h"
#include "core/verify/object_names.h"
#include "tests/fuzz/target.h"

namespace fhctl::fuzz::records {
namespace {

const WallTime kNow{std::chrono::milliseconds(1'768'903'451'000)};  // 2026-01-20T10:04:11Z

void check_events(std::string_view text) {
  std::vector<pipeline::DeliveryError> errors;
  for (const std::string& line : split(text, '\n')) {
    errors.push_back(pipeline::parse_delivery_error(kNow, line));
    FUZZ_CHECK(errors.back().raw == line && errors.back().time == kNow);
    FUZZ_CHECK(errors.back() == pipeline::parse_delivery_error(kNow, line));
    if (!pipeline::advice_for(errors.back().code).meaning.empty()) FUZZ_CHECK(contains(errors.back().code, "S3."));
  }
  int counted = 0;
  for (const pipeline::DeliveryErrorGroup& group : pipeline::group_delivery_errors(errors)) counted += group.count;
  FUZZ_CHECK(counted == static_cast<int>(errors.size()));
}

void check_markers(std::string_view text) {
  const std::map<int, int> before = pipeline::find_markers(text, "run-1", "logs-2");
  for (const auto& [number, times] : before) FUZZ_CHECK(contains(text, std::to_string(number)));
  pipeline::Marker marker{.run_id = "run-1", .stream = "logs-2", .number = 4711, .of = 9999, .sent_at = kNow};
  // Appending a marker finds exactly one more, whatever precedes it, even without a newline.
  const std::map<int, int> after =
      pipeline::find_markers(std::string(text) + pipeline::format_marker(marker), "run-1", "logs-2");
  std::map<int, int> expected = before;
  ++expected[4711];
  FUZZ_CHECK(after == expected);
}

void check_keys(std::string_view prefix, std::string_view key) {
  firehose::S3Destination destination;
  destination.prefix = prefix;
  const std::vector<std::string> prefixes =
      pipeline::listing_prefixes(destination, "logs-2", kNow - std::chrono::hours(2), kNow);
  FUZZ_CHECK(!prefixes.empty() && prefixes.size() <= 3);
  if (pipeline::is_object_of(key, "logs-2", prefix)) FUZZ_CHECK(contains(key, "logs-2-"));
  const std::string name = "logs-2-1-2026-01-20-10-04-11-0a1b2c3d";
  FUZZ_CHECK(pipeline::is_object_of(std::string(key) + "/" + name, "logs-2", prefix));
  FUZZ_CHECK(!pipeline::is_object_of("x/" + name, "logs", "x/"));
}

}  // namespace

FUZZ_TARGET(records) {
  check_events(input);
  check_markers(input);
  Input pieces(input);
  const std::string_view prefix = pieces.piece();
  check_keys(prefix, pieces.rest());
  if (const auto head = pipeline::parse_compact_head(input))
    FUZZ_CHECK(contains(input, "compact") || contains(input, "\\"));
}

}  // namespace fhctl::fuzz::records
