// pipeline.json in the bucket: written under a condition, so that a lost answer or another run is noticed.
#include "core/base/text.h"
#include "core/pipeline/diff.h"
#include "core/pipeline/work.h"

namespace fhctl::pipeline {

Result<void> write_document(Work& work) {
  Document document;
  if (work.observed.document) {
    document = *work.observed.document;
  } else {
    document.created_by = work.desired.identity.caller_arn;
    document.created_at = format_iso8601(work.run.client.server_time().value_or(work.run.client.loop().wall_now()));
  }
  document.pipeline = work.desired.spec.name;
  document.account = work.desired.identity.account;
  document.region = work.desired.identity.region;
  document.id = work.desired.id;
  document.spec = document_values(work.desired.spec);
  document.members = work.desired.members;
  if (work.observed.document == document) return ok();

  const std::string key = document_key(document.pipeline, document.region);
  const std::string body = format_document(document);
  for (int attempt = 0; attempt < 3; ++attempt) {
    s3::PutCondition condition;
    condition.if_absent = work.observed.document_etag.empty();
    condition.if_match = work.observed.document_etag;
    const Result<s3::PutAnswer> answer =
        s3::put_object(work.run.client, work.bucket(), key, body, "application/json", condition);
    bool stored = answer && answer->outcome == s3::PutAnswer::Outcome::kStored;
    std::string etag = stored ? answer->etag : "";
    if (!stored) {
      if (!answer && answer.error().kind != ErrorKind::kNetwork && answer.error().kind != ErrorKind::kProtocol) {
        return with_context(answer.error(), "writing pipeline.json");
      }
      const Result<std::optional<s3::Object>> there = s3::get_object(work.run.client, work.bucket(), key);
      if (!there) return with_context(there.error(), "writing pipeline.json");
      stored = *there && (*there)->body == body;
      if (stored) etag = (*there)->etag;
      if (!stored && answer) break;  // a condition failed, and it was not our own earlier try
    }
    if (stored) {
      work.observed.document = document;
      work.observed.document_etag = etag;
      return ok();
    }
  }
  Error error;
  error.kind = ErrorKind::kConflict;
  error.message = "pipeline.json was changed by somebody else meanwhile";
  error.hint = "run the same command again";
  return error;
}

Result<void> delete_document(Work& work) {
  if (!work.observed.document && work.observed.document_etag.empty()) return ok();
  const std::string key = document_key(work.desired.spec.name, work.desired.identity.region);
  const Result<bool> deleted = s3::delete_object(work.run.client, work.bucket(), key);
  if (!deleted) return with_context(deleted.error(), "deleting pipeline.json");
  return ok();
}

}  // namespace fhctl::pipeline
