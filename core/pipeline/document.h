// pipeline.json: the desired state that any machine can continue from. Kept in the bucket; never a record of what was
// done, only of what is wanted.
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/pipeline/names.h"
#include "core/pipeline/spec.h"

namespace fhctl::pipeline {

struct Document {
  std::string pipeline;
  std::string account;
  std::string region;
  std::string id;          // 16 hex digits, random, from the pipeline's birth; also the manifest's epoch
  std::string created_by;  // the caller's ARN
  std::string created_at;  // ISO 8601
  SpecValues spec;
  Members members;
  bool operator==(const Document&) const = default;
};

std::string format_document(const Document& document);  // JSON, schema "fhctl.pipeline/1", keys in a fixed order
// kProtocol with what is wrong: not JSON, another schema major, a missing member, wrong types. Unknown members are
// fine.
Result<Document> parse_document(std::string_view text, std::string_view where);

}  // namespace fhctl::pipeline
