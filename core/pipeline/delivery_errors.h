// What Firehose says about objects that it could not deliver: its error log in CloudWatch Logs, read and explained.
//
// Firehose writes one JSON event for each failed delivery of a stream whose role may do so. It may leave some out when
// many fail, and Direct PUT data is tried again for 24 hours before it is lost, so an error is not yet a loss.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/aws/client.h"
#include "core/base/time.h"
#include "core/pipeline/observed.h"

namespace fhctl::pipeline {

// Everything but the time is AWS's text: escape it before it reaches a terminal.
struct DeliveryError {
  WallTime time{};      // as the log has it
  std::string stream;   // the name in deliveryStreamARN; empty: the event names none
  std::string code;     // "S3.AccessDenied"; empty: not an event of Firehose's form
  std::string message;  // empty when there is none
  std::string raw;      // the whole event as it was logged
  bool operator==(const DeliveryError&) const = default;
};

// Everything in the log stream of the spec since then, oldest first, of all streams that write there. Where logging is
// off, or group or log stream are absent, there are none. At most 100,000, the oldest. Waits.
Result<std::vector<DeliveryError>> read_delivery_errors(aws::Client& client, const Spec& spec, WallTime since);

// The spec, with the logging that the live streams have in place of what is wanted: the errors are where they were
// written. Without a live stream the spec as it is.
Spec with_live_logging(const Observed& observed);

DeliveryError parse_delivery_error(WallTime time, std::string_view event);

struct DeliveryAdvice {
  std::string_view meaning;  // a sentence
  std::string_view remedy;   // another; empty: nothing sensible to say
};
// Of Firehose's codes for Amazon S3 and KMS; both empty for any other.
DeliveryAdvice advice_for(std::string_view code);

// The same error of the same stream, however often it came.
struct DeliveryErrorGroup {
  std::string stream;
  std::string code;
  std::string message;  // of the last one; of an event without a code the whole event
  int count = 0;
  WallTime first{};
  WallTime last{};
};
// In the order in which they first came. Events without a code are the same when their text is.
std::vector<DeliveryErrorGroup> group_delivery_errors(const std::vector<DeliveryError>& errors);

}  // namespace fhctl::pipeline
