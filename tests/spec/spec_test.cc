#include "core/spec/spec.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/text.h"
#include "core/spec/names.h"
#include "core/spec/spec_keys.h"
#include "tests/support/fakes.h"

namespace fhctl::pipeline {
namespace spec_test {
namespace {

using ::testing::HasSubstr;

SpecLayer layer(std::string origin, SpecValues values) { return {std::move(origin), std::move(values), {}}; }

const SpecKey& key_of(std::string_view name) {
  for (const SpecKey& key : spec_keys()) {
    if (key.key == name) return key;
  }
  ADD_FAILURE() << "no key " << name;
  return spec_keys().front();
}

TEST(SpecKeys, EveryKeyHasItsOwnFlagAndVariableOfTheSameName) {
  std::set<std::string_view> keys, flags, variables;
  for (const SpecKey& key : spec_keys()) {
    EXPECT_TRUE(keys.insert(key.key).second) << key.key;
    EXPECT_TRUE(flags.insert(key.flag).second) << key.flag;
    EXPECT_TRUE(variables.insert(key.environment).second) << key.environment;
    ASSERT_TRUE(starts_with(key.flag, "--")) << key.flag;
    EXPECT_EQ(key.environment, "FHCTL_" + replace_all(to_upper(key.flag.substr(2)), "-", "_"));
    EXPECT_FALSE(key.help.empty() || key.form.empty()) << key.key;
  }
}

TEST(SpecKeys, WhatGetSaysSetReads) {
  for (const SpecKey& key : spec_keys()) {
    Spec example;
    ASSERT_TRUE(key.set(example, key.example)) << key.key << ": " << key.set(example, key.example).error().message;
    Spec again;
    ASSERT_TRUE(key.set(again, key.get(example))) << key.key;
    EXPECT_EQ(again, example) << key.key;
    Spec standard;
    if (key.key == "name" || key.key == "count") continue;  // unset by default
    ASSERT_TRUE(key.set(standard, key.get(Spec{}))) << key.key;
    EXPECT_EQ(standard, Spec{}) << key.key;
  }
}

TEST(Spec, AnOwnerIsThatOfAnExistingBucket) {
  const SpecValues owner = {{"bucket.owner", "999999999999"}};
  const Result<Spec> alone = merge_spec({layer("--bucket-owner", owner)});
  ASSERT_FALSE(alone);
  EXPECT_THAT(alone.error().message, HasSubstr("--bucket-owner: bucket.owner needs bucket.existing"));
  const Result<Spec> spec = merge_spec({layer("fhctl.toml", {{"bucket.existing", "central-logs"}}), layer("x", owner)});
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_EQ(spec->owner_of_bucket("123456789012"), "999999999999");
  EXPECT_EQ(Spec{}.owner_of_bucket("123456789012"), "123456789012");
  for (const char* text : {"99999999999", "9999999999999", "99999999999x", "arn:aws:iam::999999999999:root"}) {
    Spec scratch;
    EXPECT_FALSE(key_of("bucket.owner").set(scratch, text)) << text;
  }
}

TEST(SpecKeys, ValuesThatAreRefused) {
  struct Row {
    const char* key;
    const char* text;
    const char* says;
  };
  const Row rows[] = {
      {"count", "abc", "must be a whole number from 1 to 10000, not \"abc\""},
      {"count", "1e9", "not \"1e9\""},
      {"count", "-1", "not \"-1\""},
      {"count", "0", "not \"0\""},
      {"count", "2.5", "not \"2.5\""},
      {"count", "", "not \"\""},
      {"count", "99999999999999999999", "from 1 to 10000"},
      {"name", "My Logs", "has the character 'M'"},
      {"bucket.name", "No_Bucket", "cannot be \"No_Bucket\""},
      {"bucket.existing", "arn:aws:s3:::logs", "not its ARN"},
      {"bucket.abort_uploads_days", "-1", "from 0 to"},
      {"role.name", "a role", "must be 1 to 64"},
      {"role.name", "arn:aws:iam::123456789012:role/x", "not an ARN"},
      {"role.path", "logging", "must begin and end with /"},
      {"role.policy", "", "must be 1 to 128"},
      {"role.permissions_boundary", "boundary", "must be the ARN of an IAM policy"},
      {"role.permissions_boundary", "arn:aws:iam::123456789012:role/x", "must be the ARN of an IAM policy"},
      {"role.trust", "some", "must be none, external-id or source-account"},
      {"logs.enabled", "maybe", "must be true or false"},
      {"logs.group", "aws/x", "must not begin with aws/"},
      {"logs.group", "a group", "must be 1 to 512"},
      {"logs.stream", "a:b", "without : and *"},
      {"logs.retention", "30", "must be \"never\" or"},  // thirty seconds
      {"logs.retention", "31d", "must be \"never\" or"},
      {"logs.retention", "0d", "must be \"never\" or"},
      {"delivery.buffer_interval", "901s", "must be 0 to 900 seconds"},
      {"delivery.buffer_interval", "1500ms", "must be 0 to 900 seconds"},
      {"delivery.buffer_interval", "-1s", "must be 0 to 900 seconds"},
      {"delivery.buffer_size", "5", "with its unit"},
      {"delivery.buffer_size", "0MiB", "must be 1MiB to 128MiB"},
      {"delivery.buffer_size", "129MiB", "must be 1MiB to 128MiB"},
      {"delivery.buffer_size", "1536KiB", "whole MiB"},
      {"delivery.compression", "brotli", "must be gzip, none, zip, snappy or hadoop-snappy"},
      {"delivery.kms_key", "alias/logs", "must be the ARN of a KMS key"},
      {"delivery.kms_key", "arn:aws:kms:us-west-2:123456789012:alias/logs", "must be the ARN of a KMS key"},
      {"manifest.poll", "0s", "must be 1 to"},
      {"manifest.producers", "0", "from 1 to"},
      {"lock_lease", "1s", "must be 2 to"}};
  for (const Row& row : rows) {
    Spec spec;
    Result<void> set = key_of(row.key).set(spec, row.text);
    ASSERT_FALSE(set) << row.key << " = " << row.text;
    EXPECT_EQ(set.error().kind, ErrorKind::kUsage);
    EXPECT_THAT(set.error().message, HasSubstr(row.says)) << row.key;
    EXPECT_EQ(spec, Spec{}) << row.key << ": a refused value must change nothing";
  }
}

TEST(SpecKeys, SpellingsThatMeanTheSame) {
  Spec spec;
  for (const char* text : {"gzip", "GZIP", "Gzip"}) {
    ASSERT_TRUE(key_of("delivery.compression").set(spec, text));
    EXPECT_EQ(spec.compression, "GZIP");
  }
  for (const char* text : {"none", "UNCOMPRESSED"}) {
    ASSERT_TRUE(key_of("delivery.compression").set(spec, text));
    EXPECT_EQ(spec.compression, "UNCOMPRESSED");
  }
  for (const char* text : {"hadoop-snappy", "HADOOP_SNAPPY"}) {
    ASSERT_TRUE(key_of("delivery.compression").set(spec, text));
    EXPECT_EQ(spec.compression, "HADOOP_SNAPPY");
  }
  for (const char* text : {"5m", "300", "300s"}) {
    ASSERT_TRUE(key_of("delivery.buffer_interval").set(spec, text));
    EXPECT_EQ(spec.buffer_interval_s, 300);
  }
  ASSERT_TRUE(key_of("logs.retention").set(spec, "never"));
  EXPECT_EQ(spec.log_retention_days, 0);
  ASSERT_TRUE(key_of("logs.retention").set(spec, "365d"));
  EXPECT_EQ(spec.log_retention_days, 365);
}

TEST(MergeSpec, LaterLayersWin) {
  Result<Spec> spec = merge_spec({layer("fhctl.toml", {{"count", "2"}, {"delivery.prefix", "a/"}, {"tags.team", "x"}}),
                                  layer("environment", {{"count", "3"}}),
                                  layer("flags", {{"tags.team", "y"}, {"tags.stage", "prod"}})});
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_EQ(spec->count, 3);
  EXPECT_EQ(spec->prefix, "a/");
  EXPECT_EQ(spec->buffer_interval_s, 60);
  EXPECT_EQ(spec->tags, (Tags{{"team", "y"}, {"stage", "prod"}}));
  EXPECT_EQ(spec->name, "");
}

TEST(MergeSpec, AValueThatIsOverriddenNeedNotBeRight) {
  EXPECT_TRUE(merge_spec({layer("environment", {{"count", "abc"}}), layer("--count", {{"count", "2"}})}));
}

TEST(MergeSpec, AllMistakesAtOnceEachWithItsKeyAndOrigin) {
  SpecLayer environment = layer("environment", {{"count", "abc"}, {"delivery.buffer_size", "5"}});
  environment.origins["count"] = "FHCTL_COUNT";
  environment.origins["delivery.buffer_size"] = "FHCTL_BUFFER_SIZE";
  Result<Spec> spec = merge_spec({environment, layer("pipeline.json", {{"delivery.bufer_size", "5MiB"}}),
                                  layer("--tag", {{"tags.aws:x", "1"}, {"tags.", "loose"}})});
  ASSERT_FALSE(spec);
  EXPECT_EQ(spec.error().kind, ErrorKind::kUsage);
  EXPECT_EQ(split(spec.error().message, '\n').size(), 5u);
  EXPECT_THAT(spec.error().message, HasSubstr("FHCTL_COUNT: count must be a whole number from 1 to 10000, not"));
  EXPECT_THAT(spec.error().message, HasSubstr("FHCTL_BUFFER_SIZE: delivery.buffer_size must be"));
  EXPECT_THAT(spec.error().message,
              HasSubstr("pipeline.json: there is no key delivery.bufer_size; did you mean delivery.buffer_size?"));
  EXPECT_THAT(spec.error().message, HasSubstr("the tag \"aws:x\" must not begin with aws:"));
  EXPECT_THAT(spec.error().message, HasSubstr("a tag is written KEY=VALUE, not \"loose\""));
  EXPECT_EQ(spec.error().hint, "to remove everything: `fhctl destroy`");
}

TEST(MergeSpec, RulesAcrossKeys) {
  struct Row {
    SpecValues values;
    const char* says;  // nullptr: fine
  };
  const Row rows[] = {
      {{{"bucket.name", "my-logs"}, {"bucket.existing", "other"}}, "bucket.name (x) and bucket.existing (x) exclude"},
      {{{"bucket.name", ""}, {"bucket.existing", "other"}}, nullptr},
      {{{"role.name", "a"}, {"role.existing", "b"}}, "role.name (x) and role.existing (x) exclude"},
      {{{"delivery.prefix", "_fhctl/logs/"}}, "delivery.prefix must not begin with _fhctl/"},
      {{{"delivery.error_prefix", "_fhctl/e/"}}, "delivery.error_prefix must not begin with _fhctl/"},
      {{{"delivery.prefix", "!{timestamp:yyyy}/"}}, nullptr},
      {{{"delivery.prefix", "!{timestamp:yyyy}/"}, {"delivery.error_prefix", ""}}, "because delivery.prefix has"},
      {{{"delivery.prefix", "!{timestamp:yyyy}/"}, {"delivery.error_prefix", "e/"}}, "because delivery.prefix has"},
      {{{"delivery.error_prefix", "!{timestamp:yyyy}/"}}, "because it has an expression"},
      {{{"delivery.prefix", "a/"}, {"delivery.error_prefix", "e/"}}, nullptr},
      {{{"delivery.prefix", "a/"}, {"delivery.error_prefix", ""}}, nullptr},
      {{{"delivery.prefix", "x!{firehose:error-output-type}/"}}, "delivery.prefix must not have"},
      {{{"delivery.prefix", "!{firehose:random-string}/"}}, nullptr},
      {{{"delivery.prefix", "!{firehose:shard}/"}}, "is not one of"},
      {{{"delivery.prefix", "!{timestamp:}/"}}, "is not one of"},
      {{{"delivery.prefix", "!{partitionKeyFromQuery:c}/"}}, "needs dynamic partitioning"},
      {{{"delivery.prefix", "!{timestamp:yyyy"}}, "without its end"},
      {{{"delivery.prefix", "a\nb"}}, "control character"},
      {{{"delivery.prefix", std::string(1025, 'x')}}, "has 1025 bytes, over 1024"},
      {{{"delivery.prefix", std::string(513, 'x')}}, "has 513 bytes of plain text"},
      {{{"delivery.prefix", std::string(512, 'x')}}, nullptr}};
  for (const Row& row : rows) {
    Result<Spec> spec = merge_spec({layer("x", row.values)});
    EXPECT_EQ(spec.has_value(), row.says == nullptr) << (spec ? row.says : spec.error().message.c_str());
    if (!spec && row.says != nullptr) {
      EXPECT_THAT(spec.error().message, HasSubstr(row.says));
      EXPECT_TRUE(contains(spec.error().message, "x: ") || contains(spec.error().message, "(x)"));
    }
  }
}

TEST(MergeSpec, MistakesOfSeveralKeysNameWhereTheyCameFrom) {
  const auto said = [](const std::vector<SpecLayer>& layers) { return merge_spec(layers).error().message; };
  EXPECT_EQ(said({layer("pipeline.json", {{"delivery.prefix", std::string("a\0b", 3)}})}),
            "pipeline.json: delivery.prefix has a control character");
  // The missing key has no source, so the error names the source of the prefix that requires it.
  EXPECT_THAT(said({layer("--prefix", {{"delivery.prefix", "!{timestamp:yyyy}/"}}),
                    layer("FHCTL_ERROR_PREFIX", {{"delivery.error_prefix", ""}})}),
              testing::StartsWith("FHCTL_ERROR_PREFIX: delivery.error_prefix must have"));
  SpecValues tags;
  for (int i = 0; i < 60; ++i) tags["tags.t" + std::to_string(i)] = "x";
  EXPECT_THAT(said({layer("fhctl.toml", tags), layer("--tag", {{"tags.u", "x"}})}),
              testing::StartsWith("--tag, fhctl.toml: tags has 61 tags, over "));
}

TEST(MergeSpec, TagsHaveTheRulesOfAws) {
  struct Row {
    std::string key;
    std::string value;
    bool fine;
  };
  const Row rows[] = {{"team", "platform", true},
                      {"cost center", "a/b:c=d+e@f", true},
                      {"empty", "", true},
                      {"größe", "À", true},
                      {"AWS:x", "", false},
                      {"fhctl:id", "", false},
                      {"a*b", "", false},
                      {"a", "x;y", false},
                      {"a%", "", false},
                      {"a", "100%", false},
                      {std::string(128, 'k'), "", true},
                      {std::string(129, 'k'), "", false},
                      {"v", std::string(256, 'v'), true},
                      {"v", std::string(257, 'v'), false}};
  for (const Row& row : rows) {
    EXPECT_EQ(merge_spec({layer("x", {{"tags." + row.key, row.value}})}).has_value(), row.fine) << row.key;
  }
  SpecValues many;
  for (int i = 0; i < 44; ++i) many["tags.t" + std::to_string(i)] = "";
  EXPECT_TRUE(merge_spec({layer("x", many)}));
  many["tags.one-more"] = "";
  EXPECT_FALSE(merge_spec({layer("x", many)}));
}

TEST(SpecValues, SayEverythingThatMergeReads) {
  Spec spec;
  spec.name = "logs";
  spec.count = 7;
  spec.existing_bucket = "company-logs";
  spec.role_path = "/a/";
  spec.trust = Trust::kSourceAccount;
  spec.error_logging = false;
  spec.log_retention_days = 0;
  spec.prefix = "";
  spec.compression = "HADOOP_SNAPPY";
  spec.newline = true;
  spec.manifest_file = "";
  spec.lock_lease_s = 2;
  spec.tags = {{"team", "x"}};
  Result<Spec> again = merge_spec({layer("pipeline.json", spec_values(spec))});
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(spec_values(*again), spec_values(spec));
  EXPECT_EQ(again->given, spec_values(spec));
  EXPECT_EQ(spec_values(Spec{}).count("count"), 0u);
  EXPECT_EQ(spec_values(*merge_spec({layer("x", spec_values(Spec{}))})), spec_values(Spec{}));
}

TEST(SpecValues, RememberWhatWasSetInTheFormOfTheKey) {
  const Result<Spec> spec = merge_spec({layer("a", {{"delivery.buffer_interval", "5m"}, {"tags.team", "x"}}),
                                        layer("b", {{"delivery.compression", "GZIP"}})});
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_EQ(spec->given,
            (SpecValues{{"delivery.buffer_interval", "300s"}, {"delivery.compression", "gzip"}, {"tags.team", "x"}}));
}

TEST(SpecEnvironment, ReadsEveryVariableAndTheTags) {
  test::MapEnvironment environment({{"FHCTL_COUNT", "3"},
                                    {"FHCTL_PREFIX", ""},
                                    {"FHCTL_TAGS", "team=x, stage =a=b,loose"},
                                    {"FHCTL_STREAMS", "a,b"}});
  SpecLayer read = spec_layer_of_environment(environment);
  EXPECT_EQ(read.values, (SpecValues{{"count", "3"}, {"tags.team", "x"}, {"tags.stage", "a=b"}, {"tags.", "loose"}}));
  EXPECT_EQ(read.origins["count"], "FHCTL_COUNT");
  EXPECT_EQ(read.origins["tags.team"], "FHCTL_TAGS");
  EXPECT_FALSE(merge_spec({read}));
}

TEST(ResolveNames, FillsInWhatIsEmpty) {
  Result<Spec> spec = resolve_names(Spec{}, "123456789012", "us-west-2");
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_EQ(spec->name, "scaling-firehose");
  EXPECT_EQ(spec->bucket, "scaling-firehose-123456789012-us-west-2");
  EXPECT_EQ(spec->role, "scaling-firehose-us-west-2-firehose");
  EXPECT_EQ(spec->log_group, "/aws/kinesisfirehose/scaling-firehose");
  Spec external;
  external.name = "logs";
  external.existing_bucket = "Company_Logs.2015";
  external.existing_role = "company";
  external.log_group = "mine";
  spec = resolve_names(external, "123456789012", "us-west-2");
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_EQ(*spec, external);
}

TEST(ResolveNames, AnExistingLogGroupIsTheLogGroup) {
  Spec spec;
  spec.name = "logs";
  spec.existing_log_group = "company";
  const Result<Spec> resolved = resolve_names(spec, "123456789012", "us-west-2");
  ASSERT_TRUE(resolved) << resolved.error().message;
  EXPECT_EQ(resolved->log_group, "company");
  EXPECT_TRUE(resolved->external_log_group());
  spec.existing_log_group = "aws/x";
  EXPECT_THAT(resolve_names(spec, "123456789012", "us-west-2").error().message, HasSubstr("logs.existing must not"));
  const Result<Spec> both =
      merge_spec({layer("--log-group", {{"logs.group", "a"}}), layer("x", {{"logs.existing", "b"}})});
  EXPECT_EQ(both.error().message, "logs.group (--log-group) and logs.existing (x) exclude each other");
}

TEST(ResolveNames, AnExistingRoleHasANameOrAnArn) {
  struct Row {
    const char* text;
    const char* name;  // nullptr: refused
    const char* arn;
  };
  const Row rows[] = {
      {"company", "company", ""},
      {"arn:aws:iam::123456789012:role/company", "company", "arn:aws:iam::123456789012:role/company"},
      {"arn:aws-cn:iam::999999999999:role/a/b/c", "c", "arn:aws-cn:iam::999999999999:role/a/b/c"},
      {"arn:aws-us-gov:iam::123456789012:role/service-role/x+y", "x+y",
       "arn:aws-us-gov:iam::123456789012:role/service-role/x+y"},
      {"arn:aws:iam::123456789012:user/company", nullptr, ""},
      {"arn:aws:iam::123456789012:role/", nullptr, ""},
      {"arn:aws:iam::123456789012:role", nullptr, ""},
      {"arn:aws:iam::12345:role/company", nullptr, ""},
      {"arn:aws:iam:us-west-2:123456789012:role/company", nullptr, ""},
      {"arn:aws:sts::123456789012:assumed-role/company/session", nullptr, ""},
      {"arn:azure:iam::123456789012:role/company", nullptr, ""},
      {"path/company", nullptr, ""},
      {"a role", nullptr, ""},
  };
  for (const Row& row : rows) {
    const Result<Spec> spec = merge_spec({layer("x", {{"role.existing", row.text}})});
    ASSERT_EQ(spec.has_value(), row.name != nullptr) << row.text;
    if (!spec) {
      EXPECT_THAT(spec.error().message, HasSubstr("or its ARN")) << row.text;
      continue;
    }
    EXPECT_EQ(spec->role_name(), row.name);
    EXPECT_EQ(spec->existing_role_arn(), row.arn);
    EXPECT_TRUE(resolve_names(*spec, "123456789012", "us-west-2")) << row.text;
  }
}

TEST(ResolveNames, ChecksEverythingAtOnce) {
  Spec spec;
  spec.name = "Logs";
  spec.bucket = "B";
  spec.role = "a role";
  spec.role_path = "x";
  spec.log_group = "aws/x";
  spec.log_stream = "*";
  spec.permissions_boundary = "x";
  spec.kms_key = "arn:aws:kms:eu-west-1:123456789012:key/1234";
  spec.prefix = "_fhctl/";
  Result<Spec> resolved = resolve_names(spec, "123456789012", "us-west-2");
  ASSERT_FALSE(resolved);
  EXPECT_EQ(split(resolved.error().message, '\n').size(), 9u) << resolved.error().message;
  EXPECT_THAT(resolved.error().message, HasSubstr("delivery.kms_key is in eu-west-1, but the pipeline is in us-west"));
}

}  // namespace
}  // namespace spec_test
}  // namespace fhctl::pipeline
