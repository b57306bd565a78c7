// Checks that a manifest is that of the requested pipeline, for every way of reading one.
#include "cli/find_manifest.h"

#include <gtest/gtest.h>

#include "tests/cli/test_platform.h"

namespace fhctl::cli {
namespace find_manifest_test {
namespace {

const char* const kAccount = "123456789012";

pipeline::Manifest manifest_of(const std::string& name, std::int64_t generation = 7) {
  pipeline::Manifest manifest;
  manifest.epoch = "5c0e2b7f9a1d4e36";
  manifest.generation = generation;
  manifest.pipeline = name;
  manifest.published_at = "2026-01-20T10:04:11Z";
  manifest.account = kAccount;
  manifest.partition = "aws";
  manifest.region = "us-west-2";
  manifest.bucket = name + "-bucket";
  pipeline::ManifestEntry stream;
  stream.name = name + "-1";
  stream.index = 1;
  stream.state = pipeline::EntryState::kActive;
  manifest.streams = {stream};
  return manifest;
}

TEST(ManifestOwner, Table) {
  struct Row {
    ManifestOwner owner;
    const char* message;  // "": accepted
    const char* hint;
  };
  const Row table[] = {
      {{}, "", ""},
      {{"web", "", ""}, "", ""},
      {{"web", kAccount, "us-west-2"}, "", ""},
      {{"api", "", ""}, "the manifest m.json is of pipeline web, not api", "if pipeline web is meant: `--name web`"},
      {{"", "210987654321", ""},
       "the manifest m.json is of account 123456789012, not 210987654321",
       "if account 123456789012 is meant: use credentials of that account"},
      {{"web", kAccount, "eu-west-1"},
       "the manifest m.json is of region us-west-2, not eu-west-1",
       "if region us-west-2 is meant: `--region us-west-2`"},
      {{"api", kAccount, "eu-west-1"},
       "the manifest m.json is of pipeline web, not api, and of region us-west-2, not eu-west-1",
       "if pipeline web is meant: `--name web`; if region us-west-2 is meant: `--region us-west-2`"},
  };
  const std::string text = pipeline::format_manifest(manifest_of("web"));
  for (const Row& row : table) {
    const Result<pipeline::Manifest> manifest = read_owned_manifest(text, "m.json", row.owner);
    EXPECT_EQ(manifest.has_value(), *row.message == 0) << row.message;
    if (manifest) continue;
    EXPECT_EQ(manifest.error().kind, ErrorKind::kPrecondition);
    EXPECT_EQ(manifest.error().message, row.message);
    EXPECT_EQ(manifest.error().hint, row.hint);
  }
}

TEST(ManifestOwner, AnAccountMissingFromTheManifestIsNotCompared) {
  pipeline::Manifest manifest = manifest_of("web");
  manifest.account.clear();
  EXPECT_TRUE(check_manifest_owner(manifest, "m.json", {"web", kAccount, "us-west-2"}));
}

TEST(ManifestOwner, TheHintForTheBucketNamesTheCommandThatRepairsIt) {
  const Result<void> checked = check_manifest_owner(manifest_of("web"), "s3://b/k", {"api", "", ""});
  ASSERT_FALSE(checked);
  EXPECT_NE(checked.error().hint.find("`fhctl manifest publish api`"), std::string::npos);
}

TEST(ManifestOwner, WhatCannotBeReadIsAnotherError) {
  EXPECT_EQ(read_owned_manifest("{", "m.json", {"api", "", ""}).error().kind, ErrorKind::kProtocol);
}

struct Command {
  const char* title;
  std::vector<std::string> words;
  std::map<std::string, std::string, std::less<>> environment;
  const char* spec_file;  // "": none
  int code;
};

// Commands that read only the manifest file. The file belongs to pipeline web in us-west-2.
TEST(ManifestOwner, FilesAreComparedWithWhatWasAsked) {
  const Command table[] = {
      {"no name", {"manifest", "--file", "m.json"}, {}, "", 0},
      {"the right name", {"manifest", "web", "--file", "m.json"}, {}, "", 0},
      {"another name", {"manifest", "api", "--file", "m.json"}, {}, "", 7},
      {"another --name", {"manifest", "--name", "api", "--file", "m.json"}, {}, "", 7},
      {"another FHCTL_NAME", {"manifest", "--file", "m.json"}, {{"FHCTL_NAME", "api"}}, "", 7},
      {"another name in the file", {"manifest", "--file", "m.json"}, {}, "name = \"api\"\n", 7},
      {"the flag wins", {"manifest", "web", "--file", "m.json"}, {{"FHCTL_NAME", "api"}}, "", 0},
      {"the region", {"manifest", "--file", "m.json", "--region", "us-west-2"}, {}, "", 0},
      {"another region", {"manifest", "--file", "m.json", "--region", "us-east-1"}, {}, "", 7},
      {"another AWS_REGION", {"manifest", "--file", "m.json"}, {{"AWS_REGION", "us-east-1"}}, "", 7},
      {"the account of the credentials",
       {"manifest", "--file", "m.json"},
       {{"AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"}, {"AWS_SECRET_ACCESS_KEY", "x"}, {"AWS_ACCOUNT_ID", kAccount}},
       "",
       0},
      {"another account",
       {"manifest", "--file", "m.json"},
       {{"AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"}, {"AWS_SECRET_ACCESS_KEY", "x"}, {"AWS_ACCOUNT_ID", "210987654321"}},
       "",
       7},
      {"validate", {"manifest", "validate", "m.json"}, {}, "", 0},
      {"validate, another name", {"manifest", "validate", "m.json", "--name", "api"}, {}, "", 7},
      {"validate --file", {"manifest", "validate", "api", "--file", "m.json"}, {}, "", 7},
      {"watch", {"manifest", "watch", "--file", "m.json", "--timeout", "3s"}, {}, "", 0},
      {"watch, another name", {"manifest", "watch", "api", "--file", "m.json", "--timeout", "3s"}, {}, "", 7},
      {"watch waits for it",
       {"manifest", "watch", "api", "--file", "m.json", "--timeout", "3s", "--follow"},
       {},
       "",
       0},
  };
  for (const Command& row : table) {
    TestPlatform test;
    test.files.files["m.json"] = pipeline::format_manifest(manifest_of("web"));
    if (*row.spec_file != 0) test.files.files["fhctl.toml"] = row.spec_file;
    test.environment.values = row.environment;
    EXPECT_EQ(test.run(row.words), row.code) << row.title << "\n" << test.err();
    const bool shown = test.out().find("web") != std::string::npos || test.out().find("valid") != std::string::npos;
    const bool waits = std::count(row.words.begin(), row.words.end(), "--follow") > 0;
    EXPECT_EQ(shown, row.code == 0 && !waits) << row.title << "\n" << test.out();
  }
}

}  // namespace
}  // namespace find_manifest_test
}  // namespace fhctl::cli
