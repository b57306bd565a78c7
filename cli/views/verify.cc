#include "cli/views/verify.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/json.h"
#include "core/base/text.h"

namespace fhctl::cli {
namespace {

using pipeline::StreamProof;
using pipeline::VerifyReport;

constexpr std::size_t kProgressMax = 4;  // streams named in one line
constexpr std::size_t kObjectsShown = 3;

std::string took(const std::optional<Duration>& duration) {
  if (!duration) return "-";
  if (*duration < std::chrono::seconds(1)) return "<1s";
  return format_duration(std::chrono::duration_cast<std::chrono::seconds>(*duration));
}

std::string records_text(const StreamProof& proof) {
  if (proof.wanted == 0) return "-";
  if (proof.by_arrival) return fmt::format("{} sent", proof.sent);
  return fmt::format("{} of {}", proof.found, proof.wanted);
}

std::string verdict(const StreamProof& proof, const Style& style) {
  const std::string word = proof.proven() ? "ok" : "fail";
  return style.paint(proof.proven() ? Colour::kGreen : Colour::kRed, pad_to_width(word, 4));
}

std::string stream_text(const StreamProof& proof, std::size_t width, const Style& style) {
  const std::string indent(8, ' ');
  std::string text = fmt::format("  {}  {}  {:<10}  {:<7}  {}\n", verdict(proof, style),
                                 pad_to_width(escape_for_terminal(proof.stream), width), records_text(proof),
                                 took(proof.stored), took(proof.seen));
  for (std::size_t i = 0; i < proof.objects.size() && i < kObjectsShown; ++i) {
    text += indent + escape_for_terminal(proof.objects[i]) + "\n";
  }
  if (proof.objects.size() > kObjectsShown) {
    text += fmt::format("{}and {} more\n", indent,
                        plural(static_cast<std::int64_t>(proof.objects.size() - kObjectsShown), "object"));
  }
  if (proof.by_arrival && proof.proven()) {
    text += fmt::format("{}proven by the object's arrival only: fhctl does not read {}\n", indent,
                        escape_for_terminal(proof.how));
  }
  if (proof.duplicates > 0) text += fmt::format("{}{} delivered twice\n", indent, plural(proof.duplicates, "record"));
  if (!proof.problem.empty()) text += indent + escape_for_terminal(proof.problem) + "\n";
  if (!proof.hint.empty() && !proof.proven()) text += indent + "hint: " + escape_for_terminal(proof.hint) + "\n";
  return text;
}

std::int64_t count_proven(const VerifyReport& report) {
  return std::count_if(report.streams.begin(), report.streams.end(),
                       [](const StreamProof& proof) { return proof.proven(); });
}

OrderedJson seconds_json(const std::optional<Duration>& duration) {
  if (!duration) return nullptr;
  return static_cast<double>(std::chrono::duration_cast<std::chrono::milliseconds>(*duration).count()) / 1000;
}

OrderedJson stream_json(const StreamProof& proof) {
  return {{"stream", proof.stream},
          {"proven", proof.proven()},
          {"proof", proof.by_arrival ? "arrival" : "records"},
          {"wanted", proof.wanted},
          {"sent", proof.sent},
          {"found", proof.found},
          {"duplicates", proof.duplicates},
          {"latency_s", seconds_json(proof.stored)},
          {"seen_s", seconds_json(proof.seen)},
          {"objects", proof.objects},
          {"problem", proof.problem},
          {"hint", proof.hint}};
}

}  // namespace

std::string verify_text(const VerifyReport& report, const Style& style) {
  std::size_t width = 6;
  for (const StreamProof& proof : report.streams) width = std::max(width, proof.stream.size());
  std::string text = style.paint(Colour::kBold, fmt::format("        {}  {:<10}  {:<7}  SEEN",
                                                            pad_to_width("STREAM", width), "RECORDS", "STORED")) +
                     "\n";
  for (const StreamProof& proof : report.streams) text += stream_text(proof, width, style);
  for (const pipeline::SkippedStream& skipped : report.skipped) {
    text += fmt::format("  skip  {}  {}\n", pad_to_width(escape_for_terminal(skipped.stream), width),
                        escape_for_terminal(skipped.reason));
  }
  if (!report.drift.empty()) text += "\nWhat is not as it should be (`fhctl plan` says more):\n";
  for (const std::string& drift : report.drift) text += "  " + escape_for_terminal(drift) + "\n";
  text += fmt::format(
      "\n{} of {} proven in s3://{}.\n"
      "The marked records stay in the data: lines with \"fhctl_verify\":\"{}\".\n",
      count_proven(report), plural(static_cast<std::int64_t>(report.streams.size()), "stream"),
      escape_for_terminal(report.bucket), report.run_id);
  return text;
}

CommandResult verify_result(VerifyReport report) {
  return make_result("verify", std::move(report), verify_text, verify_lines, verify_json);
}

std::string verify_lines(const VerifyReport& report) {
  std::string text;
  for (const StreamProof& proof : report.streams) {
    text +=
        fmt::format("stream\t{}\t{}\t{}\t{}\t{}\n", escape_for_terminal(proof.stream),
                    proof.proven() ? "proven" : "failed", proof.sent, proof.found, escape_for_terminal(proof.problem));
  }
  for (const pipeline::SkippedStream& skipped : report.skipped) {
    text += fmt::format("skipped\t{}\t{}\n", escape_for_terminal(skipped.stream), escape_for_terminal(skipped.reason));
  }
  return text + fmt::format("run\t{}\n", report.run_id);
}

std::string verify_json(const VerifyReport& report) {
  OrderedJson json = {{"schema", "fhctl.verify/1"},
                      {"run_id", report.run_id},
                      {"proven", report.proven()},
                      {"bucket", report.bucket},
                      {"started_at", format_iso8601(report.started)},
                      {"streams", OrderedJson::array()},
                      {"skipped", OrderedJson::array()},
                      {"drift", report.drift}};
  for (const StreamProof& proof : report.streams) json["streams"].push_back(stream_json(proof));
  for (const pipeline::SkippedStream& skipped : report.skipped) {
    json["skipped"].push_back({{"stream", skipped.stream}, {"reason", skipped.reason}});
  }
  return dump(json, 2);
}

std::string verify_progress(const VerifyReport& report) {
  std::vector<std::string> parts;
  std::size_t waiting = 0;
  const bool all = report.streams.size() <= kProgressMax;
  for (const StreamProof& proof : report.streams) {
    const bool waits = proof.sent > 0 && !proof.arrived();
    waiting += waits ? 1 : 0;
    if (proof.sent == 0 || (!waits && !all) || parts.size() == kProgressMax) continue;
    std::string part = fmt::format("{}: {} of {} records", escape_for_terminal(proof.stream), proof.found, proof.sent);
    if (proof.by_arrival) part = escape_for_terminal(proof.stream) + (waits ? ": no object yet" : ": an object");
    if (waits) part += fmt::format(", buffered up to {} s", proof.buffer_interval_s);
    parts.push_back(part);
  }
  std::string text = join(parts, "; ");
  if (waiting > parts.size()) text += fmt::format("; {} more", waiting - parts.size());
  return text;
}

Error verify_failure(const VerifyReport& report) {
  std::vector<std::string> names;
  for (const StreamProof& proof : report.streams) {
    if (!proof.proven()) names.push_back(proof.stream);
  }
  const std::size_t failed = names.size();
  if (failed > kProgressMax) {
    names.resize(kProgressMax);
    names.push_back("...");
  }
  return make_error(ErrorKind::kVerification,
                    fmt::format("{} of {} did not prove delivery: {}.", failed,
                                plural(static_cast<std::int64_t>(report.streams.size()), "stream"), join(names, ", ")),
                    report.drift.empty() ? "`fhctl logs` shows what Firehose says; `fhctl doctor` looks at the rest."
                                         : "`fhctl up` repairs what is not as it should be; then verify again");
}

}  // namespace fhctl::cli
