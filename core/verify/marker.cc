#include "core/verify/marker.h"

#include "core/base/json.h"

namespace fhctl::pipeline {
namespace {

constexpr std::size_t kMarkerBytesMax = 1024;

}  // namespace

std::string format_marker(const Marker& marker) {
  return dump(OrderedJson{{"fhctl_verify", marker.run_id},
                          {"stream", marker.stream},
                          {"n", marker.number},
                          {"of", marker.of},
                          {"sent_at", format_iso8601(marker.sent_at)}});
}

std::map<int, int> find_markers(std::string_view bytes, std::string_view run_id, std::string_view stream) {
  const std::string begin = R"({"fhctl_verify":")" + std::string(run_id) + R"(",)";
  std::map<int, int> found;
  for (std::size_t at = bytes.find(begin); at != std::string_view::npos; at = bytes.find(begin, at + 1)) {
    const std::string_view rest = bytes.substr(at, kMarkerBytesMax);
    const std::size_t end = rest.find('}');
    if (end == std::string_view::npos) continue;
    const Result<Json> marker = parse_json(rest.substr(0, end + 1), "marker");
    if (!marker || get_string(*marker, "stream") != stream) continue;
    if (const auto number = get_int(*marker, "n")) ++found[*number];
  }
  return found;
}

}  // namespace fhctl::pipeline
