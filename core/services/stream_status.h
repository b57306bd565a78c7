// The status of a delivery stream, as DescribeDeliveryStream gives it.
// https://docs.aws.amazon.com/firehose/latest/APIReference/API_DeliveryStreamDescription.html
#pragma once

#include <string_view>

#include "core/base/extensible_enum.h"

namespace fhctl::firehose {

enum class Status { kCreating, kCreatingFailed, kActive, kDeleting, kDeletingFailed, kOther };
std::string_view enum_text(Status status);  // "CREATING", "CREATING_FAILED", ...

using StreamStatus = ExtensibleEnum<Status>;

// DELETING or DELETING_FAILED: DeleteDeliveryStream was accepted once.
bool deletion_began(const StreamStatus& status);
// CREATING or CREATING_FAILED: the stream has never been ACTIVE.
bool never_active(const StreamStatus& status);
// Whether the stream stays in this status, or is being deleted. An unknown status is neither, and is read again.
bool is_settled(const StreamStatus& status);
// Whether records may be on their way into the stream: not before it was ACTIVE, and not once it was deleted. With an
// unknown status they may.
bool may_take_records(const StreamStatus& status);

}  // namespace fhctl::firehose
