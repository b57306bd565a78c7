// What a fuzz target is made of. One file holds one target, in a namespace of its name:
//
//     FUZZ_TARGET(json) { FUZZ_CHECK(parse(input) == parse(input)); }
//
// Built for libFuzzer (CMAKE_BUILD_TYPE=Fuzz) it is the entry point of a program of its own. In every other build it
// joins the table of fuzz_replay, which feeds it the saved inputs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fhctl::fuzz {

// Says which property does not hold and ends the program, which libFuzzer takes for a finding.
[[noreturn]] void fail(const char* property, const char* file, int line);

// Cuts the choices off the front of an input; what remains is the text to be parsed.
class Input {
 public:
  explicit Input(std::string_view bytes) : bytes_(bytes) {}

  // 0 at the end of the input.
  std::uint8_t byte();
  std::size_t below(std::size_t bound) { return byte() % bound; }
  bool coin() { return (byte() & 1) != 0; }
  // Up to the next byte 0xFF, which stands in no text of UTF-8; the rest when there is none.
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
