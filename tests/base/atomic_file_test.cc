#include <gtest/gtest.h>

#include "core/base/atomic_file.h"
#include "core/base/random.h"
#include "core/base/system.h"
#include "tests/support/fakes.h"

namespace fhctl {
namespace atomic_file_test {
namespace {

struct ReplaceFileTest : testing::Test {
  test::MemoryFiles files;
  SeededEntropy entropy{1};
};

TEST_F(ReplaceFileTest, WritesBesideThenRenamesThenSyncsTheDirectory) {
  files.files["/tmp/manifest.json"] = "old";
  ASSERT_TRUE(replace_file(files, entropy, "/tmp/manifest.json", "new"));
  EXPECT_EQ(files.files, (std::map<std::string, std::string>{{"/tmp/manifest.json", "new"}}));
  ASSERT_EQ(files.log.size(), 4u);
  EXPECT_EQ(files.log[0], "kind /tmp/manifest.json");
  EXPECT_EQ(files.log[1].rfind("write_new /tmp/.manifest.json.", 0), 0u) << files.log[1];
  EXPECT_EQ(files.log[2].rfind("rename /tmp/.manifest.json.", 0), 0u) << files.log[2];
  EXPECT_EQ(files.log[3], "sync_directory /tmp/");
}

TEST_F(ReplaceFileTest, TakesANameWithoutADirectoryForOneInTheCurrent) {
  ASSERT_TRUE(replace_file(files, entropy, "manifest.json", "new"));
  EXPECT_EQ(files.files, (std::map<std::string, std::string>{{"manifest.json", "new"}}));
  EXPECT_EQ(files.log.back(), "sync_directory .");
}

TEST_F(ReplaceFileTest, AFailureAtAnyStepLeavesTheOldFileOrTheNewOneWhole) {
  constexpr int kSteps = 4;
  for (int step = 1; step <= kSteps; ++step) {
    files = {};
    files.files["/tmp/f"] = "old";
    files.fail_at = step;
    const Result<void> replaced = replace_file(files, entropy, "/tmp/f", "something new");
    ASSERT_FALSE(replaced) << step;
    EXPECT_EQ(replaced.error().kind, ErrorKind::kFailed);
    // Only the last step, the sync of the directory, comes after the rename.
    EXPECT_EQ(files.files.at("/tmp/f"), step < kSteps ? "old" : "something new") << step;
    EXPECT_EQ(files.files.size(), 1u) << "a temporary file was left at step " << step;
  }
}

TEST_F(ReplaceFileTest, RefusesWhatIsNotARegularFile) {
  files.directories.insert("/tmp/d");
  files.symlinks.insert("/tmp/s");
  for (const auto& [path, what] : {std::pair{"/tmp/d", "a directory"}, std::pair{"/tmp/s", "a symbolic link"}}) {
    const Result<void> replaced = replace_file(files, entropy, path, "new");
    ASSERT_FALSE(replaced);
    EXPECT_EQ(replaced.error().kind, ErrorKind::kPrecondition);
    EXPECT_NE(replaced.error().message.find(what), std::string::npos) << replaced.error().message;
  }
  EXPECT_TRUE(files.files.empty());
}

}  // namespace
}  // namespace atomic_file_test
}  // namespace fhctl
