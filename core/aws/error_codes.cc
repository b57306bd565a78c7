#include "core/aws/error_codes.h"

#include <algorithm>
#include <string>

#include <fmt/core.h>

#include "core/aws/denied.h"
#include "core/aws/error_response.h"
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

// The first matching row wins, so rows for one operation come before rows for all operations.
constexpr Row kRows[] = {
    // Every SDK takes LimitExceededException for throttling. On a create it is a full quota: waiting does not help.
    {kFirehose, "CreateDeliveryStream", "LimitExceededException", ErrorKind::kQuota},
    {Service::kLogs, "CreateLogGroup", "LimitExceededException", ErrorKind::kQuota},
    {Service::kIam, "", "LimitExceeded", ErrorKind::kQuota},
    {Service::kIam, "", "LimitExceededException", ErrorKind::kQuota},
    {Service::kS3, "", "TooManyBuckets", ErrorKind::kQuota},
    {Service::kSsm, "", "ParameterLimitExceeded", ErrorKind::kQuota},
    {Service::kSsm, "", "ParameterMaxVersionLimitExceeded", ErrorKind::kQuota},
    // CloudWatch reports with it the quotas of alarms and dashboards, which fhctl does not use.
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

    // Parameter Store: another caller is writing the same parameter.
    {Service::kSsm, "", "TooManyUpdates", ErrorKind::kInUse, Retry::kTransient},
    // The stream is busy with another change. Other calls read it again first, or wait until it can be deleted.
    {kFirehose, "TagDeliveryStream", "ResourceInUseException", ErrorKind::kInUse, Retry::kBusy},
    {kFirehose, "UntagDeliveryStream", "ResourceInUseException", ErrorKind::kInUse, Retry::kBusy},
    {kAny, "", "ResourceInUseException", ErrorKind::kInUse},
    // S3 says it of the name of a bucket that was deleted lately, too: for up to an hour.
    {kAny, "", "OperationAborted", ErrorKind::kInUse, Retry::kBusy},
    {kAny, "", "OperationAbortedException", ErrorKind::kInUse, Retry::kBusy},
    {kAny, "", "ConcurrentModification", ErrorKind::kInUse, Retry::kBusy},
    {Service::kIam, "", "ConcurrentModificationException", ErrorKind::kInUse, Retry::kBusy},
    {Service::kIam, "", "EntityTemporarilyUnmodifiable", ErrorKind::kInUse, Retry::kBusy},
    {Service::kIam, "", "EntityTemporarilyUnmodifiableException", ErrorKind::kInUse, Retry::kBusy},
    // Firehose: the version id is stale. Repeating the same request cannot help, reading again does.
    {kAny, "", "ConcurrentModificationException", ErrorKind::kConflict},
    {kAny, "", "PreconditionFailed", ErrorKind::kConflict},
    {kAny, "", "ConditionalRequestConflict", ErrorKind::kConflict, Retry::kTransient},
    {kAny, "", "BucketNotEmpty", ErrorKind::kConflict},
    {kAny, "", "DeleteConflict", ErrorKind::kConflict},
    {kAny, "", "DeleteConflictException", ErrorKind::kConflict},

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

// The messages of Firehose while a new role or policy is still propagating. The last row is deliberately open: IAM's
// wording has changed before. Taking a permanent error for a temporary one costs two minutes; the opposite mistake
// fails the run.
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

bool fits(const Row& row, Service service, std::string_view operation, const ErrorResponse& response_error);
StatusRow by_status(const ErrorResponse& response_error);
bool is_skew(const ErrorResponse& response_error);
std::string hint_for(Service service, std::string_view operation, const ErrorResponse& response_error, ErrorKind kind);

}  // namespace

ErrorClass classify(Service service, std::string_view operation, const ErrorResponse& response_error) {
  ErrorClass verdict;
  Error& error = verdict.error;
  const StatusRow status = by_status(response_error);
  error.kind = status.kind;
  verdict.retry = status.retry;
  for (const Row& row : kRows) {
    if (!fits(row, service, operation, response_error)) continue;
    error.kind = row.kind;
    verdict.retry = row.retry;
    break;
  }
  if (is_skew(response_error)) {
    error.kind = ErrorKind::kSkewed;
    verdict.retry = Retry::kSkew;
  }
  const bool creates_or_updates = operation == "CreateDeliveryStream" || operation == "UpdateDestination";
  if (service == kFirehose && creates_or_updates && response_error.code == "InvalidArgumentException" &&
      is_iam_propagation_message(response_error.message)) {
    error.kind = ErrorKind::kPropagating;  // not retried here: IamPropagationGate retries it for all streams
  }
  const bool has_code = !starts_with(response_error.code, "HTTP ");
  error.message =
      has_code ? fmt::format("AWS said {}", response_error.code) : fmt::format("AWS answered {}", response_error.code);
  error.message += response_error.message.empty() ? " without saying why" : ": " + response_error.message;
  error.hint = hint_for(service, operation, response_error, error.kind);
  if (has_code) error.aws_code = response_error.code;
  error.request_id = response_error.request_id;
  error.http_status = response_error.http_status;
  return verdict;
}

bool is_iam_propagation_message(std::string_view message) {
  const std::string lower = to_lower(message);
  return std::any_of(std::begin(kPropagationMessages), std::end(kPropagationMessages), [&](const Propagation& entry) {
    return contains(lower, entry.part) && contains(lower, entry.also);
  });
}

namespace {

bool fits(const Row& row, Service service, std::string_view operation, const ErrorResponse& response_error) {
  return row.code == response_error.code && (!row.service || *row.service == service) &&
         (row.operation.empty() || row.operation == operation);
}

StatusRow by_status(const ErrorResponse& response_error) {
  // "NoSuchBucket", "NoSuchEntity", "NoSuchTagSet", ... are one family, and AWS adds to it.
  if (starts_with(response_error.code, "NoSuch")) return {response_error.http_status, ErrorKind::kNotFound};
  if (is_foreign(response_error) && response_error.http_status >= 400 && response_error.http_status < 500) {
    return {response_error.http_status, ErrorKind::kProtocol};
  }
  // A successful response that cannot be read: whether the request was carried out is unknown.
  if (response_error.http_status >= 200 && response_error.http_status < 300) {
    return {response_error.http_status, ErrorKind::kProtocol, Retry::kTransient};
  }
  for (const StatusRow& row : kStatusRows) {
    if (row.status == response_error.http_status) return row;
  }
  return {response_error.http_status, ErrorKind::kFailed};
}

bool is_redirect(const ErrorResponse& response_error) {
  return response_error.http_status >= 300 && response_error.http_status < 400;
}

bool is_skew(const ErrorResponse& response_error) {
  if (response_error.code != "InvalidSignatureException" && response_error.code != "SignatureDoesNotMatch")
    return false;
  return contains(response_error.message, "Signature expired") || contains(response_error.message, "not yet current");
}

std::string hint_for_in_use(std::string_view operation, const ErrorResponse& response_error) {
  if (operation == "CreateBucket" && response_error.code == "OperationAborted") {
    return "The name of a deleted bucket can stay blocked for an hour or longer: run the same command again later, "
           "with a longer --timeout if it is to wait, or choose another name with --bucket.";
  }
  return "Another operation on the resource is under way: run the same command again in some minutes.";
}

std::string hint_for_failed(const ErrorResponse& response_error) {
  if (is_redirect(response_error)) return "Look at the endpoint URL, and at what stands between it and this machine.";
  if (response_error.http_status >= 500) return "The endpoint does not offer this operation: look at the endpoint URL.";
  return "AWS refused the request as it is: correct the flag or setting that its message names, then run the same "
         "command again.";
}

std::string hint_for_conflict(const ErrorResponse& response_error) {
  if (starts_with(response_error.code, "DeleteConflict")) {
    return "Remove the policies and instance profiles that others attached to the role (`aws iam "
           "list-attached-role-policies`, `list-role-policies`), then run the same command again.";
  }
  if (response_error.code == "BucketNotEmpty") {
    return "`fhctl destroy` deletes the data with --empty-bucket, and keeps the bucket with --keep-bucket.";
  }
  return "Another process changed the resource at the same time: run the same command again.";
}

std::string hint_for(Service service, std::string_view operation, const ErrorResponse& response_error, ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInUse:
      return hint_for_in_use(operation, response_error);
    case ErrorKind::kConflict:
      return hint_for_conflict(response_error);
    case ErrorKind::kNotFound:
      return "`fhctl describe` shows what is missing, `fhctl up` creates it again.";
    case ErrorKind::kDenied:
      if (!is_policy_denial(response_error.code)) {
        return "No policy causes this: the account may not use the service, or not in this region. Look at the "
               "account's status and its list of enabled regions in the AWS console.";
      }
      return denial_hint(read_denial(service, operation, response_error.message));
    case ErrorKind::kCredentials:
      if (contains(response_error.code, "Expired") || response_error.code == "TokenRefreshRequired") {
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
    case ErrorKind::kFailed:
      return hint_for_failed(response_error);
    default:
      return "";
  }
}

}  // namespace
}  // namespace fhctl::aws
