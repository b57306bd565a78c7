// CloudWatch: GetMetricData and ListMetrics, for the metrics that the simulated Firehose publishes.
#include "sandbox/cloudwatch/cloudwatch.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <set>

#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "sandbox/cloudwatch/cloudwatch_wire.h"
#include "sandbox/metrics/metrics.h"
#include "sandbox/wire/reply.h"

namespace fhctl::sandbox {
namespace {

constexpr const char* kFirehose = "AWS/Firehose";
constexpr const char* kDimension = "DeliveryStreamName";
constexpr std::int64_t kDatapointsMax = 100800;
constexpr std::size_t kListPage = 500;

const Shape kBoolean = {.kind = ShapeKind::kBoolean};
const Shape kInteger = {.kind = ShapeKind::kInteger, .min = std::numeric_limits<std::int64_t>::min()};
const Shape kTime = {};
const Shape kText = {.kind = ShapeKind::kString};
const Shape kId = {.kind = ShapeKind::kString, .min = 1, .max = 255};
const Shape kNamespaceName = {.kind = ShapeKind::kString, .min = 1, .max = 255, .pattern = "[^:].*"};
const Shape kValue = {.kind = ShapeKind::kString, .min = 1, .max = 1024};
const Shape kDimensionPair = {.kind = ShapeKind::kStructure,
                              .members = {{"Name", &kId, true}, {"Value", &kValue, true}}};
const Shape kDimensions = {.kind = ShapeKind::kList, .max = 30, .element = &kDimensionPair};
const Shape kMetricShape = {
    .kind = ShapeKind::kStructure,
    .members = {{"Namespace", &kNamespaceName}, {"MetricName", &kId}, {"Dimensions", &kDimensions}}};
const Shape kPeriod = {.kind = ShapeKind::kInteger, .min = 1};
const Shape kStat = {
    .kind = ShapeKind::kStructure,
    .members = {{"Metric", &kMetricShape, true}, {"Period", &kPeriod, true}, {"Stat", &kText, true}, {"Unit", &kText}}};
const Shape kExpression = {.kind = ShapeKind::kString, .min = 1, .max = 2048};
const Shape kQuery = {.kind = ShapeKind::kStructure,
                      .members = {{"Id", &kId, true},
                                  {"MetricStat", &kStat},
                                  {"Expression", &kExpression},
                                  {"Label", &kText},
                                  {"ReturnData", &kBoolean},
                                  {"Period", &kPeriod},
                                  {"AccountId", &kId}}};
const Shape kQueries = {.kind = ShapeKind::kList, .element = &kQuery};
const Shape kScanBy = {.kind = ShapeKind::kString, .values = {"TimestampDescending", "TimestampAscending"}};
const Shape kLabelOptions = {.kind = ShapeKind::kStructure, .members = {{"Timezone", &kText}}};
const Shape kGetMetricData = {.kind = ShapeKind::kStructure,
                              .members = {{"MetricDataQueries", &kQueries, true},
                                          {"StartTime", &kTime, true},
                                          {"EndTime", &kTime, true},
                                          {"NextToken", &kText},
                                          {"ScanBy", &kScanBy},
                                          {"MaxDatapoints", &kInteger},
                                          {"LabelOptions", &kLabelOptions}}};
const Shape kDimensionFilter = {.kind = ShapeKind::kStructure, .members = {{"Name", &kId, true}, {"Value", &kValue}}};
const Shape kDimensionFilters = {.kind = ShapeKind::kList, .max = 10, .element = &kDimensionFilter};
const Shape kRecently = {.kind = ShapeKind::kString, .values = {"PT3H"}};
const Shape kListMetrics = {.kind = ShapeKind::kStructure,
                            .members = {{"Namespace", &kNamespaceName},
                                        {"MetricName", &kId},
                                        {"Dimensions", &kDimensionFilters},
                                        {"NextToken", &kText},
                                        {"RecentlyActive", &kRecently},
                                        {"IncludeLinkedAccounts", &kBoolean},
                                        {"OwningAccount", &kId}}};

http::Response invalid(const std::string& message) { return json_error(400, "ValidationException", message); }

http::Response bad_token() { return json_error(400, "InvalidNextToken", "The next token is not valid."); }

// --- GetMetricData ---

// One element of MetricDataQueries after it was checked.
struct Query {
  std::string id;
  std::string label;
  const StreamMetrics* stream = nullptr;  // nullptr: the metric is not published
  Metric metric = Metric::kIncomingBytes;
  std::int64_t period = 60;
  std::string stat;
  bool returned = true;
};

struct DataRequest {
  MetricRange range;  // the period is set per query
  std::vector<Query> queries;
  bool ascending = false;
  std::int64_t page = kDatapointsMax;
  WallTime as_of{};        // later pages return what the first one could see
  std::int64_t given = 0;  // points on earlier pages
};

bool legal_period(std::int64_t period) {
  return period == 1 || period == 5 || period == 10 || period == 30 || period % 60 == 0;
}

bool legal_id(const std::string& id) {
  const auto word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return id[0] >= 'a' && id[0] <= 'z' && std::all_of(id.begin(), id.end(), word);
}

bool known_stat(const std::string& stat) {
  return stat == "Sum" || stat == "Average" || stat == "Minimum" || stat == "Maximum" || stat == "SampleCount";
}

// Sets the stream and the metric of the query if a metric of this namespace, dimension, name and unit is published.
void find_series(const CloudState& world, const std::string& region, const Json& stat, Query& query) {
  const Json& metric = stat["Metric"];
  const std::optional<Metric> named = metric_named(get_string(metric, "MetricName").value_or(""));
  const Json* dimensions = get_array(metric, "Dimensions");
  if (!named || get_string(metric, "Namespace") != kFirehose || dimensions == nullptr || dimensions->size() != 1 ||
      get_string((*dimensions)[0], "Name") != kDimension) {
    return;
  }
  const std::optional<std::string> unit = get_string(stat, "Unit");
  if (unit && *unit != metric_unit(*named)) return;
  const auto found = world.metrics->streams.find({region, get_string((*dimensions)[0], "Value").value_or("")});
  if (found == world.metrics->streams.end()) return;
  query.stream = &found->second;
  query.metric = *named;
}

std::optional<http::Response> read_query(const CloudState& world, const std::string& region, const Json& json,
                                         Query& query) {
  query.id = get_string(json, "Id").value_or("");
  const std::string where = "Error in MetricDataQuery '" + query.id + "': ";
  if (!legal_id(query.id)) {
    return invalid(
        "The values for parameter id in MetricDataQueries are not matching the expected pattern "
        "^[a-z][a-zA-Z0-9_]*$.");
  }
  const Json* stat = get_object(json, "MetricStat");
  if ((stat != nullptr) == get_string(json, "Expression").has_value()) {
    return invalid(where + "exactly one of MetricStat and Expression must be given.");
  }
  if (stat == nullptr) return invalid(where + "the sandbox does not simulate expressions.");
  if (get_string(json, "AccountId")) return invalid(where + "the sandbox does not simulate other accounts.");
  if (json.contains("Period")) return invalid(where + "Period goes with an Expression only.");
  const std::string name = get_string((*stat)["Metric"], "MetricName").value_or("");
  if (name.empty() || !get_string((*stat)["Metric"], "Namespace")) {
    return invalid(where + "Metric needs a Namespace and a MetricName.");
  }
  query.period = get_integer(*stat, "Period").value_or(60);
  query.stat = get_string(*stat, "Stat").value_or("");
  query.label = get_string(json, "Label").value_or(name);
  query.returned = get_bool(json, "ReturnData").value_or(true);
  if (!legal_period(query.period)) return invalid(where + "Period must be 1, 5, 10, 30 or a multiple of 60.");
  if (!known_stat(query.stat)) return invalid(where + "the sandbox does not simulate the statistic " + query.stat);
  find_series(world, region, *stat, query);
  return std::nullopt;
}

// Digest of the request without its token: a token is valid only with the request that it came from.
std::string digest_of(const Json& body) {
  Json rest = body;
  rest.erase("NextToken");
  return to_hex(sha256(dump(rest))).substr(0, 16);
}

std::string write_token(const DataRequest& request, std::int64_t given, const Json& body) {
  return to_base64(std::to_string(request.as_of.time_since_epoch().count()) + " " + std::to_string(given) + " " +
                   digest_of(body));
}

bool read_token(const Json& body, DataRequest& request) {
  const std::optional<std::string> token = get_string(body, "NextToken");
  if (!token) return true;
  const std::vector<std::string> parts = split(from_base64(*token).value_or(""), ' ');
  if (parts.size() != 3 || parts[2] != digest_of(body)) return false;
  const std::optional<std::int64_t> as_of = parse_integer(parts[0]);
  const std::optional<std::int64_t> given = parse_integer(parts[1]);
  if (!as_of || !given || *given < 0) return false;
  request.as_of = WallTime(std::chrono::milliseconds(*as_of));
  request.given = *given;
  return true;
}

std::optional<http::Response> read_range(const Json& body, MetricRange& range) {
  const std::optional<double> start = get_number(body, "StartTime");
  const std::optional<double> end = get_number(body, "EndTime");
  constexpr double kLast = 253402300799;  // the year 9999
  if (!start || !end || std::abs(*start) > kLast || std::abs(*end) > kLast) {
    return json_error(400, "SerializationException", "StartTime and EndTime are not times.");
  }
  if (*start >= *end) return invalid("The parameter StartTime must be less than the parameter EndTime.");
  // CloudWatch rounds the start down to a whole minute.
  const auto seconds = std::max<std::int64_t>(0, static_cast<std::int64_t>(std::floor(*start)));
  range = {seconds - seconds % 60, std::max<std::int64_t>(0, static_cast<std::int64_t>(std::ceil(*end))), 60};
  return std::nullopt;
}

std::optional<http::Response> read_data_request(const CloudState& world, const std::string& region, const Json& body,
                                                DataRequest& request) {
  request.as_of = world.now;
  if (std::optional<http::Response> refusal = read_range(body, request.range)) return refusal;
  const Json& queries = body["MetricDataQueries"];
  if (queries.empty()) return invalid("The parameter MetricDataQueries must have at least one element.");
  if (queries.size() > 500) return invalid("The collection MetricDataQueries must not have a size greater than 500.");
  std::set<std::string> ids;
  for (const Json& each : queries) {
    Query query;
    if (std::optional<http::Response> refusal = read_query(world, region, each, query)) return refusal;
    if (!ids.insert(query.id).second) {
      return invalid("The values for parameter id in MetricDataQueries are not unique.");
    }
    request.queries.push_back(std::move(query));
  }
  if (std::none_of(request.queries.begin(), request.queries.end(), [](const Query& each) { return each.returned; })) {
    return invalid("At least one of the MetricDataQueries must have ReturnData true.");
  }
  request.ascending = get_string(body, "ScanBy") == "TimestampAscending";
  request.page = get_integer(body, "MaxDatapoints").value_or(kDatapointsMax);
  if (request.page < 1 || request.page > kDatapointsMax) {
    return invalid("The value for parameter MaxDatapoints must be between 1 and 100800.");
  }
  if (!read_token(body, request)) return bad_token();
  return std::nullopt;
}

double value_of(const MetricPoint& point, const std::string& stat) {
  if (stat == "Average") return static_cast<double>(point.sum) / static_cast<double>(point.count);
  if (stat == "Minimum") return static_cast<double>(point.minimum);
  if (stat == "Maximum") return static_cast<double>(point.maximum);
  return static_cast<double>(stat == "Sum" ? point.sum : point.count);
}

std::vector<MetricPoint> points_of(const CloudState& world, const DataRequest& request, const Query& query) {
  if (query.stream == nullptr) return {};
  MetricRange range = request.range;
  range.period = query.period;
  std::vector<MetricPoint> points = visible_points(world, *query.stream, query.metric, range, request.as_of);
  if (!request.ascending) std::reverse(points.begin(), points.end());
  return points;
}

// All points of all series form one sequence, series after series; a page is a part of it. Every page lists every
// series, as PartialData while some of its points follow on a later page.
http::Response get_metric_data(CloudState& world, const std::string& region, const Json& body) {
  DataRequest request;
  if (std::optional<http::Response> refusal = read_data_request(world, region, body, request)) return *refusal;
  Json results = Json::array();
  const std::int64_t end = request.given + request.page;
  std::int64_t at = 0;
  for (const Query& query : request.queries) {
    if (!query.returned) continue;
    Json times = Json::array();
    Json values = Json::array();
    const std::vector<MetricPoint> points = points_of(world, request, query);
    for (const MetricPoint& point : points) {
      if (at >= request.given && at < end) {
        times.push_back(point.start);
        values.push_back(value_of(point, query.stat));
      }
      ++at;
    }
    results.push_back({{"Id", query.id},
                       {"Label", query.label},
                       {"Timestamps", std::move(times)},
                       {"Values", std::move(values)},
                       {"StatusCode", at > end && !points.empty() ? "PartialData" : "Complete"}});
  }
  Json answer = {{"MetricDataResults", std::move(results)}, {"Messages", Json::array()}};
  if (at > end) answer["NextToken"] = write_token(request, end, body);
  return json_answer(dump(answer));
}

// --- ListMetrics ---

bool passes(const Json& body, const std::string& stream) {
  const Json* filters = get_array(body, "Dimensions");
  if (filters == nullptr) return true;
  return std::all_of(filters->begin(), filters->end(), [&](const Json& filter) {
    return get_string(filter, "Name") == kDimension && get_string(filter, "Value").value_or(stream) == stream;
  });
}

bool listed(const CloudState& world, const Json& body, const std::vector<MetricPoint>& points, Metric metric) {
  if (points.empty()) return false;
  const auto now = std::chrono::floor<std::chrono::seconds>(world.now.time_since_epoch()).count();
  // Metrics without data for two weeks are not listed.
  const std::int64_t age = body.contains("RecentlyActive") ? 3 * 3600 : 14 * 86400;
  return get_string(body, "MetricName").value_or(std::string(metric_name(metric))) == metric_name(metric) &&
         points.back().start >= now - age;
}

http::Response list_metrics(CloudState& world, const std::string& region, const Json& body) {
  Json metrics = Json::array();
  const std::int64_t skip =
      parse_integer(from_base64(get_string(body, "NextToken").value_or("")).value_or("")).value_or(0);
  if (skip < 0 || (skip == 0 && body.contains("NextToken"))) return bad_token();
  Json answer;
  std::int64_t at = 0;
  const bool ours = get_string(body, "Namespace").value_or(kFirehose) == kFirehose;
  for (auto it = world.metrics->streams.lower_bound({region, ""}); ours && it != world.metrics->streams.end(); ++it) {
    if (it->first.first != region) break;
    for (std::size_t i = 0; i < kMetricsCount; ++i) {
      const auto metric = static_cast<Metric>(i);
      if (!passes(body, it->first.second) || !listed(world, body, it->second.series[i], metric)) continue;
      if (++at <= skip) continue;
      if (metrics.size() == kListPage) {
        answer["NextToken"] = to_base64(std::to_string(at - 1));
        answer["Metrics"] = std::move(metrics);
        return json_answer(dump(answer));
      }
      metrics.push_back({{"Namespace", kFirehose},
                         {"MetricName", metric_name(metric)},
                         {"Dimensions", Json::array({{{"Name", kDimension}, {"Value", it->first.second}}})}});
    }
  }
  answer["Metrics"] = std::move(metrics);
  return json_answer(dump(answer));
}

}  // namespace

http::Response handle_monitoring(CloudState& world, const Incoming& incoming) {
  const std::optional<CloudWatchRequest> request = read_cloudwatch_request(incoming.raw);
  const bool is_data = request && request->operation == "GetMetricData";
  if (!is_data && !(request && request->operation == "ListMetrics")) {
    return json_error(400, "UnknownOperationException", "The sandbox knows GetMetricData and ListMetrics only.");
  }
  const Shape& shape = is_data ? kGetMetricData : kListMetrics;
  const Json body = read_cloudwatch_body(incoming.raw, request->is_query, shape);
  if (std::optional<http::Response> refusal = check_shape(body, shape)) return *refusal;
  return is_data ? get_metric_data(world, incoming.region, body) : list_metrics(world, incoming.region, body);
}

}  // namespace fhctl::sandbox
