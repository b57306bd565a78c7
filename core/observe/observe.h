// Reads the pipeline's resources and metadata objects, in parallel. Never changes anything.
#pragma once

#include <string>
#include <vector>

#include "core/aws/client.h"
#include "core/observe/observed.h"

namespace fhctl::pipeline {

// Where the spec comes from, before pipeline.json was read: the layers of flags and environment, and of the file when
// there is one (then pipeline.json's spec is not a layer: a key that the file dropped goes back to its default).
struct SpecSources {
  std::string name;              // of the pipeline: from flag, environment, file or the default
  std::vector<SpecLayer> below;  // the file, if any
  bool has_file = false;
  std::vector<SpecLayer> above;  // environment, then flags
};

struct ObserveOptions {
  bool for_destroy = false;  // also reads what would block a destroy
  bool check_role = false;   // also reads what an existing role may do
};

// Waits. Errors are those of the calls: an AccessDenied is never read as absence. Of existing resources only what the
// plan needs is read, and for a destroy nothing of an existing role or log group.
Result<Observed> observe(aws::Client& client, const Identity& identity, const SpecSources& sources,
                         const ObserveOptions& options = {});

// GetCallerIdentity, with the client's region.
Result<Identity> identify(aws::Client& client);

// The spec to work with: layers merged in the order that the manual gives, names resolved. For a destroy the names of
// resources are those of `document`, whatever a file or the environment says.
Result<Spec> effective_spec(const SpecSources& sources, const std::optional<Document>& document,
                            const Identity& identity, bool for_destroy = false);

}  // namespace fhctl::pipeline
