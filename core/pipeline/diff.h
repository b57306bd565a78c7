// The pieces of diff(), shared between its files. Private to core/pipeline.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/pipeline/desired.h"

namespace fhctl::pipeline {

inline constexpr std::string_view kAbortUploadsRule = "fhctl-abort-uploads";

void diff_streams(Plan& plan, const Desired& desired, const Observed& observed);
// Streams on their way out, with or without a drain.
void diff_leaving(Plan& plan, const Desired& desired, const Observed& observed);
void diff_destroy(Plan& plan, const Desired& desired, const Observed& observed);

// Appends what differs in the tags that are ours to set; other tags are none of our business.
void diff_tags(Step& step, const Desired& desired, const Observed& observed, const Tags& there);
// Tags that an earlier spec set and this one no longer names.
std::vector<std::string> dropped_tags(const Desired& desired, const Observed& observed);
// Keeps the step only if it changes something.
void push_update(Plan& plan, Step step);

// The spec as pipeline.json keeps it: without the count, which the members say.
SpecValues document_values(const Spec& spec);

}  // namespace fhctl::pipeline
