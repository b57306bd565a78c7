// The table of all keys of the spec.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/spec/spec.h"

namespace fhctl::pipeline {

// One setting. The file's parser, the environment, the flags, `fhctl init`, the manual and pipeline.json use the table
// of them, so a key is added in one row.
struct SpecKey {
  std::string_view key;          // "delivery.buffer_interval": table and key in fhctl.toml
  std::string_view flag;         // "--buffer-interval"
  std::string_view environment;  // "FHCTL_BUFFER_INTERVAL"
  std::string_view form;         // "DURATION", "BYTES", "NAME": for help
  std::string_view help;
  std::string_view example;                           // as `fhctl init` writes it, commented out
  Result<void> (*set)(Spec&, std::string_view text);  // the error says what is allowed; the caller adds key and origin
  std::string (*get)(const Spec&);                    // in the form that set() reads
};
const std::vector<SpecKey>& spec_keys();             // without [tags], which is a table of free keys
const SpecKey* find_spec_key(std::string_view key);  // nullptr: there is no key of that name

}  // namespace fhctl::pipeline
