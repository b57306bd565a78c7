#include "core/services/logs.h"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/services/protocols/aws_json.h"
#include "core/services/protocols/response_errors.h"

namespace fhctl::logs {
namespace {

constexpr JsonService kLogs{aws::Service::kLogs, "Logs_20140328"};
constexpr int kDescribeLimit = 50;  // the largest page of both Describe calls
// GetLogEvents may answer with empty pages before it finds something.
constexpr int kEventPagesMax = 1000;

bool is_absent(const Error& error) { return is_fault(error, "ResourceNotFoundException"); }

Result<Json> call(aws::Client& client, const std::string& operation, const Json& input, aws::CallResources resources,
                  aws::Idempotency safety = aws::Idempotency::kIdempotent);
Result<void> call_for_nothing(aws::Client& client, const std::string& operation, const Json& input,
                              aws::CallResources resources, aws::Idempotency safety = aws::Idempotency::kIdempotent);
std::string group_resource_of(std::string_view arn);
Result<LogGroup> read_group(const Json& group);

// Follows nextToken, handing each member of the array `list` with its name, which stands in `named`, to `use`, until
// the pages end or `use` returns false. A member without a name that can be read is an error: it may be the one that is
// looked for. Waits.
Result<void> each_member(aws::Client& client, const std::string& operation, Json input, std::string_view list,
                         std::string_view named, const aws::CallResources& resources,
                         const std::function<bool(const std::string&, const Json&)>& use);
// Repeats a `listing` that does not show the resource that this run has just created: lists say nothing about a
// resource that they do not know yet. `found` says whether it was shown. Waits.
Result<void> list_until_shown(aws::Client& client, const std::string& resource,
                              const std::function<Result<void>()>& listing, const std::function<bool()>& found);

}  // namespace

Result<void> create_log_group(aws::Client& client, const std::string& name, const Tags& tags) {
  Json input{{"logGroupName", name}};
  if (!tags.empty()) input["tags"] = tags;
  return call_for_nothing(client, "CreateLogGroup", input, {.creates = group_resource(name)},
                          aws::Idempotency::kNotIdempotent);
}

Result<std::optional<LogGroup>> find_log_group(aws::Client& client, const std::string& name) {
  std::optional<Json> found;
  Json input{{"logGroupNamePrefix", name}, {"limit", kDescribeLimit}};
  // The prefix "/fh/a" also finds "/fh/ab".
  const auto listing = [&] {
    return each_member(client, "DescribeLogGroups", input, "logGroups", "logGroupName", {},
                       [&found, &name](const std::string& name_there, const Json& group) {
                         if (name_there == name) found = group;
                         return !found;
                       });
  };
  const std::string resource = group_resource(name);
  Result<void> looked = list_until_shown(client, resource, listing, [&found] { return found.has_value(); });
  if (!looked) return looked.error();
  // The list may still show a group that this run has deleted.
  if (!found || client.recent_changes().deleted(resource, client.loop().now())) return std::optional<LogGroup>();
  ASSIGN_OR_RETURN(LogGroup group, read_group(*found));
  return std::optional<LogGroup>(std::move(group));
}

Result<bool> delete_log_group(aws::Client& client, const std::string& name) {
  Result<void> deleted = call_for_nothing(client, "DeleteLogGroup", {{"logGroupName", name}},
                                          {.needs = group_resource(name), .deletes = group_resource(name)});
  if (deleted) return true;
  if (is_absent(deleted.error())) return false;
  return deleted.error();
}

Result<void> put_retention_policy(aws::Client& client, const std::string& group, int days) {
  return call_for_nothing(client, "PutRetentionPolicy", {{"logGroupName", group}, {"retentionInDays", days}},
                          {.needs = group_resource(group), .changes = group_resource(group)});
}

Result<void> create_log_stream(aws::Client& client, const std::string& group, const std::string& stream) {
  return call_for_nothing(client, "CreateLogStream", {{"logGroupName", group}, {"logStreamName", stream}},
                          {.needs = group_resource(group), .creates = stream_resource(group, stream)},
                          aws::Idempotency::kNotIdempotent);
}

Result<bool> log_stream_exists(aws::Client& client, const std::string& group, const std::string& stream) {
  bool found = false;
  Json input{{"logGroupName", group}, {"logStreamNamePrefix", stream}, {"limit", kDescribeLimit}};
  const auto listing = [&] {
    return each_member(client, "DescribeLogStreams", input, "logStreams", "logStreamName",
                       {.needs = group_resource(group)}, [&found, &stream](const std::string& name_there, const Json&) {
                         found = name_there == stream;
                         return !found;
                       });
  };
  Result<void> looked = list_until_shown(client, stream_resource(group, stream), listing, [&found] { return found; });
  if (!looked && is_absent(looked.error())) return false;
  if (!looked) return looked.error();
  return found;
}

Result<std::optional<Tags>> list_tags(aws::Client& client, const std::string& arn) {
  constexpr std::string_view kOperation = "ListTagsForResource";
  Result<Json> answer =
      call(client, std::string(kOperation), {{"resourceArn", arn}}, {.needs = group_resource_of(arn)});
  if (!answer) {
    if (is_absent(answer.error())) return std::optional<Tags>();
    return answer.error();
  }
  Tags tags;
  if (!answer->contains("tags")) return std::optional<Tags>(tags);
  const Json* members = get_object(*answer, "tags");
  if (members == nullptr) return missing_member(kOperation, "tags");
  for (const auto& [key, value] : members->items()) {
    if (!value.is_string()) return missing_member(kOperation, "tags");
    tags[key] = value.get<std::string>();
  }
  return std::optional<Tags>(std::move(tags));
}

Result<void> tag_resource(aws::Client& client, const std::string& arn, const Tags& tags) {
  if (tags.empty()) return ok();
  const std::string group = group_resource_of(arn);
  return call_for_nothing(client, "TagResource", {{"resourceArn", arn}, {"tags", tags}},
                          {.needs = group, .changes = group});
}

Result<void> untag_resource(aws::Client& client, const std::string& arn, const std::vector<std::string>& keys) {
  if (keys.empty()) return ok();
  const std::string group = group_resource_of(arn);
  return call_for_nothing(client, "UntagResource", {{"resourceArn", arn}, {"tagKeys", keys}},
                          {.needs = group, .changes = group});
}

Result<std::vector<LogEvent>> get_log_events(aws::Client& client, const std::string& group, const std::string& stream,
                                             std::int64_t start_ms, int most) {
  constexpr std::string_view kOperation = "GetLogEvents";
  constexpr int kEventsLimit = 10'000;
  std::vector<LogEvent> events;
  if (most <= 0) return events;
  Json input{{"logGroupName", group},
             {"logStreamName", stream},
             {"startTime", start_ms},
             {"startFromHead", true},
             {"limit", std::min(most, kEventsLimit)}};
  for (int page = 0; page < kEventPagesMax; ++page) {
    Result<Json> answer = json_call(client, kLogs, std::string(kOperation), input);
    if (!answer && is_absent(answer.error())) return std::vector<LogEvent>{};
    if (!answer) return answer.error();
    const Json* members = get_array(*answer, "events");
    if (members == nullptr) return missing_member(kOperation, "events");
    for (const Json& member : *members) {
      events.push_back({.timestamp_ms = get_integer(member, "timestamp").value_or(0),
                        .message = get_string(member, "message").value_or(""),
                        .stream = stream});
      if (events.size() == static_cast<std::size_t>(most)) return events;
    }
    // There is always a token; the end is the token that was sent.
    std::optional<std::string> next = get_string(*answer, "nextForwardToken");
    if (!next || next == get_string(input, "nextToken")) return events;
    input["nextToken"] = *next;
  }
  return stuck_pages(kOperation);
}

std::string group_arn(std::string_view partition, std::string_view region, std::string_view account,
                      std::string_view group) {
  return fmt::format("arn:{}:logs:{}:{}:log-group:{}", partition, region, account, group);
}

std::string group_resource(std::string_view group) { return fmt::format("log group {}", group); }

std::string stream_resource(std::string_view group, std::string_view stream) {
  return fmt::format("log stream {}:{}", group, stream);
}

bool valid_retention(int days) {
  constexpr int kDays[] = {1,   3,   5,   7,   14,   30,   60,   90,   120,  150,  180,
                           365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653};
  return std::find(std::begin(kDays), std::end(kDays), days) != std::end(kDays);
}

namespace {

Result<Json> call(aws::Client& client, const std::string& operation, const Json& input, aws::CallResources resources,
                  aws::Idempotency safety) {
  return json_call(client, kLogs, operation, input, safety, std::move(resources));
}

Result<void> call_for_nothing(aws::Client& client, const std::string& operation, const Json& input,
                              aws::CallResources resources, aws::Idempotency safety) {
  ASSIGN_OR_RETURN(Json answer, call(client, operation, input, std::move(resources), safety));
  return ok();
}

std::string group_resource_of(std::string_view arn) {
  constexpr std::string_view kBefore = ":log-group:";
  const std::size_t at = arn.find(kBefore);
  return group_resource(at == std::string_view::npos ? arn : arn.substr(at + kBefore.size()));
}

Result<LogGroup> read_group(const Json& group) {
  LogGroup result{.name = get_string(group, "logGroupName").value_or(""),
                  .arn = get_string(group, "logGroupArn").value_or(get_string(group, "arn").value_or("")),
                  .retention_days = get_int(group, "retentionInDays"),
                  .kms_key_id = get_string(group, "kmsKeyId").value_or(""),
                  .stored_bytes = get_integer(group, "storedBytes").value_or(0)};
  if (ends_with(result.arn, ":*")) result.arn.resize(result.arn.size() - 2);
  if (result.arn.empty()) return missing_member("DescribeLogGroups", "arn");
  // Only a group without this member keeps its events without limit.
  const auto days = group.find("retentionInDays");
  if (days != group.end() && !days->is_null() && !result.retention_days) {
    return missing_member("DescribeLogGroups", "retentionInDays");
  }
  return result;
}

Result<void> each_member(aws::Client& client, const std::string& operation, Json input, std::string_view list,
                         std::string_view named, const aws::CallResources& resources,
                         const std::function<bool(const std::string&, const Json&)>& use) {
  std::set<std::string> tokens;
  while (true) {
    ASSIGN_OR_RETURN(Json answer, call(client, operation, input, resources));
    const Json* members = get_array(answer, list);
    if (members == nullptr) return missing_member(operation, list);
    for (const Json& member : *members) {
      const std::optional<std::string> name = get_string(member, named);
      if (!name) return missing_member(operation, named);
      if (!use(*name, member)) return ok();
    }
    std::optional<std::string> next = get_string(answer, "nextToken");
    if (!next) return ok();
    if (!tokens.insert(*next).second) return stuck_pages(operation);
    input["nextToken"] = *next;
  }
}

Result<void> list_until_shown(aws::Client& client, const std::string& resource,
                              const std::function<Result<void>()>& listing, const std::function<bool()>& found) {
  aws::ConsistencyWait wait = client.consistency_wait(resource);
  while (true) {
    RETURN_IF_ERROR(listing());
    if (found()) return ok();
    const std::optional<Instant> until = client.recent_changes().created(resource, client.loop().now());
    if (!until) return ok();
    ASSIGN_OR_RETURN(const bool again, wait.pause("it is not in the list yet", *until));
    if (!again) return ok();
  }
}

}  // namespace
}  // namespace fhctl::logs
