#include "cli/print_policy.h"

#include <fmt/format.h>

#include "cli/views/error_text.h"
#include "core/base/text.h"
#include "core/observe/pipeline_json.h"
#include "core/services/iam.h"
#include "core/services/s3_objects.h"
#include "core/spec/names.h"
#include "core/spec/policies.h"

namespace fhctl::cli {
namespace {

// What a policy is made of, and what to say about it.
struct Facts {
  pipeline::Spec spec;
  pipeline::PolicyScope scope;
  std::vector<pipeline::Note> notes;

  void note(std::string message, std::string hint = "") {
    notes.push_back({false, std::move(message), std::move(hint)});
  }
  void warn(std::string message, std::string hint) { notes.push_back({true, std::move(message), std::move(hint)}); }
};

// The settings that an earlier `fhctl up` was given are in pipeline.json.
Result<void> read_settings(Session& session, const pipeline::SpecSources& sources, const pipeline::Identity& identity,
                           Facts& facts) {
  ASSIGN_OR_RETURN(facts.spec, pipeline::effective_spec(sources, std::nullopt, identity));
  if (sources.has_file) return ok();
  const s3::BucketRef bucket{facts.spec.bucket_name(), identity.account};
  const std::string key = pipeline::document_key(sources.name, identity.region);
  const std::string where = fmt::format("s3://{}/{}", bucket.name, key);
  const Result<std::optional<s3::Object>> object = s3::get_object(session.client, bucket, key);
  if (!object && object.error().kind == ErrorKind::kNotFound) return ok();
  if (object && !*object) return ok();
  Result<pipeline::Document> document =
      object ? pipeline::parse_document((*object)->body, where) : Result<pipeline::Document>(object.error());
  if (!document) {
    facts.note(fmt::format("{} could not be read ({}): the policy follows the flags and the environment alone", where,
                           describe(document.error())));
    return ok();
  }
  Result<pipeline::Spec> spec = pipeline::effective_spec(sources, *document, identity);
  if (spec) facts.spec = *spec;
  return ok();
}

void read_role_arn(Session& session, Facts& facts) {
  const std::string& name = facts.spec.role_name();
  const Result<std::optional<iam::Role>> role = iam::get_role(session.client, name);
  if (role && *role) {
    facts.scope.role_arn = (*role)->arn;
    return;
  }
  if (!facts.spec.external_role()) return;
  facts.note(fmt::format("role {} {}: its ARN is composed of its name and the path {}", name,
                         role ? std::string("does not exist") : "could not be read (" + describe(role.error()) + ")",
                         facts.spec.role_path),
             "give its real path with --role-path if it has another one");
}

// The key of the bucket's default encryption.
void read_bucket_key(Session& session, Facts& facts) {
  const s3::BucketRef bucket{facts.spec.bucket_name(), facts.scope.account};
  const Result<s3::Encryption> encryption = s3::get_bucket_encryption(session.client, bucket);
  if (!encryption) {
    if (encryption.error().kind == ErrorKind::kNotFound) return;
    facts.note(
        fmt::format("the encryption of bucket {} could not be read ({}): if it has a KMS key of its own, the "
                    "policy needs kms:Decrypt and kms:GenerateDataKey on it",
                    bucket.name, describe(encryption.error())));
    return;
  }
  const std::string& key = encryption->kms_key_id;
  if (!starts_with(encryption->algorithm, "aws:kms") || key.empty() || ends_with(key, "alias/aws/s3")) return;
  if (contains(key, "alias/")) {
    facts.note(fmt::format("bucket {} names its KMS key by the alias {}: policies need the key's own ARN, so this one "
                           "has no statement for it",
                           bucket.name, escape_for_terminal(key)),
               fmt::format("`aws kms describe-key --key-id {}` shows it", escape_for_terminal(key)));
    return;
  }
  facts.scope.bucket_key = starts_with(key, "arn:") ? key
                                                    : fmt::format("arn:{}:kms:{}:{}:key/{}", facts.scope.partition,
                                                                  facts.scope.region, facts.scope.account, key);
}

struct Printed {
  std::string_view who;
  std::string (*make)(const pipeline::Spec& spec, const pipeline::PolicyScope& scope);
};
constexpr Printed kPrinted[] = {{"operator", pipeline::operator_policy},
                                {"resizer", pipeline::resizer_policy},
                                {"producer", pipeline::producer_policy},
                                {"delivery", pipeline::delivery_policy}};

std::string make_policy(const Facts& facts, const std::string& who) {
  for (const Printed& printed : kPrinted) {
    if (printed.who == who) return printed.make(facts.spec, facts.scope);
  }
  return "";
}

std::string size_text(std::size_t size) {
  struct Place {
    std::string_view name;
    std::size_t size_max;
  };
  constexpr Place kPlaces[] = {{"an inline policy of a user", pipeline::kUserPolicySizeMax},
                               {"a managed policy", pipeline::kManagedPolicySizeMax},
                               {"an inline policy of a role", pipeline::kRolePolicySizeMax}};
  std::vector<std::string> fits;
  std::vector<std::string> too_long;
  for (const Place& place : kPlaces) {
    const std::string text =
        fmt::format("{} ({})", place.name, format_thousands(static_cast<std::int64_t>(place.size_max)));
    (size <= place.size_max ? fits : too_long).push_back(text);
  }
  std::string text =
      fmt::format("{} characters without white space", format_thousands(static_cast<std::int64_t>(size)));
  if (!fits.empty()) text += ": fits into " + join(fits, ", ");
  if (!too_long.empty()) text += (fits.empty() ? ": too long for " : "; too long for ") + join(too_long, ", ");
  return text;
}

}  // namespace

const std::vector<std::string>& policy_names() {
  static const std::vector<std::string> kNames = [] {
    std::vector<std::string> names;
    for (const Printed& printed : kPrinted) names.emplace_back(printed.who);
    return names;
  }();
  return kNames;
}

Result<int> print_policy(Session& session, const NamedSources& named, const std::string& who) {
  ASSIGN_OR_RETURN(const pipeline::Identity identity, session.identify(named.sources.name));
  Facts facts;
  facts.scope.partition = identity.partition;
  facts.scope.region = identity.region;
  facts.scope.account = identity.account;
  RETURN_IF_ERROR(read_settings(session, named.sources, identity, facts));
  if (who == "operator" || who == "resizer") read_role_arn(session, facts);
  read_bucket_key(session, facts);
  const std::string policy = make_policy(facts, who);
  if (who == "operator" && pipeline::gives_any_permission(facts.spec)) {
    facts.warn(fmt::format("this policy amounts to administrator access: its holder can give role {} any permission, "
                           "and use it",
                           facts.spec.role),
               "set --permissions-boundary ARN or --existing-role NAME and print it again; who only changes the number "
               "of streams needs `--print-policy resizer`");
  }
  facts.note(size_text(pipeline::policy_size(policy)));
  Reporter& reporter = session.context.reporter();
  reporter.print(policy + (policy.empty() || policy.back() != '\n' ? "\n" : ""));
  for (const pipeline::Note& note : facts.notes) reporter.say(note_text(note, reporter.err_style()));
  return 0;
}

}  // namespace fhctl::cli
