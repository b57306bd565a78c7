#include "core/verify/verify_send.h"

#include <fmt/format.h>

#include "core/verify/marker.h"
#include "core/verify/verify_parts.h"

namespace fhctl::pipeline {
namespace {

constexpr int kTries = 4;
constexpr Duration kSendPause = std::chrono::milliseconds(500);

std::string marker_record(const VerifiedStream& stream, const VerifyOptions& options, int number) {
  const Marker marker{options.run_id, stream.proof.stream, number, options.records, stream.sent_at};
  return format_marker(marker) + (stream.destination.append_delimiter ? "" : "\n");
}

std::string refusal_of(const firehose::PutResult& result) { return result.error_code + ": " + result.error_message; }

// Whether the stream has the records is unknown.
bool is_lost_answer(const Error& error) {
  return error.kind == ErrorKind::kNetwork || error.kind == ErrorKind::kProtocol;
}

// True if the error concerns the stream and not the run.
bool concerns_stream(const Error& error) {
  return error.kind != ErrorKind::kCancelled && error.kind != ErrorKind::kTimeout &&
         error.kind != ErrorKind::kCredentials;
}

}  // namespace

Result<void> send_markers(aws::Client& sender, VerifiedStream& stream, const VerifyOptions& options) {
  std::vector<int> pending;
  for (int number = 1; number <= options.records; ++number) pending.push_back(number);
  stream.sent_at = sender.now();
  stream.sent_instant = sender.loop().now();
  std::string refusal;
  std::string hint;
  bool throttled = false;
  Duration pause = kSendPause;
  for (int attempt = 1; !pending.empty() && attempt <= kTries; ++attempt) {
    std::vector<std::string> records;
    for (const int number : pending) records.push_back(marker_record(stream, options, number));
    Result<std::vector<firehose::PutResult>> results = firehose::put_record_batch(sender, stream.proof.stream, records);
    if (!results && !concerns_stream(results.error())) return results.error();
    if (!results && is_lost_answer(results.error())) {
      stream.expected.insert(pending.begin(), pending.end());
      stream.obstacle = "no answer came to PutRecordBatch: " + describe(results.error());
      pending.clear();
      break;
    }
    if (!results && results.error().kind == ErrorKind::kDenied) {
      // IAM may see the tag of a new stream late, and policies allow streams by their tag.
      refusal = describe(results.error());
      hint = results.error().hint;
      if (attempt == kTries) break;
      RETURN_IF_ERROR(sender.control().sleep_for(pause));
      pause *= 2;
      continue;
    }
    if (!results) {
      refusal = describe(results.error());
      throttled = results.error().kind == ErrorKind::kThrottled || results.error().kind == ErrorKind::kUnavailable;
      break;
    }
    std::vector<int> refused;
    for (std::size_t i = 0; i < pending.size(); ++i) {
      const firehose::PutResult& result = (*results)[i];
      if (result.error_code.empty()) {
        stream.expected.insert(pending[i]);
      } else {
        refusal = refusal_of(result);
        throttled = true;
        refused.push_back(pending[i]);
      }
    }
    pending = refused;
    if (pending.empty() || attempt == kTries) break;
    RETURN_IF_ERROR(sender.control().sleep_for(pause));
    pause *= 2;
  }
  stream.proof.sent = static_cast<int>(stream.expected.size());
  if (!pending.empty()) {
    stream.proof.problem =
        fmt::format("Firehose did not take {} of {} records: {}", pending.size(), options.records, refusal);
    stream.proof.hint = hint;
    if (throttled) stream.proof.hint = "It is throttled: `fhctl scale` adds streams, or producers have to slow down.";
  }
  return ok();
}

}  // namespace fhctl::pipeline
