// Compares output with the golden files in tests/golden/cli. UPDATE_GOLDEN=1 rewrites them; review the diff like code.
#pragma once

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

namespace fhctl::cli {

inline void expect_golden(const std::string& name, const std::string& text) {
  const std::string path = std::string(FHCTL_SOURCE_DIR) + "/tests/golden/cli/" + name;
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << text;
    return;
  }
  std::ifstream file(path, std::ios::binary);
  ASSERT_TRUE(file.good()) << path << " is missing; UPDATE_GOLDEN=1 writes it";
  std::stringstream golden;
  golden << file.rdbuf();
  EXPECT_EQ(golden.str(), text) << name;
}

// Returns true if the text contains terminal control sequences.
inline bool has_escape_bytes(const std::string& text) { return text.find('\x1b') != std::string::npos; }

}  // namespace fhctl::cli
