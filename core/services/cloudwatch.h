// Amazon CloudWatch metrics, JSON 1.0, 2010-08-01. Every function waits.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/aws/client.h"
#include "core/base/time.h"

namespace fhctl::cloudwatch {

inline constexpr std::string_view kFirehoseNamespace = "AWS/Firehose";
inline constexpr std::string_view kStreamDimension = "DeliveryStreamName";

// One metric of one resource, summed up over periods.
struct MetricQuery {
  std::string metric_namespace;
  std::string metric;                                           // "IncomingRecords"
  std::vector<std::pair<std::string, std::string>> dimensions;  // name, value
  std::string statistic;                                        // "Sum", "Average", "Minimum", "Maximum", "SampleCount"
  int period_s = 60;                                            // 1, 5, 10, 30 or a multiple of 60
};

struct MetricSeries {
  // True if only points that were never published are missing. With PartialData after the last page, InternalError or
  // Forbidden it is false, and an absent point means nothing.
  bool complete = false;
  std::string status;                     // as CloudWatch said it
  std::map<std::int64_t, double> points;  // by the start of the period, in epoch seconds
};

// GetMetricData from `start` to `end`, in the order of the queries; a query without any data gives an empty series.
// Asks in portions of 500 queries and follows every page. kDenied when the identity may not read metrics.
// `attempts_max` limits the attempts of each call if the result is optional; 0: as many as for any other call.
Result<std::vector<MetricSeries>> get_metric_data(aws::Client& client, const std::vector<MetricQuery>& queries,
                                                  WallTime start, WallTime end, int attempts_max = 0);

// One of a delivery stream's metrics.
MetricQuery stream_metric(std::string_view stream, std::string_view metric, std::string_view statistic, int period_s);

}  // namespace fhctl::cloudwatch
