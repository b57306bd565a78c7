#include "core/resources/log_group.h"

#include <utility>

#include <fmt/format.h>

#include "core/aws/retry.h"
#include "core/base/text.h"
#include "core/resources/creation.h"

namespace fhctl::pipeline {
namespace {

std::string group_arn(const Identity& identity, const Spec& spec) {
  return logs::group_arn(identity.partition, identity.region, identity.account, spec.log_group);
}

bool adoptable(const LogGroupState& current, const ResourceGoal& goal) {
  return goal.adopt_log_group && !current.tags.contains(kPipelineTag);
}

// The retention that a group is to get; nullopt: it stays as it is. A shorter retention deletes events, so that of an
// adopted group changes only if the user set one.
std::optional<int> wanted_retention(const LogGroupState& current, const ResourceGoal& goal) {
  const Spec& spec = goal.spec;
  const bool adopted = is_adopted(current) || adoptable(current, goal);
  if (spec.log_retention_days == 0 || (adopted && !spec.given.contains("logs.retention"))) return std::nullopt;
  return spec.log_retention_days;
}

std::string retention_text(std::optional<int> days) { return days ? fmt::format("{} days", *days) : "never expires"; }

void compare_retention(Changes& changes, Step& step, const LogGroupState& current, const ResourceGoal& goal) {
  const std::optional<int> now = current.group.retention_days;
  const std::optional<int> wanted = wanted_retention(current, goal);
  if (wanted) {
    if (now != wanted) step.changes.push_back({"retention", retention_text(now), retention_text(wanted)});
  } else if (now && goal.spec.log_retention_days == 0) {
    add_note(changes, fmt::format("log group {} keeps events for {}; fhctl does not lift that.", goal.spec.log_group,
                                  retention_text(now)));
  } else if (now != goal.spec.log_retention_days && adoptable(current, goal)) {
    add_note(changes, fmt::format("log group {} keeps its retention ({}), because it is adopted; --log-retention "
                                  "changes it.",
                                  goal.spec.log_group, retention_text(now)));
  }
}

// The tags that say whose a group is.
std::vector<std::string> ownership_tags(const Tags& tags) {
  std::vector<std::string> keys;
  for (const char* key : {kPipelineTag, kRegionTag, kIdTag, kBucketTag}) {
    if (tags.contains(key)) keys.emplace_back(key);
  }
  return keys;
}

void add_giving_back(Changes& changes, Step step, const LogGroupState& current) {
  step.action = Action::kUpdate;
  step.reasons.push_back("it was adopted: it stays with its events, and loses fhctl's tags");
  for (const std::string& key : ownership_tags(current.tags)) {
    step.changes.push_back({"tag " + key, current.tags.at(key), ""});
  }
  add_step(changes, std::move(step));
}

// An existing group's state, without what may not be read.
Result<std::optional<LogGroupState>> existing_log_group_state(const LogGroupReading& reading,
                                                              const std::string& context) {
  LogGroupState state;
  const auto is_denied = [](const auto& result) { return !result && result.error().kind == ErrorKind::kDenied; };
  if (is_denied(reading.group)) {
    state.denied.insert("logs:DescribeLogGroups");
  } else if (!reading.group) {
    return with_context(reading.group.error(), context);
  } else if (!*reading.group) {
    return std::optional<LogGroupState>();
  } else {
    state.group = **reading.group;
  }
  if (is_denied(reading.stream)) {
    state.denied.insert("logs:DescribeLogStreams");
  } else if (!reading.stream) {
    return with_context(reading.stream.error(), context);
  } else {
    state.stream_exists = *reading.stream;
  }
  return std::optional<LogGroupState>(std::move(state));
}

// `stream`: the step that creates the log stream, which Firehose needs.
void compare_existing_log_group(Changes& changes, const std::optional<LogGroupState>& current, const Spec& spec,
                                Step stream) {
  if (!spec.error_logging) return;
  if (!current) {
    add_blocker(changes, fmt::format("log group {} does not exist", spec.existing_log_group),
                "--existing-log-group names a group that is there already; leave it out and fhctl makes one");
    return;
  }
  if (!current->denied.empty()) {
    changes.notes.push_back(
        {true,
         fmt::format("log group {} is used without a check that it and its log stream {} exist (denied: {}).",
                     spec.log_group, spec.log_stream, join({current->denied.begin(), current->denied.end()}, ", ")),
         "without them delivery errors are not recorded"});
  }
  if (current->stream_exists || current->denied.contains("logs:DescribeLogStreams")) return;
  stream.detail = "in a group that is not fhctl's: `destroy` leaves both";
  changes.steps.push_back(std::move(stream));
}

}  // namespace

void read_log_group(aws::Client& client, Group& group, const Identity& identity, const Spec& spec,
                    LogGroupReading& reading) {
  group.spawn([&client, &reading, name = spec.log_group] { reading.group = logs::find_log_group(client, name); });
  if (!spec.external_log_group()) {
    group.spawn([&client, &reading, arn = group_arn(identity, spec)] { reading.tags = logs::list_tags(client, arn); });
  }
  group.spawn([&client, &reading, name = spec.log_group, stream = spec.log_stream] {
    reading.stream = logs::log_stream_exists(client, name, stream);
  });
}

Result<std::optional<LogGroupState>> log_group_state(const LogGroupReading& reading, const Spec& spec) {
  const std::string context = "reading log group " + spec.log_group;
  if (spec.external_log_group()) return existing_log_group_state(reading, context);
  if (!reading.group) return with_context(reading.group.error(), context);
  if (!*reading.group) return std::optional<LogGroupState>();
  if (!reading.tags) return with_context(reading.tags.error(), context);
  if (!reading.stream) return with_context(reading.stream.error(), context);
  return std::optional<LogGroupState>(LogGroupState{**reading.group, reading.tags->value_or(Tags{}), *reading.stream});
}

bool is_adopted(const LogGroupState& group) { return group.tags.contains(kAdoptedTag); }

void compare_log_group(Changes& changes, const std::optional<LogGroupState>& current, const ResourceGoal& goal,
                       bool had_logging) {
  const Spec& spec = goal.spec;
  Step group{{Kind::kLogGroup, spec.log_group, 0}, Action::kUpdate, "", {}, {}, false};
  Step stream{{Kind::kLogStream, spec.log_group + ":" + spec.log_stream, 0}, Action::kCreate, "", {}, {}, false};
  if (spec.external_log_group()) return compare_existing_log_group(changes, current, spec, std::move(stream));
  const bool owned = current && goal.ownership.owner_of(current->tags) == Owner::kOurs;
  if (!spec.error_logging) {
    if (!owned) {
      if (!current || !had_logging) return;
      changes.notes.push_back(
          {true, fmt::format("log group {} does not carry this pipeline's tags and stays.", spec.log_group),
           "tags can take a minute to show: run the same command again; else delete it if it is yours"});
      return;
    }
    group.reasons.push_back("the spec switched error logging off");
    if (is_adopted(*current)) return add_giving_back(changes, std::move(group), *current);
    group.action = stream.action = Action::kDelete;
    changes.steps.push_back(std::move(group));
    if (current->stream_exists) changes.steps.push_back(std::move(stream));
    return;
  }
  if (!current) {
    const std::optional<int> wanted =
        spec.log_retention_days > 0 ? std::optional<int>(spec.log_retention_days) : std::nullopt;
    group.action = Action::kCreate;
    group.detail = wanted ? fmt::format("retention {} days", *wanted) : "never expires";
    group.drift = stream.drift = goal.recorded;
    if (group.drift) group.reasons.push_back("missing");
    changes.steps.push_back(std::move(group));
    changes.steps.push_back(std::move(stream));
    return;
  }
  if (!owned && !adoptable(*current, goal)) {
    changes.blockers.push_back(foreign_resource(
        "log group", spec.log_group, current->tags, goal,
        current->tags.contains(kPipelineTag)
            ? "give another --log-group"
            : "`--adopt-log-group` takes it over, `--existing-log-group` uses it without changing it"));
    return;
  }
  if (!owned) group.reasons.push_back("adopted: it gets fhctl's tags");
  compare_retention(changes, group, *current, goal);
  compare_tags(group, current->tags, goal);
  add_step(changes, std::move(group));
  if (!current->stream_exists) {
    stream.drift = goal.recorded;
    if (stream.drift) stream.reasons.push_back("missing");
    changes.steps.push_back(std::move(stream));
  }
}

void compare_log_group_deletion(Changes& changes, const LogGroupState& current, const Spec& spec, bool give_back) {
  if (give_back) {
    return add_giving_back(changes, {{Kind::kLogGroup, spec.log_group, 0}, Action::kUpdate, "", {}, {}, false},
                           current);
  }
  if (current.stream_exists) add_deletion(changes, Kind::kLogStream, spec.log_group + ":" + spec.log_stream);
  add_deletion(changes, Kind::kLogGroup, spec.log_group);
}

Result<void> create_log_group(aws::Client& client, const ResourceGoal& goal) {
  const Spec& spec = goal.spec;
  RETURN_IF_ERROR(create_until_shown(
      client, {aws::Service::kLogs, "log group", spec.log_group}, goal.tags,
      [&] { return logs::create_log_group(client, spec.log_group, goal.tags); },
      [&] { return current_log_group_tags(client, goal.identity, spec); }));
  if (spec.log_retention_days == 0) return ok();
  return logs::put_retention_policy(client, spec.log_group, spec.log_retention_days);
}

Result<void> update_log_group(aws::Client& client, const LogGroupState& current, const ResourceGoal& goal) {
  const Spec& spec = goal.spec;
  const std::optional<int> retention = wanted_retention(current, goal);
  if (retention && current.group.retention_days != retention) {
    RETURN_IF_ERROR(logs::put_retention_policy(client, spec.log_group, *retention));
  }
  TagChange change = tag_change(current.tags, goal);
  if (adoptable(current, goal)) change.set[kAdoptedTag] = "true";
  if (!change.set.empty()) RETURN_IF_ERROR(logs::tag_resource(client, current.group.arn, change.set));
  return change.remove.empty() ? ok() : logs::untag_resource(client, current.group.arn, change.remove);
}

Result<void> give_back_log_group(aws::Client& client, const LogGroupState& current) {
  return logs::untag_resource(client, current.group.arn, ownership_tags(current.tags));
}

Result<void> create_log_stream(aws::Client& client, const Spec& spec) {
  const std::string resource = logs::stream_resource(spec.log_group, spec.log_stream);
  aws::ConsistencyWait wait = client.consistency_wait(resource);
  const Instant until = client.loop().now() + kLostAnswerPatience;
  while (true) {
    const Result<void> created = logs::create_log_stream(client, spec.log_group, spec.log_stream);
    if (created) return created;
    if (created.error().kind == ErrorKind::kAlreadyExists) {  // a log stream in our group is ours
      client.note_created(aws::Service::kLogs, resource);
      return ok();
    }
    if (!aws::answer_lost(created.error())) return created;
    ASSIGN_OR_RETURN(const bool again, wait.pause(created.error().message, until));
    if (!again) return created;
  }
}

Result<std::optional<Tags>> current_log_group_tags(aws::Client& client, const Identity& identity, const Spec& spec) {
  return logs::list_tags(client, group_arn(identity, spec));
}

Result<void> delete_log_group(aws::Client& client, const Spec& spec) {
  const Result<bool> deleted = logs::delete_log_group(client, spec.log_group);
  return deleted ? ok() : Result<void>(deleted.error());
}

}  // namespace fhctl::pipeline
