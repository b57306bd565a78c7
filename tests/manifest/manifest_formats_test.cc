#include "core/manifest/manifest_formats.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/json.h"
#include "core/manifest/manifest_parse.h"
#include "core/spec/names.h"
#include "core/spec/spec_keys.h"

namespace fhctl::pipeline {
namespace manifest_formats_test {
namespace {

using ::testing::HasSubstr;

std::string file_text(const std::string& name) {
  std::ifstream file(std::string(FHCTL_SOURCE_DIR) + "/tests/golden/" + name, std::ios::binary);
  EXPECT_TRUE(file.good()) << name;
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

Manifest example() {
  Result<Manifest> manifest = parse_manifest(file_text("manifests/0.1.0.json"), "0.1.0.json");
  EXPECT_TRUE(manifest);
  return manifest ? *manifest : Manifest{};
}

Manifest with_streams(const Members& active, const Members& draining) {
  Manifest manifest = example();
  manifest.streams.clear();
  for (const auto& [numbers, state] :
       {std::pair(&active, EntryState::kActive), std::pair(&draining, EntryState::kDraining)}) {
    for (const int number : *numbers) {
      ManifestEntry entry;
      entry.name = stream_name(manifest.pipeline, number);
      entry.index = number;
      entry.state = state;
      manifest.streams.push_back(std::move(entry));
    }
  }
  return manifest;
}

TEST(ManifestViews, Shells) {
  EXPECT_EQ(format_manifest_env(example()),
            "FHCTL_PIPELINE=logs\nFHCTL_REGION=us-west-2\nFHCTL_GENERATION=1768903451\nFHCTL_STREAMS=logs-1\n"
            "FHCTL_STREAM_COUNT=1\n");
  EXPECT_EQ(format_manifest_text(example()), "logs-1\n");
  Manifest odd = example();
  odd.region = "a'b $(c)";
  odd.streams[1].state = EntryState::kActive;
  EXPECT_THAT(format_manifest_env(odd), HasSubstr("FHCTL_REGION='a'\\''b $(c)'\nFHCTL_GENERATION=1768903451\n"
                                                  "FHCTL_STREAMS=logs-1,logs-2\nFHCTL_STREAM_COUNT=2\n"));
  // A variable that a producer exports must not be read as a setting of the pipeline.
  for (const SpecKey& key : spec_keys()) {
    EXPECT_EQ(format_manifest_env(odd).find(std::string(key.environment) + "="), std::string::npos) << key.environment;
  }
}

TEST(ManifestViews, AreWhatTheyWere) {
  const std::pair<std::string, std::string (*)(const Manifest&)> views[] = {
      {"views/manifest.env", format_manifest_env},
      {"views/manifest.txt", format_manifest_text},
      {"views/manifest.csv", format_manifest_csv},
      {"views/file_sd.json", format_manifest_file_sd}};
  for (const auto& [name, view] : views) {
    const std::string text = view(example());
    if (std::getenv("UPDATE_GOLDEN") != nullptr) {
      std::ofstream(std::string(FHCTL_SOURCE_DIR) + "/tests/golden/" + name, std::ios::binary) << text;
    }
    EXPECT_EQ(file_text(name), text) << name;
  }
}

TEST(ManifestViews, CsvQuotesWhatWouldBreakALine) {
  Manifest manifest = example();
  manifest.streams[0].arn = "a,\"b\"\nc";
  EXPECT_THAT(format_manifest_csv(manifest), HasSubstr("\"a,\"\"b\"\"\nc\""));
}

TEST(ManifestViews, FileSdOfNothingIsAnEmptyList) {
  EXPECT_EQ(format_manifest_file_sd(with_streams({}, {})), "[]\n");
  for (const auto& group : Json::parse(format_manifest_file_sd(example()))) {
    for (const auto& [name, value] : group["labels"].items()) EXPECT_TRUE(value.is_string()) << name;
  }
}

TEST(CompactManifest, NamesWhereTheyFit) {
  const std::optional<std::string> text = format_compact_manifest(with_streams({1, 2}, {3}), 4096);
  ASSERT_TRUE(text);
  EXPECT_EQ(
      *text,
      R"({"schema":"fhctl.manifest-compact/1","pipeline":"logs","epoch":"5c0e2b7f9a1d4e36","generation":1768903451,)"
      R"("region":"us-west-2","account_id":"123456789012","bucket":"logs-123456789012-us-west-2",)"
      R"("streams":["logs-1","logs-2"],"draining":["logs-3"]})");
  const std::optional<CompactHead> head = parse_compact_head(*text);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->pipeline, "logs");
  EXPECT_EQ(head->account, "123456789012");
  EXPECT_EQ(head->region, "us-west-2");
  EXPECT_EQ(head->epoch, "5c0e2b7f9a1d4e36");
  EXPECT_EQ(head->generation, 1768903451);
}

TEST(CompactManifest, NumbersWhereNamesDoNotFit) {
  Members many;
  for (int i = 1; i <= 10000; ++i) many.insert(i);
  const std::optional<std::string> text = format_compact_manifest(with_streams(many, {10002, 10003}), 4096);
  ASSERT_TRUE(text);
  EXPECT_LE(text->size(), 4096u);
  EXPECT_THAT(*text, HasSubstr(R"("streams":"1-10000","draining":"10002-10003"})"));
  // Every second of 2,000 numbers does not fit into a parameter.
  Members gaps;
  for (int i = 1; i <= 4000; i += 2) gaps.insert(i);
  EXPECT_FALSE(format_compact_manifest(with_streams(gaps, {}), 4096));
}

TEST(CompactManifest, WhatIsNotACompactManifest) {
  for (const char* text : {"", "x", "[]", "{}", R"({"schema":"fhctl.manifest/1"})",
                           R"({"schema":"fhctl.manifest-compact/10"})", R"({"schema":7})"}) {
    EXPECT_FALSE(parse_compact_head(text)) << text;
  }
  EXPECT_TRUE(parse_compact_head(R"({"schema":"fhctl.manifest-compact/1.2","pipeline":"logs"})"));
}

// Manifests of every earlier and later version with this major version must be readable; how they are read is part of
// the contract.
TEST(ManifestsOfOtherVersions, TheFirstOne) {
  const Result<Manifest> read = parse_manifest(file_text("manifests/0.1.0.json"), "0.1.0.json");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->epoch, "5c0e2b7f9a1d4e36");
  EXPECT_EQ(read->generation, 1768903451);
  EXPECT_EQ(read->spec.manifest_poll_s, 10);
  EXPECT_EQ(read->spec.manifest_stale_s, 300);
  EXPECT_EQ(read->spec.record_ttl_s, 20);
  EXPECT_EQ(read->spec.producers, 4);
  ASSERT_EQ(read->streams.size(), 2u);
  EXPECT_EQ(read->streams[0].weight, 100);
  EXPECT_EQ(read->streams[0].limits, (StreamLimits{5242880, 500000, 2000}));
  EXPECT_EQ(read->streams[1].state.text(), "draining");
  EXPECT_EQ(read->streams[1].drain_stop_by, "2026-01-20T10:05:22Z");
  EXPECT_EQ(read->streams[1].drain_flush_s, 0);  // 0.1 did not write it
  EXPECT_EQ(format_manifest_text(*read), "logs-1\n");
}

TEST(ManifestsOfOtherVersions, ALaterMinorOne) {
  const Result<Manifest> read = parse_manifest(file_text("manifests/1.7.json"), "1.7.json");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->generation, 1999999999);
  EXPECT_EQ(read->spec.manifest_poll_s, 15);
  EXPECT_EQ(read->spec.manifest_stale_s, Spec{}.manifest_stale_s);
  ASSERT_EQ(read->streams.size(), 3u);
  EXPECT_EQ(read->streams[0].weight, 250);
  EXPECT_EQ(read->streams[0].limits.bytes_per_s, 2621440);
  EXPECT_EQ(read->streams[0].limits.records_per_s, stream_limits("eu-central-1").records_per_s);
  EXPECT_EQ(read->streams[0].limits_source, "quota-service");
  EXPECT_EQ(read->streams[1].state.text(), "resting");
  EXPECT_EQ(read->streams[2].drain_flush_s, 960);
  // The unknown state is not to be written to.
  EXPECT_EQ(format_manifest_text(*read), "logs-1\n");
}

TEST(ManifestsOfOtherVersions, ALaterMajorOneIsRefused) {
  const Result<Manifest> read = parse_manifest(file_text("manifests/2.json"), "2.json");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message, "2.json: schema \"fhctl.manifest/2\" is not fhctl.manifest/1");
}

}  // namespace
}  // namespace manifest_formats_test
}  // namespace fhctl::pipeline
