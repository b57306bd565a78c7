// The spec: everything that a user may decide about a pipeline, and how the places where they decide it are merged.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/base/seams.h"
#include "core/services/tags.h"

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
  int abort_uploads_days = 7;   // lifecycle rule fhctl-abort-uploads; 0: no rule

  std::string role;
  std::string existing_role;
  std::string role_path = "/";
  std::string role_policy = "delivery";
  std::string permissions_boundary;
  Trust trust = Trust::kNone;

  bool error_logging = true;
  std::string log_group;
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
  int producers_hint = 1;

  std::string manifest_parameter;  // name in SSM Parameter Store for the compact copy; empty: none

  // What a drain waits for before it deletes a stream; see core/pipeline/drain.h.
  int drain_quiet_s = 180;     // closed periods without any traffic, after producers have reloaded
  int drain_period_s = 60;     // of CloudWatch's points; Firehose publishes one a minute
  int drain_lag_s = 120;       // how late points appear; a period counts once it has been over for so long
  int flush_margin_s = 60;     // beyond one buffer interval since the last input
  int drain_patience_s = 600;  // how long traffic or failing delivery may go on before the run gives up (exit 5)
  int drain_blind_s = 900;     // the whole wait where metrics may not be read
  int lock_lease_s = 60;

  Tags tags;  // the user's own

  // The values that some source set, defaults excluded, in the form in which each key writes itself. pipeline.json
  // stores these and nothing else, so that a later default reaches every pipeline whose user chose nothing.
  SpecValues given;

  bool external_bucket() const { return !existing_bucket.empty(); }
  bool external_role() const { return !existing_role.empty(); }
  const std::string& bucket_name() const { return external_bucket() ? existing_bucket : bucket; }
  const std::string& role_name() const { return external_role() ? existing_role : role; }
  bool operator==(const Spec&) const = default;
};

// One decidable thing. The table of them feeds the file's parser, the environment, the flags, `fhctl init`, the manual
// and pipeline.json: a key is added in one row.
struct SpecKey {
  std::string_view key;          // "delivery.buffer_interval": table and key in fhctl.toml
  std::string_view flag;         // "--buffer-interval"
  std::string_view environment;  // "FHCTL_BUFFER_INTERVAL"
  std::string_view form;         // "DURATION", "BYTES", "NAME": for help
  std::string_view help;
  std::string_view example;                           // as `fhctl init` writes it, commented out
  Result<void> (*set)(Spec&, std::string_view text);  // the error says what is allowed; the caller adds key and origin
  std::string (*get)(const Spec&);                    // in the form that set() reads
};
const std::vector<SpecKey>& spec_keys();             // without [tags], which is a table of free keys
const SpecKey* find_spec_key(std::string_view key);  // nullptr: there is none of that name

struct SpecLayer {
  std::string origin;  // "fhctl.toml", "FHCTL_COUNT", "--count"; for messages
  SpecValues values;
  std::map<std::string, std::string> origins;  // of single values: "FHCTL_COUNT", "fhctl.toml line 3"
};

// Reads fhctl.toml. Every mistake is reported at once (kUsage), each with its line and key: unknown keys with the
// nearest known one, wrong types, wrong values. `connection` receives region and profile, which are not spec keys.
struct Connection {
  std::string region;
  std::string profile;
};
Result<SpecLayer> parse_spec_file(std::string_view text, const std::string& path, Connection& connection);
// FHCTL_* of every key, and FHCTL_TAGS ("k=v,k2=v2"). An empty variable counts as not set, as with the AWS CLI.
SpecLayer spec_layer_of_environment(const Environment& environment);
// Every key with its present value, defaults included; count and name only when they are set.
SpecValues spec_values(const Spec& spec);

// Later layers win. All mistakes at once, each with key and origin; also what no single key can tell: both a managed
// and an existing bucket, a delivery prefix below _fhctl/, an error prefix that an expression in the prefix demands.
// The name stays empty when nobody said one.
Result<Spec> merge_spec(const std::vector<SpecLayer>& layers);

// Fills in the names that are still empty (the pipeline's too), then checks all names against AWS's rules.
Result<Spec> resolve_names(Spec spec, std::string_view account, std::string_view region);

}  // namespace fhctl::pipeline
