#include "cli/views/put.h"

#include <fmt/format.h>

#include "core/base/json.h"
#include "core/base/text.h"

namespace fhctl::cli {
namespace {

// AWS's ids have over 150 characters; the beginning distinguishes them. JSON output contains them whole.
std::string short_id(const std::string& record_id) {
  constexpr std::size_t kShown = 16;
  if (record_id.empty()) return "-";
  return escape_for_terminal(record_id.substr(0, kShown)) + (record_id.size() > kShown ? "..." : "");
}

std::string put_text(const pipeline::SendReport& report, const pipeline::Manifest& manifest) {
  std::string text = fmt::format("{} sent ({}) in {} to {}.\n", plural(report.records, "record"),
                                 format_bytes(report.bytes), plural(report.requests, "request"),
                                 plural(static_cast<std::int64_t>(report.streams.size()), "stream"));
  for (const auto& [name, sent] : report.streams) {
    text += fmt::format("  {}  {}, last RecordId {}\n", escape_for_terminal(name), plural(sent.records, "record"),
                        short_id(sent.last_record_id));
  }
  if (report.resent > 0) text += fmt::format("Sent again after a refusal: {}.\n", plural(report.resent, "record"));
  if (report.maybe_duplicated > 0) {
    text += fmt::format("No answer came for {}; AWS may hold them twice.\n", plural(report.maybe_duplicated, "record"));
  }
  if (report.records > 0) {
    text += fmt::format("Firehose buffers up to {} s or {} MiB; then look in s3://{}/{}\n",
                        manifest.spec.buffer_interval_s, manifest.spec.buffer_size_mib,
                        escape_for_terminal(manifest.bucket), escape_for_terminal(manifest.spec.prefix));
  }
  return text;
}

std::string put_json(const pipeline::SendReport& report, const pipeline::Manifest& manifest) {
  OrderedJson json = {{"records", report.records},
                      {"bytes", report.bytes},
                      {"requests", report.requests},
                      {"resent", report.resent},
                      {"maybe_duplicated", report.maybe_duplicated},
                      {"lost", report.lost},
                      {"too_long", report.too_long},
                      {"bucket", manifest.bucket},
                      {"prefix", manifest.spec.prefix},
                      {"buffer_interval_s", manifest.spec.buffer_interval_s}};
  json["streams"] = OrderedJson::object();
  for (const auto& [name, sent] : report.streams) {
    json["streams"][name] = {{"records", sent.records},
                             {"bytes", sent.bytes},
                             {"requests", sent.requests},
                             {"refused", sent.refused},
                             {"last_record_id", sent.last_record_id}};
  }
  return dump(json);
}

std::string put_lines(const pipeline::SendReport& report) {
  std::string text;
  for (const auto& [name, sent] : report.streams) {
    text += fmt::format("stream\t{}\t{}\t{}\n", escape_for_terminal(name), sent.records, sent.bytes);
  }
  return text + fmt::format("records\t{}\nlost\t{}\ntoo_long\t{}\n", report.records, report.lost, report.too_long);
}

}  // namespace

CommandResult put_result(pipeline::SendReport report, pipeline::Manifest manifest) {
  const auto human = [report, manifest](const Style&) { return put_text(report, manifest); };
  const auto text = [report] { return put_lines(report); };
  return {"sent", human, text,
          [report = std::move(report), manifest = std::move(manifest)] { return put_json(report, manifest); }};
}

}  // namespace fhctl::cli
