#include "sandbox/main/arguments.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "core/base/text.h"

namespace fhctl::sandbox {
namespace {

Error usage(std::string message, std::string hint = {}) {
  return make_error(ErrorKind::kUsage, std::move(message), std::move(hint));
}

Result<void> set_output(Arguments& arguments, const std::string& value) {
  if (value == "human" || value == "table") {
    arguments.output = OutputForm::kHuman;
  } else if (value == "text") {
    arguments.output = OutputForm::kText;
  } else if (value == "json") {
    arguments.output = OutputForm::kJson;
  } else if (value == "ndjson") {
    arguments.output = OutputForm::kNdjson;
  } else {
    return usage(fmt::format("--output takes one of human, text, json, ndjson, not \"{}\"", value));
  }
  return ok();
}

// A flag that is not in flag_table().
struct ProgramFlag {
  std::string_view name;
  std::string_view form;  // empty: a flag without a value
  std::string_view help;  // empty: not in the help, used by fhctl only
  Result<void> (*set)(Arguments& arguments, const std::string& value);
};

template <auto Member>
Result<void> set_text(Arguments& arguments, const std::string& value) {
  arguments.*Member = value;
  return ok();
}

template <auto Member>
Result<void> set_true(Arguments& arguments, const std::string& /*value*/) {
  arguments.*Member = true;
  return ok();
}

constexpr ProgramFlag kProgramFlags[] = {
    {"--region", "REGION", "the region in the exports (default us-west-2)", set_text<&Arguments::region>},
    {"--output", "FORM", "human (default), text, json or ndjson", set_output},
    {"--json-into", "FILE", "write the events as NDJSON beside the other output", set_text<&Arguments::json_into>},
    {"--quiet", "", "print errors and the answer only", set_true<&Arguments::quiet>},
    {"--help", "", "show help", set_true<&Arguments::help>},
    {"--version", "", "show the version", set_true<&Arguments::version>},
    {"--color", "", "", set_true<&Arguments::color>},
    {"--run-id", "ID", "", set_text<&Arguments::run_id>},
    {"--expect-version", "VERSION", "", set_text<&Arguments::expected_version>},
};

// A flag of either table.
struct FoundFlag {
  std::string_view name;
  std::string_view form;
  const FlagRow* row = nullptr;
  const ProgramFlag* program = nullptr;

  Result<void> set(Arguments& arguments, const std::string& value) const {
    return row != nullptr ? set_flag(*row, value, arguments.settings) : program->set(arguments, value);
  }
};

std::optional<FoundFlag> find_flag(std::string_view name) {
  if (name == "-h") name = "--help";
  for (const FlagRow& row : flag_table()) {
    if (row.name == name) return FoundFlag{row.name, row.form, &row, nullptr};
  }
  for (const ProgramFlag& flag : kProgramFlags) {
    if (flag.name == name) return FoundFlag{flag.name, flag.form, nullptr, &flag};
  }
  return std::nullopt;
}

Error unknown_word(const std::string& word) {
  constexpr const char* kHelp = "`fhctl-sandbox --help` lists the flags";
  if (!starts_with(word, "-")) return usage(fmt::format("fhctl-sandbox takes flags only, not \"{}\"", word), kHelp);
  std::vector<std::string> names;
  for (const FlagRow& row : flag_table()) names.emplace_back(row.name);
  for (const ProgramFlag& flag : kProgramFlags) {
    if (!flag.help.empty()) names.emplace_back(flag.name);
  }
  const std::string name = word.substr(0, word.find('='));
  const std::optional<std::string> near = nearest(name, names);
  return usage(fmt::format("fhctl-sandbox has no flag \"{}\"", name),
               near ? fmt::format("did you mean {}?", *near) : kHelp);
}

// Sets the flag at words[at] and moves `at` to the last word that belongs to it.
Result<void> take_flag(const std::vector<std::string>& words, std::size_t& at, Arguments& arguments) {
  const std::string& word = words[at];
  const std::size_t equals = word.find('=');
  const std::optional<FoundFlag> flag = find_flag(std::string_view(word).substr(0, equals));
  if (!flag) return unknown_word(word);
  if (flag->form.empty()) {
    if (equals == std::string::npos) return flag->set(arguments, "");
    return usage(fmt::format("{} takes no value, but \"{}\" gives it one", flag->name, word),
                 fmt::format("write {} alone, or leave it out", flag->name));
  }
  if (equals != std::string::npos) return flag->set(arguments, word.substr(equals + 1));
  if (at + 1 == words.size()) return usage(fmt::format("{} needs a value: {} {}", flag->name, flag->name, flag->form));
  const std::string& value = words[at + 1];
  if (find_flag(std::string_view(value).substr(0, value.find('=')))) {
    // An unquoted empty shell variable leaves the next flag in the place of the value.
    return usage(fmt::format("the value of {} would be \"{}\", which is a flag of this command", flag->name, value),
                 fmt::format("write {}={} if that text is really meant as the value", flag->name, value));
  }
  ++at;
  return flag->set(arguments, value);
}

std::string help_row(std::string_view name, std::string_view form, std::string_view help) {
  return fmt::format("  {:<34}{}\n", form.empty() ? std::string(name) : fmt::format("{} {}", name, form), help);
}

}  // namespace

Result<void> parse_arguments(const std::vector<std::string>& words, Arguments& arguments) {
  Result<void> first = ok();
  for (std::size_t at = 0; at < words.size(); ++at) {
    Result<void> taken = take_flag(words, at, arguments);
    if (first && !taken) first = std::move(taken);
  }
  return first;
}

std::string help_text() {
  std::string text =
      "fhctl-sandbox: a local AWS on 127.0.0.1\n"
      "\n"
      "Usage: fhctl-sandbox [FLAG...]\n"
      "\n"
      "`fhctl sandbox` starts it; `fhctl sandbox --help` says what it does.\n"
      "\n"
      "Flags:\n";
  for (const FlagRow& row : flag_table()) text += help_row(row.name, row.form, row.help);
  for (const ProgramFlag& flag : kProgramFlags) {
    if (!flag.help.empty()) text += help_row(flag.name, flag.form, flag.help);
  }
  return text;
}

}  // namespace fhctl::sandbox
