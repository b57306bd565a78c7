#include "core/execute/pipeline_json_store.h"

#include "core/base/text.h"
#include "core/execute/apply_context.h"
#include "core/plan/build_plan.h"

namespace fhctl::pipeline {
namespace {

// Replaces the object if it still has the ETag that was read. kConflict when another run wrote it. Waits.
Result<void> store(ApplyContext& context, Document document) {
  if (context.observed.document == document) return ok();
  const std::string key = document_key(document.pipeline, document.region);
  const Result<ConditionalPut> written =
      put_if_unchanged(context.run.client, context.bucket(), key, format_document(document),
                       context.observed.document_etag, context.observed.own_object_encryption(context.desired.spec));
  if (!written) return with_context(written.error(), "writing pipeline.json");
  if (written->stored) {
    context.observed.document = std::move(document);
    context.observed.document_etag = written->etag;
    return ok();
  }
  return make_error(ErrorKind::kConflict, "pipeline.json was changed by another run", "run the same command again");
}

}  // namespace

Result<void> write_document(ApplyContext& context) {
  Document document;
  if (context.observed.document) {
    document = *context.observed.document;
  } else {
    document.created_by = context.desired.identity.caller_arn;
    document.created_at = context.created_at;
  }
  document.pipeline = context.desired.spec.name;
  document.account = context.desired.identity.account;
  document.region = context.desired.identity.region;
  document.id = context.desired.id;
  document.spec = document_values(context.desired.spec);
  document.members = context.desired.members;
  document.dropped_tags = context.goal().dropped_tags;
  std::erase_if(document.unknown_spec, [&](const auto& entry) { return document.spec.contains(entry.first); });
  if (context.intent) document.intent = context.intent;
  return store(context, std::move(document));
}

Result<void> forget_dropped_tags(ApplyContext& context) {
  if (!context.observed.document || context.observed.document->dropped_tags.empty()) return ok();
  Document document = *context.observed.document;
  document.dropped_tags.clear();
  return store(context, std::move(document));
}

Result<void> write_destroy_intent(ApplyContext& context) {
  if (!context.intent || !context.observed.document || !context.observed.bucket.readable()) return ok();
  Document document = *context.observed.document;
  document.intent = context.intent;
  return store(context, std::move(document));
}

Result<void> delete_document(ApplyContext& context) {
  if (!context.observed.document && context.observed.document_etag.empty()) return ok();
  const std::string key = document_key(context.desired.spec.name, context.desired.identity.region);
  const Result<bool> deleted = s3::delete_object(context.run.client, context.bucket(), key);
  if (!deleted) return with_context(deleted.error(), "deleting pipeline.json");
  return ok();
}

}  // namespace fhctl::pipeline
