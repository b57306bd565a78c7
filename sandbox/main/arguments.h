// The arguments of fhctl-sandbox: the flags of the sandbox, and the output options. fhctl passes its own output
// options, so that `fhctl sandbox` prints like every other command.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"
#include "sandbox/flags/flags.h"

namespace fhctl::sandbox {

enum class OutputForm { kHuman, kText, kJson, kNdjson };

struct Arguments {
  Settings settings;
  std::string region = "us-west-2";  // in the exports; the sandbox itself serves every region
  OutputForm output = OutputForm::kHuman;
  std::string json_into;         // a file that also receives the events as NDJSON; empty: none
  std::string run_id;            // of the events that fhctl has begun to write; empty: not started by fhctl
  std::string expected_version;  // required version of this executable; empty: any
  bool quiet = false;
  bool color = false;  // in errors
  bool help = false;
  bool version = false;
};

// Parses the arguments after the program's name: "--flag VALUE", "--flag=VALUE", "--flag". Returns the first error
// (kUsage); the remaining arguments are still parsed, so that the error is printed in the requested format.
Result<void> parse_arguments(const std::vector<std::string>& words, Arguments& arguments);

// The output of --help.
std::string help_text();

}  // namespace fhctl::sandbox
