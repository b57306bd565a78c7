// Defines fuzz targets. Each file holds one target, in a namespace of its name:
//
//     FUZZ_TARGET(json) { FUZZ_CHECK(parse(input) == parse(input)); }
//
// Built for libFuzzer (CMAKE_BUILD_TYPE=Fuzz) it is the entry point of a separate program. In every other build it is
// added to the table of fuzz_replay, which runs it with the saved inputs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fhctl::fuzz {

// Prints the property that does not hold and aborts, which libFuzzer reports as a finding.
[[noreturn]] void fail(const char* property, const char* file, int line);

// Takes choices from the front of an input; the rest is the text to be parsed.
class Input {
 public:
  explicit Input(std::string_view bytes) : bytes_(bytes) {}

  // Returns 0 at the end of the input.
  std::uint8_t byte();
  std::size_t below(std::size_t bound) { return byte() % bound; }
  bool coin() { return (byte() & 1) != 0; }
  // Returns the text up to the next byte 0xFF, which does not occur in UTF-8, or the rest of the input.
  std::string_view piece();
  std::string_view rest() const { return bytes_; }
  bool empty() const { return bytes_.empty(); }

 private:
  std::string_view bytes_;
};

struct Target {
  std::string_view name;
  void (*act)(std::string_view input);
};
std::vector<Target>& targets();

struct Registration {
  Registration(std::string_view name, void (*act)(std::string_view)) { targets().push_back({name, act}); }
};

}  // namespace fhctl::fuzz

#define FUZZ_CHECK(property) ((property) ? static_cast<void>(0) : ::fhctl::fuzz::fail(#property, __FILE__, __LINE__))

#ifdef FHCTL_FUZZ
#define FHCTL_FUZZ_ENTRY(name)                                                        \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) { \
    fuzz_##name(std::string_view(reinterpret_cast<const char*>(data), size));         \
    return 0;                                                                         \
  }
#else
#define FHCTL_FUZZ_ENTRY(name) const ::fhctl::fuzz::Registration registration_##name(#name, fuzz_##name);
#endif

#define FUZZ_TARGET(name)                   \
  void fuzz_##name(std::string_view input); \
  FHCTL_FUZZ_ENTRY(name)                    \
  void fuzz_##name(std::string_view input)
