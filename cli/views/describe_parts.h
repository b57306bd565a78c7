// The facts behind `describe`, shared by its three forms.
#pragma once

#include <string>
#include <vector>

#include "cli/views/describe.h"

namespace fhctl::cli {

struct DescribedPart {
  pipeline::Kind kind;
  std::string name;
  std::string state;  // "ok", "missing", "external", "foreign", "leftover"
  std::string note;   // what follows from it, or what is worth knowing
};

// Bucket, role, policy, log group and log stream, in this order; those that the spec does not want are left out.
std::vector<DescribedPart> described_parts(const pipeline::Observed& observed);

// When its drain began, as the manifest says it; empty when it is not draining.
std::string draining_since(const pipeline::Observed& observed, const pipeline::ObservedStream& stream);

std::string created_text(const pipeline::ObservedStream& stream);  // ISO 8601, "-" when AWS did not say
// A line of its own, indented: "./fhctl-manifest.json is the same". Empty when no local copy is wanted.
std::string local_manifest_text(const LocalManifest& local);
std::string local_manifest_key(LocalManifest::State state);  // "same", "missing", ...

}  // namespace fhctl::cli
