// `fhctl put`: sends lines from stdin or a file to the streams of a manifest.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/find_manifest.h"
#include "cli/spec_flags.h"
#include "cli/views/put.h"
#include "core/base/text.h"
#include "core/producer/send.h"
#include "core/services/s3_objects.h"
#include "core/services/sts.h"

namespace fhctl::cli {
namespace put_impl {
namespace {

constexpr Duration kWatchFileEvery = std::chrono::seconds(1);
constexpr std::size_t kInputBytesMax = 256u << 20;
constexpr Duration kAskAccountFor = std::chrono::seconds(5);

struct Options {
  std::optional<std::string> input;
  SpecFlags spec;
  std::optional<std::string> manifest;
  std::optional<std::string> stream;
};

void bind(Options& options, Flags& flags) {
  flags.argument("-|FILE", options.input, "where the lines are: - for stdin (default), or a file");
  flags.text("--manifest", "PATH", options.manifest, "the manifest in this file instead of the bucket's");
  flags.text("--stream", "NAME", options.stream, "only to this stream");
}

Result<pipeline::Manifest> read_file_manifest(Context& context, const std::string& path, const ManifestOwner& owner) {
  ASSIGN_OR_RETURN(std::optional<std::string> text, context.platform().files.read(path, pipeline::kManifestBytesMax));
  if (!text) return usage_error(fmt::format("there is no manifest at {}", path));
  return read_owned_manifest(*text, path, owner);
}

// Returns the account of the credentials, or nothing: a producer may have no access to STS, and its records are not
// held back for that.
std::string account_of_caller(Session& session) {
  Result<aws::ClientOptions> options = session.context.client_options(session.settings);
  if (!options) return "";
  options->attempts_max = 1;
  options->limits.total = kAskAccountFor;
  const std::unique_ptr<aws::Client> client =
      session.context.make_client(session.network, session.control, session.client.credentials(), *options);
  const Result<sts::CallerIdentity> caller = sts::get_caller_identity(*client);
  return caller ? caller->account : "";
}

// Reads the input in chunks: stdin as it arrives, a file from memory.
Result<std::function<Result<std::string>(std::size_t)>> open_input(const Options& options, Context& context) {
  Platform& platform = context.platform();
  if (options.input.value_or("-") == "-") {
    return std::function<Result<std::string>(std::size_t)>([&platform](std::size_t bytes_max) -> Result<std::string> {
      Result<std::string> bytes = platform.streams.read_some(bytes_max);
      // Ctrl-C while waiting for input ends the input: what was read is still sent.
      if (!bytes && platform.signals.stop_count() > 0) return std::string();
      return bytes;
    });
  }
  ASSIGN_OR_RETURN(std::optional<std::string> text, platform.files.read(*options.input, kInputBytesMax));
  if (!text) return usage_error(fmt::format("there is no file {}", *options.input));
  auto whole = std::make_shared<const std::string>(std::move(*text));
  return std::function<Result<std::string>(std::size_t)>(
      [whole, at = std::size_t{0}](std::size_t bytes_max) mutable -> Result<std::string> {
        std::string chunk = whole->substr(at, bytes_max);
        at += chunk.size();
        return chunk;
      });
}

// Records that were not sent are an error, however many were sent.
Result<void> check_complete(const pipeline::SendReport& report) {
  if (report.complete()) return ok();
  if (report.error && report.records == 0) return *report.error;
  Error error;
  error.kind = report.records > 0 ? ErrorKind::kPartial : ErrorKind::kFailed;
  std::vector<std::string> parts;
  if (report.lost > 0) parts.push_back(fmt::format("{} not taken", plural(report.lost, "record")));
  if (report.too_long > 0) {
    std::string lines;
    for (const pipeline::LongLine& line : report.long_lines) {
      lines += fmt::format("{}{} ({})", lines.empty() ? "" : ", ", line.number, format_bytes(line.bytes));
    }
    parts.push_back(fmt::format("{} longer than a record may be: line {}", plural(report.too_long, "line"), lines));
  }
  if (report.error) parts.push_back("it ended early: " + describe(*report.error));
  error.message = fmt::format("not everything was sent: {}", join(parts, "; "));
  if (!report.last_refusal.empty()) error.hint = "the last refusal was: " + report.last_refusal;
  if (report.error && report.error->kind == ErrorKind::kCancelled) error.kind = ErrorKind::kCancelled;
  return error;
}

// Where the manifest is read, and read again while records are sent.
class ManifestSource {
 public:
  ManifestSource(const Options& options, Session& session, const NamedSources& named)
      : options_(options), session_(session), named_(named) {}

  Result<pipeline::Manifest> first() {
    if (!options_.manifest) return find();
    owner_ = owner_of_file(session_.context, named_);
    if (owner_.account.empty()) owner_.account = account_of_caller(session_);
    return read_file_manifest(session_.context, *options_.manifest, owner_);
  }

  // A file may be missing or half-written for a moment: then this fails, and the producer keeps its manifest.
  Result<pipeline::Manifest> again(aws::Client& client) {
    if (options_.manifest) return read_file_manifest(session_.context, *options_.manifest, owner_);
    using Answer = s3::ConditionalObject::Answer;
    const ManifestPlace& place = found_->place;
    ASSIGN_OR_RETURN(s3::ConditionalObject read,
                     s3::get_object_if_changed(client, place.bucket, place.key, found_->etag));
    if (read.answer == Answer::kUnchanged) return found_->manifest;
    if (read.answer == Answer::kAbsent) return find();  // perhaps the pipeline has moved to another bucket
    Result<pipeline::Manifest> manifest = read_owned_manifest(read.object.body, place.key, found_->owner);
    if (!manifest) return manifest.error();
    found_->manifest = *manifest;
    found_->etag = read.object.etag;
    return manifest;
  }

 private:
  Result<pipeline::Manifest> find() {
    ASSIGN_OR_RETURN(FoundManifest found, find_manifest(session_, named_.sources));
    found_ = found;
    return found_->manifest;
  }

  const Options& options_;
  Session& session_;
  const NamedSources& named_;
  ManifestOwner owner_;  // of the file
  std::optional<FoundManifest> found_;
};

Result<int> send(const Options& options, Session& session, const NamedSources& named) {
  Context& context = session.context;
  ManifestSource source(options, session, named);
  ASSIGN_OR_RETURN(pipeline::Manifest manifest, source.first());
  Result<std::function<Result<std::string>(std::size_t)>> input = open_input(options, context);
  if (!input) return input.error();
  if (!context.globals().timeout) session.control.set_deadline(kNever);  // as long as the input lasts
  // A batch that one stream refuses goes to another one, and a manifest that cannot be read is read again later, so
  // this client does not retry.
  ASSIGN_OR_RETURN(aws::ClientOptions client_options, context.client_options(session.settings));
  client_options.attempts_max = 1;
  const std::unique_ptr<aws::Client> sender =
      context.make_client(session.network, session.control, session.client.credentials(), client_options);
  pipeline::SendHooks hooks;
  hooks.read = *input;
  hooks.reload = [&] { return source.again(*sender); };
  pipeline::SendOptions send_options;
  send_options.stream = options.stream.value_or("");
  if (options.manifest) send_options.reload_every = kWatchFileEvery;
  ASSIGN_OR_RETURN(pipeline::SendReport report, pipeline::send_lines(*sender, manifest, hooks, send_options));
  context.reporter().show(put_result(report, manifest));
  RETURN_IF_ERROR(check_complete(report));
  return 0;
}

Result<int> run(const Options& options, Context& context) {
  ASSIGN_OR_RETURN(NamedSources named, make_sources(context, options.spec));
  return context.online([&](Session& session) { return send(options, session, named); });
}

}  // namespace
}  // namespace put_impl

Command put_command() {
  Command command;
  command.name = "put";
  command.group = CommandGroup::kProducers;
  command.summary = "send lines to the pipeline";
  command.usage = "[- | FILE] [--manifest PATH] [--stream NAME]";
  command.about =
      "Reads lines, sends each as one record to the active streams of the manifest, in\n"
      "batches, and only the records that were refused again, on another stream. It\n"
      "keeps to its share of each stream's limits: all of it, or one of N parts when\n"
      "the pipeline says that N producers share them (producers_hint). A line that no\n"
      "stream takes within the manifest's record TTL (30 s) is given up and counted.\n"
      "\n"
      "It follows new generations of the manifest while it runs: the bucket's by\n"
      "polling, a file given with --manifest within a second. Needs no more than the\n"
      "producer policy (`fhctl doctor --print-policy producer`).\n"
      "\n"
      "Firehose buffers: what was sent appears in the bucket after the buffer interval,\n"
      "60 s unless the pipeline says otherwise.";
  command.examples =
      "echo '{\"foo\":\"bar\"}' | fhctl put -\n"
      "fhctl put access.log --name logs\n"
      "tail -F app.log | fhctl put - --manifest ./fhctl-manifest.json";
  command.bind = binder<put_impl::Options>(put_impl::bind, put_impl::run);
  return command;
}

}  // namespace fhctl::cli
