// The command line: any arguments of any command result in values or a usage error, and values are kept as typed.
#include <algorithm>

#include "cli/command.h"
#include "cli/globals.h"
#include "cli/parse.h"
#include "core/base/text.h"
#include "tests/fuzz/target.h"

namespace fhctl::fuzz::arguments {
namespace {

// The result of one parse: which targets were set to which values, in order.
struct Seen {
  std::vector<std::string> set;
  std::optional<Error> error;
  bool operator==(const Seen&) const = default;
};

Seen parse(const cli::Command& command, const std::vector<std::string>& words) {
  cli::Globals globals;
  cli::Flags flags;
  const cli::CommandAction action = command.bind(flags);  // keeps the targets alive
  cli::bind_globals(globals, flags);
  Seen seen;
  for (cli::Flag& flag : flags.flags) {
    flag.set = [&seen, name = flag.name, set = std::move(flag.set)](const std::string& value) {
      seen.set.push_back(name + "=" + value);
      return set(value);
    };
  }
  for (cli::Positional& positional : flags.positionals) {
    positional.set = [&seen, set = std::move(positional.set)](const std::string& value) {
      seen.set.push_back(value);
      return set(value);
    };
  }
  if (Result<void> parsed = cli::parse_words(words, flags, command.name); !parsed) seen.error = parsed.error();
  return seen;
}

// Arguments of a program contain no byte 0.
std::vector<std::string> read_words(std::string_view text) {
  std::vector<std::string> words = split(text, '\n');
  for (std::string& word : words) std::erase(word, '\0');
  return words;
}

// Arguments after "--" are values even if they begin with a dash, and each is used once.
void check_values(const std::vector<std::string>& words) {
  std::vector<std::string> taken;
  std::optional<std::string> text;
  cli::Flags flags;
  flags.text("--text", "TEXT", text, "");
  flags.arguments("WORD", taken, "");
  std::vector<std::string> all = {"--text=" + words.front(), "--"};
  all.insert(all.end(), words.begin(), words.end());
  FUZZ_CHECK(cli::parse_words(all, flags, "test"));
  FUZZ_CHECK(text == words.front());
  FUZZ_CHECK(taken == words);
}

}  // namespace

FUZZ_TARGET(arguments) {
  Input choices(input);
  const std::vector<cli::Command>& table = cli::command_table();
  const cli::Command& command = table[choices.below(table.size())];
  const std::vector<std::string> words = read_words(choices.rest());
  const Seen seen = parse(command, words);
  FUZZ_CHECK(seen == parse(command, words));
  if (seen.error) FUZZ_CHECK(seen.error->kind == ErrorKind::kUsage && !seen.error->message.empty());
  // "-qqq" is the same flag three times in one argument.
  std::size_t letters = 0;
  for (const std::string& word : words) letters += std::max<std::size_t>(1, word.size());
  FUZZ_CHECK(seen.set.size() <= letters);
  check_values(words);

  cli::Globals globals;
  cli::Flags flags;
  cli::bind_globals(globals, flags);
  FUZZ_CHECK(cli::find_command(cli::normalise_words(words), flags) <= words.size());
}

}  // namespace fhctl::fuzz::arguments
