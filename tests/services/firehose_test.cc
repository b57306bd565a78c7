#include "core/services/firehose.h"

#include "core/base/json.h"
#include "tests/services/fixture.h"

namespace fhctl::firehose {
namespace firehose_test {
namespace {

using test::answer;
using test::json_fault;

class FirehoseTest : public test::ServiceTest {};

S3Destination plain_destination() {
  S3Destination destination;
  destination.role_arn = "arn:aws:iam::123456789012:role/logs";
  destination.bucket_arn = "arn:aws:s3:::logs";
  destination.prefix = "logs/";
  destination.error_output_prefix = "errors/!{firehose:error-output-type}/";
  destination.buffer_size_mib = 5;
  destination.buffer_interval_s = 60;
  destination.compression = "GZIP";
  destination.logging_enabled = true;
  destination.log_group = "/aws/kinesisfirehose/logs";
  destination.log_stream = "S3Delivery";
  return destination;
}

// What AWS returns for a plain stream, with defaults and with the duplicate S3DestinationDescription, which must not be
// read.
constexpr std::string_view kDescription = R"({"DeliveryStreamDescription":{
  "DeliveryStreamName":"logs-1","DeliveryStreamARN":"arn:aws:firehose:eu-central-1:123456789012:deliverystream/logs-1",
  "DeliveryStreamStatus":"SUSPENDED","DeliveryStreamType":"DirectPut","VersionId":"3","CreateTimestamp":1.5E9,
  "HasMoreDestinations":false,
  "FailureDescription":{"Type":"CREATE_PRIVATE_LINK_FAILED","Details":"why"},
  "Destinations":[{"DestinationId":"destinationId-000000000001",
    "S3DestinationDescription":{"Prefix":"stale/"},
    "ExtendedS3DestinationDescription":{"RoleARN":"r","BucketARN":"b","Prefix":"logs/",
      "BufferingHints":{"SizeInMBs":5,"IntervalInSeconds":0},"CompressionFormat":"GZIP",
      "EncryptionConfiguration":{"KMSEncryptionConfig":{"AWSKMSKeyARN":"k"}},
      "CloudWatchLoggingOptions":{"Enabled":true,"LogGroupName":"g","LogStreamName":"s"},
      "ProcessingConfiguration":{"Enabled":true,"Processors":[{"Type":"AppendDelimiterToRecord","Parameters":[]}]},
      "DataFormatConversionConfiguration":{"Enabled":false},
      "S3BackupMode":"Disabled","FileExtension":".x","CustomTimeZone":"UTC"}}]}})";

TEST_F(FirehoseTest, CreateSaysEverythingOnceAndNothingUnknown) {
  auto created = with_answer(answer(200, R"({"DeliveryStreamARN":"arn:x"})"), [](aws::Client& client) {
    return create_delivery_stream(
        client, {.name = "logs-1", .destination = plain_destination(), .tags = {{"b", "2"}, {"a", ""}}});
  });
  ASSERT_TRUE(created);
  EXPECT_EQ(*created, "arn:x");
  EXPECT_EQ(request().method, "POST");
  EXPECT_EQ(request().host, "firehose.eu-central-1.amazonaws.com");
  EXPECT_EQ(header("Content-Type"), "application/x-amz-json-1.1");
  EXPECT_EQ(header("X-Amz-Target"), "Firehose_20150804.CreateDeliveryStream");
  EXPECT_EQ(request().body, R"({"DeliveryStreamName":"logs-1","DeliveryStreamType":"DirectPut",)"
                            R"("ExtendedS3DestinationConfiguration":{"BucketARN":"arn:aws:s3:::logs",)"
                            R"("BufferingHints":{"IntervalInSeconds":60,"SizeInMBs":5},)"
                            R"("CloudWatchLoggingOptions":{"Enabled":true,"LogGroupName":"/aws/kinesisfirehose/logs",)"
                            R"("LogStreamName":"S3Delivery"},"CompressionFormat":"GZIP",)"
                            R"("EncryptionConfiguration":{"NoEncryptionConfig":"NoEncryption"},)"
                            R"("ErrorOutputPrefix":"errors/!{firehose:error-output-type}/","Prefix":"logs/",)"
                            R"("RoleARN":"arn:aws:iam::123456789012:role/logs"},)"
                            R"("Tags":[{"Key":"a","Value":""},{"Key":"b","Value":"2"}]})");
}

TEST_F(FirehoseTest, CreateWithEveryOption) {
  S3Destination destination = plain_destination();
  destination.kms_key_arn = "arn:aws:kms:x";
  destination.append_delimiter = true;
  destination.file_extension = ".jsonl.gz";
  destination.custom_time_zone = "Europe/Zurich";
  destination.logging_enabled = false;
  EXPECT_TRUE(with_answer(answer(200, R"({"DeliveryStreamARN":"arn:x"})"), [&](aws::Client& client) {
    return create_delivery_stream(client, {.name = "n", .destination = destination, .tags = {}});
  }));
  Json body = *parse_json(request().body, "body");
  EXPECT_FALSE(body.contains("Tags"));
  const Json& sent = body["ExtendedS3DestinationConfiguration"];
  EXPECT_EQ(sent["EncryptionConfiguration"].dump(), R"({"KMSEncryptionConfig":{"AWSKMSKeyARN":"arn:aws:kms:x"}})");
  EXPECT_EQ(sent["ProcessingConfiguration"].dump(),
            R"({"Enabled":true,"Processors":[{"Type":"AppendDelimiterToRecord"}]})");
  EXPECT_EQ(sent["FileExtension"], ".jsonl.gz");
  EXPECT_EQ(sent["CustomTimeZone"], "Europe/Zurich");
  EXPECT_EQ(sent["CloudWatchLoggingOptions"].dump(), R"({"Enabled":false})");
}

TEST_F(FirehoseTest, CreateIsNotRepeatedWhenTheAnswerIsLost) {
  auto lost = with_answer(Error{.kind = ErrorKind::kNetwork, .message = "gone"}, [](aws::Client& client) {
    return create_delivery_stream(client, {.name = "n", .destination = {}, .tags = {}});
  });
  EXPECT_EQ(lost.error().kind, ErrorKind::kNetwork);
  EXPECT_EQ(requests.size(), 1u);
  auto cut_off = with_answer(answer(200, R"({"DeliveryStr)"), [](aws::Client& client) {
    return create_delivery_stream(client, {.name = "n", .destination = {}, .tags = {}});
  });
  EXPECT_EQ(cut_off.error().kind, ErrorKind::kProtocol);
  EXPECT_EQ(requests.size(), 1u);
  auto without_arn = with_answer(answer(200, "{}"), [](aws::Client& client) {
    return create_delivery_stream(client, {.name = "n", .destination = {}, .tags = {}});
  });
  EXPECT_EQ(without_arn.error().kind, ErrorKind::kProtocol);
  EXPECT_NE(without_arn.error().message.find("DeliveryStreamARN"), std::string::npos);
}

TEST_F(FirehoseTest, DescribeReadsTheExtendedDestination) {
  auto described = with_answer(answer(200, std::string(kDescription)),
                               [](aws::Client& client) { return describe_delivery_stream(client, "logs-1"); });
  ASSERT_TRUE(described);
  ASSERT_TRUE(*described);
  const Description& stream = **described;
  EXPECT_EQ(request().body, R"({"DeliveryStreamName":"logs-1"})");
  EXPECT_EQ(stream.status.text(), "SUSPENDED");
  EXPECT_EQ(stream.version_id, "3");
  EXPECT_EQ(stream.failure_type, "CREATE_PRIVATE_LINK_FAILED");
  EXPECT_EQ(stream.failure_details, "why");
  EXPECT_EQ(stream.create_timestamp, 1.5e9);
  EXPECT_TRUE(stream.has_s3_destination);
  S3Destination expected;
  expected.role_arn = "r";
  expected.bucket_arn = "b";
  expected.prefix = "logs/";
  expected.buffer_size_mib = 5;
  expected.buffer_interval_s = 0;
  expected.compression = "GZIP";
  expected.kms_key_arn = "k";
  expected.logging_enabled = true;
  expected.log_group = "g";
  expected.log_stream = "s";
  expected.file_extension = ".x";
  expected.custom_time_zone = "UTC";
  expected.append_delimiter = true;
  EXPECT_EQ(stream.destination, expected);
}

TEST_F(FirehoseTest, AnIncompleteDescriptionIsNeverAnAbsentStream) {
  for (const char* member : {"DeliveryStreamName", "DeliveryStreamARN", "DeliveryStreamStatus", "DeliveryStreamType",
                             "VersionId", "Destinations"}) {
    for (bool as_null : {false, true}) {
      Json document = *parse_json(kDescription, "sample");
      Json& description = document["DeliveryStreamDescription"];
      as_null ? void(description[member] = nullptr) : void(description.erase(member));
      auto described = with_answer(answer(200, document.dump()),
                                   [](aws::Client& client) { return describe_delivery_stream(client, "logs-1"); });
      ASSERT_FALSE(described) << member;
      EXPECT_EQ(described.error().kind, ErrorKind::kProtocol) << member;
      EXPECT_NE(described.error().message.find(member), std::string::npos);
    }
  }
}

TEST_F(FirehoseTest, OnlyTheRightCodeMeansAbsent) {
  auto describe = [](aws::Client& client) { return describe_delivery_stream(client, "x"); };
  auto absent = with_answer(json_fault("com.amazonaws.firehose#ResourceNotFoundException:http://x"), describe);
  ASSERT_TRUE(absent);
  EXPECT_FALSE(*absent);
  EXPECT_EQ(with_answer(json_fault("AccessDeniedException"), describe).error().kind, ErrorKind::kDenied);
  EXPECT_FALSE(with_answer(answer(404, "<html>no</html>"), describe));
  EXPECT_FALSE(with_answer(answer(200, "<html>welcome</html>"), describe));
}

TEST_F(FirehoseTest, ForeignProcessingIsSeen) {
  struct Row {
    const char* name;
    const char* member;
    const char* value;
    bool foreign;
  };
  const Row rows[] = {
      {"lambda", "ProcessingConfiguration", R"({"Enabled":true,"Processors":[{"Type":"Lambda"}]})", true},
      {"lambda, off", "ProcessingConfiguration", R"({"Enabled":false,"Processors":[{"Type":"Lambda"}]})", false},
      {"other delimiter", "ProcessingConfiguration",
       R"({"Enabled":true,"Processors":[{"Type":"AppendDelimiterToRecord",
           "Parameters":[{"ParameterName":"Delimiter","ParameterValue":";"}]}]})",
       true},
      {"newline spelt out", "ProcessingConfiguration",
       R"({"Enabled":true,"Processors":[{"Type":"AppendDelimiterToRecord",
           "Parameters":[{"ParameterName":"Delimiter","ParameterValue":"\\n"}]}]})",
       false},
      {"backup", "S3BackupMode", R"("Enabled")", true},
      {"conversion by default", "DataFormatConversionConfiguration", R"({"SchemaConfiguration":{}})", true},
      {"partitioning", "DynamicPartitioningConfiguration", R"({"Enabled":true})", true},
      {"partitioning, off", "DynamicPartitioningConfiguration", R"({"Enabled":false})", false},
  };
  for (const Row& row : rows) {
    Json document = *parse_json(kDescription, "sample");
    Json& destination = document["DeliveryStreamDescription"]["Destinations"][0]["ExtendedS3DestinationDescription"];
    destination[row.member] = *parse_json(row.value, row.name);
    auto described = with_answer(answer(200, document.dump()),
                                 [](aws::Client& client) { return describe_delivery_stream(client, "logs-1"); });
    ASSERT_TRUE(described) << row.name;
    EXPECT_EQ((*described)->destination.foreign_processing, row.foreign) << row.name;
  }
}

TEST_F(FirehoseTest, UpdateSendsEmptyMembersToo) {
  S3Destination destination;
  destination.role_arn = "r";
  destination.bucket_arn = "b";
  auto updated = with_answer(answer(200, "{}"), [&](aws::Client& client) {
    return update_destination(client, "n", "7", "destinationId-1", destination);
  });
  ASSERT_TRUE(updated);
  EXPECT_EQ(request().body,
            R"({"CurrentDeliveryStreamVersionId":"7","DeliveryStreamName":"n","DestinationId":"destinationId-1",)"
            R"("ExtendedS3DestinationUpdate":{"BucketARN":"b",)"
            R"("BufferingHints":{"IntervalInSeconds":300,"SizeInMBs":5},"CloudWatchLoggingOptions":{"Enabled":false},)"
            R"("CompressionFormat":"UNCOMPRESSED","CustomTimeZone":"UTC",)"
            R"("EncryptionConfiguration":{"NoEncryptionConfig":"NoEncryption"},"ErrorOutputPrefix":"",)"
            R"("FileExtension":"","Prefix":"","ProcessingConfiguration":{"Enabled":false,"Processors":[]},)"
            R"("RoleARN":"r"}})");

  destination.foreign_processing = true;
  auto stale = with_answer(json_fault("ConcurrentModificationException"), [&](aws::Client& client) {
    return update_destination(client, "n", "6", "destinationId-1", destination);
  });
  EXPECT_EQ(stale.error().kind, ErrorKind::kConflict);
  EXPECT_EQ(request().body.find("ProcessingConfiguration"), std::string::npos);
}

TEST_F(FirehoseTest, ListsAllPagesSortedAndOnce) {
  auto list = [](aws::Client& client) { return list_delivery_streams(client); };
  auto names = with_answers({answer(200, R"({"DeliveryStreamNames":["a","b"],"HasMoreDeliveryStreams":true})"),
                             answer(200, R"({"DeliveryStreamNames":["b","d"],"HasMoreDeliveryStreams":true})"),
                             answer(200, R"({"DeliveryStreamNames":["c"],"HasMoreDeliveryStreams":false})")},
                            list);
  ASSERT_TRUE(names);
  EXPECT_EQ(*names, (std::vector<std::string>{"a", "b", "c", "d"}));
  ASSERT_EQ(requests.size(), 3u);
  EXPECT_EQ(request(0).body, R"({"Limit":10000})");
  EXPECT_EQ(request(1).body, R"({"ExclusiveStartDeliveryStreamName":"b","Limit":10000})");
  EXPECT_EQ(request(2).body, R"({"ExclusiveStartDeliveryStreamName":"d","Limit":10000})");
}

TEST_F(FirehoseTest, PagesThatLeadNowhereAreErrors) {
  const char* pages[] = {
      R"({"DeliveryStreamNames":["a"],"HasMoreDeliveryStreams":true})",  // the same page without end
      R"({"DeliveryStreamNames":[],"HasMoreDeliveryStreams":true})",     // more, but nothing to begin after
      R"({"DeliveryStreamNames":["a"]})",                                // does not say whether there is more
      R"({"HasMoreDeliveryStreams":false})",
      R"({"DeliveryStreamNames":null,"HasMoreDeliveryStreams":false})",
      R"({"DeliveryStreamNames":[1],"HasMoreDeliveryStreams":false})",
      "{}",
      "",
  };
  for (const char* page : pages) {
    auto names = with_answer(answer(200, page), [](aws::Client& client) { return list_delivery_streams(client); });
    ASSERT_FALSE(names) << page;
    EXPECT_EQ(names.error().kind, ErrorKind::kProtocol) << page;
    EXPECT_LE(requests.size(), 2u);
  }
}

TEST_F(FirehoseTest, DeletesAndForces) {
  auto remove = [](aws::Client& client) { return delete_delivery_stream(client, "n"); };
  EXPECT_TRUE(*with_answer(answer(200, "{}"), remove));
  EXPECT_EQ(request().body, R"({"DeliveryStreamName":"n"})");
  EXPECT_TRUE(*with_answer(answer(200, "{}"), [](aws::Client& c) { return delete_delivery_stream(c, "n", true); }));
  EXPECT_EQ(request().body, R"({"AllowForceDelete":true,"DeliveryStreamName":"n"})");
  EXPECT_FALSE(*with_answer(json_fault("ResourceNotFoundException"), remove));
  EXPECT_EQ(with_answer(json_fault("ResourceInUseException"), remove).error().kind, ErrorKind::kInUse);
}

TEST_F(FirehoseTest, Tags) {
  EXPECT_TRUE(with_answer(answer(200, "{}"), [](aws::Client& client) {
    return tag_delivery_stream(client, "n", {{"k", "v"}});
  }));
  EXPECT_EQ(request().body, R"({"DeliveryStreamName":"n","Tags":[{"Key":"k","Value":"v"}]})");
  EXPECT_TRUE(
      with_answer(answer(200, "{}"), [](aws::Client& client) { return untag_delivery_stream(client, "n", {"k"}); }));
  EXPECT_EQ(request().body, R"({"DeliveryStreamName":"n","TagKeys":["k"]})");
  EXPECT_TRUE(with_answer(answer(500), [](aws::Client& client) { return tag_delivery_stream(client, "n", {}); }));
  EXPECT_TRUE(requests.empty());

  auto list = [](aws::Client& client) { return list_tags(client, "n"); };
  auto tags = with_answers({answer(200, R"({"Tags":[{"Key":"a","Value":"1"}],"HasMoreTags":true})"),
                            answer(200, R"({"Tags":[{"Key":"b"}],"HasMoreTags":false})")},
                           list);
  ASSERT_TRUE(tags);
  EXPECT_EQ(**tags, (Tags{{"a", "1"}, {"b", ""}}));
  EXPECT_EQ(request(1).body, R"({"DeliveryStreamName":"n","ExclusiveStartTagKey":"a","Limit":50})");
  EXPECT_EQ(with_answer(answer(200, R"({"Tags":[{"Key":"a"}],"HasMoreTags":true})"), list).error().kind,
            ErrorKind::kProtocol);
  EXPECT_EQ(*with_answer(json_fault("ResourceNotFoundException"), list), std::nullopt);
}

TEST_F(FirehoseTest, EachRecordHasItsOwnResult) {
  auto put = [](aws::Client& client) { return put_record_batch(client, "n", {"one", std::string("\0\xff", 2)}); };
  auto results = with_answer(answer(200, R"({"FailedPutCount":1,"RequestResponses":[{"RecordId":"id"},
                      {"ErrorCode":"ServiceUnavailableException","ErrorMessage":"Slow down."}]})"),
                             put);
  ASSERT_TRUE(results);
  EXPECT_EQ(request().body, R"({"DeliveryStreamName":"n","Records":[{"Data":"b25l"},{"Data":"AP8="}]})");
  ASSERT_EQ(results->size(), 2u);
  EXPECT_EQ((*results)[0].record_id, "id");
  EXPECT_EQ((*results)[1].error_code, "ServiceUnavailableException");

  for (const char* body : {R"({"FailedPutCount":0,"RequestResponses":[{"RecordId":"id"}]})",
                           R"({"FailedPutCount":1,"RequestResponses":[{"RecordId":"id"},{"RecordId":"id"}]})",
                           R"({"FailedPutCount":0,"RequestResponses":[{"RecordId":"id"},{}]})", "{}"}) {
    EXPECT_EQ(with_answer(answer(200, body), put).error().kind, ErrorKind::kProtocol) << body;
    EXPECT_EQ(requests.size(), 1u);
  }
  EXPECT_TRUE(with_answer(answer(500), [](aws::Client& client) { return put_record_batch(client, "n", {}); }));
  EXPECT_TRUE(requests.empty());
}

TEST_F(FirehoseTest, Arn) {
  EXPECT_EQ(stream_arn("aws-cn", "cn-north-1", "123456789012", "n"),
            "arn:aws-cn:firehose:cn-north-1:123456789012:deliverystream/n");
}

}  // namespace
}  // namespace firehose_test
}  // namespace fhctl::firehose
