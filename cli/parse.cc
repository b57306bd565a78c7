#include "cli/parse.h"

#include <algorithm>

#include <fmt/format.h>
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "core/base/text.h"

namespace fhctl::cli {
namespace {

// CLI11 only splits the words into options and positionals; meaning and messages are ours.
struct Parsed {
  std::vector<std::string> values;  // of a flag with values
  bool said = false;
};

// "--flag=value" as two words: CLI11 would take "--flag=" for a flag whose value follows.
std::vector<std::string> split_values(const std::vector<std::string>& words, const Flags& flags) {
  std::vector<std::string> split;
  bool flags_end = false;
  for (const std::string& word : words) {
    flags_end = flags_end || word == "--";
    const std::size_t equals = word.find('=');
    const Flag* flag = equals == std::string::npos || flags_end ? nullptr : flags.find(word.substr(0, equals));
    const bool has_value = flag != nullptr && !flag->form.empty();
    split.push_back(has_value ? word.substr(0, equals) : word);
    if (has_value) split.push_back(word.substr(equals + 1));
  }
  return split;
}

// CLI11 takes "[a,b]" apart into a and b, unless something stands before it.
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
  const std::string help = fmt::format("`fhctl {} --help` lists the flags.", command);
  if (word.size() < 2 || word[0] != '-') {
    return usage_error(fmt::format("\"{}\" is one word too many for `fhctl {}`.", word, command), help);
  }
  const std::string name = word.substr(0, word.find('='));
  const std::optional<std::string> near = nearest(name, flags.spellings());
  return usage_error(fmt::format("`fhctl {}` knows no flag \"{}\".", command, name),
                     near ? fmt::format("Did you mean {}?", *near) : help);
}

Result<void> set_value(const Flag& flag, const std::string& value) {
  if (!flag.choices.empty() && std::find(flag.choices.begin(), flag.choices.end(), value) == flag.choices.end()) {
    const std::optional<std::string> near = nearest(value, flag.choices);
    return usage_error(fmt::format("{} takes one of {}, not \"{}\".", flag.name, join(flag.choices, ", "), value),
                       near ? fmt::format("Did you mean {}?", *near) : "");
  }
  return flag.set(value);
}

Result<void> set_flags(const Flags& flags, const std::vector<Parsed>& parsed) {
  for (std::size_t i = 0; i < flags.flags.size(); ++i) {
    const Flag& flag = flags.flags[i];
    if (flag.form.empty()) {
      if (!parsed[i].said) continue;
      if (Result<void> set = flag.set("true"); !set) return set;
    }
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
      if (Result<void> set = positional.set(words[used]); !set) return set;
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
    if (flag != nullptr && !flag->form.empty()) ++i;
  }
  return words.size();
}

Result<void> parse_words(const std::vector<std::string>& all_words, const Flags& flags, std::string_view command) {
  const std::vector<std::string> words = shielded(split_values(all_words, flags));
  CLI::App app;
  app.set_help_flag();
  std::vector<Parsed> parsed(flags.flags.size());
  std::vector<std::string> positionals;
  for (std::size_t i = 0; i < flags.flags.size(); ++i) {
    const Flag& flag = flags.flags[i];
    if (flag.form.empty()) {
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
    if (flag != nullptr && !flag->form.empty()) {
      return usage_error(fmt::format("{} needs a value: {} {}", flag->name, flag->name, flag->form));
    }
    return usage_error(message, fmt::format("See `fhctl {} --help`.", command));
  }
  std::vector<std::string> extras = app.remaining();
  for (std::vector<std::string>* taken : {&extras, &positionals}) unshield(*taken);
  for (Parsed& flag : parsed) unshield(flag.values);
  std::erase(extras, "--");  // CLI11 keeps the mark itself
  if (!extras.empty()) return unknown_word(extras.front(), flags, command);
  if (Result<void> set = set_flags(flags, parsed); !set) return set;
  return set_positionals(flags, positionals, command);
}

}  // namespace fhctl::cli
