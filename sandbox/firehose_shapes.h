// The request bodies of Firehose (API version 2015-08-04), as data.
#pragma once

#include <string_view>

#include "sandbox/shape.h"

namespace fhctl::sandbox {

// nullptr: no such operation.
const Shape* firehose_shape(std::string_view operation);

}  // namespace fhctl::sandbox
