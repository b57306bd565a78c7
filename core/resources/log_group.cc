#include "core/resources/log_group.h"

#include <utility>

#include <fmt/format.h>

#include "core/aws/retry.h"
#include "core/resources/retry_pause.h"

namespace fhctl::pipeline {
namespace {

constexpr int kRetriesMax = 3;

std::string group_arn(const Identity& identity, const Spec& spec) {
  return logs::group_arn(identity.partition, identity.region, identity.account, spec.log_group);
}

std::string retention_text(std::optional<int> days) { return days ? fmt::format("{} days", *days) : "never expires"; }

}  // namespace

void read_log_group(aws::Client& client, Group& group, const Identity& identity, const Spec& spec,
                    LogGroupReading& reading) {
  group.spawn([&client, &reading, name = spec.log_group] { reading.group = logs::find_log_group(client, name); });
  group.spawn([&client, &reading, arn = group_arn(identity, spec)] { reading.tags = logs::list_tags(client, arn); });
  group.spawn([&client, &reading, name = spec.log_group, stream = spec.log_stream] {
    reading.stream = logs::log_stream_exists(client, name, stream);
  });
}

Result<std::optional<LogGroupState>> log_group_state(const LogGroupReading& reading, const std::string& name) {
  const std::string context = "reading log group " + name;
  if (!reading.group) return with_context(reading.group.error(), context);
  if (!*reading.group) return std::optional<LogGroupState>();
  if (!reading.tags) return with_context(reading.tags.error(), context);
  if (!reading.stream) return with_context(reading.stream.error(), context);
  return std::optional<LogGroupState>(LogGroupState{**reading.group, reading.tags->value_or(Tags{}), *reading.stream});
}

void compare_log_group(Changes& changes, const std::optional<LogGroupState>& current, const ResourceGoal& goal,
                       bool had_logging) {
  const Spec& spec = goal.spec;
  Step group{{Kind::kLogGroup, spec.log_group, 0}, Action::kUpdate, "", {}, {}, false};
  Step stream{{Kind::kLogStream, spec.log_group + ":" + spec.log_stream, 0}, Action::kCreate, "", {}, {}, false};
  const bool owned = current && goal.ownership.owner_of(current->tags) == Owner::kOurs;
  if (!spec.error_logging) {
    if (!owned) {
      if (!current || !had_logging) return;
      changes.notes.push_back(
          {true, fmt::format("log group {} does not carry this pipeline's tags and stays.", spec.log_group),
           "tags can take a minute to show: run the same command again; else delete it if it is yours"});
      return;
    }
    group.action = stream.action = Action::kDelete;
    group.reasons.push_back("the spec switched error logging off");
    changes.steps.push_back(std::move(group));
    if (current->stream_exists) changes.steps.push_back(std::move(stream));
    return;
  }
  const std::optional<int> wanted =
      spec.log_retention_days > 0 ? std::optional<int>(spec.log_retention_days) : std::nullopt;
  if (!current) {
    group.action = Action::kCreate;
    group.detail = wanted ? fmt::format("retention {} days", *wanted) : "never expires";
    group.drift = stream.drift = goal.recorded;
    if (group.drift) group.reasons.push_back("missing");
    changes.steps.push_back(std::move(group));
    changes.steps.push_back(std::move(stream));
    return;
  }
  if (!owned) {
    changes.blockers.push_back(
        foreign_resource("log group", spec.log_group, current->tags, goal, "give another --log-group"));
    return;
  }
  if (current->group.retention_days != wanted) {
    if (wanted) {
      group.changes.push_back({"retention", retention_text(current->group.retention_days), retention_text(wanted)});
    } else {
      add_note(changes, fmt::format("log group {} keeps events for {}; fhctl does not lift that.", spec.log_group,
                                    retention_text(current->group.retention_days)));
    }
  }
  compare_tags(group, current->tags, goal);
  add_step(changes, std::move(group));
  if (!current->stream_exists) {
    stream.drift = goal.recorded;
    if (stream.drift) stream.reasons.push_back("missing");
    changes.steps.push_back(std::move(stream));
  }
}

void compare_log_group_deletion(Changes& changes, const LogGroupState& current, const Spec& spec) {
  if (current.stream_exists) add_deletion(changes, Kind::kLogStream, spec.log_group + ":" + spec.log_stream);
  add_deletion(changes, Kind::kLogGroup, spec.log_group);
}

Result<void> create_log_group(aws::Client& client, Cancellation& control, const ResourceGoal& goal) {
  const Spec& spec = goal.spec;
  Result<void> created = logs::create_log_group(client, spec.log_group, goal.tags);
  for (int attempt = 0; !created && attempt < kRetriesMax; ++attempt) {
    if (created.error().kind != ErrorKind::kAlreadyExists && !aws::answer_lost(created.error())) return created;
    ASSIGN_OR_RETURN(const std::optional<Tags> current, logs::list_tags(client, group_arn(goal.identity, spec)));
    if (current) {
      if (!same_incarnation(*current, goal.tags)) return created_concurrently("log group", spec.log_group);
      created = ok();
    } else {
      RETURN_IF_ERROR(pause_before_retry(control, attempt + 1));
      created = logs::create_log_group(client, spec.log_group, goal.tags);
    }
  }
  if (!created || spec.log_retention_days == 0) return created;
  return logs::put_retention_policy(client, spec.log_group, spec.log_retention_days);
}

Result<void> update_log_group(aws::Client& client, const LogGroupState& current, const ResourceGoal& goal) {
  const Spec& spec = goal.spec;
  if (spec.log_retention_days > 0 && current.group.retention_days != spec.log_retention_days) {
    RETURN_IF_ERROR(logs::put_retention_policy(client, spec.log_group, spec.log_retention_days));
  }
  const TagChange change = tag_change(current.tags, goal);
  if (!change.set.empty()) RETURN_IF_ERROR(logs::tag_resource(client, current.group.arn, change.set));
  return change.remove.empty() ? ok() : logs::untag_resource(client, current.group.arn, change.remove);
}

Result<void> create_log_stream(aws::Client& client, Cancellation& control, const Spec& spec) {
  Result<void> created = logs::create_log_stream(client, spec.log_group, spec.log_stream);
  for (int attempt = 0; !created && aws::answer_lost(created.error()) && attempt < kRetriesMax; ++attempt) {
    RETURN_IF_ERROR(pause_before_retry(control, attempt + 1));
    created = logs::create_log_stream(client, spec.log_group, spec.log_stream);
  }
  if (!created && created.error().kind == ErrorKind::kAlreadyExists) return ok();  // a log stream in our group is ours
  return created;
}

Result<std::optional<Tags>> current_log_group_tags(aws::Client& client, const Identity& identity, const Spec& spec) {
  return logs::list_tags(client, group_arn(identity, spec));
}

Result<void> delete_log_group(aws::Client& client, const Spec& spec) {
  const Result<bool> deleted = logs::delete_log_group(client, spec.log_group);
  return deleted ? ok() : Result<void>(deleted.error());
}

}  // namespace fhctl::pipeline
