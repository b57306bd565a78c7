// Tags of a bucket, with and without attribute-based access control.
#include "core/aws/retry.h"
#include "core/resources/bucket.h"

namespace fhctl::pipeline {
namespace {

// Whether the refusal may come from attribute-based access control, for which S3 documents no error code: not if it is
// about the request as such, the bucket, or the moment.
bool may_come_from_abac(const Error& error) {
  const bool refused = error.http_status >= 400 && error.http_status < 500;
  switch (error.kind) {
    case ErrorKind::kFailed:
    case ErrorKind::kDenied:
    case ErrorKind::kConflict:
      return refused && error.aws_code != "InvalidTag" && error.aws_code != "MalformedXML";
    default:
      return false;
  }
}

Result<void> change_tags(aws::Client& client, const s3::BucketRef& bucket, const Tags& current, const Tags& wanted) {
  Tags set;
  for (const auto& [key, value] : wanted) {
    const auto found = current.find(key);
    if (found == current.end() || found->second != value) set[key] = value;
  }
  std::vector<std::string> removed;
  for (const auto& [key, value] : current) {
    if (!wanted.contains(key)) removed.push_back(key);
  }
  RETURN_IF_ERROR(s3::tag_bucket(client, bucket, set));
  return s3::untag_bucket(client, bucket, removed);
}

}  // namespace

Result<void> write_bucket_tags(aws::Client& client, const s3::BucketRef& bucket, const Tags& current,
                               const Tags& wanted) {
  const Result<void> put = s3::put_bucket_tags(client, bucket, wanted);
  if (put || !may_come_from_abac(put.error())) return put;
  // Another server's S3, and AWS's S3 Control: that would change a bucket of AWS.
  if (client.custom_endpoint(aws::Service::kS3) != client.custom_endpoint(aws::Service::kS3Control)) return put;
  const Result<bool> abac = s3::abac_enabled(client, bucket);
  if (abac && *abac) return change_tags(client, bucket, current, wanted);
  // Where the question itself may not be asked, a refusal that is no denial still says that tags are changed otherwise.
  const bool unknown = !abac && abac.error().kind == ErrorKind::kDenied && put.error().kind != ErrorKind::kDenied;
  return unknown && change_tags(client, bucket, current, wanted) ? ok() : put;
}

}  // namespace fhctl::pipeline
