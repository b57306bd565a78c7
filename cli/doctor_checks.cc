#include "cli/doctor_checks.h"

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/services/cloudwatch.h"
#include "core/services/ssm.h"
#include "core/services/sts.h"
#include "core/spec/limits.h"
#include "core/spec/names.h"

namespace fhctl::cli {
namespace {

using Level = HealthCheck::Level;

HealthCheck failed(std::string subject, const Error& error) {
  return {Level::kFail, std::move(subject), describe(error), error.hint, error};
}

HealthCheck well(std::string subject, std::string finding) {
  return {Level::kOk, std::move(subject), std::move(finding), "", {}};
}

HealthCheck check_credentials(const aws::Credentials& credentials, WallTime now) {
  HealthCheck check =
      well("credentials", fmt::format("from {}, key ending in {}", credentials.source, aws::key_tail(credentials)));
  if (!credentials.expiration) return check;
  const Duration left = *credentials.expiration - now;
  check.finding += fmt::format(", valid for {}", left > Duration::zero() ? format_duration(left) : "no longer");
  if (left < std::chrono::minutes(15)) check.level = Level::kWarn;
  return check;
}

// One read of a service: how long it took, or why it failed.
struct Probe {
  HealthCheck check;
  bool answered = false;
};

template <class Call>
Probe probe(Session& session, aws::Service service, Call call) {
  const std::string subject(aws::service_name(service));
  const Instant begun = session.loop.now();
  const auto answer = call();
  const Duration took = session.loop.now() - begun;
  if (answer) {
    std::string where = session.client.endpoint(service).url.host;
    return {well(subject, fmt::format("{} answers in {}", where, format_duration(took))), true};
  }
  Error error = answer.error();
  if (error.kind == ErrorKind::kDenied && error.hint.empty()) {
    error.hint = "`fhctl doctor --print-policy operator` prints what is needed";
  }
  return {failed(subject, error), false};
}

// An optional permission: without it the finding is a warning that says what is limited.
HealthCheck optional_check(Probe probe, std::string_view without) {
  if (probe.answered) return probe.check;
  probe.check.level = Level::kWarn;
  probe.check.finding += fmt::format("; {}", without);
  return probe.check;
}

// One minute of one metric: the smallest possible read.
HealthCheck check_metrics(Session& session, const std::string& stream) {
  const WallTime now = session.context.platform().wall_now();
  const auto read = [&] {
    return cloudwatch::get_metric_data(session.client,
                                       {cloudwatch::stream_metric(stream, "IncomingRecords", "Sum", 60)},
                                       now - std::chrono::minutes(1), now);
  };
  return optional_check(probe(session, aws::Service::kCloudWatch, read),
                        "without metrics a drain waits longer and proves less");
}

HealthCheck check_parameter(Session& session, const std::string& name) {
  const auto read = [&] { return ssm::get_parameter(session.client, name); };
  return optional_check(probe(session, aws::Service::kSsm, read), "the manifest's copy in " + name + " goes stale");
}

HealthCheck judge_bucket(const s3::HeadBucketResult& head, const pipeline::Spec& spec,
                         const pipeline::Identity& identity) {
  using Answer = s3::HeadBucketResult::Answer;
  const std::string subject = "bucket name";
  const std::string& bucket = spec.bucket_name();
  const std::string& region = identity.region;
  Error error;
  error.kind = ErrorKind::kPrecondition;
  switch (head.answer) {
    case Answer::kAbsent:
      if (!spec.external_bucket()) {
        if (const auto problem = s3::namespace_problem(bucket, identity.account, region)) {
          error.kind = ErrorKind::kUsage;
          error.message = fmt::format("{} cannot be created: the name {}", bucket, *problem);
          error.hint = "choose another name with --bucket";
          return failed(subject, error);
        }
        return well(subject, bucket + " is free");
      }
      error.message = bucket + " does not exist";
      error.hint = "--existing-bucket names a bucket that is there already; leave it out and fhctl makes one";
      return failed(subject, error);
    case Answer::kOurs:
      return well(subject, bucket + (spec.bucket_owner.empty() ? " is this account's" : " may be used"));
    case Answer::kForbidden:
      error.message = bucket + " exists and this identity may not see it";
      error.hint = "choose another name with --bucket, or get s3:ListBucket on it";
      return failed(subject, error);
    case Answer::kOtherRegion:
      break;
  }
  error.message = fmt::format("{} is in {} and not in {}", bucket, head.region, region);
  error.hint = "choose another name with --bucket, or the other region";
  return failed(subject, error);
}

// What `up` would say about an existing resource. Nothing: it can be used.
void add_findings(std::string_view subject, const std::string& name, const pipeline::Changes& changes,
                  std::vector<HealthCheck>& checks) {
  for (const Error& blocker : changes.blockers) checks.push_back(failed(std::string(subject), blocker));
  for (const pipeline::Note& note : changes.notes) {
    checks.push_back({Level::kWarn, std::string(subject), note.message, note.hint, {}});
  }
  if (changes.blockers.empty() && changes.notes.empty())
    checks.push_back(well(std::string(subject), name + " can be used"));
}

void check_role(Session& session, const pipeline::ResourceGoal& goal, std::vector<HealthCheck>& checks) {
  const pipeline::Spec& spec = goal.spec;
  Result<std::optional<pipeline::RoleState>> role = std::optional<pipeline::RoleState>();
  const auto read = [&] {
    pipeline::RoleReading reading;
    Group group(session.loop);
    pipeline::read_role(session.client, group, spec, true, reading);
    group.join();
    return role = pipeline::role_state(reading, spec);
  };
  const Probe iam = probe(session, aws::Service::kIam, read);
  checks.push_back(iam.check);
  if (!iam.answered || !spec.external_role()) return;
  pipeline::Changes changes;
  pipeline::compare_existing_role(changes, *role, goal);
  add_findings("role", spec.existing_role, changes, checks);
}

void check_log_group(Session& session, const pipeline::ResourceGoal& goal, std::vector<HealthCheck>& checks) {
  const pipeline::Spec& spec = goal.spec;
  const bool existing = spec.external_log_group() && spec.error_logging;
  if (!existing) {
    const auto find = [&] { return logs::find_log_group(session.client, spec.log_group); };
    checks.push_back(probe(session, aws::Service::kLogs, find).check);
    return;
  }
  Result<std::optional<pipeline::LogGroupState>> log_group = std::optional<pipeline::LogGroupState>();
  const auto read = [&] {
    pipeline::LogGroupReading reading;
    Group group(session.loop);
    pipeline::read_log_group(session.client, group, goal.identity, spec, reading);
    group.join();
    return log_group = pipeline::log_group_state(reading, spec);
  };
  const Probe logs = probe(session, aws::Service::kLogs, read);
  checks.push_back(logs.check);
  if (!logs.answered) return;
  pipeline::Changes changes;
  pipeline::compare_log_group(changes, *log_group, goal, false);
  add_findings("log group", spec.log_group, changes, checks);
}

void check_services(Session& session, const pipeline::SpecSources& sources, const pipeline::Identity& identity,
                    std::vector<HealthCheck>& checks) {
  Result<pipeline::Spec> spec = pipeline::effective_spec(sources, std::nullopt, identity);
  if (!spec) {
    checks.push_back(failed("spec", spec.error()));
    return;
  }
  aws::Client& client = session.client;
  Result<std::vector<std::string>> streams = std::vector<std::string>{};
  Result<s3::HeadBucketResult> head = s3::HeadBucketResult{};
  const auto read_streams = [&] { return streams = firehose::list_delivery_streams(client); };
  const auto read_bucket = [&] { return head = s3::head_bucket(client, {spec->bucket_name(), spec->bucket_owner}); };
  const Probe firehose = probe(session, aws::Service::kFirehose, read_streams);
  const Probe s3 = probe(session, aws::Service::kS3, read_bucket);
  checks.push_back(firehose.check);
  checks.push_back(s3.check);
  const pipeline::ResourceGoal goal{*spec, identity, {spec->name, identity.region, ""}, {}, {}};
  check_role(session, goal, checks);
  check_log_group(session, goal, checks);
  checks.push_back(check_metrics(session, pipeline::stream_name(spec->name, 1)));
  if (!spec->manifest_parameter.empty()) checks.push_back(check_parameter(session, spec->manifest_parameter));
  if (const std::optional<Duration> offset = client.clock_offset()) checks.push_back(judge_clock(*offset));
  if (firehose.answered) {
    checks.push_back(
        judge_quota(static_cast<int>(streams->size()), pipeline::streams_quota(identity.region), identity.region));
  }
  if (s3.answered) checks.push_back(judge_bucket(*head, *spec, identity));
}

void check_online(Session& session, const pipeline::SpecSources& sources, std::vector<HealthCheck>& checks) {
  Result<pipeline::Identity> identity = pipeline::Identity{};
  const auto read_identity = [&] { return identity = session.identify(sources.name); };
  const Probe sts = probe(session, aws::Service::kSts, read_identity);
  checks.push_back(sts.check);
  if (!sts.answered) return;
  checks.push_back(well("identity", fmt::format("{}, account {}", identity->caller_arn, identity->account)));
  check_services(session, sources, *identity, checks);
}

}  // namespace

HealthCheck judge_clock(Duration offset) {
  const Duration off = offset < Duration::zero() ? -offset : offset;
  const char* way = offset > Duration::zero() ? "behind" : "ahead of";
  if (off < std::chrono::seconds(60)) {
    return well("clock", off < std::chrono::seconds(2) ? "agrees with AWS"
                                                       : fmt::format("{} {} AWS", format_duration(off), way));
  }
  Error error;
  error.kind = ErrorKind::kSkewed;
  error.message = fmt::format("this machine is {} {} AWS", format_duration(off), way);
  error.hint = "AWS refuses signatures that are more than a few minutes off: set the clock (timedatectl, ntpd)";
  HealthCheck check = failed("clock", error);
  if (off < std::chrono::minutes(5)) check.level = Level::kWarn;
  return check;
}

HealthCheck judge_quota(int streams_in_region, int quota, const std::string& region) {
  HealthCheck check = well("quota", fmt::format("{} of about {} delivery streams are used in {}",
                                                format_thousands(streams_in_region), format_thousands(quota), region));
  if (streams_in_region >= quota) {
    check.level = Level::kFail;
    check.error.kind = ErrorKind::kQuota;
    check.hint = "ask for more in the Service Quotas console, or delete streams that are not used";
  } else if (streams_in_region * 10 >= quota * 9) {
    check.level = Level::kWarn;
  }
  return check;
}

std::vector<HealthCheck> check_health(Context& context, const pipeline::SpecSources& sources) {
  std::vector<HealthCheck> checks;
  Result<aws::Settings> settings = context.settings();
  if (!settings) return {failed("settings", settings.error())};
  if (Result<void> region = context.check_region(*settings); !region) {
    checks.push_back(failed("region", region.error()));
  } else {
    checks.push_back(well("region", fmt::format("{} (from {})", settings->region, settings->region_source)));
  }
  Result<aws::Credentials> credentials = context.credentials();
  checks.push_back(credentials ? check_credentials(*credentials, context.platform().wall_now())
                               : failed("credentials", credentials.error()));
  for (const HealthCheck& check : checks) {
    if (check.level == Level::kFail) return checks;
  }
  Result<int> online = context.online([&](Session& session) -> Result<int> {
    check_online(session, sources, checks);
    return 0;
  });
  if (!online) checks.push_back(failed("endpoints", online.error()));
  return checks;
}

}  // namespace fhctl::cli
