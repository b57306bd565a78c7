// The facts of `describe`, shared by its three renderings.
#pragma once

#include <string>
#include <vector>

#include "cli/views/describe.h"

namespace fhctl::cli {

struct DescribedPart {
  pipeline::Kind kind;
  std::string name;
  std::string state;  // "ok", "missing", "external", "foreign", "leftover"
  std::string note;   // the consequence, or a remark
};

// Bucket, role, policy, log group and log stream, in this order; those that the spec does not want are left out.
std::vector<DescribedPart> described_parts(const pipeline::Observed& observed);

// When its drain began, according to the manifest; empty if it is not draining.
std::string draining_since(const pipeline::Observed& observed, const pipeline::StreamState& stream);

std::string created_text(const pipeline::StreamState& stream);  // ISO 8601, "-" if AWS did not report it
// A separate line, indented: "./fhctl-manifest.json is the same". Empty if no local copy is configured.
std::string local_manifest_text(const LocalManifest& local);
std::string local_manifest_key(LocalManifest::State state);  // "same", "missing", ...

}  // namespace fhctl::cli
