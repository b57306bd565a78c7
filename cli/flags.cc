#include "cli/flags.h"

#include "core/base/flag_value.h"
#include "core/base/text.h"

namespace fhctl::cli {
namespace {

Flag& add(std::vector<Flag>& flags, std::string name, std::string form, std::string help) {
  Flag flag;
  flag.name = std::move(name);
  flag.form = std::move(form);
  flag.help = std::move(help);
  flags.push_back(std::move(flag));
  return flags.back();
}

}  // namespace

Flag& Flags::toggle(std::string name, bool& target, std::string help) {
  Flag& flag = add(flags, std::move(name), "", std::move(help));
  flag.set = [&target](const std::string&) {
    target = true;
    return ok();
  };
  return flag;
}

Flag& Flags::text(std::string name, std::string form, std::optional<std::string>& target, std::string help) {
  Flag& flag = add(flags, std::move(name), std::move(form), std::move(help));
  flag.set = [&target](const std::string& value) {
    target = value;
    return ok();
  };
  return flag;
}

Flag& Flags::choice(std::string name, std::vector<std::string> choices, std::optional<std::string>& target,
                    std::string help) {
  Flag& flag = text(std::move(name), join(choices, "|"), target, std::move(help));
  flag.choices = std::move(choices);
  return flag;
}

Flag& Flags::integer(std::string name, std::string form, std::optional<int>& target, std::string help) {
  Flag& flag = add(flags, name, std::move(form), std::move(help));
  flag.set = [&target, name](const std::string& value) -> Result<void> {
    ASSIGN_OR_RETURN(target, parse_int_flag(name, value));
    return ok();
  };
  return flag;
}

Flag& Flags::number(std::string name, std::string form, std::optional<double>& target, std::string help) {
  Flag& flag = add(flags, name, std::move(form), std::move(help));
  flag.set = [&target, name](const std::string& value) -> Result<void> {
    ASSIGN_OR_RETURN(target, parse_number_flag(name, value));
    return ok();
  };
  return flag;
}

Flag& Flags::duration(std::string name, std::optional<Duration>& target, std::string help) {
  Flag& flag = add(flags, name, "DURATION", std::move(help));
  flag.set = [&target, name](const std::string& value) -> Result<void> {
    ASSIGN_OR_RETURN(target, parse_duration_flag(name, value));
    return ok();
  };
  return flag;
}

Flag& Flags::custom(std::string name, std::string form, std::function<Result<void>(const std::string&)> set,
                    std::string help) {
  Flag& flag = add(flags, std::move(name), std::move(form), std::move(help));
  flag.set = std::move(set);
  return flag;
}

Flag& Flags::optional_value(std::string name, std::string form, bool& given, std::optional<std::string>& value,
                            std::string help) {
  Flag& flag = text(std::move(name), std::move(form), value, std::move(help));
  flag.value_optional = true;
  flag.set_alone = [&given] { given = true; };
  return flag;
}

Positional& Flags::argument(std::string form, std::optional<std::string>& target, std::string help) {
  positionals.push_back({std::move(form), std::move(help), {}, [&target](const std::string& value) {
                           target = value;
                           return ok();
                         }});
  return positionals.back();
}

Positional& Flags::arguments(std::string form, std::vector<std::string>& target, std::string help) {
  positionals.push_back({std::move(form),
                         std::move(help),
                         {},
                         [&target](const std::string& value) {
                           target.push_back(value);
                           return ok();
                         },
                         true});
  return positionals.back();
}

const Flag* Flags::find(std::string_view spelling) const {
  for (const Flag& flag : flags) {
    if (flag.name == spelling) return &flag;
    if (flag.letter != 0 && spelling.size() == 2 && spelling[0] == '-' && spelling[1] == flag.letter) return &flag;
    for (const std::string& synonym : flag.synonyms) {
      if (synonym == spelling) return &flag;
    }
  }
  return nullptr;
}

std::vector<std::string> Flags::spellings() const {
  std::vector<std::string> all;
  for (const Flag& flag : flags) {
    if (flag.hidden) continue;
    all.push_back(flag.name);
    all.insert(all.end(), flag.synonyms.begin(), flag.synonyms.end());
  }
  return all;
}

Error usage_error(std::string message, std::string hint) {
  return make_error(ErrorKind::kUsage, std::move(message), std::move(hint));
}

}  // namespace fhctl::cli
