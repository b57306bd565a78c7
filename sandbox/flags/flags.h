// The flags of the sandbox as data. fhctl builds the help, manual page, completion and parsing of `fhctl sandbox` from
// this table; fhctl-sandbox parses its own arguments with it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "core/base/result.h"
#include "core/base/time.h"
#include "sandbox/state/options.h"

namespace fhctl::sandbox {

// All settings of the flags: the options of the server, and those of the executable.
struct Settings : Options {
  bool print_env = false;                         // print the exports and do not serve
  std::optional<std::string> fault_plan_file;     // its content becomes Options::fault_plan
  std::optional<std::string> caller_policy_file;  // its content becomes Options::caller_policies["identity"]
};

// Sets a member to a value when the flag is given.
struct Toggle {
  bool Settings::*member;
  bool value;
};

// Sets two members: "60s..10m" the least and the most, a single duration the least, and the most to zero.
struct DurationRange {
  Duration Settings::*least;
  Duration Settings::*most;
};

struct FlagRow {
  std::string_view name;  // "--port"
  std::string_view form;  // of its value, as help shows it: "N"; empty: a flag without a value
  std::string_view help;
  // What it sets; the type says how the value is read.
  std::variant<Toggle, DurationRange, int Settings::*, double Settings::*, std::uint64_t Settings::*,
               Duration Settings::*, ConsistencyDelays Settings::*, std::string Settings::*,
               std::optional<std::string> Settings::*>
      target;
};

// All flags, in the order of the help. The rows live as long as the program.
std::span<const FlagRow> flag_table();

// Parses the value and stores it in the target of the flag; a flag without a value ignores it. kUsage: invalid value.
Result<void> set_flag(const FlagRow& row, const std::string& value, Settings& settings);

// kUsage: a value is out of range, or flags contradict each other.
Result<void> check_settings(const Settings& settings);

}  // namespace fhctl::sandbox
