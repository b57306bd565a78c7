#include "core/services/protocols/response_errors.h"

#include <fmt/format.h>

namespace fhctl {

bool is_fault(const Error& error, std::string_view code) { return error.aws_code == code; }

Error missing_member(std::string_view operation, std::string_view member) {
  return Error{.kind = ErrorKind::kProtocol,
               .message = fmt::format("the answer to {} has no usable {}", operation, member)};
}

Error stuck_pages(std::string_view operation) {
  return Error{.kind = ErrorKind::kProtocol, .message = fmt::format("the pages of {} do not advance", operation)};
}

}  // namespace fhctl
