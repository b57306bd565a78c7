// `fhctl scale`: changes the number of streams.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/converge_command.h"
#include "cli/sizing_flags.h"
#include "core/base/text.h"

namespace fhctl::cli {
namespace scale_impl {
namespace {

struct Options {
  SpecFlags spec;
  SizingFlags sizing;
  std::vector<std::string> words;  // [NAME] [N | +k | -k], in any order
  std::optional<int> to;
  std::optional<int> expect_current;
  std::optional<std::string> victims;
  bool no_drain = false;
  bool force = false;
  bool allow_zero = false;
};

void bind(Options& options, Flags& flags) {
  flags.arguments("NAME|N|+k|-k", options.words, "the pipeline, and how many streams it shall have");
  flags.integer("--to", "N", options.to, "the number of streams; the same as N");
  bind_sizing_flags(options.sizing, flags);
  flags.integer("--expect-current", "N", options.expect_current, "refuse unless there are N streams now");
  flags.choice("--victims", {"last", "idle"}, options.victims,
               "which streams go: last (the highest numbers), or idle (the least traffic)");
  flags.toggle("--no-drain", options.no_drain,
               "delete after the readers' reload time, without proof: records on their way may be lost");
  flags.toggle("--force", options.force,
               "shrink although what stays would be too little for the present traffic, or a stream lost its tags");
  flags.toggle("--allow-zero", options.allow_zero, "a count of 0 leaves producers nowhere to send");
  bind_run_flags(options.spec, flags);
}

bool is_number_word(const std::string& word) {
  const std::string digits = !word.empty() && (word[0] == '+' || word[0] == '-') ? word.substr(1) : word;
  return !digits.empty() && digits.find_first_not_of("0123456789") == std::string::npos;
}

// Sorts the words into the name and the number; a sign distinguishes a delta from a count.
Result<void> read_words(const Options& options, SpecFlags& spec, pipeline::Intent& intent) {
  int numbers = options.to ? 1 : 0;
  if (options.to) intent.count = *options.to;
  for (const std::string& word : options.words) {
    if (!is_number_word(word)) {
      if (spec.name) return usage_error(fmt::format("unexpected argument \"{}\"", word));
      spec.name = word;
      continue;
    }
    const bool is_signed = word[0] == '+' || word[0] == '-';
    const std::optional<std::int64_t> number = parse_integer(word[0] == '+' ? word.substr(1) : word);
    if (!number || *number > 10'000 || *number < -10'000) {
      return usage_error(fmt::format("invalid number of streams: {}", word));
    }
    if (is_signed) intent.delta = static_cast<int>(*number);
    if (!is_signed) intent.count = static_cast<int>(*number);
    ++numbers;
  }
  if (numbers > 1) return usage_error("more than one number of streams was given");
  return ok();
}

Result<void> check_count(const Options& options, const pipeline::Intent& intent) {
  if (!intent.count) return ok();
  if (*intent.count < 0 || *intent.count > 10'000) {
    return usage_error(fmt::format("invalid number of streams: {}; it must be 1 to 10,000", *intent.count),
                       "to remove everything: `fhctl destroy`");
  }
  if (*intent.count == 0 && !options.allow_zero) {
    return usage_error("a count of 0 leaves producers nowhere to send",
                       "add --allow-zero if you mean it. To remove everything: `fhctl destroy`");
  }
  return ok();
}

// `scale` does not change fhctl.toml or the environment, so the next `up` would restore the old count.
void warn_of_other_counts(Context& context, const NamedSources& named, const pipeline::Intent& intent) {
  const auto warn = [&](const pipeline::SpecLayer& layer) {
    const auto count = layer.values.find("count");
    if (count == layer.values.end()) return;
    if (intent.count && count->second == fmt::format("{}", *intent.count)) return;
    const auto origin = layer.origins.find("count");
    context.reporter().note({true,
                             fmt::format("{} says count = {}; the next `fhctl up` goes back to it.",
                                         origin == layer.origins.end() ? layer.origin : origin->second, count->second),
                             "change it there too"});
  };
  for (const pipeline::SpecLayer& layer : named.sources.below) warn(layer);
  warn(named.sources.above.front());
}

Result<int> run(const Options& options, Context& context) {
  SpecFlags spec = options.spec;
  ConvergeRequest request;
  request.intent.verb = pipeline::Intent::Verb::kScale;
  RETURN_IF_ERROR(read_words(options, spec, request.intent));
  ASSIGN_OR_RETURN(std::optional<int> streams, streams_for(options.sizing, context));
  if (streams && (request.intent.count || request.intent.delta != 0)) {
    return usage_error("a number of streams and --throughput or --records exclude each other");
  }
  if (streams) request.intent.count = streams;
  RETURN_IF_ERROR(check_count(options, request.intent));
  request.intent.expect_current = options.expect_current;
  request.intent.no_drain = options.no_drain;
  request.intent.victims_idle = options.victims == "idle";
  request.intent.force = options.force;
  request.intent.allow_zero = options.allow_zero;
  ASSIGN_OR_RETURN(NamedSources named, make_sources(context, spec));
  request.named = named;
  if (request.intent.count || request.intent.delta != 0) warn_of_other_counts(context, named, request.intent);
  return run_converge(context, request);
}

}  // namespace
}  // namespace scale_impl

Command scale_command() {
  Command command;
  command.name = "scale";
  command.group = CommandGroup::kLifecycle;
  command.summary = "change the number of streams";
  command.usage = "[NAME] N | +k | -k | --to N | --throughput RATE";
  command.about =
      "Adds or removes delivery streams and publishes the manifest, so that producers\n"
      "follow without a deploy. The number is remembered in the bucket; without a\n"
      "number, scale continues what an earlier run began.\n"
      "\n"
      "Removing streams drains them: the manifest says so, producers get the time to\n"
      "read it, and a stream is deleted only when its metrics prove that nobody sends\n"
      "to it and that everything was delivered. That takes about nine minutes. While it\n"
      "waits nothing is locked; Ctrl-C leaves the streams draining. `fhctl scale`\n"
      "without a number continues, `fhctl undrain` takes them back. While producers\n"
      "still send to a stream, it is not deleted (exit code 5).";
  command.examples =
      "fhctl scale 4\n"
      "fhctl scale logs +2 --expect-current 4\n"
      "fhctl scale --throughput 40MiB/s --headroom 30%\n"
      "fhctl scale 2 --victims idle --yes\n"
      "fhctl scale 2 --no-wait --yes";
  command.bind = binder<scale_impl::Options>(scale_impl::bind, scale_impl::run);
  return command;
}

}  // namespace fhctl::cli
