// The request bodies of Firehose (API version 2015-08-04), as data.
#pragma once

#include <string_view>

#include "sandbox/wire/shape.h"

namespace fhctl::sandbox {

// Returns nullptr for an unknown operation.
const Shape* firehose_shape(std::string_view operation);

}  // namespace fhctl::sandbox
