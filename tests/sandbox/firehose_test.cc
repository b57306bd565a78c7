// The lifecycle of delivery streams, and what Firehose refuses.
#include <gtest/gtest.h>

#include "sandbox/firehose/firehose.h"
#include "tests/sandbox/firehose_fixture.h"

namespace fhctl::sandbox {
namespace firehose_test {
namespace {

using std::chrono::seconds;

TEST(Firehose, StreamIsCreatingThenActiveThenDeletingThenGone) {
  FirehoseFixture cloud;
  EXPECT_EQ(cloud.outcome("CreateDeliveryStream", FirehoseFixture::create_body("s-1")), "ok");
  EXPECT_EQ(cloud.status("s-1"), "CREATING");
  EXPECT_EQ(cloud.outcome("DeleteDeliveryStream", {{"DeliveryStreamName", "s-1"}}), "ResourceInUseException");
  EXPECT_EQ(cloud.put("s-1", "x"), "ResourceNotFoundException");
  cloud.pass(seconds(2));
  EXPECT_EQ(cloud.status("s-1"), "ACTIVE");
  EXPECT_EQ(cloud.outcome("CreateDeliveryStream", FirehoseFixture::create_body("s-1")), "ResourceInUseException");
  EXPECT_EQ(cloud.outcome("DeleteDeliveryStream", {{"DeliveryStreamName", "s-1"}}), "ok");
  EXPECT_EQ(cloud.status("s-1"), "DELETING");
  EXPECT_EQ(cloud.outcome("CreateDeliveryStream", FirehoseFixture::create_body("s-1")), "ResourceInUseException");
  cloud.pass(seconds(2));
  EXPECT_EQ(cloud.status("s-1"), "gone");
  EXPECT_EQ(cloud.outcome("DeleteDeliveryStream", {{"DeliveryStreamName", "s-1"}}), "ResourceNotFoundException");
}

TEST(Firehose, DescribeFillsInDefaults) {
  FirehoseFixture cloud;
  cloud.make_stream("s-1");
  const Json description = cloud.describe("s-1");
  EXPECT_EQ(description["VersionId"], "1");
  EXPECT_EQ(description["DeliveryStreamARN"], "arn:aws:firehose:us-east-1:123456789012:deliverystream/s-1");
  EXPECT_EQ(description["CreateTimestamp"], 1768903380.0);
  const Json& destination = description["Destinations"][0];
  EXPECT_EQ(destination["DestinationId"], "destinationId-000000000001");
  const Json expected = Json::parse(R"({
    "RoleARN": "arn:aws:iam::123456789012:role/delivery", "BucketARN": "arn:aws:s3:::logs-bucket", "Prefix": "",
    "BufferingHints": {"SizeInMBs": 5, "IntervalInSeconds": 300}, "CompressionFormat": "UNCOMPRESSED",
    "EncryptionConfiguration": {"NoEncryptionConfig": "NoEncryption"},
    "CloudWatchLoggingOptions": {"Enabled": false}, "S3BackupMode": "Disabled"})");
  EXPECT_EQ(destination["ExtendedS3DestinationDescription"], expected);
  EXPECT_EQ(destination["S3DestinationDescription"]["BucketARN"], "arn:aws:s3:::logs-bucket");
  EXPECT_FALSE(destination["S3DestinationDescription"].contains("S3BackupMode"));
}

TEST(Firehose, RegionsAreApart) {
  FirehoseFixture cloud;
  cloud.make_stream("s-1");
  cloud.region = "eu-west-1";
  EXPECT_EQ(cloud.status("s-1"), "gone");
  EXPECT_EQ(cloud.answer("ListDeliveryStreams", Json::object())["DeliveryStreamNames"], Json::array());
}

TEST(Firehose, ListsInOrderPageByPage) {
  Options options;
  options.firehose_calls_per_second = 0;
  FirehoseFixture cloud(options);
  for (int i = 0; i < 12; ++i) {
    cloud.ask("CreateDeliveryStream", FirehoseFixture::create_body("s-" + std::to_string(i)));
  }
  const Json first = cloud.answer("ListDeliveryStreams", Json::object());
  EXPECT_EQ(first["DeliveryStreamNames"].size(), 10u);
  EXPECT_EQ(first["DeliveryStreamNames"][2], "s-10");
  EXPECT_EQ(first["HasMoreDeliveryStreams"], true);
  const Json rest = cloud.answer("ListDeliveryStreams", {{"ExclusiveStartDeliveryStreamName", "s-7a"}, {"Limit", 2}});
  EXPECT_EQ(rest["DeliveryStreamNames"], Json({"s-8", "s-9"}));
  EXPECT_EQ(rest["HasMoreDeliveryStreams"], false);
}

TEST(Firehose, EachOperationHasItsOwnRate) {
  for (int burst : {1, 5}) {
    Options options;
    options.firehose_burst = burst;
    FirehoseFixture cloud(options);
    for (int i = 0; i < burst; ++i) EXPECT_EQ(cloud.outcome("ListDeliveryStreams", Json::object()), "ok");
    EXPECT_EQ(cloud.outcome("ListDeliveryStreams", Json::object()), "ThrottlingException");
    EXPECT_EQ(cloud.outcome("DescribeDeliveryStream", {{"DeliveryStreamName", "x"}}), "ResourceNotFoundException");
    cloud.pass(std::chrono::milliseconds(199));
    EXPECT_EQ(cloud.outcome("ListDeliveryStreams", Json::object()), "ThrottlingException");
    cloud.pass(std::chrono::milliseconds(1));
    EXPECT_EQ(cloud.outcome("ListDeliveryStreams", Json::object()), "ok");
    EXPECT_EQ(cloud.outcome("ListDeliveryStreams", Json::object()), "ThrottlingException");
  }
}

TEST(Firehose, QuotaCountsTheStreamsOfTheRegion) {
  Options options;
  options.streams_max = 2;
  FirehoseFixture cloud(options);
  cloud.make_stream("s-1");
  cloud.make_stream("s-2");
  EXPECT_EQ(cloud.outcome("CreateDeliveryStream", FirehoseFixture::create_body("s-3")), "LimitExceededException");
  cloud.region = "us-west-2";
  EXPECT_EQ(cloud.outcome("CreateDeliveryStream", FirehoseFixture::create_body("s-3")), "ok");
}

TEST(Firehose, UpdateMergesAndCountsVersions) {
  FirehoseFixture cloud;
  Json destination = FirehoseFixture::destination();
  destination["Prefix"] = "old/";
  destination["BufferingHints"] = {{"SizeInMBs", 3}, {"IntervalInSeconds", 60}};
  cloud.make_stream("s-1", destination);
  Json update = {{"DeliveryStreamName", "s-1"},
                 {"CurrentDeliveryStreamVersionId", "1"},
                 {"DestinationId", "destinationId-000000000001"},
                 {"ExtendedS3DestinationUpdate", {{"Prefix", "new/"}}}};
  EXPECT_EQ(cloud.outcome("UpdateDestination", update), "ok");
  EXPECT_EQ(cloud.outcome("UpdateDestination", update), "ConcurrentModificationException");
  const Json description = cloud.describe("s-1");
  EXPECT_EQ(description["VersionId"], "2");
  const Json& merged = description["Destinations"][0]["ExtendedS3DestinationDescription"];
  EXPECT_EQ(merged["Prefix"], "new/");
  EXPECT_EQ(merged["BufferingHints"]["SizeInMBs"], 3);
  EXPECT_EQ(merged["RoleARN"], "arn:aws:iam::123456789012:role/delivery");
  update["CurrentDeliveryStreamVersionId"] = "2";
  update["DestinationId"] = "destinationId-000000000002";
  EXPECT_EQ(cloud.outcome("UpdateDestination", update), "InvalidArgumentException");
}

TEST(Firehose, TagsAreSetListedAndRemoved) {
  FirehoseFixture cloud;
  Json body = FirehoseFixture::create_body("s-1");
  body["Tags"] = Json::array({{{"Key", "b"}, {"Value", "2"}}, {{"Key", "a"}}});
  cloud.ask("CreateDeliveryStream", body);
  cloud.pass(seconds(2));
  cloud.ask("TagDeliveryStream",
            {{"DeliveryStreamName", "s-1"}, {"Tags", Json::array({{{"Key", "b"}, {"Value", "3"}}})}});
  const Json first = cloud.answer("ListTagsForDeliveryStream", {{"DeliveryStreamName", "s-1"}, {"Limit", 1}});
  EXPECT_EQ(first["Tags"], Json::array({{{"Key", "a"}, {"Value", ""}}}));
  EXPECT_EQ(first["HasMoreTags"], true);
  cloud.ask("UntagDeliveryStream", {{"DeliveryStreamName", "s-1"}, {"TagKeys", Json::array({"a"})}});
  const Json rest = cloud.answer("ListTagsForDeliveryStream", {{"DeliveryStreamName", "s-1"}});
  EXPECT_EQ(rest["Tags"], Json::array({{{"Key", "b"}, {"Value", "3"}}}));
  EXPECT_EQ(rest["HasMoreTags"], false);
}

TEST(Firehose, FailedCreationKeepsItsNameUntilDeleted) {
  Options options;
  options.fail_create_name = "s-1";
  FirehoseFixture cloud(options);
  cloud.make_stream("s-1");
  EXPECT_EQ(cloud.status("s-1"), "CREATING_FAILED");
  EXPECT_TRUE(cloud.describe("s-1").contains("FailureDescription"));
  EXPECT_EQ(cloud.outcome("CreateDeliveryStream", FirehoseFixture::create_body("s-1")), "ResourceInUseException");
  EXPECT_EQ(cloud.outcome("DeleteDeliveryStream", {{"DeliveryStreamName", "s-1"}}), "ok");
  cloud.pass(seconds(2));
  cloud.make_stream("s-1");
  EXPECT_EQ(cloud.status("s-1"), "ACTIVE");
}

TEST(Firehose, NameOfADeletingStreamMayBeTakenWhenSoSet) {
  Options options;
  options.recreate_while_deleting_refused = false;
  FirehoseFixture cloud(options);
  cloud.make_stream("s-1");
  cloud.ask("DeleteDeliveryStream", {{"DeliveryStreamName", "s-1"}});
  EXPECT_EQ(cloud.outcome("CreateDeliveryStream", FirehoseFixture::create_body("s-1")), "ok");
  EXPECT_EQ(cloud.status("s-1"), "CREATING");
}

struct Refusal {
  const char* name;
  const char* patch;  // merged into the body of a good CreateDeliveryStream
  const char* code;
};

const Refusal kRefusals[] = {
    {"good", "{}", "ok"},
    {"bad name", R"({"DeliveryStreamName": "bad name!*"})", "ValidationException"},
    {"long name", R"({"DeliveryStreamName": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"})",
     "ValidationException"},
    {"no name", R"({"DeliveryStreamName": null})", "ValidationException"},
    {"name of a wrong type", R"({"DeliveryStreamName": 5})", "SerializationException"},
    {"unknown member", R"({"DeliveryStreamNme": "x"})", "SerializationException"},
    {"unknown member below", R"({"ExtendedS3DestinationConfiguration": {"Bucket": "x"}})", "SerializationException"},
    {"no destination", R"({"ExtendedS3DestinationConfiguration": null})", "InvalidArgumentException"},
    {"two destinations", R"({"S3DestinationConfiguration": {}})", "InvalidArgumentException"},
    {"no role", R"({"ExtendedS3DestinationConfiguration": {"RoleARN": null}})", "ValidationException"},
    {"role is no ARN", R"({"ExtendedS3DestinationConfiguration": {"RoleARN": "delivery"}})", "ValidationException"},
    {"no such role", R"({"ExtendedS3DestinationConfiguration": {"RoleARN": "arn:aws:iam::123456789012:role/other"}})",
     "InvalidArgumentException"},
    {"role of another account",
     R"({"ExtendedS3DestinationConfiguration": {"RoleARN": "arn:aws:iam::999999999999:role/delivery"}})",
     "AccessDeniedException"},
    {"no such bucket", R"({"ExtendedS3DestinationConfiguration": {"BucketARN": "arn:aws:s3:::other-bucket"}})",
     "InvalidArgumentException"},
    {"bucket of another partition",
     R"({"ExtendedS3DestinationConfiguration": {"BucketARN": "arn:aws-cn:s3:::logs-bucket"}})",
     "InvalidArgumentException"},
    {"buffer too large", R"({"ExtendedS3DestinationConfiguration": {"BufferingHints":
      {"SizeInMBs": 129, "IntervalInSeconds": 60}}})",
     "ValidationException"},
    {"interval too long", R"({"ExtendedS3DestinationConfiguration": {"BufferingHints":
      {"SizeInMBs": 5, "IntervalInSeconds": 901}}})",
     "ValidationException"},
    {"fraction of a megabyte", R"({"ExtendedS3DestinationConfiguration": {"BufferingHints":
      {"SizeInMBs": 1.5, "IntervalInSeconds": 60}}})",
     "SerializationException"},
    {"half of the hints", R"({"ExtendedS3DestinationConfiguration": {"BufferingHints": {"SizeInMBs": 5}}})",
     "InvalidArgumentException"},
    {"compression in lower case", R"({"ExtendedS3DestinationConfiguration": {"CompressionFormat": "gzip"}})",
     "ValidationException"},
    {"compression not simulated", R"({"ExtendedS3DestinationConfiguration": {"CompressionFormat": "Snappy"}})",
     "InvalidArgumentException"},
    {"logging without names", R"({"ExtendedS3DestinationConfiguration": {"CloudWatchLoggingOptions":
      {"Enabled": true}}})",
     "InvalidArgumentException"},
    {"expression without error prefix", R"({"ExtendedS3DestinationConfiguration": {"Prefix": "a/!{timestamp:yyyy}/"}})",
     "InvalidArgumentException"},
    {"extension without dot", R"({"ExtendedS3DestinationConfiguration": {"FileExtension": "gz"}})",
     "ValidationException"},
    {"no tags", R"({"Tags": []})", "ValidationException"},
    {"tag of AWS", R"({"Tags": [{"Key": "aws:a", "Value": "b"}]})", "InvalidArgumentException"},
    {"tag twice", R"({"Tags": [{"Key": "a", "Value": "b"}, {"Key": "a", "Value": "c"}]})", "InvalidArgumentException"},
    {"tag with odd characters", R"({"Tags": [{"Key": "a!", "Value": "b"}]})", "InvalidArgumentException"},
    {"other source", R"({"DeliveryStreamType": "KinesisStreamAsSource"})", "InvalidArgumentException"},
};

TEST(Firehose, RefusesWhatAwsRefuses) {
  Options options;
  options.firehose_calls_per_second = 0;
  for (const Refusal& refusal : kRefusals) {
    FirehoseFixture cloud(options);
    Json body = FirehoseFixture::create_body("s-1");
    const Json patch = Json::parse(refusal.patch);
    // AWS reads null as absent.
    for (const auto& [name, value] : patch.items()) {
      if (value.is_object() && body.contains(name)) {
        body[name].update(value);
      } else {
        body[name] = value;
      }
    }
    EXPECT_EQ(cloud.outcome("CreateDeliveryStream", body), refusal.code) << refusal.name;
  }
}

TEST(Firehose, RefusesWhatIsNotARequestOfFirehose) {
  FirehoseFixture cloud;
  EXPECT_EQ(FirehoseFixture::code_of(cloud.ask_text("ListDeliveryStreams", "{")), "SerializationException");
  EXPECT_EQ(FirehoseFixture::code_of(cloud.ask_text("ListDeliveryStreams", "[]")), "SerializationException");
  EXPECT_EQ(FirehoseFixture::code_of(cloud.ask_text("MakeDeliveryStream", "{}")), "UnknownOperationException");
  EXPECT_EQ(cloud.outcome("StartDeliveryStreamEncryption", {{"DeliveryStreamName", "s-1"}}),
            "InvalidArgumentException");
}

TEST(Firehose, StateSurvivesSavingAndLoading) {
  FirehoseFixture cloud;
  cloud.make_stream("s-1");
  cloud.put("s-1", std::string("\0\xff", 2));
  const std::string saved = save_firehose(cloud.world);
  FirehoseFixture other;
  ASSERT_TRUE(load_firehose(other.world, saved));
  EXPECT_EQ(save_firehose(other.world), saved);
  EXPECT_EQ(other.status("s-1"), "ACTIVE");
  other.pass(std::chrono::minutes(6));
  EXPECT_EQ(other.traffic("s-1").delivered, 1);
  for (const char* bad : {"", "{}", "[]", R"({"streams":[{}],"traffic":[]})"}) {
    EXPECT_FALSE(load_firehose(other.world, bad)) << bad;
  }
}

}  // namespace
}  // namespace firehose_test
}  // namespace fhctl::sandbox
