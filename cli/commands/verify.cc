// `fhctl verify`: marked records through every active stream, read back from the bucket.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/find_manifest.h"
#include "cli/spec_flags.h"
#include "cli/views/verify.h"
#include "core/pipeline/names.h"

namespace fhctl::cli {
namespace {

constexpr int kSendAttempts = 5;
constexpr Duration kDiagnosisTime = std::chrono::minutes(5);
constexpr Duration kProgressPause = std::chrono::seconds(15);

struct Options {
  SpecFlags spec;
  std::optional<int> records;
};

void bind(Options& options, Flags& flags) {
  bind_name(options.spec, flags);
  flags.integer("--records", "N", options.records, "marked records to each stream, 1 to 500 (default 1)");
}

// Says what is waited for: when it changes, else every quarter of a minute.
std::function<void(const pipeline::VerifyReport&)> make_progress(Session& session) {
  return [&session, said = std::string(), at = Instant{}](const pipeline::VerifyReport& report) mutable {
    const std::string line = verify_progress(report);
    const Instant now = session.loop.now();
    if (line.empty() || (line == said && now < at + kProgressPause)) return;
    session.context.reporter().say(line + "\n");
    said = line;
    at = now;
  };
}

Result<pipeline::VerifyReport> verify(const Options& options, Session& session, const NamedSources& named) {
  Context& context = session.context;
  Result<pipeline::Identity> identity = session.identify(named.sources.name);
  if (!identity) return identity.error();
  Result<pipeline::Observed> observed = pipeline::observe(session.client, *identity, named.sources);
  if (!observed) return observed.error();
  if (observed->manifest) {
    const std::string key = pipeline::manifest_key(named.sources.name, identity->region);
    const std::string where = fmt::format("s3://{}/{}", observed->spec.bucket_name(), key);
    const ManifestOwner owner{named.sources.name, identity->account, identity->region};
    if (Result<void> checked = check_manifest_owner(*observed->manifest, where, owner); !checked)
      return checked.error();
  }
  Result<aws::ClientOptions> client_options = context.client_options(session.settings);
  if (!client_options) return client_options.error();
  client_options->limits.response_bytes_max = pipeline::kVerifyObjectBytesMax + (1u << 20);
  const auto reader =
      context.make_client(session.network, session.control, session.client.credentials(), *client_options);
  client_options->attempts_max = kSendAttempts;  // a stream that refuses is a finding, not something to sit out
  const auto sender =
      context.make_client(session.network, session.control, session.client.credentials(), *client_options);

  pipeline::VerifyOptions verify_options;
  verify_options.run_id = context.reporter().run_id();
  verify_options.records = options.records.value_or(1);
  verify_options.timeout = context.globals().timeout;
  verify_options.progress = make_progress(session);
  // --timeout is how long records may take; what follows still has to find out why.
  if (verify_options.timeout) {
    session.control.set_deadline(session.loop.now() + *verify_options.timeout + kDiagnosisTime);
  }
  return pipeline::verify_streams(*reader, *sender, named.sources, *observed, verify_options);
}

Result<int> run(const Options& options, Context& context) {
  if (options.records && (*options.records < 1 || *options.records > pipeline::kVerifyRecordsMax)) {
    return usage_error(fmt::format("--records takes 1 to {}.", pipeline::kVerifyRecordsMax));
  }
  Result<NamedSources> named = make_sources(context, options.spec);
  if (!named) return named.error();
  return context.online([&](Session& session) -> Result<int> {
    Result<pipeline::VerifyReport> report = verify(options, session, *named);
    if (!report) return report.error();
    Reporter& reporter = context.reporter();
    if (reporter.format() == Format::kHuman) reporter.answer(verify_text(*report, reporter.out_style()));
    if (reporter.format() == Format::kText) reporter.answer(verify_lines(*report));
    reporter.answer_json("verify", verify_json(*report));
    if (report->proven()) return 0;
    const Error failure = verify_failure(*report);
    reporter.fail(failure);
    RunSummary summary;
    summary.result = "error";
    summary.exit_code = exit_code_of_kind(failure.kind);
    summary.message = failure.message;
    reporter.summary(summary);
    return summary.exit_code;
  });
}

}  // namespace

Command verify_command() {
  Command command;
  command.name = "verify";
  command.group = CommandGroup::kProducers;
  command.summary = "prove that records arrive, through every stream";
  command.usage = "[NAME] [--records N] [--timeout D]";
  command.about =
      "Sends marked records to every active stream, waits for the objects that Firehose\n"
      "makes of them, reads those back and says for each stream what was found, where,\n"
      "and how long it took: STORED until S3 had the object, SEEN until fhctl had read\n"
      "it. Streams that drain are left alone.\n"
      "\n"
      "The records stay in the data. Each is one JSON line that begins with\n"
      "{\"fhctl_verify\":\"RUN\" and also has stream, n, of and sent_at: readers can leave\n"
      "out every line with the member fhctl_verify.\n"
      "\n"
      "It waits for the buffer interval and 90 s, or for --timeout. Exit code 8: not\n"
      "everything came back; the table says where it stopped. Exit code 7: there is no\n"
      "active stream. Objects in ZIP or Snappy, or rewritten by processors, are not\n"
      "looked into: that one arrived has to do. --compression GZIP makes them readable.";
  command.examples =
      "fhctl verify\n"
      "fhctl verify logs --records 100 --timeout 5m\n"
      "fhctl verify logs --output json | jq '.streams[] | {stream, problem}'";
  command.bind = binder<Options>(bind, run);
  return command;
}

}  // namespace fhctl::cli
