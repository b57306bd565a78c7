#include "core/services/firehose.h"

#include <set>
#include <utility>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/services/firehose_destination.h"
#include "core/services/protocols/aws_json.h"
#include "core/services/protocols/response_errors.h"

namespace fhctl::firehose {
namespace {

constexpr JsonService kFirehose{aws::Service::kFirehose, "Firehose_20150804"};

bool is_absent(const Error& error) { return is_fault(error, "ResourceNotFoundException"); }

Json tag_list(const Tags& tags);
Result<void> call_for_nothing(aws::Client& client, const std::string& operation, const Json& input,
                              aws::CallResources resources);
aws::CallResources change_of(std::string_view stream);
Result<Description> read_description(const Json& answer, const std::string& name);
Result<PutResult> read_put_result(const Json& entry);

}  // namespace

Result<std::string> create_delivery_stream(aws::Client& client, const CreateDeliveryStreamInput& input) {
  Json body{{"DeliveryStreamName", input.name},
            {"DeliveryStreamType", "DirectPut"},
            {"ExtendedS3DestinationConfiguration", destination_configuration(input.destination)}};
  if (!input.tags.empty()) body["Tags"] = tag_list(input.tags);
  ASSIGN_OR_RETURN(Json answer, json_call(client, kFirehose, "CreateDeliveryStream", body,
                                          aws::Idempotency::kNotIdempotent, {.creates = stream_resource(input.name)}));
  std::optional<std::string> arn = get_string(answer, "DeliveryStreamARN");
  if (!arn) return missing_member("CreateDeliveryStream", "DeliveryStreamARN");
  return *arn;
}

Result<std::optional<Description>> describe_delivery_stream(aws::Client& client, const std::string& name) {
  Result<Json> answer = json_call(client, kFirehose, "DescribeDeliveryStream", {{"DeliveryStreamName", name}});
  if (!answer) {
    if (is_absent(answer.error())) return std::optional<Description>();
    return answer.error();
  }
  ASSIGN_OR_RETURN(Description description, read_description(*answer, name));
  return std::optional<Description>(std::move(description));
}

Result<std::vector<std::string>> list_delivery_streams(aws::Client& client) {
  constexpr std::string_view kOperation = "ListDeliveryStreams";
  constexpr int kPageMax = 10'000;  // the default of 10 would cost one of five calls a second for every ten streams
  std::set<std::string> names;
  Json input{{"Limit", kPageMax}};
  while (true) {
    ASSIGN_OR_RETURN(Json answer, json_call(client, kFirehose, std::string(kOperation), input));
    const Json* page = get_array(answer, "DeliveryStreamNames");
    std::optional<bool> more = get_bool(answer, "HasMoreDeliveryStreams");
    if (page == nullptr) return missing_member(kOperation, "DeliveryStreamNames");
    if (!more) return missing_member(kOperation, "HasMoreDeliveryStreams");
    std::size_t known = names.size();
    for (const Json& name : *page) {
      if (!name.is_string()) return missing_member(kOperation, "DeliveryStreamNames");
      names.insert(name.get<std::string>());
    }
    if (!*more) return std::vector<std::string>(names.begin(), names.end());
    if (names.size() == known) return stuck_pages(kOperation);
    input["ExclusiveStartDeliveryStreamName"] = page->back();
  }
}

Result<bool> delete_delivery_stream(aws::Client& client, const std::string& name, bool force) {
  Json input{{"DeliveryStreamName", name}};
  if (force) input["AllowForceDelete"] = true;
  // Not as a deletion: for minutes the stream is there with the status DELETING.
  Result<void> deleted = call_for_nothing(client, "DeleteDeliveryStream", input, {});
  if (deleted) return true;
  if (is_absent(deleted.error())) return false;
  return deleted.error();
}

Result<void> update_destination(aws::Client& client, const std::string& name, const std::string& version_id,
                                const std::string& destination_id, const S3Destination& destination) {
  return call_for_nothing(client, "UpdateDestination",
                          {{"DeliveryStreamName", name},
                           {"CurrentDeliveryStreamVersionId", version_id},
                           {"DestinationId", destination_id},
                           {"ExtendedS3DestinationUpdate", destination_update(destination)}},
                          change_of(name));
}

Result<void> tag_delivery_stream(aws::Client& client, const std::string& name, const Tags& tags) {
  if (tags.empty()) return ok();
  return call_for_nothing(client, "TagDeliveryStream", {{"DeliveryStreamName", name}, {"Tags", tag_list(tags)}},
                          change_of(name));
}

Result<void> untag_delivery_stream(aws::Client& client, const std::string& name, const std::vector<std::string>& keys) {
  if (keys.empty()) return ok();
  return call_for_nothing(client, "UntagDeliveryStream", {{"DeliveryStreamName", name}, {"TagKeys", keys}},
                          change_of(name));
}

Result<std::optional<Tags>> list_tags(aws::Client& client, const std::string& name) {
  constexpr std::string_view kOperation = "ListTagsForDeliveryStream";
  constexpr int kPageMax = 50;
  Tags tags;
  Json input{{"DeliveryStreamName", name}, {"Limit", kPageMax}};
  while (true) {
    Result<Json> answer = json_call(client, kFirehose, std::string(kOperation), input, aws::Idempotency::kIdempotent,
                                    {.needs = stream_resource(name)});
    if (!answer && is_absent(answer.error())) return std::optional<Tags>();
    if (!answer) return answer.error();
    const Json* page = get_array(*answer, "Tags");
    std::optional<bool> more = get_bool(*answer, "HasMoreTags");
    if (page == nullptr) return missing_member(kOperation, "Tags");
    if (!more) return missing_member(kOperation, "HasMoreTags");
    std::size_t known = tags.size();
    for (const Json& tag : *page) {
      std::optional<std::string> key = get_string(tag, "Key");
      if (!key) return missing_member(kOperation, "Key");
      tags[*key] = get_string(tag, "Value").value_or("");
      input["ExclusiveStartTagKey"] = *key;
    }
    if (!*more) return std::optional<Tags>(std::move(tags));
    if (tags.size() == known) return stuck_pages(kOperation);
  }
}

Result<std::vector<PutResult>> put_record_batch(aws::Client& client, const std::string& name,
                                                const std::vector<std::string>& records) {
  constexpr std::string_view kOperation = "PutRecordBatch";
  if (records.empty()) return std::vector<PutResult>{};
  Json entries = Json::array();
  for (const std::string& record : records) entries.push_back({{"Data", to_base64(record)}});
  Json input{{"DeliveryStreamName", name}, {"Records", std::move(entries)}};
  ASSIGN_OR_RETURN(Json answer,
                   json_call(client, kFirehose, std::string(kOperation), input, aws::Idempotency::kNotIdempotent));

  // A status of 200 says nothing about single records: each has a result, found by its position.
  const Json* responses = get_array(answer, "RequestResponses");
  if (responses == nullptr || responses->size() != records.size()) {
    return missing_member(kOperation, "RequestResponses");
  }
  std::vector<PutResult> results;
  std::int64_t failed = 0;
  for (const Json& entry : *responses) {
    ASSIGN_OR_RETURN(PutResult result, read_put_result(entry));
    if (!result.error_code.empty()) ++failed;
    results.push_back(std::move(result));
  }
  if (get_integer(answer, "FailedPutCount") != failed) return missing_member(kOperation, "FailedPutCount");
  return results;
}

std::string stream_arn(std::string_view partition, std::string_view region, std::string_view account,
                       std::string_view name) {
  return fmt::format("arn:{}:firehose:{}:{}:deliverystream/{}", partition, region, account, name);
}

std::string stream_resource(std::string_view stream) { return std::string(kStreamResource) + std::string(stream); }

namespace {

Json tag_list(const Tags& tags) {
  Json list = Json::array();
  for (const auto& [key, value] : tags) list.push_back({{"Key", key}, {"Value", value}});
  return list;
}

Result<void> call_for_nothing(aws::Client& client, const std::string& operation, const Json& input,
                              aws::CallResources resources) {
  ASSIGN_OR_RETURN(Json answer,
                   json_call(client, kFirehose, operation, input, aws::Idempotency::kIdempotent, std::move(resources)));
  return ok();
}

aws::CallResources change_of(std::string_view stream) {
  return {.needs = stream_resource(stream), .changes = stream_resource(stream)};
}

Result<Description> read_description(const Json& answer, const std::string& name) {
  constexpr std::string_view kOperation = "DescribeDeliveryStream";
  const Json* stream = get_object(answer, "DeliveryStreamDescription");
  if (stream == nullptr) return missing_member(kOperation, "DeliveryStreamDescription");
  // Deletions are decided by this response, so it must be about the requested stream, and complete.
  if (get_string(*stream, "DeliveryStreamName") != name) return missing_member(kOperation, "DeliveryStreamName");
  for (std::string_view member : {"DeliveryStreamARN", "DeliveryStreamStatus", "DeliveryStreamType", "VersionId"}) {
    if (!get_string(*stream, member)) return missing_member(kOperation, member);
  }
  const Json* destinations = get_array(*stream, "Destinations");
  if (destinations == nullptr) return missing_member(kOperation, "Destinations");

  Description description{.name = name,
                          .arn = *get_string(*stream, "DeliveryStreamARN"),
                          .status = StreamStatus::parse(*get_string(*stream, "DeliveryStreamStatus")),
                          .type = *get_string(*stream, "DeliveryStreamType"),
                          .version_id = *get_string(*stream, "VersionId"),
                          .destination_id = "",
                          .destination = {},
                          .failure_type = "",
                          .failure_details = "",
                          .create_timestamp = get_number(*stream, "CreateTimestamp").value_or(0)};
  if (const Json* failure = get_object(*stream, "FailureDescription")) {
    description.failure_type = get_string(*failure, "Type").value_or("");
    description.failure_details = get_string(*failure, "Details").value_or("");
  }
  if (destinations->empty()) return description;
  const Json& destination = destinations->front();  // a stream has one
  std::optional<std::string> id = get_string(destination, "DestinationId");
  if (!id) return missing_member(kOperation, "DestinationId");
  description.destination_id = *id;
  // S3DestinationDescription has the same content for old clients, but some servers fill it incorrectly.
  if (const Json* extended = get_object(destination, "ExtendedS3DestinationDescription")) {
    description.has_s3_destination = true;
    description.destination = read_destination(*extended);
  }
  return description;
}

Result<PutResult> read_put_result(const Json& entry) {
  PutResult result{.record_id = get_string(entry, "RecordId").value_or(""),
                   .error_code = get_string(entry, "ErrorCode").value_or(""),
                   .error_message = get_string(entry, "ErrorMessage").value_or("")};
  // Neither taken nor refused: whether Firehose has the record is unknown.
  if (result.record_id.empty() && result.error_code.empty()) return missing_member("PutRecordBatch", "RecordId");
  return result;
}

}  // namespace
}  // namespace fhctl::firehose
