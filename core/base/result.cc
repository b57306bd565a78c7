#include "core/base/result.h"

#include <stdexcept>

namespace fhctl {

// Thrown rather than aborted, so that Loop::run can pass it on and the program can report what happened.
void throw_exception_from_error(const Error& error, const boost::source_location& where) {
  throw std::logic_error("the value of a failed result was read at " + where.to_string() + ": " + describe(error));
}

}  // namespace fhctl
