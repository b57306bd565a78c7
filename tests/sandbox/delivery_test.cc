// From records to objects: limits, buffers, compression, errors and lost records.
#include <gtest/gtest.h>
#include <zlib.h>

#include <vector>

#include "sandbox/logs/logs.h"
#include "sandbox/logs/logs_state.h"
#include "tests/sandbox/firehose_fixture.h"

namespace fhctl::sandbox {
namespace delivery_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

Json buffered(int size_mb, int seconds_) {
  Json destination = FirehoseFixture::destination();
  destination["BufferingHints"] = {{"SizeInMBs", size_mb}, {"IntervalInSeconds", seconds_}};
  return destination;
}

Json batch(const std::string& stream, std::size_t count, const std::string& data) {
  const Json record = {{"Data", to_base64(data)}};
  return {{"DeliveryStreamName", stream}, {"Records", std::vector<Json>(count, record)}};
}

std::string gunzip(const std::string& bytes) {
  z_stream stream{};
  inflateInit2(&stream, 15 + 16);
  std::string result(1 << 20, '\0');
  std::string input = bytes;
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(result.data());
  stream.avail_out = static_cast<uInt>(result.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  result.resize(stream.total_out);
  inflateEnd(&stream);
  return result;
}

TEST(Delivery, WaitsForTheIntervalOfTheOldestRecord) {
  FirehoseFixture cloud;
  cloud.make_stream("s-1", buffered(5, 60));
  cloud.put("s-1", "one ");
  cloud.pass(seconds(59));
  cloud.put("s-1", "two");
  EXPECT_TRUE(cloud.objects().empty());
  cloud.pass(seconds(1));
  ASSERT_EQ(cloud.objects().size(), 1u);
  const auto& [key, versions] = *cloud.objects().begin();
  EXPECT_TRUE(starts_with(key, "2026/01/20/10/s-1-1-2026-01-20-10-03-02-")) << key;
  EXPECT_EQ(versions[0].body, "one two");
  EXPECT_EQ(cloud.traffic("s-1").delivered, 2);
}

TEST(Delivery, FullBufferGoesAtOnceAndBeforeCompression) {
  FirehoseFixture cloud;
  Json destination = buffered(1, 900);
  destination["CompressionFormat"] = "GZIP";
  cloud.make_stream("s-1", destination);
  const std::string half(512 << 10, 'a');
  EXPECT_EQ(cloud.put("s-1", half), "ok");
  EXPECT_TRUE(cloud.objects().empty());
  EXPECT_EQ(cloud.put("s-1", half), "ok");
  ASSERT_EQ(cloud.objects().size(), 1u);
  const auto& [key, versions] = *cloud.objects().begin();
  EXPECT_TRUE(ends_with(key, ".gz"));
  EXPECT_EQ(gunzip(versions[0].body), half + half);
}

TEST(Delivery, TimeFactorSpeedsUpBuffers) {
  Options options;
  options.time_factor = 60;
  FirehoseFixture cloud(options);
  cloud.make_stream("s-1", buffered(128, 300));
  cloud.put("s-1", "x");
  cloud.pass(seconds(5));
  EXPECT_EQ(cloud.objects().size(), 1u);
}

TEST(Delivery, AppendsNewlinesWhenAsked) {
  FirehoseFixture cloud;
  Json destination = buffered(5, 60);
  destination["ProcessingConfiguration"] = {{"Enabled", true},
                                            {"Processors", Json::array({{{"Type", "AppendDelimiterToRecord"}}})}};
  destination["FileExtension"] = ".jsonl";
  cloud.make_stream("s-1", destination);
  cloud.ask("PutRecordBatch", batch("s-1", 2, "{}"));
  cloud.pass(minutes(1));
  ASSERT_EQ(cloud.objects().size(), 1u);
  EXPECT_TRUE(ends_with(cloud.objects().begin()->first, ".jsonl"));
  EXPECT_EQ(cloud.objects().begin()->second[0].body, "{}\n{}\n");
}

TEST(Delivery, RefusesCallsBeyondTheLimits) {
  FirehoseFixture cloud;
  cloud.make_stream("s-1");
  EXPECT_EQ(cloud.outcome("PutRecordBatch", batch("s-1", 501, "x")), "ValidationException");
  EXPECT_EQ(cloud.outcome("PutRecordBatch", batch("s-1", 0, "x")), "ValidationException");
  EXPECT_EQ(cloud.put("s-1", std::string(1024001, 'x')), "ValidationException");
  EXPECT_EQ(cloud.put("s-1", std::string(1024000, 'x')), "ok");
  EXPECT_EQ(cloud.outcome("PutRecordBatch", batch("s-1", 5, std::string(900000, 'x'))), "InvalidArgumentException");
  EXPECT_EQ(cloud.outcome("PutRecord", {{"DeliveryStreamName", "s-1"}, {"Record", {{"Data", "!!"}}}}),
            "SerializationException");
  EXPECT_EQ(cloud.outcome("PutRecord", {{"DeliveryStreamName", "s-1"}}), "ValidationException");
}

TEST(Delivery, RefusesRecordsBeyondTheThroughputOfTheRegion) {
  FirehoseFixture cloud;
  cloud.region = "eu-central-1";  // 1 MiB a second
  cloud.make_stream("s-1");
  const Json answer = cloud.answer("PutRecordBatch", batch("s-1", 5, std::string(256 << 10, 'x')));
  EXPECT_EQ(answer["FailedPutCount"], 1);
  EXPECT_TRUE(answer["RequestResponses"][3].contains("RecordId"));
  EXPECT_EQ(answer["RequestResponses"][4]["ErrorCode"], "ServiceUnavailableException");
  EXPECT_EQ(cloud.put("s-1", "x"), "ServiceUnavailableException");
  EXPECT_EQ(cloud.traffic("s-1").accepted, 4);
  cloud.pass(milliseconds(250));
  EXPECT_EQ(cloud.put("s-1", std::string(256 << 10, 'x')), "ok");
}

TEST(Delivery, ThroughputCanBeOpened) {
  Options options;
  options.throughput_factor = 0;
  FirehoseFixture cloud(options);
  cloud.region = "eu-central-1";
  cloud.make_stream("s-1");
  EXPECT_EQ(cloud.answer("PutRecordBatch", batch("s-1", 5, std::string(256 << 10, 'x')))["FailedPutCount"], 0);
}

Json logging() {
  Json destination = buffered(5, 60);
  destination["CloudWatchLoggingOptions"] = {
      {"Enabled", true}, {"LogGroupName", "/g"}, {"LogStreamName", "S3Delivery"}};
  return destination;
}

http::Response ask_logs(FirehoseFixture& cloud, const std::string& operation, const Json& body) {
  http::Request request;
  request.method = "POST";
  request.headers.set("Content-Type", "application/x-amz-json-1.1");
  request.headers.set("X-Amz-Target", "Logs_20140328." + operation);
  request.body = body.dump();
  return handle_logs(cloud.world, {request, cloud.region, cloud.caller()});
}

TEST(Delivery, IsDeniedLoggedTriedAgainAndDone) {
  FirehoseFixture cloud;
  ask_logs(cloud, "CreateLogGroup", {{"logGroupName", "/g"}});
  ask_logs(cloud, "CreateLogStream", {{"logGroupName", "/g"}, {"logStreamName", "S3Delivery"}});
  cloud.make_stream("s-1", logging());
  cloud.allow(R"({"Effect":"Allow","Action":"logs:PutLogEvents","Resource":"*"})");
  cloud.pass(minutes(3));
  cloud.put("s-1", "x");
  cloud.pass(minutes(1));
  EXPECT_TRUE(cloud.objects().empty());
  const std::string events =
      ask_logs(cloud, "GetLogEvents", {{"logGroupName", "/g"}, {"logStreamName", "S3Delivery"}}).body;
  EXPECT_TRUE(contains(events, "S3.AccessDenied")) << events;
  EXPECT_TRUE(contains(events, "deliverystream/s-1")) << events;
  cloud.allow(R"({"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::logs-bucket/*"})");
  cloud.pass(minutes(3));
  EXPECT_EQ(cloud.objects().size(), 1u);
  EXPECT_EQ(cloud.traffic("s-1").delivered, 1);
}

TEST(Delivery, GivesUpAfterADay) {
  FirehoseFixture cloud;
  cloud.make_stream("s-1", buffered(5, 60));
  cloud.ask_s3("DELETE", "/logs-bucket");
  cloud.put("s-1", "x");
  cloud.pass(std::chrono::hours(23));
  EXPECT_EQ(cloud.traffic("s-1").lost, 0);
  cloud.pass(std::chrono::hours(1));
  EXPECT_EQ(cloud.traffic("s-1").lost, 1);
  cloud.ask_s3("PUT", "/logs-bucket");
  cloud.pass(std::chrono::hours(1));
  EXPECT_EQ(cloud.traffic("s-1").delivered, 0);
}

TEST(Delivery, DeletingStreamFlushesOnlyWhenSoSetAndWhileItsBucketLives) {
  struct Row {
    bool flushes;
    bool bucket_lives;
    int delivered;
  };
  for (const Row& row : {Row{true, true, 2}, Row{false, true, 0}, Row{true, false, 0}}) {
    Options options;
    options.deleting_flushes = row.flushes;
    options.deleting_keeps_records = true;
    FirehoseFixture cloud(options);
    cloud.make_stream("s-1");
    cloud.put("s-1", "before");
    cloud.ask("DeleteDeliveryStream", {{"DeliveryStreamName", "s-1"}});
    EXPECT_EQ(cloud.put("s-1", "while"), "ok");
    if (!row.bucket_lives) cloud.ask_s3("DELETE", "/logs-bucket");
    cloud.pass(seconds(2));
    EXPECT_EQ(cloud.traffic("s-1").accepted, 2);
    EXPECT_EQ(cloud.traffic("s-1").delivered, row.delivered);
    EXPECT_EQ(cloud.traffic("s-1").lost, 2 - row.delivered);
  }
}

TEST(Delivery, DeletingStreamMayRefuseRecords) {
  Options options;
  options.puts_to_deleting_accepted = false;
  FirehoseFixture cloud(options);
  cloud.make_stream("s-1");
  cloud.ask("DeleteDeliveryStream", {{"DeliveryStreamName", "s-1"}});
  EXPECT_EQ(cloud.put("s-1", "x"), "ResourceNotFoundException");
}

}  // namespace
}  // namespace delivery_test
}  // namespace fhctl::sandbox
