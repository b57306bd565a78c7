#include "core/services/stream_status.h"

namespace fhctl::firehose {

std::string_view enum_text(Status status) {
  switch (status) {
    case Status::kCreating:
      return "CREATING";
    case Status::kCreatingFailed:
      return "CREATING_FAILED";
    case Status::kActive:
      return "ACTIVE";
    case Status::kDeleting:
      return "DELETING";
    case Status::kDeletingFailed:
      return "DELETING_FAILED";
    case Status::kOther:
      break;
  }
  return "";
}

bool deletion_began(const StreamStatus& status) {
  return status == Status::kDeleting || status == Status::kDeletingFailed;
}

bool never_active(const StreamStatus& status) {
  return status == Status::kCreating || status == Status::kCreatingFailed;
}

bool is_settled(const StreamStatus& status) {
  return status == Status::kActive || status == Status::kCreatingFailed || deletion_began(status);
}

bool may_take_records(const StreamStatus& status) { return !never_active(status) && !deletion_began(status); }

}  // namespace fhctl::firehose
