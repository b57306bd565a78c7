#include "core/pipeline/lost_answer.h"

namespace fhctl::pipeline {
namespace {

constexpr int kWritesMax = 5;

}  // namespace

bool answer_lost(const Error& error) { return error.kind == ErrorKind::kNetwork || error.kind == ErrorKind::kProtocol; }

Result<WriteAttempt> try_write(aws::Client& client, const s3::BucketRef& bucket, const std::string& key,
                               const std::string& body, const std::string& etag) {
  s3::PutCondition condition;
  condition.if_absent = etag.empty();
  condition.if_match = etag;
  const Result<s3::PutAnswer> answer = s3::put_object(client, bucket, key, body, "application/json", condition);
  if (answer && answer->outcome == s3::PutAnswer::Outcome::kStored) return WriteAttempt{{true, answer->etag, body}, {}};
  if (!answer && !answer_lost(answer.error())) return answer.error();
  // A condition that failed may be the echo of an earlier try of our own.
  const Result<std::optional<s3::Object>> there = s3::get_object(client, bucket, key);
  if (!there) return there.error();
  WriteAttempt attempt;
  if (!answer) attempt.lost = answer.error();
  if (*there) attempt.written = {(*there)->body == body, (*there)->etag, (*there)->body};
  return attempt;
}

Result<Written> write_if_unchanged(aws::Client& client, const s3::BucketRef& bucket, const std::string& key,
                                   const std::string& body, const std::string& etag) {
  for (int tries = 1;; ++tries) {
    const Result<WriteAttempt> attempt = try_write(client, bucket, key, body, etag);
    if (!attempt) return attempt.error();
    if (!attempt->lost || attempt->written.stored) return attempt->written;
    if (tries == kWritesMax) return *attempt->lost;
    // Whoever writes again at once meets the connection that this answer was lost on.
    if (Result<void> slept = client.control().sleep_for(std::chrono::seconds(1)); !slept) return slept.error();
  }
}

}  // namespace fhctl::pipeline
