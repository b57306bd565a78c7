// The flags of a command as data: one row each, from which parsing, help, completion and the manual page are generated.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/base/time.h"

namespace fhctl::cli {

struct Flag {
  std::string name;                   // "--count"
  char letter = 0;                    // 'o' for "-o"; 0: none
  std::vector<std::string> synonyms;  // further long names, "--auto-approve"
  std::string form;                   // "N"; empty: a switch without a value
  bool value_optional = false;        // "--flag" or "--flag=VALUE"; the word after it is never its value
  std::string help;
  std::vector<std::string> choices;                           // the only values allowed; empty: any
  bool global = false;                                        // every command has it
  bool hidden = false;                                        // parsed, but in no help
  std::function<Result<void>(const std::string& value)> set;  // called once for each time the flag is given
  std::function<void()> set_alone;                            // for value_optional: called when it was given

  // True when the word after the flag is its value, as in "--count 3".
  bool takes_next_word() const { return !form.empty() && !value_optional; }
};

struct Positional {
  std::string form;  // "NAME"
  std::string help;
  std::vector<std::string> choices;  // for completion only
  std::function<Result<void>(const std::string& value)> set;
  bool repeated = false;  // takes all remaining words
};

// Collects the rows. Targets must outlive the parsing.
class Flags {
 public:
  std::vector<Flag> flags;
  std::vector<Positional> positionals;

  Flag& toggle(std::string name, bool& target, std::string help);
  Flag& text(std::string name, std::string form, std::optional<std::string>& target, std::string help);
  Flag& choice(std::string name, std::vector<std::string> choices, std::optional<std::string>& target,
               std::string help);
  Flag& integer(std::string name, std::string form, std::optional<int>& target, std::string help);
  Flag& number(std::string name, std::string form, std::optional<double>& target, std::string help);
  Flag& duration(std::string name, std::optional<Duration>& target, std::string help);
  Flag& custom(std::string name, std::string form, std::function<Result<void>(const std::string&)> set,
               std::string help);

  // "--name" or "--name=FORM". Either sets `given`; only the second, whose value is never empty, sets `value`.
  Flag& optional_value(std::string name, std::string form, bool& given, std::optional<std::string>& value,
                       std::string help);

  Positional& argument(std::string form, std::optional<std::string>& target, std::string help);
  Positional& arguments(std::string form, std::vector<std::string>& target, std::string help);

  // By any of its spellings: "--yes", "-y", "--auto-approve".
  const Flag* find(std::string_view spelling) const;
  std::vector<std::string> spellings() const;
};

Error usage_error(std::string message, std::string hint = {});

}  // namespace fhctl::cli
