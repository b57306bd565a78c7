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
#include "core/observe/observed.h"

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

// Returns all events in the spec's log stream since then, of all streams that write to it, oldest first and at most
// 100,000. Empty when logging is off, or when group or log stream do not exist. Waits.
Result<std::vector<DeliveryError>> read_delivery_errors(aws::Client& client, const Spec& spec, WallTime since);

// Returns the spec with the logging settings of the live streams, because the errors are where those streams wrote
// them. Without a live stream, the spec unchanged.
Spec with_live_logging(const Observed& observed);

DeliveryError parse_delivery_error(WallTime time, std::string_view event);

struct DeliveryAdvice {
  std::string_view meaning;  // a sentence
  std::string_view remedy;   // another; empty: no advice
};
// Of Firehose's codes for Amazon S3 and KMS; both empty for any other.
DeliveryAdvice advice_for(std::string_view code);

// Events with the same error of the same stream, counted together.
struct DeliveryErrorGroup {
  std::string stream;
  std::string code;
  std::string message;  // of the last one; of an event without a code the whole event
  int count = 0;
  WallTime first{};
  WallTime last{};
};
// Groups the events, in the order in which each error first occurred. Events without a code are grouped by their text.
std::vector<DeliveryErrorGroup> group_delivery_errors(const std::vector<DeliveryError>& errors);

}  // namespace fhctl::pipeline
