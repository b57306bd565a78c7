#include "core/drain/delivery_errors.h"

#include <algorithm>
#include <tuple>

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/services/logs.h"

namespace fhctl::pipeline {
namespace {

constexpr int kEventsMax = 100'000;

struct CodeRow {
  std::string_view code;  // a code that ends with a dot stands for all codes with that prefix
  DeliveryAdvice advice;
};

// The first matching row counts.
constexpr CodeRow kCodes[] = {
    {"S3.AccessDenied",
     {"Firehose may not write to the bucket as this role, or may not assume the role.",
      "`fhctl up` puts role and policy back; if they are fine, a bucket policy, a boundary or an SCP denies it."}},
    {"S3.NoSuchBucket", {"The bucket is gone.", "`fhctl up` makes it again; Firehose keeps trying for 24 hours."}},
    {"S3.KMS.NotFoundException",
     {"The KMS key was not found.",
      "Check key, account and region of `kms_key` or of the bucket's own encryption, then run `fhctl up`."}},
    {"S3.KMS.RequestLimitExceeded",
     {"KMS gets more requests than its quota allows.",
      "Let the buffers grow (--buffer-interval, --buffer-size), switch the bucket key on, or ask for a larger KMS "
      "quota."}},
    {"S3.KMS.AccessDenied",
     {"The role may not use the KMS key.",
      "It needs kms:GenerateDataKey and kms:Decrypt, in the key policy too if the key is another account's."}},
    {"S3.KMS.", {"The KMS key cannot be used.", "Check in KMS that the key is enabled and that the role may use it."}},
    {"S3.AccountProblem",
     {"S3 refuses the account: something is wrong with it.", "Look into the account's billing; ask AWS support."}},
    {"S3.AllAccessDisabled",
     {"All access to the bucket or the account is disabled.", "Ask AWS support; it is not a matter of policies."}},
    {"S3.InvalidPayer", {"Access was disabled for the one who pays.", "Ask AWS support; look into the billing."}},
    {"S3.NotSignedUp", {"The account is not signed up for S3.", "Sign the account up for S3, then wait."}},
    {"S3.MethodNotAllowed",
     {"S3 refuses the operation on this bucket.", "Check the bucket's policy and its kind; Firehose only puts."}},
    {"S3.InternalError",
     {"S3 failed inside.", "Firehose retries automatically; if it lasts, look at AWS's health page."}},
    {"S3.SlowDown",
     {"S3 asks for fewer requests under this prefix.", "Firehose retries automatically; larger buffers help."}},
};

// "arn:aws:firehose:REGION:ACCOUNT:deliverystream/NAME"
std::string stream_of_arn(std::string_view arn) {
  constexpr std::string_view kBeforeName = ":deliverystream/";
  const std::size_t at = arn.find(kBeforeName);
  return at == std::string_view::npos ? "" : std::string(arn.substr(at + kBeforeName.size()));
}

WallTime time_of(std::int64_t timestamp_ms) { return WallTime(std::chrono::milliseconds(timestamp_ms)); }

}  // namespace

Result<std::vector<DeliveryError>> read_delivery_errors(aws::Client& client, const Spec& spec, WallTime since) {
  std::vector<DeliveryError> errors;
  if (!spec.error_logging) return errors;
  Result<std::vector<logs::LogEvent>> events =
      logs::get_log_events(client, spec.log_group, spec.log_stream, since.time_since_epoch().count(), kEventsMax);
  if (!events) return with_context(events.error(), "reading the delivery errors");
  for (const logs::LogEvent& event : *events) {
    errors.push_back(parse_delivery_error(time_of(event.timestamp_ms), event.message));
  }
  // Returns the events in the order of their times; several streams may write within the same millisecond.
  std::stable_sort(errors.begin(), errors.end(),
                   [](const DeliveryError& a, const DeliveryError& b) { return a.time < b.time; });
  return errors;
}

Spec with_live_logging(const Observed& observed) {
  Spec spec = observed.spec;
  bool any_stream = false;
  for (const auto& [number, stream] : observed.streams) {
    if (observed.owner_of(stream.tags) != Owner::kOurs || !stream.description.has_s3_destination) continue;
    const firehose::S3Destination& destination = stream.description.destination;
    if (!any_stream) spec.error_logging = false;
    any_stream = true;
    if (!destination.logging_enabled || spec.error_logging) continue;
    spec.error_logging = true;
    spec.log_group = destination.log_group;
    spec.log_stream = destination.log_stream;
  }
  return spec;
}

DeliveryError parse_delivery_error(WallTime time, std::string_view event) {
  DeliveryError error{.time = time, .stream = {}, .code = {}, .message = {}, .raw = std::string(event)};
  Result<Json> json = parse_json(event, "delivery error");
  if (!json || !json->is_object()) return error;
  error.stream = stream_of_arn(get_string(*json, "deliveryStreamARN").value_or(""));
  error.code = get_string(*json, "errorCode").value_or("");
  error.message = get_string(*json, "message").value_or("");
  return error;
}

DeliveryAdvice advice_for(std::string_view code) {
  for (const CodeRow& row : kCodes) {
    const bool fits = ends_with(row.code, ".") ? starts_with(code, row.code) : code == row.code;
    if (fits) return row.advice;
  }
  return {};
}

std::vector<DeliveryErrorGroup> group_delivery_errors(const std::vector<DeliveryError>& errors) {
  std::vector<DeliveryErrorGroup> groups;
  for (const DeliveryError& error : errors) {
    const std::string& text = error.code.empty() ? error.raw : error.message;
    auto group = std::find_if(groups.begin(), groups.end(), [&](const DeliveryErrorGroup& each) {
      return each.stream == error.stream && each.code == error.code && (!error.code.empty() || each.message == text);
    });
    if (group == groups.end()) {
      group = groups.insert(groups.end(), {error.stream, error.code, text, 0, error.time, error.time});
    }
    ++group->count;
    group->message = text;
    group->first = std::min(group->first, error.time);
    group->last = std::max(group->last, error.time);
  }
  return groups;
}

}  // namespace fhctl::pipeline
