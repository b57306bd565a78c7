// The CloudWatch log group and log stream into which Firehose writes its delivery errors: how they are read, compared,
// created and updated.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "core/aws/client.h"
#include "core/base/loop.h"
#include "core/resources/change.h"
#include "core/resources/ownership.h"
#include "core/services/logs.h"

namespace fhctl::pipeline {

struct LogGroupState {
  logs::LogGroup group;
  Tags tags;  // of an existing group they are not read
  bool stream_exists = false;
  std::set<std::string> denied{};  // of an existing group: actions that were denied, so that the above is not known
};

struct LogGroupReading {
  Result<std::optional<logs::LogGroup>> group{std::optional<logs::LogGroup>{}};
  Result<std::optional<Tags>> tags{std::optional<Tags>{}};
  Result<bool> stream{false};
};

// Spawns the calls in `group`; `reading` must outlive it.
void read_log_group(aws::Client& client, Group& group, const Identity& identity, const Spec& spec,
                    LogGroupReading& reading);
// nullopt: there is no such group. Errors are those of the calls, except that an existing group need not be readable.
Result<std::optional<LogGroupState>> log_group_state(const LogGroupReading& reading, const Spec& spec);

// Adds what must change so that group and stream are as the goal says, or why the group may not be used. `had_logging`:
// pipeline.json says that this pipeline logs errors, so that a group without its tags is worth a warning.
void compare_log_group(Changes& changes, const std::optional<LogGroupState>& current, const ResourceGoal& goal,
                       bool had_logging);
// Whether --adopt-log-group took over the group, which may have events of others. fhctl gives it back instead of
// deleting it.
bool is_adopted(const LogGroupState& group);
// Adds the deletion of group and stream, or that the group is given back.
void compare_log_group_deletion(Changes& changes, const LogGroupState& current, const Spec& spec, bool give_back);

// Creates the group with its retention. kPrecondition when another process created it concurrently. Waits.
Result<void> create_log_group(aws::Client& client, const ResourceGoal& goal);
// Sets retention and tags that differ. Waits.
Result<void> update_log_group(aws::Client& client, const LogGroupState& current, const ResourceGoal& goal);
// Gives back an adopted group: removes the tags that say whose it is. fhctl:adopted stays, so that a later run can
// tell it from a group that lost its tags. Waits.
Result<void> give_back_log_group(aws::Client& client, const LogGroupState& current);
// Creates the log stream in a group of this pipeline, or in an existing group. Waits.
Result<void> create_log_stream(aws::Client& client, const Spec& spec);
// The tags as they are now; nullopt: there is no such group. Waits.
Result<std::optional<Tags>> current_log_group_tags(aws::Client& client, const Identity& identity, const Spec& spec);
// Deletes the group with its streams; it may be absent already. Waits.
Result<void> delete_log_group(aws::Client& client, const Spec& spec);

}  // namespace fhctl::pipeline
