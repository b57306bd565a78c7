#include "cli/local_manifest.h"

#include <gtest/gtest.h>

#include "tests/support/fakes.h"

namespace fhctl::cli {
namespace local_manifest_test {
namespace {

pipeline::Observed observed_with_file(const std::string& path) {
  pipeline::Observed observed;
  observed.spec.manifest_file = path;
  observed.manifest = pipeline::Manifest{};
  return observed;
}

TEST(LocalManifest, WhatIsNotAFileIsNotOpened) {
  test::MemoryFiles files;
  files.directories.insert("a-directory");
  files.symlinks.insert("a-link");
  for (const std::string path : {"a-directory", "a-link"}) {
    files.log.clear();
    EXPECT_EQ(compare_local_manifest(files, observed_with_file(path)).state, LocalManifest::State::kBroken);
    EXPECT_EQ(files.log, std::vector<std::string>{"kind " + path});
  }
}

TEST(LocalManifest, AFileThatIsNotThereIsMissing) {
  test::MemoryFiles files;
  EXPECT_EQ(compare_local_manifest(files, observed_with_file("none.json")).state, LocalManifest::State::kMissing);
}

}  // namespace
}  // namespace local_manifest_test
}  // namespace fhctl::cli
