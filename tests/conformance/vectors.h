// Finds the public test vectors and counts the cases of a run. The vectors are not part of the project: their folder is
// FHCTL_CONFORMANCE_DIR, or ../shared/conformance if that is not set.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "core/base/json.h"

namespace fhctl::conformance {

inline std::filesystem::path folder() {
  const char* named = std::getenv("FHCTL_CONFORMANCE_DIR");
  const std::filesystem::path root = FHCTL_SOURCE_DIR;
  return named != nullptr && *named != '\0' ? root / named : root / "../shared/conformance";
}

inline bool folder_is_asked_for() { return std::getenv("FHCTL_CONFORMANCE_DIR") != nullptr; }

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << "cannot read " << path;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline Json read_json(const std::filesystem::path& path) {
  const Result<Json> document = parse_json(read_text(path), path.string());
  EXPECT_TRUE(document) << path;
  return document ? *document : Json::object();
}

// Returns the entries of a folder, sorted by name.
inline std::vector<std::filesystem::path> entries(const std::filesystem::path& path) {
  std::vector<std::filesystem::path> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(path, error)) found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

// Counts the cases of a suite and prints at the end which were left out and why. A run without any case fails.
class Count {
 public:
  explicit Count(std::string suite) : suite_(std::move(suite)) {}
  ~Count() {
    std::cout << suite_ << ": " << run_ << " cases run";
    for (const auto& [reason, number] : skipped_) std::cout << ", " << number << " skipped (" << reason << ")";
    std::cout << "\n";
    EXPECT_GT(run_, 0) << "no case of " << suite_ << " was found in " << folder();
  }
  Count(const Count&) = delete;
  Count& operator=(const Count&) = delete;

  void run() { ++run_; }
  void skip(const std::string& reason) { ++skipped_[reason]; }

 private:
  std::string suite_;
  int run_ = 0;
  std::map<std::string, int> skipped_;
};

}  // namespace fhctl::conformance

// The first line of every test here. A folder that is named but does not exist is an error, not a reason to skip.
#define FHCTL_NEEDS_VECTORS()                                                                \
  if (!std::filesystem::is_directory(fhctl::conformance::folder())) {                        \
    ASSERT_FALSE(fhctl::conformance::folder_is_asked_for()) << fhctl::conformance::folder(); \
    std::cerr << "\n*** SKIPPED: no public vectors in " << fhctl::conformance::folder()      \
              << "; set FHCTL_CONFORMANCE_DIR to their folder ***\n\n";                      \
    GTEST_SKIP() << "no public vectors";                                                     \
  }                                                                                          \
  static_assert(true)
