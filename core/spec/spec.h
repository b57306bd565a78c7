// The spec: everything that a user may set about a pipeline, and how the sources of settings are merged.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/platform.h"
#include "core/base/result.h"
#include "core/base/tags.h"

namespace fhctl::pipeline {

enum class Trust { kNone, kExternalId, kSourceAccount };

// Key -> text: what one source says, such as a file or pipeline.json. Tags stand under "tags.KEY".
inline constexpr std::string_view kTagPrefix = "tags.";
using SpecValues = std::map<std::string, std::string>;

// Defaults are those of the manual. Empty names mean the default name, which needs the account: see resolve_names().
struct Spec {
  std::string name;
  std::optional<int> count;  // nullopt: keep what is there

  std::string bucket;           // managed
  std::string existing_bucket;  // external: checked, never changed or deleted
  std::string bucket_owner;     // account of the existing bucket; empty: the account that fhctl runs in
  int abort_uploads_days = 7;   // lifecycle rule fhctl-abort-uploads; 0: no rule

  std::string role;
  std::string existing_role;  // external, as given: a name, or an ARN; see role_name() and existing_role_arn()
  std::string role_path = "/";
  std::string role_policy = "delivery";
  std::string permissions_boundary;
  Trust trust = Trust::kNone;

  bool error_logging = true;
  std::string log_group;           // once names are resolved, also the name of an existing group
  std::string existing_log_group;  // external: checked, never changed or deleted
  std::string log_stream = "S3Delivery";
  int log_retention_days = 30;  // 0: never expires

  std::string prefix = "logs/";
  std::string error_prefix = "errors/!{firehose:error-output-type}/";
  int buffer_interval_s = 60;
  int buffer_size_mib = 5;
  std::string compression = "GZIP";  // as the API spells it
  std::string kms_key;               // ARN; empty: the bucket's own encryption
  bool newline = false;              // Firehose adds a newline to each record

  std::string manifest_file = "fhctl-manifest.json";  // empty: none on this machine
  int manifest_poll_s = 30;
  int manifest_stale_s = 600;
  int record_ttl_s = 30;
  int producers = 1;

  std::string manifest_parameter;  // name in SSM Parameter Store for the compact copy; empty: none

  // What a drain waits for before a stream is deleted; see core/drain/drain.h.
  int drain_quiet_s = 180;     // closed periods without any traffic, after producers have reloaded
  int drain_period_s = 60;     // of CloudWatch's points; Firehose publishes one a minute
  int drain_lag_s = 300;       // how late points appear, at least; a period counts once it has been over for this long
  int flush_margin_s = 60;     // beyond one buffer interval since the last input
  int drain_patience_s = 600;  // how long traffic or failing delivery may last before the run gives up (exit 5)
  int drain_time_s = 900;      // the whole wait where metrics may not be read, or for records that do not arrive
  int lock_lease_s = 60;

  Tags tags;  // the user's own

  // The values that some source set, defaults excluded, in the form that SpecKey::get writes. pipeline.json stores only
  // these, so that a changed default applies to every pipeline whose user did not set the key.
  SpecValues given;

  bool external_bucket() const { return !existing_bucket.empty(); }
  bool external_role() const { return !existing_role.empty(); }
  const std::string& bucket_name() const { return external_bucket() ? existing_bucket : bucket; }
  // `account`: in which fhctl runs.
  std::string owner_of_bucket(const std::string& account) const {
    return bucket_owner.empty() ? account : bucket_owner;
  }
  bool external_log_group() const { return !existing_log_group.empty(); }
  // Of an existing role that is given as an ARN: what follows the last slash.
  std::string role_name() const { return external_role() ? existing_role.substr(existing_role.rfind('/') + 1) : role; }
  // Empty if the role is fhctl's or is given by its name.
  std::string existing_role_arn() const { return existing_role.find(':') == std::string::npos ? "" : existing_role; }
  bool operator==(const Spec&) const = default;
};

// How long after the last input CloudWatch shows that a stream is quiet: `drain.quiet` in whole periods, seen
// `drain.lag` later.
inline Duration quiet_time(const Spec& spec) {
  const int periods = (spec.drain_quiet_s + spec.drain_period_s - 1) / spec.drain_period_s;
  return std::chrono::seconds(periods * spec.drain_period_s + spec.drain_lag_s);
}

struct SpecLayer {
  std::string origin;  // "fhctl.toml", "FHCTL_COUNT", "--count"; for messages
  SpecValues values;
  std::map<std::string, std::string> origins;  // of single values: "FHCTL_COUNT", "fhctl.toml line 3"
};

// FHCTL_* of every key, and FHCTL_TAGS ("k=v,k2=v2"). An empty variable counts as not set, as with the AWS CLI.
SpecLayer spec_layer_of_environment(const Environment& environment);
// Every key with its present value, defaults included; count and name only when they are set.
SpecValues spec_values(const Spec& spec);

// Merges the layers; later layers win. The error lists all mistakes at once, each with key and origin, including
// conflicts between keys: both a managed and an existing bucket, a delivery prefix below _fhctl/, a missing error
// prefix that an expression in the prefix requires. The name stays empty if no layer has it.
Result<Spec> merge_spec(const std::vector<SpecLayer>& layers);

// Fills in the names that are still empty (the pipeline's too), then checks all names against AWS's rules.
Result<Spec> resolve_names(Spec spec, std::string_view account, std::string_view region);

}  // namespace fhctl::pipeline
