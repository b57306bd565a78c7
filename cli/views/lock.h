// The holder of the lock, and what `lock` did, with their renderings.
#pragma once

#include <optional>
#include <string>

#include "cli/views/result.h"
#include "core/observe/lock_object.h"

namespace fhctl::cli {

// `lock`: nullopt if the lock is free.
CommandResult lock_result(std::optional<pipeline::SeenLock> lock);
CommandResult broken_lock_result();

// Who holds the lock and for how long, for people. Whole lines.
std::string lock_holder_text(const pipeline::SeenLock& lock);

}  // namespace fhctl::cli
