// The plan's steps for delivery streams. Pure.
#pragma once

#include "core/plan/desired.h"

namespace fhctl::pipeline {

// The destination that every stream should have.
firehose::S3Destination desired_destination(const Desired& desired);

void diff_streams(Plan& plan, const Desired& desired, const Observed& observed);
// Streams on their way out, with or without a drain.
void diff_leaving(Plan& plan, const Desired& desired, const Observed& observed);

}  // namespace fhctl::pipeline
