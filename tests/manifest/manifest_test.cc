#include "core/manifest/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/manifest/manifest_formats.h"
#include "core/manifest/manifest_parse.h"

namespace fhctl::pipeline {
namespace manifest_test {
namespace {

using ::testing::HasSubstr;

Manifest example() {
  Manifest manifest;
  manifest.epoch = "5c0e2b7f9a1d4e36";
  manifest.generation = 1768903451;
  manifest.pipeline = "logs";
  manifest.published_at = "2026-01-20T10:04:11Z";
  manifest.publisher = "fhctl/0.1.0 run-1";
  manifest.account = "123456789012";
  manifest.partition = "aws";
  manifest.region = "us-west-2";
  manifest.bucket = "logs-123456789012-us-west-2";
  manifest.spec.producers = 4;
  manifest.streams = {{.name = "logs-1",
                       .arn = "arn:aws:firehose:us-west-2:123456789012:deliverystream/logs-1",
                       .index = 1,
                       .state = EntryState::kActive,
                       .aws_status = "ACTIVE",
                       .limits = {5242880, 500000, 2000},
                       .limits_source = "region-default",
                       .since_generation = 1768900000,
                       .drain_started_at = "",
                       .drain_stop_by = "",
                       .drain_reason = ""},
                      {.name = "logs-2",
                       .arn = "",
                       .index = 2,
                       .state = EntryState::kDraining,
                       .aws_status = "ACTIVE",
                       .weight = 0,
                       .limits = {5242880, 500000, 2000},
                       .limits_source = "region-default",
                       .since_generation = 1768900000,
                       .drain_started_at = "2026-01-20T10:04:11Z",
                       .drain_stop_by = "2026-01-20T10:05:41Z",
                       .drain_reason = "scale 2 -> 1",
                       .drain_flush_s = 120}};
  return manifest;
}

TEST(Manifest, IsWrittenByTheSchema) {
  const std::string expected = R"({
  "schema": "fhctl.manifest/1",
  "epoch": "5c0e2b7f9a1d4e36",
  "generation": 1768903451,
  "pipeline": "logs",
  "published_at": "2026-01-20T10:04:11Z",
  "publisher": "fhctl/0.1.0 run-1",
  "account_id": "123456789012",
  "partition": "aws",
  "region": "us-west-2",
  "endpoint_url": null,
  "refresh": {
    "poll_s": 30,
    "stale_s": 600,
    "source": "s3://logs-123456789012-us-west-2/_fhctl/logs/us-west-2/manifest.json"
  },
  "selection": {
    "policy": "p2c",
    "producers_hint": 4,
    "max_retries": 8,
    "record_ttl_ms": 30000
  },
  "batch": {
    "max_records": 500,
    "max_bytes": 3670016,
    "max_record_bytes": 1024000,
    "pack_lines_to_bytes": 0,
    "append_newline": true
  },
  "destination": {
    "bucket": "logs-123456789012-us-west-2",
    "prefix": "logs/",
    "error_prefix": "errors/!{firehose:error-output-type}/",
    "compression": "GZIP",
    "buffer_interval_s": 60,
    "buffer_size_mib": 5
  },
  "streams": [
    {
      "name": "logs-1",
      "arn": "arn:aws:firehose:us-west-2:123456789012:deliverystream/logs-1",
      "index": 1,
      "state": "active",
      "aws_status": "ACTIVE",
      "weight": 100,
      "limits": {
        "bytes_per_s": 5242880,
        "records_per_s": 500000,
        "requests_per_s": 2000,
        "source": "region-default"
      },
      "since_generation": 1768900000
    },
    {
      "name": "logs-2",
      "index": 2,
      "state": "draining",
      "aws_status": "ACTIVE",
      "weight": 0,
      "limits": {
        "bytes_per_s": 5242880,
        "records_per_s": 500000,
        "requests_per_s": 2000,
        "source": "region-default"
      },
      "since_generation": 1768900000,
      "drain": {
        "started_at": "2026-01-20T10:04:11Z",
        "stop_by": "2026-01-20T10:05:41Z",
        "reason": "scale 2 -> 1",
        "flush_s": 120
      }
    }
  ]
}
)";
  EXPECT_EQ(format_manifest(example()), expected);
}

TEST(Manifest, InASmallRegionABatchIsNoMoreThanOneSecondOfAStream) {
  Manifest manifest = example();
  manifest.region = "eu-central-1";
  EXPECT_THAT(format_manifest(manifest), HasSubstr("\"max_bytes\": 1048576"));
  EXPECT_TRUE(parse_manifest(format_manifest(manifest), "m"));
}

TEST(Manifest, OneOfTheTwoAddsTheNewline) {
  Manifest manifest = example();
  manifest.spec.newline = true;
  EXPECT_THAT(format_manifest(manifest), HasSubstr("\"append_newline\": false"));
  EXPECT_TRUE(parse_manifest(format_manifest(manifest), "m")->spec.newline);
}

TEST(Manifest, IsReadBackAsItWasWritten) {
  Manifest manifest = example();
  manifest.endpoint_url = "http://127.0.0.1:4566";
  manifest.spec.manifest_poll_s = 5;
  manifest.spec.record_ttl_s = 7;
  manifest.spec.compression = "Snappy";
  manifest.spec.prefix = "";
  Result<Manifest> read = parse_manifest(format_manifest(manifest), "m");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(format_manifest(*read), format_manifest(manifest));
  EXPECT_EQ(read->streams, manifest.streams);
  EXPECT_EQ(read->spec.manifest_poll_s, 5);
  EXPECT_EQ(read->spec.record_ttl_s, 7);
  EXPECT_EQ(read->bucket, manifest.bucket);
}

TEST(Manifest, WhatAReaderMustIgnore) {
  OrderedJson json = OrderedJson::parse(format_manifest(example()));
  json["schema"] = "fhctl.manifest/1.7";
  json["more"] = {{"x", 1}};
  json["streams"][0]["state"] = "resting";
  json["streams"][0]["colour"] = "blue";
  Result<Manifest> read = parse_manifest(json.dump(), "m");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->streams[0].state.text(), "resting");
  EXPECT_EQ(format_manifest_text(*read), "");  // an unknown state is not selectable
}

TEST(Manifest, WhatMayBeLeftOut) {
  Result<Manifest> read = parse_manifest(
      R"({"schema": "fhctl.manifest/1", "epoch": "12345678", "generation": 1, "pipeline": "p", "region": "r",
          "published_at": "2026-01-20T10:04:11Z", "streams": [{"name": "p-1", "state": "active", "weight": 1}]})",
      "m");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->spec.record_ttl_s, 30);
  EXPECT_FALSE(read->spec.newline);
  EXPECT_EQ(read->streams[0].weight, 1);
  EXPECT_EQ(read->streams[0].limits, stream_limits("r"));
  EXPECT_EQ(read->streams[0].limits_source, "region-default");
  EXPECT_EQ(read->streams[0].drain_flush_s, 0);
}

TEST(Manifest, EveryProblemIsFound) {
  struct Row {
    const char* pointer;
    const char* value;  // JSON; nullptr: removed
    const char* says;
  };
  const Row rows[] = {{"/epoch", nullptr, "epoch is missing"},
                      {"/epoch", "\"short\"", "epoch is not 8 to 64"},
                      {"/epoch", "\"\"", "epoch is empty"},
                      {"/generation", "0", "generation is 0, not in 1 to"},
                      {"/generation", "1.5", "generation is not a whole number"},
                      {"/generation", "\"1\"", "generation is not a whole number"},
                      {"/generation", "1e300", "generation is not a whole number"},
                      {"/generation", "9007199254740992", "generation is 9007199254740992, not in 1 to"},
                      {"/pipeline", "\"abcdefghijklmnopqrstuvwxyz123456\"", "pipeline is over 31"},
                      {"/published_at", "\"yesterday\"", "published_at is not a time"},
                      {"/account_id", "\"12345678901x\"", "account_id is not 12 digits"},
                      {"/partition", "\"gcp\"", "partition is not an AWS partition"},
                      {"/region", nullptr, "region is missing"},
                      {"/endpoint_url", "1", "endpoint_url is not text"},
                      {"/refresh", "[]", "refresh is not an object"},
                      {"/refresh/poll_s", "0", "refresh.poll_s is 0"},
                      {"/refresh/source", "1", "refresh.source is not text"},
                      {"/selection/policy", "\"best\"", "selection.policy is none of"},
                      {"/selection/record_ttl_ms", "99", "selection.record_ttl_ms is 99"},
                      {"/batch/max_records", "501", "batch.max_records is 501, not in 1 to 500"},
                      {"/batch/max_bytes", "4194305", "batch.max_bytes is 4194305"},
                      {"/batch/max_record_bytes", "1024001", "batch.max_record_bytes is 1024001"},
                      {"/batch/append_newline", "1", "batch.append_newline is neither true nor false"},
                      {"/destination/buffer_interval_s", "901", "destination.buffer_interval_s is 901"},
                      {"/destination/buffer_size_mib", "0", "destination.buffer_size_mib is 0"},
                      {"/streams", nullptr, "streams is missing"},
                      {"/streams", "{}", "streams is not a list"},
                      {"/streams/0", "\"logs-1\"", "streams[0] is not an object"},
                      {"/streams/0/name", "\"a b\"", "streams[0].name is not 1 to 64"},
                      {"/streams/0/name", "\"\"", "streams[0].name is not 1 to 64"},
                      {"/streams/1/name", "\"logs-1\"", "streams[1] has the name logs-1 a second time"},
                      {"/streams/0/weight", "1001", "streams[0].weight is 1001"},
                      {"/streams/0/weight", nullptr, "streams[0].weight is missing"},
                      {"/streams/0/state", "null", "streams[0].state is not text"},
                      {"/streams/0/index", "0", "streams[0].index is 0"},
                      {"/streams/0/limits/bytes_per_s", "\"x\"", "streams[0].limits.bytes_per_s is not a whole number"},
                      {"/streams/0/limits/records_per_s", "0", "streams[0].limits.records_per_s is 0, below 1"},
                      {"/streams/0/limits/source", "1", "streams[0].limits.source is not text"},
                      {"/streams/1/drain/flush_s", "\"60s\"", "streams[1].drain.flush_s is not a whole number"},
                      {"/streams/1/drain/stop_by", "\"soon\"", "streams[1].drain.stop_by is not a time"}};
  const Json good = Json::parse(format_manifest(example()));
  for (const Row& row : rows) {
    Json json = good;
    Json::json_pointer pointer(row.pointer);
    if (row.value == nullptr) {
      json[pointer.parent_pointer()].erase(pointer.back());
    } else {
      json[pointer] = Json::parse(row.value);
    }
    Result<Manifest> read = parse_manifest(json.dump(), "here");
    ASSERT_FALSE(read) << row.says;
    EXPECT_EQ(read.error().kind, ErrorKind::kProtocol);
    EXPECT_THAT(read.error().message, HasSubstr(std::string("here: ") + row.says));
    EXPECT_EQ(split(read.error().message, '\n').size(), 1u) << read.error().message;
  }
}

TEST(Manifest, AllProblemsAtOnce) {
  Json json = Json::parse(format_manifest(example()));
  json["generation"] = -1;
  json["region"] = 5;
  json["streams"][0]["name"] = "?";
  Result<Manifest> read = parse_manifest(json.dump(), "here");
  ASSERT_FALSE(read);
  EXPECT_EQ(split(read.error().message, '\n').size(), 3u) << read.error().message;
}

TEST(Manifest, AnotherMajorVersionIsNotValidated) {
  for (const char* schema : {"fhctl.manifest/2", "fhctl.manifest/10", "fhctl.manifest/1.", "fhctl.manifest/1.x", ""}) {
    Json json = {{"schema", schema}};
    Result<Manifest> read = parse_manifest(json.dump(), "here");
    ASSERT_FALSE(read) << schema;
    EXPECT_THAT(read.error().message, HasSubstr("is not fhctl.manifest/1"));
  }
}

TEST(Manifest, EveryCutOffTextIsAnError) {
  const std::string good = format_manifest(example());
  for (std::size_t size = 0; size + 2 < good.size(); size += 7) {
    EXPECT_FALSE(parse_manifest(std::string_view(good).substr(0, size), "m")) << size;
  }
}

TEST(Manifest, GenerationsOnlyGrow) {
  const WallTime ten{std::chrono::milliseconds(10999)};
  EXPECT_EQ(next_generation(0, ten), 10);
  EXPECT_EQ(next_generation(9, ten), 10);
  EXPECT_EQ(next_generation(10, ten), 11);
  EXPECT_EQ(next_generation(kGenerationMax, ten), 10);
  EXPECT_EQ(next_generation(500, ten), 501);
}

TEST(Manifest, WhichManifestsAReaderTakes) {
  struct Row {
    const char* what;
    bool takes;
    void (*change)(Manifest&);
  };
  const Row rows[] = {{"newer", true, [](Manifest& m) { ++m.generation; }},
                      {"the same", false, [](Manifest&) {}},
                      {"older", false, [](Manifest& m) { --m.generation; }},
                      {"a new life", true, [](Manifest& m) { ++m.generation, m.epoch = "another-life"; }},
                      {"an older life", false, [](Manifest& m) { --m.generation, m.epoch = "another-life"; }},
                      {"another pipeline", false, [](Manifest& m) { ++m.generation, m.pipeline = "x"; }},
                      {"another account", false, [](Manifest& m) { ++m.generation, m.account = "210987654321"; }},
                      {"another region", false, [](Manifest& m) { ++m.generation, m.region = "eu-west-1"; }}};
  for (const Row& row : rows) {
    Manifest next = example();
    row.change(next);
    EXPECT_EQ(supersedes(next, example()), row.takes) << row.what;
  }
}

TEST(Manifest, SameContent) {
  Manifest again = example();
  again.generation += 5;
  again.published_at = "2027-01-01T00:00:00Z";
  again.publisher = "fhctl/9 run-2";
  EXPECT_TRUE(same_content(example(), again));
  again.streams[0].state = EntryState::kDraining;
  EXPECT_FALSE(same_content(example(), again));
  again = example();
  again.spec.manifest_poll_s = 5;
  EXPECT_FALSE(same_content(example(), again));
  again = example();
  again.epoch = "another-life";
  EXPECT_FALSE(same_content(example(), again));
}

TEST(Manifest, LimitsMoveByThemselvesAndAreNoNews) {
  Manifest again = example();
  EXPECT_TRUE(same_limits(example(), again));
  set_limits(again.streams[0], {10 * 1048576, 500000, 2000}, kLiveLimits, again.region);
  EXPECT_TRUE(same_content(example(), again));
  EXPECT_FALSE(same_limits(example(), again));
  again = example();
  again.streams[0].limits_source = "somebody said so";
  EXPECT_FALSE(same_limits(example(), again));
  again = example();
  again.streams[0].weight += 1;
  EXPECT_FALSE(same_limits(example(), again));
  again = example();
  again.streams.pop_back();
  EXPECT_TRUE(same_limits(example(), again));
}

TEST(Manifest, WeightsFollowTheBytes) {
  struct Row {
    std::int64_t bytes_per_s;
    int weight;
  };
  for (const Row& row : {Row{5242880, 100}, Row{20971520, 400}, Row{1048576, 20}, Row{1, 1}, Row{1 << 30, 1000}}) {
    Manifest manifest = example();
    set_limits(manifest.streams[0], {row.bytes_per_s, 1, 1}, kLiveLimits, manifest.region);
    EXPECT_EQ(manifest.streams[0].weight, row.weight) << row.bytes_per_s;
    set_limits(manifest.streams[1], {row.bytes_per_s, 1, 1}, kLiveLimits, manifest.region);
    EXPECT_EQ(manifest.streams[1].weight, 0) << "draining";
    const Result<Manifest> read = parse_manifest(format_manifest(manifest), "m");
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->streams, manifest.streams);
  }
}

TEST(Manifest, ReloadTime) {
  EXPECT_EQ(reload_time(Spec{}), std::chrono::seconds(71));
  Spec quick;
  quick.manifest_poll_s = 1;
  quick.record_ttl_s = 1;
  EXPECT_EQ(reload_time(quick), std::chrono::milliseconds(7200));
}

}  // namespace
}  // namespace manifest_test
}  // namespace fhctl::pipeline
