// `fhctl manifest`: prints, publishes, watches or validates what producers read.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/find_manifest.h"
#include "cli/manifest_watch.h"
#include "cli/spec_flags.h"
#include "cli/views/manifest.h"
#include "core/base/text.h"
#include "core/manifest/manifest_formats.h"

namespace fhctl::cli {
namespace manifest_impl {
namespace {

struct Options {
  SpecFlags spec;
  std::vector<std::string> words;  // [publish | watch | validate] [NAME or PATH]
  std::optional<std::string> format;
  std::optional<std::string> file;
  bool follow = false;
};

void bind(Options& options, Flags& flags) {
  Positional& words =
      flags.arguments("publish|watch|validate|NAME", options.words, "what to do (default: print it), and the pipeline");
  words.choices = {"publish", "watch", "validate"};
  flags.choice("--format", {"json", "ndjson", "env", "text", "csv", "file-sd"}, options.format,
               "json (default), ndjson (one line), env, text, csv or file-sd");
  flags.text("--file", "PATH", options.file, "use the manifest in this file instead of the bucket's");
  flags.toggle("--follow", options.follow, "watch: wait for a pipeline that is not there, or no more");
  bind_run_flags(options.spec, flags);
}

std::string rendered(const pipeline::Manifest& manifest, const std::string& text, const Options& options) {
  if (options.format == "env") return pipeline::format_manifest_env(manifest);
  if (options.format == "text") return pipeline::format_manifest_text(manifest);
  if (options.format == "csv") return pipeline::format_manifest_csv(manifest);
  if (options.format == "file-sd") return pipeline::format_manifest_file_sd(manifest);
  if (options.format == "ndjson") return manifest_on_one_line(text) + "\n";
  return ends_with(text, "\n") ? text : text + "\n";
}

void show_manifest(Reporter& reporter, std::string form, const std::string& published, const Options& options) {
  reporter.show_file(manifest_result(std::move(form), published), options.format.has_value());
}

struct LocalText {
  std::string text;
  pipeline::Manifest manifest;
};

Result<LocalText> read_local(Context& context, const std::string& path, const NamedSources& named) {
  ASSIGN_OR_RETURN(std::optional<std::string> text, context.platform().files.read(path, pipeline::kManifestBytesMax));
  if (!text) return usage_error(fmt::format("there is no file {}", path));
  ASSIGN_OR_RETURN(pipeline::Manifest manifest, read_owned_manifest(*text, path, owner_of_file(context, named)));
  return LocalText{*text, manifest};
}

// Validates a file, or the manifest in the bucket. If it is invalid, prints every problem and returns the exit code of
// a failed verification.
Result<int> validate(const Options& options, Context& context, const NamedSources& named,
                     const std::optional<std::string>& path) {
  const auto fine = [&](const pipeline::Manifest& manifest, const std::string& where) {
    context.reporter().show(valid_manifest_result(manifest, where));
    return Result<int>(0);
  };
  const auto broken = [](Error error) {
    if (error.kind == ErrorKind::kProtocol) error.kind = ErrorKind::kVerification;
    return error;
  };
  if (path || options.file) {
    const std::string where = path ? *path : *options.file;
    Result<LocalText> local = read_local(context, where, named);
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
    ASSIGN_OR_RETURN(pipeline::Identity identity, session.identify(named.sources.name));
    pipeline::Run run = session.run();
    ASSIGN_OR_RETURN(
        pipeline::Manifest manifest,
        pipeline::publish_now(run, named.sources, context.globals().lock_timeout.value_or(std::chrono::minutes(2))));
    context.reporter().show(published_manifest_result(manifest));
    return 0;
  });
}

// One line for each generation where the form has room for it: scripts read them with `while read`.
std::string watched(const pipeline::Manifest& manifest, const std::string& text, const Options& options) {
  if (options.format != "text") return rendered(manifest, text, options);
  const std::string names = replace_all(std::string(trim(pipeline::format_manifest_text(manifest))), "\n", " ");
  return fmt::format("{} {}\n", manifest.generation, names);
}

Result<int> watch(const Options& options, Context& context, const NamedSources& named) {
  WatchRequest request{.named = named, .file = options.file, .follow = options.follow, .print = {}};
  request.print = [&](const pipeline::Manifest& manifest, const std::string& text) {
    show_manifest(context.reporter(), watched(manifest, text, options), text, options);
  };
  return watch_manifest(context, request);
}

Result<int> show(const Options& options, Context& context, const NamedSources& named) {
  if (options.file) {
    ASSIGN_OR_RETURN(LocalText local, read_local(context, *options.file, named));
    show_manifest(context.reporter(), rendered(local.manifest, local.text, options), local.text, options);
    return 0;
  }
  return context.online([&](Session& session) -> Result<int> {
    ASSIGN_OR_RETURN(FoundManifest found, find_manifest(session, named.sources));
    show_manifest(context.reporter(), rendered(found.manifest, found.text, options), found.text, options);
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
      return usage_error(fmt::format("unexpected argument \"{}\"", word));
    }
  }
  ASSIGN_OR_RETURN(NamedSources named, make_sources(context, spec));
  if (action == "publish") return publish(context, named);
  if (action == "watch") return watch(options, context, named);
  if (action == "validate") return validate(options, context, named, path);
  return show(options, context, named);
}

}  // namespace
}  // namespace manifest_impl

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
      "  (nothing)         print it\n"
      "  publish           publish it again if it is not what the live streams, or\n"
      "                    their live limits, call for\n"
      "  watch             print each new generation until Ctrl-C; what goes wrong\n"
      "                    meanwhile is a line on stderr and does not end it\n"
      "  validate [PATH]   check the bucket's, or a file: every problem at once\n"
      "                    (exit code 8: broken)\n"
      "\n"
      "Forms: json as published; ndjson on one line; env (FHCTL_STREAMS=...) for a\n"
      "shell or --env-file; text, one active name a line (watch: one line for each\n"
      "generation, its number and the names); csv of all streams; file-sd for\n"
      "Prometheus. docs/manifest.md describes them.";
  command.examples =
      "fhctl manifest\n"
      "fhctl manifest logs --format text\n"
      "eval \"$(fhctl manifest --format env)\"\n"
      "fhctl manifest validate ./fhctl-manifest.json\n"
      "fhctl manifest watch --format text |\n"
      "  while read -r generation streams; do systemctl restart my-producer; done";
  command.bind = binder<manifest_impl::Options>(manifest_impl::bind, manifest_impl::run);
  return command;
}

}  // namespace fhctl::cli
