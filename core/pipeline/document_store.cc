// pipeline.json in the bucket: written under a condition, so that a lost answer or another run is noticed.
#include "core/base/text.h"
#include "core/pipeline/diff.h"
#include "core/pipeline/work.h"

namespace fhctl::pipeline {
namespace {

// Replaces the object if it still has the ETag that was read. kConflict when another run wrote it. Waits.
Result<void> store(Work& work, Document document) {
  if (work.observed.document == document) return ok();
  const std::string key = document_key(document.pipeline, document.region);
  const Result<Written> written =
      write_if_unchanged(work.run.client, work.bucket(), key, format_document(document), work.observed.document_etag);
  if (!written) return with_context(written.error(), "writing pipeline.json");
  if (written->stored) {
    work.observed.document = std::move(document);
    work.observed.document_etag = written->etag;
    return ok();
  }
  Error error;
  error.kind = ErrorKind::kConflict;
  error.message = "pipeline.json was changed by another run";
  error.hint = "run the same command again";
  return error;
}

}  // namespace

Result<void> write_document(Work& work) {
  Document document;
  if (work.observed.document) {
    document = *work.observed.document;
  } else {
    document.created_by = work.desired.identity.caller_arn;
    document.created_at = work.created_at;
  }
  document.pipeline = work.desired.spec.name;
  document.account = work.desired.identity.account;
  document.region = work.desired.identity.region;
  document.id = work.desired.id;
  document.spec = document_values(work.desired.spec);
  document.members = work.desired.members;
  std::erase_if(document.unknown_spec, [&](const auto& entry) { return document.spec.contains(entry.first); });
  if (work.intent) document.intent = work.intent;
  return store(work, std::move(document));
}

Result<void> write_destroy_intent(Work& work) {
  if (!work.intent || !work.observed.document || !work.observed.bucket.readable()) return ok();
  Document document = *work.observed.document;
  document.intent = work.intent;
  return store(work, std::move(document));
}

Result<void> delete_document(Work& work) {
  if (!work.observed.document && work.observed.document_etag.empty()) return ok();
  const std::string key = document_key(work.desired.spec.name, work.desired.identity.region);
  const Result<bool> deleted = s3::delete_object(work.run.client, work.bucket(), key);
  if (!deleted) return with_context(deleted.error(), "deleting pipeline.json");
  return ok();
}

}  // namespace fhctl::pipeline
