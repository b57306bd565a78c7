#include "cli/parse.h"

#include <algorithm>

#include <fmt/format.h>
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "core/base/text.h"

namespace fhctl::cli {
namespace {

// CLI11 only splits the words into options and positionals; their meaning and the messages are fhctl's.
struct Parsed {
  std::vector<std::string> values;  // of a flag with values
  bool said = false;                // of a flag that can stand alone
};

Error empty_value(const Flag& flag) {
  return usage_error(fmt::format("{}= has an empty value", flag.name),
                     fmt::format("write {} alone, or {}={}", flag.name, flag.name, flag.form));
}

// Returns the flag whose value the word after `word` is ("--count", "-c", "-yc"), or nullptr.
const Flag* flag_before_value(const std::string& word, const Flags& flags) {
  if (word.size() < 2 || word[0] != '-') return nullptr;
  if (word[1] == '-') {
    const Flag* flag = flags.find(word);
    return flag != nullptr && flag->takes_next_word() ? flag : nullptr;
  }
  for (std::size_t i = 1; i < word.size(); ++i) {
    const Flag* flag = flags.find(std::string{'-', word[i]});
    if (flag == nullptr) return nullptr;
    if (flag->takes_next_word()) return i + 1 == word.size() ? flag : nullptr;
  }
  return nullptr;
}

// Whether the word would be a flag of this command where it is not a value: "--yes", "--output=json", "-y", "-ojson",
// and "-yv" for two flags at once.
bool reads_as_flag(const std::string& word, const Flags& flags) {
  if (word.size() < 2 || word[0] != '-') return false;
  if (word[1] == '-') return flags.find(word.substr(0, word.find('='))) != nullptr;
  for (std::size_t i = 1; i < word.size(); ++i) {
    const Flag* flag = flags.find(std::string{'-', word[i]});
    if (flag == nullptr) return i > 1 && word[i] == '=';
    if (flag->takes_next_word()) return true;
  }
  return true;
}

// An unquoted shell variable that is empty leaves the next flag in the place of the value.
Error flag_as_value(const Flag& flag, const std::string& word) {
  const std::string shown = escape_for_terminal(word);
  return usage_error(fmt::format("the value of {} would be \"{}\", which is a flag of this command", flag.name, shown),
                     fmt::format("write {}={} if that text is really meant as the value", flag.name, shown));
}

// "--yes=false" must not count as --yes.
Error unwanted_value(const Flag& flag, const std::string& word) {
  return usage_error(fmt::format("{} takes no value, but \"{}\" gives it one", flag.name, escape_for_terminal(word)),
                     fmt::format("write {} alone, or leave it out", flag.name));
}

// Returns the words for CLI11: "--flag=value" as two words, because CLI11 would take "--flag=" for a flag whose value
// follows. The values of flags whose value is optional go to `parsed` and leave the flag alone among the words, because
// CLI11 would take the next word for the value. kUsage: a value that is a flag of the command in a word of its own.
Result<std::vector<std::string>> split_values(const std::vector<std::string>& words, const Flags& flags,
                                              std::vector<Parsed>& parsed) {
  std::vector<std::string> split;
  bool flags_end = false;
  const Flag* waiting = nullptr;  // the flag whose value the next word is
  for (const std::string& word : words) {
    if (waiting != nullptr) {
      if (reads_as_flag(word, flags)) return flag_as_value(*waiting, word);
      split.push_back(word);
      waiting = nullptr;
      continue;
    }
    flags_end = flags_end || word == "--";
    const std::size_t equals = word.find('=');
    const Flag* flag = flags_end ? nullptr : flags.find(word.substr(0, equals));
    if (equals != std::string::npos && flag != nullptr && flag->form.empty()) return unwanted_value(*flag, word);
    const bool has_value = equals != std::string::npos && flag != nullptr;
    split.push_back(has_value ? word.substr(0, equals) : word);
    if (!has_value) {
      waiting = flags_end ? nullptr : flag_before_value(word, flags);
      continue;
    }
    if (flag->takes_next_word()) {
      split.push_back(word.substr(equals + 1));
    } else if (equals + 1 == word.size()) {
      return empty_value(*flag);
    } else {
      parsed[static_cast<std::size_t>(flag - flags.flags.data())].values.push_back(word.substr(equals + 1));
    }
  }
  return split;
}

// CLI11 would split "[a,b]" into a and b, unless a character stands before it.
constexpr char kShield = '\x01';

std::vector<std::string> shielded(std::vector<std::string> words) {
  for (std::string& word : words) {
    if (!word.empty() && (word.front() == '[' || word.front() == kShield)) word.insert(word.begin(), kShield);
  }
  return words;
}

void unshield(std::vector<std::string>& words) {
  for (std::string& word : words) {
    if (!word.empty() && word.front() == kShield) word.erase(word.begin());
  }
}

std::string names_of(const Flag& flag) {
  std::string names = flag.name;
  if (flag.letter != 0) names += fmt::format(",-{}", flag.letter);
  for (const std::string& synonym : flag.synonyms) names += "," + synonym;
  return names;
}

Error unknown_word(const std::string& word, const Flags& flags, std::string_view command) {
  const std::string help = fmt::format("`fhctl {} --help` lists the flags", command);
  if (word.size() < 2 || word[0] != '-') {
    return usage_error(fmt::format("unexpected argument \"{}\"", word), help);
  }
  const std::string name = word.substr(0, word.find('='));
  const std::optional<std::string> near = nearest(name, flags.spellings());
  return usage_error(fmt::format("`fhctl {}` has no flag \"{}\"", command, name),
                     near ? fmt::format("did you mean {}?", *near) : help);
}

Result<void> set_value(const Flag& flag, const std::string& value) {
  if (!flag.choices.empty() && std::find(flag.choices.begin(), flag.choices.end(), value) == flag.choices.end()) {
    const std::optional<std::string> near = nearest(value, flag.choices);
    return usage_error(fmt::format("{} takes one of {}, not \"{}\".", flag.name, join(flag.choices, ", "), value),
                       near ? fmt::format("did you mean {}?", *near) : "");
  }
  return flag.set(value);
}

Result<void> set_flags(const Flags& flags, const std::vector<Parsed>& parsed) {
  for (std::size_t i = 0; i < flags.flags.size(); ++i) {
    const Flag& flag = flags.flags[i];
    if (flag.form.empty() && parsed[i].said) {
      if (Result<void> set = flag.set("true"); !set) return set;
    }
    if (flag.value_optional && parsed[i].said) flag.set_alone();
    for (const std::string& value : parsed[i].values) {
      if (Result<void> set = set_value(flag, value); !set) return set;
    }
  }
  return ok();
}

Result<void> set_positionals(const Flags& flags, const std::vector<std::string>& words, std::string_view command) {
  std::size_t used = 0;
  for (const Positional& positional : flags.positionals) {
    do {
      if (used == words.size()) return ok();
      RETURN_IF_ERROR(positional.set(words[used]));
      ++used;
    } while (positional.repeated);
  }
  if (used < words.size()) return unknown_word(words[used], flags, command);
  return ok();
}

}  // namespace

std::vector<std::string> normalise_words(std::vector<std::string> words) {
  for (std::string& word : words) {
    if (word == "--") break;
    if (word == "-auto-approve") word = "--auto-approve";
  }
  return words;
}

std::size_t find_command(const std::vector<std::string>& words, const Flags& globals) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i].size() < 2 || words[i][0] != '-') return i;
    const Flag* flag = globals.find(words[i]);
    if (flag != nullptr && flag->takes_next_word()) ++i;
  }
  return words.size();
}

Result<void> parse_words(const std::vector<std::string>& all_words, const Flags& flags, std::string_view command) {
  std::vector<Parsed> parsed(flags.flags.size());
  ASSIGN_OR_RETURN(std::vector<std::string> split, split_values(all_words, flags, parsed));
  const std::vector<std::string> words = shielded(std::move(split));
  CLI::App app;
  app.set_help_flag();
  std::vector<std::string> positionals;
  for (std::size_t i = 0; i < flags.flags.size(); ++i) {
    const Flag& flag = flags.flags[i];
    if (!flag.takes_next_word()) {
      app.add_flag(names_of(flag), parsed[i].said);
    } else {
      app.add_option(names_of(flag), parsed[i].values)
          ->expected(1)
          ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
          ->allow_extra_args(false);
    }
  }
  app.add_option("words", positionals)->expected(0, -1);
  app.allow_extras();
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::ParseError& problem) {
    std::string message = problem.what();
    const std::size_t colon = message.find(':');
    const std::string name = message.substr(0, colon);
    const Flag* flag = flags.find(name);
    if (flag != nullptr && flag->takes_next_word()) {
      return usage_error(fmt::format("{} needs a value: {} {}", flag->name, flag->name, flag->form));
    }
    return usage_error(message, fmt::format("see `fhctl {} --help`", command));
  }
  std::vector<std::string> extras = app.remaining();
  for (std::vector<std::string>* taken : {&extras, &positionals}) unshield(*taken);
  for (std::size_t i = 0; i < parsed.size(); ++i) {
    if (flags.flags[i].takes_next_word()) unshield(parsed[i].values);
  }
  std::erase(extras, "--");  // CLI11 keeps the "--"
  if (!extras.empty()) return unknown_word(extras.front(), flags, command);
  RETURN_IF_ERROR(set_flags(flags, parsed));
  return set_positionals(flags, positionals, command);
}

}  // namespace fhctl::cli
