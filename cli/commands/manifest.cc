// `fhctl manifest`: what producers read, printed, published, watched, checked.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/find_manifest.h"
#include "cli/spec_flags.h"
#include "core/base/json.h"
#include "core/base/text.h"

namespace fhctl::cli {
namespace {

constexpr std::size_t kBytesMax = 16u << 20;

struct Options {
  SpecFlags spec;
  std::vector<std::string> words;  // [publish | watch | validate] [NAME or PATH]
  std::optional<std::string> format;
  std::optional<std::string> file;
};

void bind(Options& options, Flags& flags) {
  Positional& words =
      flags.arguments("publish|watch|validate|NAME", options.words, "what to do (default: print it), and the pipeline");
  words.choices = {"publish", "watch", "validate"};
  flags.choice("--format", {"json", "env", "text"}, options.format, "json (default), env or text");
  flags.text("--file", "PATH", options.file, "use the manifest in this file instead of the bucket's");
  bind_run_flags(options.spec, flags);
}

std::string rendered(const pipeline::Manifest& manifest, const std::string& text, const Options& options) {
  if (options.format == "env") return pipeline::format_manifest_env(manifest);
  if (options.format == "text") return pipeline::format_manifest_text(manifest);
  return ends_with(text, "\n") ? text : text + "\n";
}

void print(Reporter& reporter, const pipeline::Manifest& manifest, const std::string& text, const Options& options) {
  const bool plain = reporter.format() == Format::kHuman || reporter.format() == Format::kText || options.format;
  if (plain && reporter.format() != Format::kNdjson) reporter.answer(rendered(manifest, text, options));
  if (!plain || reporter.format() == Format::kNdjson) reporter.answer_json("manifest", std::string(trim(text)));
}

struct LocalText {
  std::string text;
  pipeline::Manifest manifest;
};

Result<LocalText> read_local(Context& context, const std::string& path) {
  Result<std::optional<std::string>> text = context.world().files.read(path, kBytesMax);
  if (!text) return text.error();
  if (!*text) return usage_error(fmt::format("There is no file {}.", path));
  Result<pipeline::Manifest> manifest = pipeline::parse_manifest(**text, path);
  if (!manifest) return manifest.error();
  return LocalText{**text, *manifest};
}

// A file, or what is in the bucket. Broken: every problem, and the code for "verification failed".
Result<int> validate(const Options& options, Context& context, const NamedSources& named,
                     const std::optional<std::string>& path) {
  const auto fine = [&](const pipeline::Manifest& manifest, const std::string& where) {
    const OrderedJson json = {{"valid", true}, {"where", where}, {"generation", manifest.generation}};
    context.reporter().answer_json("valid", dump(json));
    if (context.reporter().format() == Format::kHuman || context.reporter().format() == Format::kText) {
      context.reporter().answer(fmt::format("{} is a valid manifest: generation {}, {}.\n", where, manifest.generation,
                                            plural(static_cast<std::int64_t>(manifest.streams.size()), "stream")));
    }
    return Result<int>(0);
  };
  const auto broken = [](Error error) {
    if (error.kind == ErrorKind::kProtocol) error.kind = ErrorKind::kVerification;
    return error;
  };
  if (path || options.file) {
    const std::string where = path ? *path : *options.file;
    Result<LocalText> local = read_local(context, where);
    if (!local) return broken(local.error());
    return fine(local->manifest, where);
  }
  return context.online([&](Session& session) -> Result<int> {
    Result<FoundManifest> found = find_manifest(session, named.sources);
    if (!found) return broken(found.error());
    return fine(found->manifest, fmt::format("s3://{}/{}", found->place.bucket.name, found->place.key));
  });
}

Result<int> publish(Context& context, const NamedSources& named) {
  return context.online([&](Session& session) -> Result<int> {
    Result<pipeline::Identity> identity = session.identify(named.sources.name);
    if (!identity) return identity.error();
    pipeline::Run run = session.run();
    Result<pipeline::Manifest> manifest =
        pipeline::publish_now(run, named.sources, context.globals().lock_timeout.value_or(std::chrono::minutes(2)));
    if (!manifest) return manifest.error();
    Reporter& reporter = context.reporter();
    reporter.answer_json("manifest", std::string(trim(pipeline::format_manifest(*manifest))));
    if (reporter.format() == Format::kHuman || reporter.format() == Format::kText) {
      reporter.answer(fmt::format("Manifest: generation {}, {}.\n", manifest->generation,
                                  plural(static_cast<std::int64_t>(manifest->streams.size()), "stream")));
    }
    return 0;
  });
}

// Prints each new generation until Ctrl-C, which is the way to end it: exit code 0.
Result<int> watch(const Options& options, Context& context, const NamedSources& named) {
  return context.online([&](Session& session) -> Result<int> {
    Result<FoundManifest> found = find_manifest(session, named.sources);
    if (!found) return found.error();
    session.control.set_deadline(context.globals().timeout ? session.loop.now() + *context.globals().timeout : kNever);
    print(context.reporter(), found->manifest, found->text, options);
    std::string etag = found->etag;
    while (!context.world().streams.out_failed()) {
      const int poll_s = std::max(1, found->manifest.spec.manifest_poll_s);
      if (Result<void> slept = session.control.sleep_for(std::chrono::seconds(poll_s)); !slept) break;
      Result<s3::ConditionalObject> again =
          s3::get_object_if_changed(session.client, found->place.bucket, found->place.key, etag);
      if (!again) return again.error();
      if (again->answer == s3::ConditionalObject::Answer::kUnchanged) continue;
      if (again->answer == s3::ConditionalObject::Answer::kAbsent) {
        context.reporter().say("The manifest is gone: the pipeline was destroyed.\n");
        return 0;
      }
      Result<pipeline::Manifest> manifest = pipeline::parse_manifest(again->object.body, found->place.key);
      if (!manifest) return manifest.error();
      etag = again->object.etag;
      found->manifest = *manifest;
      print(context.reporter(), *manifest, again->object.body, options);
    }
    return 0;
  });
}

Result<int> show(const Options& options, Context& context, const NamedSources& named) {
  if (options.file) {
    Result<LocalText> local = read_local(context, *options.file);
    if (!local) return local.error();
    print(context.reporter(), local->manifest, local->text, options);
    return 0;
  }
  return context.online([&](Session& session) -> Result<int> {
    Result<FoundManifest> found = find_manifest(session, named.sources);
    if (!found) return found.error();
    print(context.reporter(), found->manifest, found->text, options);
    return 0;
  });
}

Result<int> run(const Options& options, Context& context) {
  SpecFlags spec = options.spec;
  std::string action = "show";
  std::optional<std::string> path;
  for (const std::string& word : options.words) {
    if (action == "show" && (word == "publish" || word == "watch" || word == "validate" || word == "show")) {
      action = word;
    } else if (action == "validate" && (contains(word, ".") || contains(word, "/"))) {
      path = word;  // no pipeline's name has a dot or a slash
    } else if (!spec.name) {
      spec.name = word;
    } else {
      return usage_error(fmt::format("\"{}\" is one word too many for `fhctl manifest`.", word));
    }
  }
  Result<NamedSources> named = make_sources(context, spec);
  if (!named) return named.error();
  if (action == "publish") return publish(context, *named);
  if (action == "watch") return watch(options, context, *named);
  if (action == "validate") return validate(options, context, *named, path);
  return show(options, context, *named);
}

}  // namespace

Command manifest_command() {
  Command command;
  command.name = "manifest";
  command.group = CommandGroup::kProducers;
  command.summary = "print, publish, watch or check the stream manifest";
  command.usage = "[NAME] [publish | watch | validate [PATH]] [--format FORM]";
  command.about =
      "The manifest lists the streams that are safe to write to. Producers read it\n"
      "from the bucket, or from a copy on their machine, and follow every change.\n"
      "\n"
      "  (nothing)         print it: json, env (FHCTL_STREAMS=...) or text (names)\n"
      "  publish           publish it again if it is not what the live streams call for\n"
      "  watch             print each new generation until Ctrl-C\n"
      "  validate [PATH]   check the bucket's, or a file (exit code 8: broken)";
  command.examples =
      "fhctl manifest\n"
      "fhctl manifest logs --format text\n"
      "eval \"$(fhctl manifest --format env)\"\n"
      "fhctl manifest validate ./fhctl-manifest.json";
  command.bind = binder<Options>(bind, run);
  return command;
}

}  // namespace fhctl::cli
