// `fhctl verify`: sends marked records through every active stream and reads them back from the bucket.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/context.h"
#include "cli/find_manifest.h"
#include "cli/spec_flags.h"
#include "cli/views/verify.h"
#include "core/report/exit_code.h"
#include "core/spec/names.h"

namespace fhctl::cli {
namespace verify_impl {
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

// Reports what is waited for: when it changes, and otherwise every 15 seconds.
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
  ASSIGN_OR_RETURN(pipeline::Identity identity, session.identify(named.sources.name));
  ASSIGN_OR_RETURN(pipeline::Observed observed, pipeline::observe(session.client, identity, named.sources));
  if (observed.manifest) {
    const std::string key = pipeline::manifest_key(named.sources.name, identity.region);
    const std::string where = fmt::format("s3://{}/{}", observed.spec.bucket_name(), key);
    const ManifestOwner owner{named.sources.name, identity.account, identity.region};
    if (Result<void> checked = check_manifest_owner(*observed.manifest, where, owner); !checked) return checked.error();
  }
  ASSIGN_OR_RETURN(aws::ClientOptions client_options, context.client_options(session.settings));
  client_options.limits.response_bytes_max = pipeline::kVerifyObjectBytesMax + (1u << 20);
  const auto reader =
      context.make_client(session.network, session.control, session.client.credentials(), client_options);
  client_options.attempts_max = kSendAttempts;  // a stream that refuses is a result, not a reason to wait
  const auto sender =
      context.make_client(session.network, session.control, session.client.credentials(), client_options);

  pipeline::VerifyOptions verify_options;
  verify_options.run_id = context.reporter().run_id();
  verify_options.records = options.records.value_or(1);
  verify_options.timeout = context.globals().timeout;
  verify_options.progress = make_progress(session);
  // --timeout limits how long records may take; the diagnosis afterwards needs additional time.
  if (verify_options.timeout) {
    session.control.set_deadline(session.loop.now() + *verify_options.timeout + kDiagnosisTime);
  }
  return pipeline::verify_streams(*reader, *sender, named.sources, observed, verify_options);
}

Result<int> run(const Options& options, Context& context) {
  if (options.records && (*options.records < 1 || *options.records > pipeline::kVerifyRecordsMax)) {
    return usage_error(fmt::format("--records takes 1 to {}", pipeline::kVerifyRecordsMax));
  }
  ASSIGN_OR_RETURN(NamedSources named, make_sources(context, options.spec));
  return context.online([&](Session& session) -> Result<int> {
    ASSIGN_OR_RETURN(pipeline::VerifyReport report, verify(options, session, named));
    Reporter& reporter = context.reporter();
    reporter.show(verify_result(report));
    if (report.proven()) return 0;
    const Error failure = verify_failure(report);
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
}  // namespace verify_impl

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
      "examined: verify only sees that one arrived. With `fhctl up --compression\n"
      "gzip` it reads them.";
  command.examples =
      "fhctl verify\n"
      "fhctl verify logs --records 100 --timeout 5m\n"
      "fhctl verify logs --output json | jq '.streams[] | {stream, problem}'";
  command.bind = binder<verify_impl::Options>(verify_impl::bind, verify_impl::run);
  return command;
}

}  // namespace fhctl::cli
