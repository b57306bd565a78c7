// Responses of the JSON services (Firehose, CloudWatch Logs, CloudWatch, Parameter Store) converted to typed results.
// The first byte chooses the operation.
#include "core/base/text.h"
#include "core/services/cloudwatch.h"
#include "core/services/firehose.h"
#include "core/services/logs.h"
#include "core/services/ssm.h"
#include "tests/fuzz/answering_client.h"

namespace fhctl::fuzz::json_answers {
namespace {

constexpr std::string_view kNoResource = "ResourceNotFoundException";
constexpr std::string_view kNoParameter = "ParameterNotFound";

std::string describe_tags(const Tags& tags) {
  std::string said = std::to_string(tags.size()) + " tags:";
  for (const auto& [key, value] : tags) said += " " + key + "=" + value;
  return said;
}

std::string describe_number(const std::optional<int>& number) { return number ? std::to_string(*number) : "-"; }

std::string describe_stream(const firehose::Description& stream) {
  // It describes the requested stream, and is complete.
  FUZZ_CHECK(stream.name == "logs-1");
  const firehose::S3Destination& destination = stream.destination;
  return join(
      {stream.arn, stream.status.text(), stream.type, stream.version_id, stream.destination_id, destination.role_arn,
       destination.bucket_arn, destination.prefix, destination.compression, destination.kms_key_arn,
       describe_number(destination.buffer_size_mib), describe_number(destination.buffer_interval_s),
       destination.log_group, stream.failure_type, destination.foreign_processing ? "foreign" : "own"},
      "\x01");
}

void note_number(const std::optional<int>& number, Outcome& outcome) {
  if (number) outcome.numbers.push_back(*number);
}

Outcome describe_stream_call(aws::Client& client) {
  const Result<std::optional<firehose::Description>> stream = firehose::describe_delivery_stream(client, "logs-1");
  Outcome said = outcome(stream, describe_stream);
  if (!stream || !*stream) return said;
  note_number((*stream)->destination.buffer_size_mib, said);
  note_number((*stream)->destination.buffer_interval_s, said);
  return said;
}

Outcome list_streams(aws::Client& client) {
  const Result<std::vector<std::string>> names = firehose::list_delivery_streams(client);
  return names ? Outcome{.said = describe_names(*names)} : failed(names);
}

Outcome create_stream(aws::Client& client) {
  const Result<std::string> arn =
      firehose::create_delivery_stream(client, {.name = "logs-1", .destination = {}, .tags = {{"k", "v"}}});
  return arn ? Outcome{.said = "arn " + *arn} : failed(arn);
}

Outcome put_records(aws::Client& client) {
  const Result<std::vector<firehose::PutResult>> results = firehose::put_record_batch(client, "logs-1", {"a", "b"});
  if (!results) return failed(results);
  FUZZ_CHECK(results->size() == 2);
  std::string said;
  for (const firehose::PutResult& each : *results) {
    // Each record is either accepted or rejected.
    FUZZ_CHECK(!each.record_id.empty() || !each.error_code.empty());
    said += each.record_id + "\x01" + each.error_code + "\x01" + each.error_message + "\x01";
  }
  return {.said = said};
}

std::string describe_group(const logs::LogGroup& group) {
  FUZZ_CHECK(group.name == "/fh/logs" && !group.arn.empty());
  return group.arn + "\x01" + describe_number(group.retention_days) + "\x01" + group.kms_key_id + "\x01" +
         std::to_string(group.stored_bytes);
}

Outcome find_group(aws::Client& client) {
  const Result<std::optional<logs::LogGroup>> group = logs::find_log_group(client, "/fh/logs");
  Outcome said = outcome(group, describe_group);
  if (group && *group) note_number((*group)->retention_days, said);
  return said;
}

Outcome get_events(aws::Client& client) {
  const Result<std::vector<logs::LogEvent>> events = logs::get_log_events(client, "g", "s", 0, 100);
  if (!events) return failed(events);
  FUZZ_CHECK(events->size() <= 100);
  std::string said = std::to_string(events->size()) + " events";
  for (const logs::LogEvent& event : *events) said += std::to_string(event.timestamp_ms) + event.message;
  return {.said = said};
}

Outcome get_metrics(aws::Client& client) {
  const std::vector<cloudwatch::MetricQuery> queries = {
      cloudwatch::stream_metric("logs-1", "IncomingRecords", "Sum", 60),
      cloudwatch::stream_metric("logs-1", "IncomingBytes", "Sum", 60)};
  const WallTime now{std::chrono::milliseconds(1'768'903'451'000)};
  const Result<std::vector<cloudwatch::MetricSeries>> all =
      cloudwatch::get_metric_data(client, queries, now - std::chrono::hours(1), now);
  if (!all) return failed(all);
  FUZZ_CHECK(all->size() == queries.size());
  std::string said;
  for (const cloudwatch::MetricSeries& series : *all) {
    // An absent point means "no value" only in a series that CloudWatch reported as complete.
    FUZZ_CHECK(series.complete == (series.status == "Complete"));
    said += series.status + ":";
    for (const auto& [time, value] : series.points) said += std::to_string(time) + "=" + std::to_string(value) + ";";
  }
  return {.said = said};
}

constexpr Operation kOperations[] = {
    {"DescribeDeliveryStream", describe_stream_call, kNoResource},
    {"ListDeliveryStreams", list_streams},
    {"CreateDeliveryStream", create_stream},
    {"DeleteDeliveryStream",
     [](aws::Client& client) { return outcome(firehose::delete_delivery_stream(client, "logs-1")); }, kNoResource},
    {"UpdateDestination",
     [](aws::Client& client) { return outcome(firehose::update_destination(client, "logs-1", "1", "d-1", {})); }},
    {"TagDeliveryStream",
     [](aws::Client& client) {
       return outcome(firehose::tag_delivery_stream(client, "logs-1", {{"k", "v"}}));
     }},
    {"UntagDeliveryStream",
     [](aws::Client& client) { return outcome(firehose::untag_delivery_stream(client, "logs-1", {"k"})); }},
    {"ListTagsForDeliveryStream",
     [](aws::Client& client) { return outcome(firehose::list_tags(client, "logs-1"), describe_tags); }, kNoResource},
    {"PutRecordBatch", put_records},
    {"CreateLogGroup", [](aws::Client& client) { return outcome(logs::create_log_group(client, "g", {})); }},
    {"DescribeLogGroups", find_group, "", "logGroups"},
    {"DeleteLogGroup", [](aws::Client& client) { return outcome(logs::delete_log_group(client, "g")); }, kNoResource},
    {"PutRetentionPolicy", [](aws::Client& client) { return outcome(logs::put_retention_policy(client, "g", 30)); }},
    {"CreateLogStream", [](aws::Client& client) { return outcome(logs::create_log_stream(client, "g", "s")); }},
    {"DescribeLogStreams", [](aws::Client& client) { return outcome(logs::log_stream_exists(client, "g", "s")); },
     kNoResource, "logStreams"},
    {"ListTagsForResource", [](aws::Client& client) { return outcome(logs::list_tags(client, "arn"), describe_tags); },
     kNoResource},
    {"TagResource",
     [](aws::Client& client) {
       return outcome(logs::tag_resource(client, "arn", {{"k", "v"}}));
     }},
    {"UntagResource", [](aws::Client& client) { return outcome(logs::untag_resource(client, "arn", {"k"})); }},
    {"GetLogEvents", get_events},
    {"GetMetricData", get_metrics},
    {"GetParameter",
     [](aws::Client& client) {
       return outcome(ssm::get_parameter(client, "/p"), [](const ssm::Parameter& parameter) {
         return parameter.value + "\x01" + std::to_string(parameter.version);
       });
     },
     kNoParameter},
    {"PutParameter", [](aws::Client& client) { return outcome(ssm::put_parameter(client, "/p", "v", "d")); }},
    {"DeleteParameter", [](aws::Client& client) { return outcome(ssm::delete_parameter(client, "/p")); }, kNoParameter},
};

}  // namespace

FUZZ_TARGET(json_answers) {
  Input choices(input);
  const Operation& operation = kOperations[choices.below(std::size(kOperations))];
  run_operation(operation, choices, "application/x-amz-json-1.1");
}

}  // namespace fhctl::fuzz::json_answers
