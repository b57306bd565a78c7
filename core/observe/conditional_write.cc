#include "core/observe/conditional_write.h"
#include "core/aws/retry.h"

namespace fhctl::pipeline {
namespace {

constexpr int kWritesMax = 5;

}  // namespace

Result<ConditionalPutAttempt> attempt_conditional_put(aws::Client& client, const s3::BucketRef& bucket,
                                                      const std::string& key, const std::string& body,
                                                      const std::string& etag, const s3::Encryption& encryption) {
  s3::PutCondition condition;
  condition.if_absent = etag.empty();
  condition.if_match = etag;
  const Result<s3::PutAnswer> answer =
      s3::put_object(client, bucket, key, body, "application/json", condition, encryption);
  if (answer && answer->outcome == s3::PutAnswer::Outcome::kStored)
    return ConditionalPutAttempt{{true, answer->etag, body}, {}};
  if (!answer && !aws::answer_lost(answer.error())) return answer.error();
  // The failed condition may be the effect of an earlier attempt of this run.
  ASSIGN_OR_RETURN(const std::optional<s3::Object> there, s3::get_object(client, bucket, key));
  ConditionalPutAttempt attempt;
  if (!answer) attempt.lost = answer.error();
  if (there) attempt.written = {there->body == body, there->etag, there->body};
  return attempt;
}

Result<ConditionalPut> put_if_unchanged(aws::Client& client, const s3::BucketRef& bucket, const std::string& key,
                                        const std::string& body, const std::string& etag,
                                        const s3::Encryption& encryption) {
  for (int tries = 1;; ++tries) {
    ASSIGN_OR_RETURN(const ConditionalPutAttempt attempt,
                     attempt_conditional_put(client, bucket, key, body, etag, encryption));
    if (!attempt.lost || attempt.written.stored) return attempt.written;
    if (tries == kWritesMax) return *attempt.lost;
    // A retry at once would use the connection on which the response was lost.
    if (Result<void> slept = client.control().sleep_for(std::chrono::seconds(1)); !slept) return slept.error();
  }
}

}  // namespace fhctl::pipeline
