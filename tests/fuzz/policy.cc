// IAM policies of existing roles, evaluated: the effects of statements that apply to everything are certain.
#include "core/spec/policy_evaluation.h"

#include "tests/fuzz/target.h"

namespace fhctl::fuzz::policy {
namespace {

using pipeline::AccessRequest;
using pipeline::Verdict;

constexpr const char* kAll = R"("Action": "*", "Resource": "*", "Principal": "*"}})";

void check(const std::string& document, const AccessRequest& request) {
  const std::string allow = std::string(R"({"Statement": {"Effect": "Allow", )") + kAll;
  const std::string deny = std::string(R"({"Statement": {"Effect": "Deny", )") + kAll;
  const pipeline::Evaluation found = pipeline::evaluate({document}, request);
  FUZZ_CHECK(found.verdict == pipeline::evaluate({document, document}, request).verdict);
  FUZZ_CHECK(found.verdict == Verdict::kUnknown || found.unknown.empty());
  FUZZ_CHECK(pipeline::evaluate({document, deny}, request).verdict == Verdict::kDenied);
  const Verdict allowed = pipeline::evaluate({document, allow}, request).verdict;
  FUZZ_CHECK(allowed != Verdict::kNotAllowed);
  if (found.verdict == Verdict::kDenied) FUZZ_CHECK(allowed == Verdict::kDenied);
  if (found.verdict == Verdict::kAllowed) FUZZ_CHECK(allowed == Verdict::kAllowed);
}

}  // namespace

FUZZ_TARGET(policy) {
  const std::string document(input);
  AccessRequest trust;
  trust.action = "sts:AssumeRole";
  trust.service = "firehose.amazonaws.com";
  trust.context = {{"sts:externalid", {"1"}}, {"aws:sourcearn", {"arn:a", "arn:b"}}};
  check(document, trust);
  AccessRequest objects;
  objects.action = "s3:PutObject";
  objects.resource = "arn:aws:s3:::b/logs/";
  objects.resource_continues = true;
  objects.context = {{"aws:securetransport", {"true"}}};
  check(document, objects);
  for (const std::string& service : pipeline::trusted_services(document)) FUZZ_CHECK(service.size() <= input.size());
}

}  // namespace fhctl::fuzz::policy
