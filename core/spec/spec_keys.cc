#include "core/spec/spec_keys.h"

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/base/time.h"
#include "core/services/logs.h"
#include "core/services/s3.h"
#include "core/services/ssm.h"
#include "core/spec/limits.h"
#include "core/spec/names.h"
#include "core/spec/spec.h"
#include "core/spec/spec_validation.h"

namespace fhctl::pipeline {
namespace {

constexpr int kDay = 86400;

Error must(std::string message, std::string hint = "") {
  return Error{.kind = ErrorKind::kUsage, .message = std::move(message), .hint = std::move(hint)};
}

// --- reading: each sets `value` or says what is allowed

Result<void> read_integer(int& value, std::string_view text, int min, int max) {
  std::optional<std::int64_t> number = parse_integer(trim(text));
  if (!number || *number < min || *number > max) {
    return must(fmt::format("must be a whole number from {} to {}, not \"{}\"", min, max, text));
  }
  value = static_cast<int>(*number);
  return ok();
}

Result<void> read_seconds(int& value, std::string_view text, int min, int max) {
  std::optional<Duration> duration = parse_duration(trim(text));
  bool whole = duration && *duration % std::chrono::seconds(1) == Duration::zero();
  if (!whole || *duration < std::chrono::seconds(min) || *duration > std::chrono::seconds(max)) {
    return must(fmt::format("must be {} to {} seconds, written like 90s or 5m (a bare number is seconds), not \"{}\"",
                            min, max, text));
  }
  value = static_cast<int>(std::chrono::duration_cast<std::chrono::seconds>(*duration).count());
  return ok();
}

Result<void> read_mib(int& value, std::string_view text, int min, int max) {
  std::optional<std::int64_t> bytes = ends_with(to_lower(trim(text)), "b") ? parse_size(text) : std::nullopt;
  if (!bytes || *bytes % kMiB != 0 || *bytes < min * kMiB || *bytes > max * kMiB) {
    return must(fmt::format("must be {}MiB to {}MiB in whole MiB, with its unit, not \"{}\"", min, max, text));
  }
  value = static_cast<int>(*bytes / kMiB);
  return ok();
}

Result<void> read_bool(bool& value, std::string_view text) {
  std::string word = to_lower(trim(text));
  if (word != "true" && word != "false") return must(fmt::format("must be true or false, not \"{}\"", text));
  value = word == "true";
  return ok();
}

constexpr std::string_view kRetentions =
    "1d, 3d, 5d, 7d, 14d, 30d, 60d, 90d, 120d, 150d, 180d, 365d, 400d, 545d, 731d, 1096d, 1827d, 2192d, 2557d, 2922d, "
    "3288d, 3653d";

Result<void> read_retention(int& days, std::string_view text) {
  std::string word = to_lower(trim(text));
  std::optional<Duration> duration = word == "never" ? Duration::zero() : parse_duration(word);
  std::int64_t seconds = duration ? std::chrono::duration_cast<std::chrono::seconds>(*duration).count() : -1;
  bool fine = word == "never" || (seconds > 0 && seconds % kDay == 0 && seconds / kDay <= 3653 &&
                                  logs::valid_retention(static_cast<int>(seconds / kDay)));
  if (!fine) {
    return must(fmt::format("must be \"never\" or one of {}, not \"{}\"", kRetentions, text));
  }
  days = static_cast<int>(seconds / kDay);
  return ok();
}

struct Compression {
  std::string_view name;
  std::string_view api;  // the API's spelling is mixed
};
constexpr Compression kCompressions[] = {{"gzip", "GZIP"},
                                         {"none", "UNCOMPRESSED"},
                                         {"zip", "ZIP"},
                                         {"snappy", "Snappy"},
                                         {"hadoop-snappy", "HADOOP_SNAPPY"}};

Result<void> read_compression(std::string& value, std::string_view text) {
  std::string_view word = trim(text);
  for (const Compression& compression : kCompressions) {
    if (!equal_ignoring_case(word, compression.name) && !equal_ignoring_case(word, compression.api)) continue;
    value = compression.api;
    return ok();
  }
  return must(fmt::format("must be gzip, none, zip, snappy or hadoop-snappy, not \"{}\"", text));
}

struct TrustName {
  Trust trust;
  std::string_view name;
};
constexpr TrustName kTrusts[] = {
    {Trust::kNone, "none"}, {Trust::kExternalId, "external-id"}, {Trust::kSourceAccount, "source-account"}};

Result<void> read_trust(Trust& value, std::string_view text) {
  for (const TrustName& trust : kTrusts) {
    if (!equal_ignoring_case(trim(text), trust.name)) continue;
    value = trust.trust;
    return ok();
  }
  return must(fmt::format("must be none, external-id or source-account, not \"{}\"", text));
}

// Empty means "the default"; anything else must have no problem.
template <class Rule>
Result<void> read_text(std::string& value, std::string_view text, Rule rule, bool may_be_empty = true) {
  if (!(text.empty() && may_be_empty)) {
    if (std::optional<std::string> problem = rule(text)) return must(*problem);
  }
  value = text;
  return ok();
}

std::optional<std::string> no_rule(std::string_view) { return std::nullopt; }

std::optional<std::string> parameter_problem(std::string_view name) {
  std::optional<std::string> problem = ssm::parameter_name_problem(name);
  if (!problem) return std::nullopt;
  return fmt::format("cannot be \"{}\": {}", name, *problem);
}

// The periods that GetMetricData knows, up to the minute in which Firehose publishes.
Result<void> read_period(int& value, std::string_view text) {
  int seconds = 0;
  const Result<void> read = read_seconds(seconds, text, 1, 60);
  if (!read || (seconds != 1 && seconds != 5 && seconds != 10 && seconds != 30 && seconds != 60)) {
    return must(fmt::format("must be 1s, 5s, 10s, 30s or 60s, not \"{}\"", text));
  }
  value = seconds;
  return ok();
}

Result<void> read_name(std::string& value, std::string_view text) {
  Result<void> checked = check_pipeline_name(text);
  if (!checked) return must("is wrong: " + checked.error().message, checked.error().hint);
  value = text;
  return ok();
}

std::optional<std::string> managed_bucket_problem(std::string_view name) {
  std::optional<std::string> problem = s3::bucket_name_problem(name);
  if (!problem) return std::nullopt;
  return fmt::format("cannot be \"{}\": {}", name, *problem);
}

Result<void> read_count(std::optional<int>& value, std::string_view text) {
  int count = 0;
  Result<void> read = read_integer(count, text, 1, 10000);
  if (!read) return must(read.error().message, "to remove everything: `fhctl destroy`");
  value = count;
  return ok();
}

// --- writing: the form that the functions above read

std::string write_seconds(int seconds) { return fmt::format("{}s", seconds); }
std::string write_bool(bool value) { return value ? "true" : "false"; }
std::string write_retention(int days) { return days == 0 ? "never" : fmt::format("{}d", days); }

std::string write_compression(const std::string& api) {
  for (const Compression& compression : kCompressions) {
    if (compression.api == api) return std::string(compression.name);
  }
  return api;
}

std::string write_trust(Trust value) {
  for (const TrustName& trust : kTrusts) {
    if (trust.trust == value) return std::string(trust.name);
  }
  return "none";
}

using Text = std::string_view;

std::vector<SpecKey> top_keys() {
  return {
      {"name", "--name", "FHCTL_NAME", "NAME", "The pipeline's name; the names of all its parts begin with it.",
       "scaling-firehose", [](Spec& s, Text t) { return read_name(s.name, t); }, [](const Spec& s) { return s.name; }},
      {"count", "--count", "FHCTL_COUNT", "N", "How many delivery streams. Left out: as many as there are.", "2",
       [](Spec& s, Text t) { return read_count(s.count, t); },
       [](const Spec& s) { return s.count ? fmt::format("{}", *s.count) : std::string(); }},
      {"lock_lease", "--lock-lease", "FHCTL_LOCK_LEASE", "DURATION",
       "How long the lock of a run that died keeps others out; at least 2s.", "60s",
       [](Spec& s, Text t) { return read_seconds(s.lock_lease_s, t, 2, 3600); },
       [](const Spec& s) { return write_seconds(s.lock_lease_s); }},
  };
}

std::vector<SpecKey> bucket_keys() {
  return {
      {"bucket.name", "--bucket", "FHCTL_BUCKET", "NAME",
       "The bucket that fhctl makes. Left out: NAME-ACCOUNT-REGION, since bucket names are global.",
       "my-logs-123456789012", [](Spec& s, Text t) { return read_text(s.bucket, t, managed_bucket_problem); },
       [](const Spec& s) { return s.bucket; }},
      {"bucket.existing", "--existing-bucket", "FHCTL_EXISTING_BUCKET", "NAME",
       "A bucket that exists already; fhctl checks it and never changes or deletes it.", "company-logs",
       [](Spec& s, Text t) { return read_text(s.existing_bucket, t, existing_bucket_problem); },
       [](const Spec& s) { return s.existing_bucket; }},
      {"bucket.owner", "--bucket-owner", "FHCTL_BUCKET_OWNER", "ACCOUNT",
       "The account of an existing bucket. Left out: the account that fhctl runs in.", "999999999999",
       [](Spec& s, Text t) { return read_text(s.bucket_owner, t, account_problem); },
       [](const Spec& s) { return s.bucket_owner; }},
      {"bucket.abort_uploads_days", "--abort-uploads-days", "FHCTL_ABORT_UPLOADS_DAYS", "N",
       "Uploads that were not finished after so many days are removed; 0 makes no such rule.", "7",
       [](Spec& s, Text t) { return read_integer(s.abort_uploads_days, t, 0, 3650); },
       [](const Spec& s) { return fmt::format("{}", s.abort_uploads_days); }},
  };
}

std::vector<SpecKey> role_keys() {
  return {
      {"role.name", "--role", "FHCTL_ROLE", "NAME",
       "The IAM role that delivery runs under. Left out: NAME-REGION-firehose.", "my-logs-delivery",
       [](Spec& s, Text t) { return read_text(s.role, t, role_name_problem); }, [](const Spec& s) { return s.role; }},
      {"role.existing", "--existing-role", "FHCTL_EXISTING_ROLE", "NAME|ARN",
       "A role that exists already; fhctl checks it and never changes or deletes it. An ARN needs no iam:GetRole.",
       "company-firehose", [](Spec& s, Text t) { return read_text(s.existing_role, t, existing_role_problem); },
       [](const Spec& s) { return s.existing_role; }},
      {"role.path", "--role-path", "FHCTL_ROLE_PATH", "PATH", "The role's path in IAM.", "/logging/",
       [](Spec& s, Text t) { return read_text(s.role_path, t, role_path_problem, false); },
       [](const Spec& s) { return s.role_path; }},
      {"role.policy", "--role-policy", "FHCTL_ROLE_POLICY", "NAME", "The name of the role's inline policy.", "delivery",
       [](Spec& s, Text t) { return read_text(s.role_policy, t, policy_name_problem, false); },
       [](const Spec& s) { return s.role_policy; }},
      {"role.permissions_boundary", "--permissions-boundary", "FHCTL_PERMISSIONS_BOUNDARY", "ARN",
       "A policy that bounds the role; many companies demand one.", "arn:aws:iam::123456789012:policy/boundary",
       [](Spec& s, Text t) { return read_text(s.permissions_boundary, t, boundary_problem); },
       [](const Spec& s) { return s.permissions_boundary; }},
      {"role.trust", "--trust", "FHCTL_TRUST", "none|external-id|source-account",
       "A condition in the role's trust policy: the account as external id, or as source account.", "external-id",
       [](Spec& s, Text t) { return read_trust(s.trust, t); }, [](const Spec& s) { return write_trust(s.trust); }},
  };
}

std::vector<SpecKey> logs_keys() {
  return {
      {"logs.enabled", "--error-logging", "FHCTL_ERROR_LOGGING", "BOOL",
       "Whether Firehose writes delivery errors to CloudWatch Logs.", "true",
       [](Spec& s, Text t) { return read_bool(s.error_logging, t); },
       [](const Spec& s) { return write_bool(s.error_logging); }},
      {"logs.group", "--log-group", "FHCTL_LOG_GROUP", "NAME",
       "The log group for delivery errors. Left out: /aws/kinesisfirehose/NAME.", "/aws/kinesisfirehose/my-logs",
       [](Spec& s, Text t) { return read_text(s.log_group, t, log_group_problem); },
       [](const Spec& s) { return s.log_group; }},
      {"logs.existing", "--existing-log-group", "FHCTL_EXISTING_LOG_GROUP", "NAME",
       "A log group that exists already; fhctl makes its log stream there and never changes or deletes the group.",
       "company-firehose-errors", [](Spec& s, Text t) { return read_text(s.existing_log_group, t, log_group_problem); },
       [](const Spec& s) { return s.existing_log_group; }},
      {"logs.stream", "--log-stream", "FHCTL_LOG_STREAM", "NAME", "The log stream for delivery errors.", "S3Delivery",
       [](Spec& s, Text t) { return read_text(s.log_stream, t, log_stream_problem, false); },
       [](const Spec& s) { return s.log_stream; }},
      {"logs.retention", "--log-retention", "FHCTL_LOG_RETENTION", "DURATION",
       "How long delivery errors are kept: days, or \"never\" for no end.", "30d",
       [](Spec& s, Text t) { return read_retention(s.log_retention_days, t); },
       [](const Spec& s) { return write_retention(s.log_retention_days); }},
  };
}

std::vector<SpecKey> delivery_keys() {
  return {
      {"delivery.prefix", "--prefix", "FHCTL_PREFIX", "TEXT",
       "Where objects go in the bucket. Firehose appends YYYY/MM/DD/HH/ unless it has a !{timestamp:...}.", "logs/",
       [](Spec& s, Text t) { return read_text(s.prefix, t, no_rule); }, [](const Spec& s) { return s.prefix; }},
      {"delivery.error_prefix", "--error-prefix", "FHCTL_ERROR_PREFIX", "TEXT",
       "Where records go that could not be delivered.", "errors/!{firehose:error-output-type}/",
       [](Spec& s, Text t) { return read_text(s.error_prefix, t, no_rule); },
       [](const Spec& s) { return s.error_prefix; }},
      {"delivery.buffer_interval", "--buffer-interval", "FHCTL_BUFFER_INTERVAL", "DURATION",
       "How long Firehose gathers records before it writes an object: 0s to 900s.", "60s",
       [](Spec& s, Text t) { return read_seconds(s.buffer_interval_s, t, 0, 900); },
       [](const Spec& s) { return write_seconds(s.buffer_interval_s); }},
      {"delivery.buffer_size", "--buffer-size", "FHCTL_BUFFER_SIZE", "BYTES",
       "How much Firehose gathers before it writes an object: 1MiB to 128MiB.", "5MiB",
       [](Spec& s, Text t) { return read_mib(s.buffer_size_mib, t, 1, 128); },
       [](const Spec& s) { return fmt::format("{}MiB", s.buffer_size_mib); }},
      {"delivery.compression", "--compression", "FHCTL_COMPRESSION", "gzip|none|zip|snappy|hadoop-snappy",
       "How objects are compressed.", "gzip", [](Spec& s, Text t) { return read_compression(s.compression, t); },
       [](const Spec& s) { return write_compression(s.compression); }},
      {"delivery.kms_key", "--kms-key", "FHCTL_KMS_KEY", "ARN",
       "A KMS key for the objects. Left out: the bucket's own encryption.",
       "arn:aws:kms:us-west-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
       [](Spec& s, Text t) { return read_text(s.kms_key, t, kms_key_problem); },
       [](const Spec& s) { return s.kms_key; }},
      {"delivery.newline", "--newline", "FHCTL_NEWLINE", "BOOL",
       "Whether Firehose adds a newline to each record; then producers must not.", "false",
       [](Spec& s, Text t) { return read_bool(s.newline, t); }, [](const Spec& s) { return write_bool(s.newline); }},
  };
}

std::vector<SpecKey> manifest_keys() {
  return {
      {"manifest.file", "--manifest-file", "FHCTL_MANIFEST_FILE", "PATH",
       "Where this machine keeps a copy of the stream manifest; empty for none.", "fhctl-manifest.json",
       [](Spec& s, Text t) { return read_text(s.manifest_file, t, no_rule); },
       [](const Spec& s) { return s.manifest_file; }},
      {"manifest.poll", "--manifest-poll", "FHCTL_MANIFEST_POLL", "DURATION",
       "How often producers read the manifest again.", "30s",
       [](Spec& s, Text t) { return read_seconds(s.manifest_poll_s, t, 1, 3600); },
       [](const Spec& s) { return write_seconds(s.manifest_poll_s); }},
      {"manifest.stale", "--manifest-stale", "FHCTL_MANIFEST_STALE", "DURATION",
       "After how long without a readable manifest producers warn.", "600s",
       [](Spec& s, Text t) { return read_seconds(s.manifest_stale_s, t, 1, kDay); },
       [](const Spec& s) { return write_seconds(s.manifest_stale_s); }},
      {"manifest.record_ttl", "--record-ttl", "FHCTL_RECORD_TTL", "DURATION",
       "How long producers try to send a record before they give it up.", "30s",
       [](Spec& s, Text t) { return read_seconds(s.record_ttl_s, t, 1, 3600); },
       [](const Spec& s) { return write_seconds(s.record_ttl_s); }},
      {"manifest.producers", "--producers", "FHCTL_PRODUCERS", "N",
       "How many producers share the streams; each takes its part of the limits.", "1",
       [](Spec& s, Text t) { return read_integer(s.producers, t, 1, 1000000); },
       [](const Spec& s) { return fmt::format("{}", s.producers); }},
      {"manifest.parameter", "--manifest-parameter", "FHCTL_MANIFEST_PARAMETER", "NAME",
       "A parameter in SSM Parameter Store that holds a compact copy of the manifest; empty for none.",
       "/fhctl/my-logs/manifest", [](Spec& s, Text t) { return read_text(s.manifest_parameter, t, parameter_problem); },
       [](const Spec& s) { return s.manifest_parameter; }},
  };
}

std::vector<SpecKey> drain_keys() {
  return {
      {"drain.quiet", "--drain-quiet", "FHCTL_DRAIN_QUIET", "DURATION",
       "How long a stream must have been without traffic, by its metrics, before it is deleted.", "180s",
       [](Spec& s, Text t) { return read_seconds(s.drain_quiet_s, t, 1, kDay); },
       [](const Spec& s) { return write_seconds(s.drain_quiet_s); }},
      {"drain.period", "--drain-period", "FHCTL_DRAIN_PERIOD", "DURATION",
       "The period of the metrics that a drain reads: 1s, 5s, 10s, 30s or 60s. Firehose publishes every 60s.", "60s",
       [](Spec& s, Text t) { return read_period(s.drain_period_s, t); },
       [](const Spec& s) { return write_seconds(s.drain_period_s); }},
      {"drain.lag", "--drain-lag", "FHCTL_DRAIN_LAG", "DURATION",
       "How late metrics appear, at least: younger periods count as not known yet.", "300s",
       [](Spec& s, Text t) { return read_seconds(s.drain_lag_s, t, 0, 3600); },
       [](const Spec& s) { return write_seconds(s.drain_lag_s); }},
      {"drain.flush_margin", "--flush-margin", "FHCTL_FLUSH_MARGIN", "DURATION",
       "How long beyond one buffer interval a stream is kept for its last objects to be written.", "60s",
       [](Spec& s, Text t) { return read_seconds(s.flush_margin_s, t, 0, kDay); },
       [](const Spec& s) { return write_seconds(s.flush_margin_s); }},
      {"drain.patience", "--drain-patience", "FHCTL_DRAIN_PATIENCE", "DURATION",
       "How long traffic or failing delivery may go on before the run gives up; nothing is deleted then.", "600s",
       [](Spec& s, Text t) { return read_seconds(s.drain_patience_s, t, 0, 7 * kDay); },
       [](const Spec& s) { return write_seconds(s.drain_patience_s); }},
      {"drain.time", "--drain-time", "FHCTL_DRAIN_TIME", "DURATION",
       "How long a drain waits where it may not read metrics, or for records that its metrics do not show delivered.",
       "900s", [](Spec& s, Text t) { return read_seconds(s.drain_time_s, t, 0, 7 * kDay); },
       [](const Spec& s) { return write_seconds(s.drain_time_s); }},
  };
}

}  // namespace

const std::vector<SpecKey>& spec_keys() {
  static const std::vector<SpecKey> keys = [] {
    std::vector<SpecKey> all;
    for (auto section : {top_keys, bucket_keys, role_keys, logs_keys, delivery_keys, manifest_keys, drain_keys}) {
      for (SpecKey& key : section()) all.push_back(key);
    }
    return all;
  }();
  return keys;
}

const SpecKey* find_spec_key(std::string_view key) {
  for (const SpecKey& known : spec_keys()) {
    if (known.key == key) return &known;
  }
  return nullptr;
}

}  // namespace fhctl::pipeline
