// The real client (signatures, error classification, retries, pages) in virtual time over a transport whose responses
// are taken from the fuzzer's input.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/aws/client.h"
#include "tests/fuzz/target.h"

namespace fhctl::fuzz {

// The result of a call, as text that can be compared between two runs.
struct Outcome {
  std::string said;
  bool absent = false;  // the function reported that the resource, or all of them, does not exist
  bool failed = false;
  std::vector<int> numbers = {};  // must appear in a response as they are, not as part of a larger number
};

struct Operation {
  std::string_view name;
  Outcome (*call)(aws::Client& client);
  // `absent` needs a response with this code, or a list without the resource. Empty: there is no such response.
  std::string_view absent_code = {};
  std::string_view list = {};
};

// Each piece of the input is a response, its first byte the status; after the last one they repeat. Calls the operation
// twice and checks that it ends, that both results are equal, and that nothing is absent unless a response said so.
void run_operation(const Operation& operation, Input answers, std::string_view content_type);

template <class T>
Outcome failed(const Result<T>& result) {
  const Error error = result.error();
  return {.said = std::string(kind_name(error.kind)) + ": " + describe(error), .absent = false, .failed = true};
}

// For functions without a result.
Outcome outcome(const Result<void>& result);
// For deletes: false means that it did not exist.
Outcome outcome(const Result<bool>& result);
// For reads: an empty optional means that it does not exist.
template <class T, class Describe>
Outcome outcome(const Result<std::optional<T>>& result, Describe describe_value) {
  if (!result) return failed(result);
  if (!*result) return {.said = "none", .absent = true};
  return {.said = describe_value(**result)};
}

std::string describe_names(const std::vector<std::string>& names);

}  // namespace fhctl::fuzz
