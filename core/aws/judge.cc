// What AWS's error codes mean to fhctl: the tables, and nothing but them decides.
#include <algorithm>
#include <string>

#include <fmt/core.h>

#include "core/aws/fault.h"
#include "core/base/text.h"

namespace fhctl::aws {
namespace {

struct Row {
  std::optional<Service> service;  // nullopt: any
  std::string_view operation;      // empty: any
  std::string_view code;
  ErrorKind kind;
  Retry retry = Retry::kNo;
};

constexpr std::nullopt_t kAny = std::nullopt;
constexpr Service kFirehose = Service::kFirehose;

// The first row that fits wins, so what holds for one operation stands above what holds everywhere.
constexpr Row kRows[] = {
    // Every SDK takes LimitExceededException for throttling. On a create it is a full quota: waiting does not help.
    {kFirehose, "CreateDeliveryStream", "LimitExceededException", ErrorKind::kQuota},
    {Service::kLogs, "CreateLogGroup", "LimitExceededException", ErrorKind::kQuota},
    {Service::kIam, "", "LimitExceeded", ErrorKind::kQuota},
    {Service::kIam, "", "LimitExceededException", ErrorKind::kQuota},
    {Service::kS3, "", "TooManyBuckets", ErrorKind::kQuota},
    {Service::kSsm, "", "ParameterLimitExceeded", ErrorKind::kQuota},
    {Service::kSsm, "", "ParameterMaxVersionLimitExceeded", ErrorKind::kQuota},
    // CloudWatch counts its alarms and dashboards with it, which fhctl has none of.
    {Service::kCloudWatch, "", "LimitExceeded", ErrorKind::kQuota},
    {kFirehose, "CreateDeliveryStream", "ResourceInUseException", ErrorKind::kAlreadyExists},
    // On a put it also means that the stream takes no more bytes or records this second.
    {kFirehose, "PutRecordBatch", "ServiceUnavailableException", ErrorKind::kThrottled, Retry::kThrottling},
    {kFirehose, "PutRecord", "ServiceUnavailableException", ErrorKind::kThrottled, Retry::kThrottling},

    {kAny, "", "ResourceAlreadyExistsException", ErrorKind::kAlreadyExists},
    {kAny, "", "EntityAlreadyExists", ErrorKind::kAlreadyExists},
    {kAny, "", "EntityAlreadyExistsException", ErrorKind::kAlreadyExists},
    {kAny, "", "BucketAlreadyOwnedByYou", ErrorKind::kAlreadyExists},
    {kAny, "", "BucketAlreadyExists", ErrorKind::kAlreadyExists},

    {Service::kSsm, "", "ParameterAlreadyExists", ErrorKind::kAlreadyExists},

    // Parameter Store: somebody else writes the same parameter at this moment.
    {Service::kSsm, "", "TooManyUpdates", ErrorKind::kInUse, Retry::kTransient},
    // The stream is busy with another change. Other calls read it again first, or wait until it can be deleted.
    {kFirehose, "TagDeliveryStream", "ResourceInUseException", ErrorKind::kInUse, Retry::kTransient},
    {kFirehose, "UntagDeliveryStream", "ResourceInUseException", ErrorKind::kInUse, Retry::kTransient},
    {kAny, "", "ResourceInUseException", ErrorKind::kInUse},
    {kAny, "", "OperationAborted", ErrorKind::kInUse, Retry::kTransient},
    {kAny, "", "OperationAbortedException", ErrorKind::kInUse, Retry::kTransient},
    {kAny, "", "ConcurrentModification", ErrorKind::kInUse, Retry::kTransient},
    // Firehose: the version id is stale. Repeating the same request cannot help, reading again does.
    {kAny, "", "ConcurrentModificationException", ErrorKind::kConflict},
    {kAny, "", "PreconditionFailed", ErrorKind::kConflict},
    {kAny, "", "ConditionalRequestConflict", ErrorKind::kConflict, Retry::kTransient},
    {kAny, "", "BucketNotEmpty", ErrorKind::kConflict},
    {kAny, "", "DeleteConflict", ErrorKind::kConflict},

    {kAny, "", "ResourceNotFoundException", ErrorKind::kNotFound},
    {Service::kSsm, "", "ParameterNotFound", ErrorKind::kNotFound},
    {kAny, "", "NotFound", ErrorKind::kNotFound},
    {kAny, "", "ServerSideEncryptionConfigurationNotFoundError", ErrorKind::kNotFound},
    {kAny, "", "ObjectLockConfigurationNotFoundError", ErrorKind::kNotFound},
    {kAny, "", "OwnershipControlsNotFoundError", ErrorKind::kNotFound},
    {kAny, "", "ReplicationConfigurationNotFoundError", ErrorKind::kNotFound},

    {kAny, "", "ExpiredToken", ErrorKind::kCredentials},
    {kAny, "", "ExpiredTokenException", ErrorKind::kCredentials},
    {kAny, "", "TokenRefreshRequired", ErrorKind::kCredentials},
    {kAny, "", "InvalidClientTokenId", ErrorKind::kCredentials},
    {kAny, "", "InvalidAccessKeyId", ErrorKind::kCredentials},
    {kAny, "", "InvalidToken", ErrorKind::kCredentials},
    {kAny, "", "UnrecognizedClientException", ErrorKind::kCredentials},
    {kAny, "", "SignatureDoesNotMatch", ErrorKind::kCredentials},
    {kAny, "", "InvalidSignatureException", ErrorKind::kCredentials},
    {kAny, "", "IncompleteSignature", ErrorKind::kCredentials},
    {kAny, "", "IncompleteSignatureException", ErrorKind::kCredentials},
    {kAny, "", "MissingAuthenticationToken", ErrorKind::kCredentials},
    {kAny, "", "MissingAuthenticationTokenException", ErrorKind::kCredentials},
    {kAny, "", "AuthFailure", ErrorKind::kCredentials},

    {kAny, "", "RequestTimeTooSkewed", ErrorKind::kSkewed, Retry::kSkew},
    {kAny, "", "RequestExpired", ErrorKind::kSkewed, Retry::kSkew},
    {kAny, "", "RequestInTheFuture", ErrorKind::kSkewed, Retry::kSkew},

    {kAny, "", "AccessDenied", ErrorKind::kDenied},
    {kAny, "", "AccessDeniedException", ErrorKind::kDenied},
    {kAny, "", "UnauthorizedOperation", ErrorKind::kDenied},
    {kAny, "", "AllAccessDisabled", ErrorKind::kDenied},
    {kAny, "", "AccountProblem", ErrorKind::kDenied},
    {kAny, "", "OptInRequired", ErrorKind::kDenied},
    {kAny, "", "SubscriptionRequiredException", ErrorKind::kDenied},
    {kAny, "", "RegionDisabledException", ErrorKind::kDenied},

    {kAny, "", "Throttling", ErrorKind::kThrottled, Retry::kThrottling},
    {kAny, "", "ThrottlingException", ErrorKind::kThrottled, Retry::kThrottling},
    {kAny, "", "ThrottledException", ErrorKind::kThrottled, Retry::kThrottling},
    {kAny, "", "RequestThrottled", ErrorKind::kThrottled, Retry::kThrottling},
    {kAny, "", "RequestThrottledException", ErrorKind::kThrottled, Retry::kThrottling},
    {kAny, "", "TooManyRequestsException", ErrorKind::kThrottled, Retry::kThrottling},
    {kAny, "", "ProvisionedThroughputExceededException", ErrorKind::kThrottled, Retry::kThrottling},
    {kAny, "", "TransactionInProgressException", ErrorKind::kThrottled, Retry::kThrottling},
    {kAny, "", "RequestLimitExceeded", ErrorKind::kThrottled, Retry::kThrottling},
    {kAny, "", "BandwidthLimitExceeded", ErrorKind::kThrottled, Retry::kThrottling},
    {kAny, "", "LimitExceededException", ErrorKind::kThrottled, Retry::kThrottling},
    {kAny, "", "PriorRequestNotComplete", ErrorKind::kThrottled, Retry::kThrottling},
    {kAny, "", "EC2ThrottledException", ErrorKind::kThrottled, Retry::kThrottling},
    {kAny, "", "SlowDown", ErrorKind::kThrottled, Retry::kThrottling},

    {kAny, "", "InternalError", ErrorKind::kUnavailable, Retry::kTransient},
    {kAny, "", "InternalFailure", ErrorKind::kUnavailable, Retry::kTransient},
    {kAny, "", "InternalServerError", ErrorKind::kUnavailable, Retry::kTransient},
    {kAny, "", "ServiceFailure", ErrorKind::kUnavailable, Retry::kTransient},
    {kAny, "", "ServiceUnavailable", ErrorKind::kUnavailable, Retry::kTransient},
    {kAny, "", "ServiceUnavailableException", ErrorKind::kUnavailable, Retry::kTransient},
    {kAny, "", "RequestTimeout", ErrorKind::kUnavailable, Retry::kTransient},
    {kAny, "", "RequestTimeoutException", ErrorKind::kUnavailable, Retry::kTransient},
    {kAny, "", "IDPCommunicationError", ErrorKind::kUnavailable, Retry::kTransient},
};

struct StatusRow {
  int status;
  ErrorKind kind;
  Retry retry = Retry::kNo;
};

// For codes that no row knows, and for answers without any.
constexpr StatusRow kStatusRows[] = {
    {401, ErrorKind::kCredentials},
    {403, ErrorKind::kDenied},
    {404, ErrorKind::kNotFound},
    {409, ErrorKind::kConflict},
    {412, ErrorKind::kConflict},
    {429, ErrorKind::kThrottled, Retry::kThrottling},
    {500, ErrorKind::kUnavailable, Retry::kTransient},
    {502, ErrorKind::kUnavailable, Retry::kTransient},
    {503, ErrorKind::kUnavailable, Retry::kTransient},
    {504, ErrorKind::kUnavailable, Retry::kTransient},
};

// What Firehose says while a new role or policy still spreads. The last entry is the open tail: IAM's wording has
// changed before, and mistaking a lasting error for a passing one costs two minutes, the other way round a failed run.
struct Propagation {
  std::string_view part;
  std::string_view also;  // must be in it, too; may be empty
};
constexpr Propagation kPropagationMessages[] = {
    {"is unable to assume role", ""},
    {"is not authorized to", ""},
    {"access was denied", ""},
    {"verify that the iam role has access", ""},
    {"please make sure the role specified in vpcconfiguration has permissions", ""},
    {"ensure that the provided iam role associated with firehose is not deleted", ""},
    {"iam role", "assume"},
};

bool fits(const Row& row, Service service, std::string_view operation, const Fault& fault);
StatusRow by_status(const Fault& fault);
bool is_skew(const Fault& fault);
std::string hint_for(Service service, std::string_view operation, const Fault& fault, ErrorKind kind);

}  // namespace

Verdict judge(Service service, std::string_view operation, const Fault& fault) {
  Verdict verdict;
  Error& error = verdict.error;
  const StatusRow status = by_status(fault);
  error.kind = status.kind;
  verdict.retry = status.retry;
  for (const Row& row : kRows) {
    if (!fits(row, service, operation, fault)) continue;
    error.kind = row.kind;
    verdict.retry = row.retry;
    break;
  }
  if (is_skew(fault)) {
    error.kind = ErrorKind::kSkewed;
    verdict.retry = Retry::kSkew;
  }
  const bool creates_or_updates = operation == "CreateDeliveryStream" || operation == "UpdateDestination";
  if (service == kFirehose && creates_or_updates && fault.code == "InvalidArgumentException" &&
      is_iam_propagation_message(fault.message)) {
    error.kind = ErrorKind::kPropagating;  // no retry here: the one who applies knows who else waits for it
  }
  const bool has_code = !starts_with(fault.code, "HTTP ");
  error.message = has_code ? fmt::format("AWS said {}", fault.code) : fmt::format("AWS answered {}", fault.code);
  error.message += fault.message.empty() ? " without saying why" : ": " + fault.message;
  error.hint = hint_for(service, operation, fault, error.kind);
  if (has_code) error.aws_code = fault.code;
  error.request_id = fault.request_id;
  error.http_status = fault.http_status;
  return verdict;
}

bool is_iam_propagation_message(std::string_view message) {
  const std::string lower = to_lower(message);
  return std::any_of(std::begin(kPropagationMessages), std::end(kPropagationMessages), [&](const Propagation& entry) {
    return contains(lower, entry.part) && contains(lower, entry.also);
  });
}

namespace {

bool fits(const Row& row, Service service, std::string_view operation, const Fault& fault) {
  return row.code == fault.code && (!row.service || *row.service == service) &&
         (row.operation.empty() || row.operation == operation);
}

StatusRow by_status(const Fault& fault) {
  // "NoSuchBucket", "NoSuchEntity", "NoSuchTagSet", ... are one family, and AWS adds to it.
  if (starts_with(fault.code, "NoSuch")) return {fault.http_status, ErrorKind::kNotFound};
  if (is_foreign(fault) && fault.http_status >= 400 && fault.http_status < 500) {
    return {fault.http_status, ErrorKind::kProtocol};
  }
  // A "success" that cannot be read: what was done is not known.
  if (fault.http_status >= 200 && fault.http_status < 300) {
    return {fault.http_status, ErrorKind::kProtocol, Retry::kTransient};
  }
  for (const StatusRow& row : kStatusRows) {
    if (row.status == fault.http_status) return row;
  }
  return {fault.http_status, ErrorKind::kFailed};
}

bool is_redirect(const Fault& fault) { return fault.http_status >= 300 && fault.http_status < 400; }

bool is_skew(const Fault& fault) {
  if (fault.code != "InvalidSignatureException" && fault.code != "SignatureDoesNotMatch") return false;
  return contains(fault.message, "Signature expired") || contains(fault.message, "not yet current");
}

std::string hint_for(Service service, std::string_view operation, const Fault& fault, ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kDenied:
      return "`fhctl doctor --print-policy operator` prints the permissions that fhctl needs.";
    case ErrorKind::kCredentials:
      if (contains(fault.code, "Expired") || fault.code == "TokenRefreshRequired") {
        return "Log in again (for instance with `aws sso login`), then run the same command: it continues.";
      }
      return "Check the keys with `aws sts get-caller-identity`. Keys of one partition (aws, aws-cn, aws-us-gov) are "
             "unknown in the others.";
    case ErrorKind::kSkewed:
      return "Set the clock of this machine (`timedatectl set-ntp true`), then run the same command.";
    case ErrorKind::kQuota:
      return fmt::format(
          "Ask for a higher quota of {} in the Service Quotas console, or use what there is.",
          service == kFirehose && operation == "CreateDeliveryStream" ? "delivery streams" : service_name(service));
    case ErrorKind::kProtocol:
      return "Something between this machine and AWS may have answered: look at HTTPS_PROXY, NO_PROXY and the endpoint "
             "URL.";
    case ErrorKind::kThrottled:
    case ErrorKind::kUnavailable:
      return "Run the same command again later: it continues where it stopped.";
    default:
      return is_redirect(fault) ? "Look at the endpoint URL, and at what stands between it and this machine." : "";
  }
}

}  // namespace
}  // namespace fhctl::aws
