// fuzz_replay TARGET FILE|FOLDER...: feeds saved inputs to a fuzz target, in builds that have no libFuzzer.
// Without arguments: the names of the targets.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include "tests/fuzz/target.h"

namespace fhctl::fuzz {
namespace {

// Copies the input to memory of exactly its size, so that AddressSanitizer detects a read past its end.
void feed(const Target& target, const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const std::unique_ptr<char[]> exact(new char[bytes.size()]);
  std::memcpy(exact.get(), bytes.data(), bytes.size());
  target.act(std::string_view(exact.get(), bytes.size()));
}

std::vector<std::filesystem::path> files_at(const std::filesystem::path& place) {
  if (!std::filesystem::is_directory(place)) return {place};
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(place)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

int replay(const Target& target, const std::vector<std::string>& places) {
  std::size_t fed = 0;
  for (const std::string& place : places) {
    for (const std::filesystem::path& path : files_at(place)) {
      if (!std::filesystem::is_regular_file(path)) {
        std::fprintf(stderr, "There is no file %s\n", path.c_str());
        return 1;
      }
      // Printed before the run, so that the last line names the input that ended the program.
      std::printf("%s\n", path.c_str());
      std::fflush(stdout);
      feed(target, path);
      ++fed;
    }
  }
  if (fed == 0) {
    std::fprintf(stderr, "No inputs for %s: its corpus is empty\n", std::string(target.name).c_str());
    return 1;
  }
  std::printf("%s: %zu inputs\n", std::string(target.name).c_str(), fed);
  return 0;
}

int run(const std::vector<std::string>& words) {
  if (words.empty()) {
    for (const Target& target : targets()) std::printf("%s\n", std::string(target.name).c_str());
    return 0;
  }
  for (const Target& target : targets()) {
    if (target.name == words.front()) return replay(target, {words.begin() + 1, words.end()});
  }
  std::fprintf(stderr, "There is no fuzz target %s\n", words.front().c_str());
  return 64;
}

}  // namespace
}  // namespace fhctl::fuzz

int main(int argc, char** argv) { return fhctl::fuzz::run({argv + 1, argv + argc}); }
