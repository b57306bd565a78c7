// Whether IAM policy documents allow a request, as far as the documents alone can show it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace fhctl::pipeline {

enum class Verdict {
  kAllowed,
  kDenied,      // by a statement with the effect Deny: no other policy can change that
  kNotAllowed,  // by none of these policies; another one may allow it
  kUnknown,     // it depends on something that is not known here
};

// The request that policies are evaluated for.
struct AccessRequest {
  std::string action;    // "s3:PutObject"
  std::string resource;  // an ARN; empty for a trust policy, which has no resources
  // The ARN above is only how the resources begin: "arn:aws:s3:::logs/2026/" stands for every key below it.
  bool resource_continues = false;
  std::string service;  // for a trust policy, the service that assumes the role: "firehose.amazonaws.com"
  // Condition keys in lower case, each with the values that it may have in such requests. A key that is not listed may
  // have any value, or be absent.
  std::map<std::string, std::vector<std::string>> context;
};

struct Evaluation {
  Verdict verdict = Verdict::kNotAllowed;
  std::set<std::string> unknown;  // kUnknown: condition keys and statement elements because of which it is not known
};

// Evaluates the documents together, as IAM does for one principal. A document that cannot be read is unknown.
Evaluation evaluate(const std::vector<std::string>& documents, const AccessRequest& request);

// The services that a trust policy names as principals of its Allow statements, for messages.
std::set<std::string> trusted_services(std::string_view trust_policy);

}  // namespace fhctl::pipeline
