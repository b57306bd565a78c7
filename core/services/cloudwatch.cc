#include "core/services/cloudwatch.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/services/protocols/aws_json.h"
#include "core/services/protocols/response_errors.h"

namespace fhctl::cloudwatch {
namespace {

constexpr std::string_view kOperation = "GetMetricData";
constexpr JsonService kCloudWatch{.service = aws::Service::kCloudWatch,
                                  .target_prefix = "GraniteServiceVersion20100801",
                                  .content_type = "application/x-amz-json-1.0",
                                  .query_mode = true};
constexpr std::size_t kQueriesMax = 500;  // of one call
// A page has up to 100,800 points, so a correct response never has this many pages.
constexpr int kPagesMax = 1000;

// Asks for queries[first] up to queries[end - 1] and fills the series of the same places. Waits.
Result<void> get_portion(aws::Client& client, const JsonService& service, const std::vector<MetricQuery>& queries,
                         std::size_t first, std::size_t end, Json input, std::vector<MetricSeries>& into);
Json query_json(const MetricQuery& query, std::size_t place);
Result<void> add_result(const Json& result, std::size_t first, std::size_t end, std::vector<MetricSeries>& into);
Json seconds(WallTime time);

}  // namespace

Result<std::vector<MetricSeries>> get_metric_data(aws::Client& client, const std::vector<MetricQuery>& queries,
                                                  WallTime start, WallTime end, int attempts_max) {
  JsonService service = kCloudWatch;
  service.attempts_max = attempts_max;
  std::vector<MetricSeries> all(queries.size());
  const Json input{{"StartTime", seconds(start)}, {"EndTime", seconds(end)}, {"ScanBy", "TimestampAscending"}};
  for (std::size_t first = 0; first < queries.size(); first += kQueriesMax) {
    const std::size_t last = std::min(first + kQueriesMax, queries.size());
    if (Result<void> got = get_portion(client, service, queries, first, last, input, all); !got) return got.error();
  }
  for (MetricSeries& series : all) series.complete = series.status == "Complete";
  return all;
}

MetricQuery stream_metric(std::string_view stream, std::string_view metric, std::string_view statistic, int period_s) {
  return {.metric_namespace = std::string(kFirehoseNamespace),
          .metric = std::string(metric),
          .dimensions = {{std::string(kStreamDimension), std::string(stream)}},
          .statistic = std::string(statistic),
          .period_s = period_s};
}

namespace {

Result<void> get_portion(aws::Client& client, const JsonService& service, const std::vector<MetricQuery>& queries,
                         std::size_t first, std::size_t end, Json input, std::vector<MetricSeries>& into) {
  Json& asked = input["MetricDataQueries"] = Json::array();
  for (std::size_t place = first; place < end; ++place) asked.push_back(query_json(queries[place], place));
  std::set<std::string> tokens;
  for (int page = 0; page < kPagesMax; ++page) {
    ASSIGN_OR_RETURN(Json answer, json_call(client, service, std::string(kOperation), input));
    const Json* results = get_array(answer, "MetricDataResults");
    if (results == nullptr) return missing_member(kOperation, "MetricDataResults");
    for (const Json& result : *results) {
      if (Result<void> added = add_result(result, first, end, into); !added) return added;
    }
    const std::string token = get_string(answer, "NextToken").value_or("");
    if (token.empty()) return ok();
    if (!tokens.insert(token).second) return stuck_pages(kOperation);
    input["NextToken"] = token;
  }
  return stuck_pages(kOperation);
}

// Ids are unique within a request and begin with a lower-case letter: "m0" is the first query of all.
Json query_json(const MetricQuery& query, std::size_t place) {
  Json dimensions = Json::array();
  for (const auto& [name, value] : query.dimensions) dimensions.push_back({{"Name", name}, {"Value", value}});
  return {
      {"Id", fmt::format("m{}", place)},
      {"MetricStat",
       {{"Metric",
         {{"Namespace", query.metric_namespace}, {"MetricName", query.metric}, {"Dimensions", std::move(dimensions)}}},
        {"Period", query.period_s},
        {"Stat", query.statistic}}}};
}

// Without a decimal point if the number is whole: some servers accept only that.
Json seconds(WallTime time) {
  const std::int64_t milliseconds = time.time_since_epoch().count();
  if (milliseconds % 1000 == 0) return milliseconds / 1000;
  return static_cast<double>(milliseconds) / 1000;
}

std::optional<std::size_t> place_of(std::string_view id) {
  if (!starts_with(id, "m")) return std::nullopt;
  std::size_t place = 0;
  const auto [rest, fault] = std::from_chars(id.data() + 1, id.data() + id.size(), place);
  if (fault != std::errc() || rest != id.data() + id.size()) return std::nullopt;
  return place;
}

// An instant between the years 1970 and 5138, so that no cast can overflow.
bool is_instant(const Json& value) {
  return value.is_number() && value.get<double>() >= 0 && value.get<double>() < 1e11;
}

Result<void> add_result(const Json& result, std::size_t first, std::size_t end, std::vector<MetricSeries>& into) {
  const std::optional<std::size_t> place = place_of(get_string(result, "Id").value_or(""));
  if (!place || *place < first || *place >= end) return missing_member(kOperation, "Id");
  MetricSeries& series = into[*place];
  // Every page has the status of its part. The last one counts, unless a page failed, which leaves a permanent gap.
  const bool failed = series.status == "InternalError" || series.status == "Forbidden";
  if (!failed) series.status = get_string(result, "StatusCode").value_or("");

  const Json* times = get_array(result, "Timestamps");
  const Json* values = get_array(result, "Values");
  if (times == nullptr && values == nullptr) return ok();
  if (times == nullptr || values == nullptr || times->size() != values->size()) {
    return Error{.kind = ErrorKind::kProtocol,
                 .message = fmt::format("the answer to {} does not have one value for each time", kOperation)};
  }
  for (std::size_t i = 0; i < times->size(); ++i) {
    if (!is_instant((*times)[i])) return missing_member(kOperation, "Timestamps");
    if (!(*values)[i].is_number()) return missing_member(kOperation, "Values");
    series.points[static_cast<std::int64_t>(std::floor((*times)[i].get<double>()))] = (*values)[i].get<double>();
  }
  return ok();
}

}  // namespace
}  // namespace fhctl::cloudwatch
