// pipeline.json: reading, writing and reading again gives the same value; invalid settings are refused.
#include "core/observe/pipeline_json.h"

#include "core/base/text.h"
#include "tests/fuzz/target.h"

namespace fhctl::fuzz::document {

FUZZ_TARGET(document) {
  const Result<pipeline::Document> document = pipeline::parse_document(input, "d");
  if (!document) {
    const Error error = document.error();
    FUZZ_CHECK(error.kind == ErrorKind::kProtocol && starts_with(error.message, "d"));
    FUZZ_CHECK(pipeline::parse_document(input, "d").error() == error);
    return;
  }
  FUZZ_CHECK(!document->pipeline.empty() && !document->account.empty() && !document->region.empty());
  FUZZ_CHECK(!document->id.empty() && document->members.size() <= 10000);
  const std::string text = pipeline::format_document(*document);
  const Result<pipeline::Document> again = pipeline::parse_document(text, "again");
  FUZZ_CHECK(again && *again == *document);
  FUZZ_CHECK(pipeline::format_document(*again) == text);

  const Result<pipeline::Spec> spec =
      pipeline::merge_spec({{.origin = "pipeline.json", .values = document->spec, .origins = {}}});
  if (!spec) FUZZ_CHECK(spec.error().kind == ErrorKind::kUsage && contains(spec.error().message, "pipeline.json"));
}

}  // namespace fhctl::fuzz::document
