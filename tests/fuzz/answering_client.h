// The real client over a transport whose answers come out of the fuzzer's input, in virtual time: signatures, judging,
// retries and pages included.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/aws/client.h"
#include "tests/fuzz/target.h"

namespace fhctl::fuzz {

// What a call came to, as text that two runs can be compared by.
struct Outcome {
  std::string said;
  bool absent = false;  // the function says that the thing, or all that was asked for, is not there
  bool failed = false;
  std::vector<int> numbers = {};  // must have stood in an answer as they are, and not been cut out of a larger one
};

struct Operation {
  std::string_view name;
  Outcome (*call)(aws::Client& client);
  // Who says `absent` must have been told: by this code, or by a list in which it is not. Empty: no such answer.
  std::string_view absent_code = {};
  std::string_view list = {};
};

// Answers: each piece of the input is one, its first byte the status; they come round and round again. Calls the
// operation twice and checks that it says the same, that it ends, and that nothing is absent which no answer called so.
void run_operation(const Operation& operation, Input answers, std::string_view content_type);

template <class T>
Outcome failed(const Result<T>& result) {
  const Error error = result.error();
  return {.said = std::string(kind_name(error.kind)) + ": " + describe(error), .absent = false, .failed = true};
}

// For functions that give nothing back.
Outcome outcome(const Result<void>& result);
// For deletes: false is "it was not there".
Outcome outcome(const Result<bool>& result);
// For reads: an empty optional is "there is none".
template <class T, class Describe>
Outcome outcome(const Result<std::optional<T>>& result, Describe describe_value) {
  if (!result) return failed(result);
  if (!*result) return {.said = "none", .absent = true};
  return {.said = describe_value(**result)};
}

std::string describe_names(const std::vector<std::string>& names);

}  // namespace fhctl::fuzz
