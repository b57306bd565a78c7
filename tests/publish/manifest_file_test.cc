// The local copy of the manifest: which files may be replaced, and the message if not.
#include "core/publish/manifest_file.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/base/text.h"
#include "core/converge/converge.h"
#include "core/publish/publisher.h"
#include "tests/services/fixture.h"

namespace fhctl::pipeline {
namespace manifest_file_test {
namespace {

const Identity kIdentity = {"123456789012", "aws", "eu-central-1", ""};

Manifest manifest_of(const std::string& pipeline, std::int64_t generation = 1) {
  Manifest manifest;
  manifest.epoch = "5c0e2b7f9a1d4e36";
  manifest.generation = generation;
  manifest.pipeline = pipeline;
  manifest.published_at = "2026-01-20T10:04:11Z";
  manifest.account = kIdentity.account;
  manifest.partition = kIdentity.partition;
  manifest.region = kIdentity.region;
  manifest.bucket = pipeline + "-bucket";
  return manifest;
}

template <class Change>
std::string changed(Change change) {
  Manifest manifest = manifest_of("logs");
  change(manifest);
  return format_manifest(manifest);
}

// Fake file kinds (regular, directory, link, ...) by name.
test::MemoryFiles all_files() {
  test::MemoryFiles files;
  files.directories.insert("there");
  files.symlinks.insert("link.json");
  files.files = {{"empty.json", ""},
                 {"own.json", format_manifest(manifest_of("logs"))},
                 {"name.json", changed([](Manifest& other) { other.pipeline = "other"; })},
                 {"account.json", changed([](Manifest& other) { other.account = "210987654321"; })},
                 {"region.json", changed([](Manifest& other) { other.region = "eu-west-1"; })},
                 {"text.json", "a shopping list"}};
  return files;
}

TEST(ManifestFileProblem, Table) {
  enum class Found { kNothing, kForeign, kOther };
  struct Row {
    const char* path;
    Found found;
  };
  const Row table[] = {
      {"", Found::kNothing},
      {"new.json", Found::kNothing},
      {"/new.json", Found::kNothing},
      {"there/new.json", Found::kNothing},
      {"empty.json", Found::kNothing},
      {"own.json", Found::kNothing},
      {"name.json", Found::kForeign},
      {"account.json", Found::kForeign},
      {"region.json", Found::kForeign},
      {"nowhere/new.json", Found::kOther},
      {"there", Found::kOther},
      {"link.json", Found::kOther},
      {"text.json", Found::kOther},
  };
  test::MemoryFiles files = all_files();
  for (const Row& row : table) {
    const auto problem = manifest_file_problem(files, row.path, kIdentity, "logs");
    const Found found = !problem ? Found::kNothing : problem->foreign ? Found::kForeign : Found::kOther;
    EXPECT_EQ(found, row.found) << row.path;
  }
  files.fail_at = files.steps + 1;
  EXPECT_TRUE(manifest_file_problem(files, "own.json", kIdentity, "logs"));
}

TEST(ManifestFileNamed, LooksAtEveryLayer) {
  SpecSources sources;
  sources.below = {{"fhctl.toml", {{"count", "2"}}, {}}};
  sources.above = {{"environment", {}, {}}, {"flags", {{"name", "logs"}}, {}}};
  EXPECT_FALSE(manifest_file_named(sources));
  for (SpecLayer* layer : {&sources.below[0], &sources.above[0], &sources.above[1]}) {
    layer->values["manifest.file"] = "m.json";
    EXPECT_TRUE(manifest_file_named(sources)) << layer->origin;
    layer->values.erase("manifest.file");
  }
}

struct Notes final : Observer {
  void on(const Event& event) override {
    if (const auto* said = std::get_if<Said>(&event)) notes.push_back(said->note);
  }
  std::vector<Note> notes;
  int warnings() const {
    return static_cast<int>(std::count_if(notes.begin(), notes.end(), [](const Note& note) { return note.warning; }));
  }
};

class ManifestFileTest : public test::ServiceTest {
 protected:
  // Calls `body` with a new run; its warnings are collected in `notes`.
  template <class Body>
  void with_run(Body body) {
    notes = {};
    with_answer(test::answer(200), [&](aws::Client& client) {
      test::FakeSignals signals;
      test::FakeHost host;
      SeededEntropy entropy(1);
      Cancellation control(client.loop(), signals);
      pipeline::Run run{client, files, entropy, host, control, notes, "", "", "", ""};
      body(run);
      return true;
    });
  }
  bool refresh(const std::string& path, const Manifest& manifest) {
    bool written = false;
    with_run([&](pipeline::Run& run) { written = refresh_manifest_file(run, path, kIdentity, "logs", manifest); });
    return written;
  }
  test::MemoryFiles files;
  Notes notes;
};

TEST_F(ManifestFileTest, IsCheckedBeforeAnythingIsChanged) {
  enum class Answer { kGoesOn, kWarns, kEnds };
  struct Row {
    const char* path;
    bool named;
    bool destroying;
    Answer answer;
  };
  const Row table[] = {
      {"own.json", false, false, Answer::kGoesOn}, {"own.json", true, true, Answer::kGoesOn},
      {"name.json", true, false, Answer::kEnds},   {"name.json", true, true, Answer::kEnds},
      {"name.json", false, false, Answer::kWarns}, {"name.json", false, true, Answer::kWarns},
      {"account.json", true, true, Answer::kEnds}, {"account.json", false, false, Answer::kWarns},
      {"region.json", true, false, Answer::kEnds}, {"region.json", false, true, Answer::kWarns},
      {"text.json", true, false, Answer::kEnds},   {"text.json", false, false, Answer::kEnds},
      {"text.json", true, true, Answer::kGoesOn},  {"text.json", false, true, Answer::kGoesOn},
      {"nowhere/x", true, false, Answer::kEnds},   {"nowhere/x", true, true, Answer::kGoesOn},
      {"link.json", false, false, Answer::kEnds},  {"", true, false, Answer::kGoesOn},
  };
  for (const Row& row : table) {
    files = all_files();
    SpecSources sources;
    sources.name = "logs";
    sources.above.push_back({"flags", {}, {}});
    if (row.named) sources.above[0].values["manifest.file"] = row.path;
    with_run([&](pipeline::Run& run) {
      for (int look = 0; look < 2; ++look) {
        const Result<void> checked = check_manifest_file(run, sources, row.path, kIdentity, row.destroying);
        EXPECT_EQ(checked.has_value(), row.answer != Answer::kEnds) << row.path;
        if (!checked) {
          EXPECT_EQ(checked.error().kind, ErrorKind::kPrecondition) << row.path;
        }
      }
    });
    EXPECT_EQ(notes.warnings(), row.answer == Answer::kWarns ? 1 : 0) << row.path;
    EXPECT_EQ(files.files, all_files().files);
  }
}

TEST_F(ManifestFileTest, SaysWhoseTheFileIsAndHowToKeepAnother) {
  files = all_files();
  SpecSources sources;
  sources.name = "logs";
  with_run([&](pipeline::Run& run) { EXPECT_TRUE(check_manifest_file(run, sources, "name.json", kIdentity, true)); });
  ASSERT_EQ(notes.notes.size(), 1u);
  EXPECT_EQ(notes.notes[0].message,
            "the file name.json is the manifest of pipeline other in account 123456789012, region eu-central-1; it is "
            "left as it is");
  EXPECT_TRUE(contains(notes.notes[0].hint, "--manifest-file PATH"));
}

TEST_F(ManifestFileTest, IsReplacedOnlyWhenItIsThisPipelines) {
  const std::string body = format_manifest(manifest_of("logs", 2));
  for (const char* path : {"own.json", "empty.json", "new.json", "there/new.json"}) {
    files = all_files();
    with_run([&](pipeline::Run& run) { EXPECT_TRUE(write_manifest_file(run, path, kIdentity, "logs", body)) << path; });
    EXPECT_EQ(files.files.at(path), body) << path;
    EXPECT_TRUE(notes.notes.empty()) << path;
  }
  for (const char* path :
       {"name.json", "account.json", "region.json", "text.json", "link.json", "there", "nowhere/x"}) {
    files = all_files();
    with_run([&](pipeline::Run& run) {
      for (int publication = 0; publication < 3; ++publication) {
        EXPECT_FALSE(write_manifest_file(run, path, kIdentity, "logs", body)) << path;
      }
    });
    EXPECT_EQ(files.files, all_files().files) << path;
    EXPECT_EQ(notes.warnings(), 1) << path;
  }
}

TEST_F(ManifestFileTest, AFullDiskIsAWarning) {
  files.fail_at = 3;  // after the two checks of the folder and the file
  with_run([&](pipeline::Run& run) { EXPECT_FALSE(write_manifest_file(run, "new.json", kIdentity, "logs", "{}")); });
  EXPECT_EQ(notes.warnings(), 1);
}

TEST_F(ManifestFileTest, IsBroughtUpToDateFromTheBucket) {
  const Manifest manifest = manifest_of("logs");
  EXPECT_TRUE(refresh("manifest.json", manifest));
  EXPECT_EQ(files.files.at("manifest.json"), format_manifest(manifest));
  EXPECT_FALSE(refresh("manifest.json", manifest));  // it holds that one already
  EXPECT_TRUE(refresh("manifest.json", manifest_of("logs", 2)));
  EXPECT_FALSE(refresh("", manifest));
  EXPECT_FALSE(refresh("manifest.json", manifest_of("other", 3)));  // the bucket holds another pipeline's
  EXPECT_EQ(files.files.at("manifest.json"), format_manifest(manifest_of("logs", 2)));
  files.files["manifest.json"] = "a shopping list";
  EXPECT_FALSE(refresh("manifest.json", manifest));
  EXPECT_EQ(files.files.at("manifest.json"), "a shopping list");
}

}  // namespace
}  // namespace manifest_file_test
}  // namespace fhctl::pipeline
