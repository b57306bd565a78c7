// Log groups: lifecycle, retention and tags.
#include <algorithm>

#include "core/base/text.h"
#include "sandbox/logs/call.h"
#include "sandbox/wire/reply.h"
#include "sandbox/wire/tag_rules.h"

namespace fhctl::sandbox::logs {
namespace {

constexpr int kRetentionDays[] = {1,   3,   5,   7,   14,   30,   60,   90,   120,  150,  180,
                                  365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653};

void write_group(const LogsCall& call, const std::string& name, const LogGroup& group, bool is_short, Json& list) {
  const std::string arn = log_group_arn(call.world, call.incoming.region, name);
  Json out{{"logGroupName", name}, {"creationTime", group.created_ms}, {"arn", arn + ":*"},
           {"logGroupArn", arn},   {"metricFilterCount", 0},           {"logGroupClass", group.log_class}};
  // A search by pattern returns only these members; the documentation names fewer.
  if (!is_short) {
    std::int64_t bytes = 0;
    for (const auto& [stream_name, stream] : group.streams) {
      for (const LogEvent& event : stream.events) bytes += static_cast<std::int64_t>(event.message.size()) + 26;
    }
    out["storedBytes"] = bytes;
    out["deletionProtectionEnabled"] = group.is_protected;
    if (group.retention_days) out["retentionInDays"] = *group.retention_days;
    if (!group.kms_key_id.empty()) out["kmsKeyId"] = group.kms_key_id;
  }
  list.push_back(out);
}

bool is_identified(const LogsCall& call, const std::string& name) {
  for (const Json& identifier : call.input.at("logGroupIdentifiers")) {
    const std::string text = identifier.get<std::string>();
    if (text == name || name_in_group_arn(call, text) == name) return true;
  }
  return false;
}

// The group of a tagging call, whose ARN has no trailing ":*".
LogGroup* find_tagged(LogsCall& call, http::Response& refusal) {
  const std::string arn = call.text("resourceArn");
  const std::optional<std::string> name = name_in_group_arn(call, arn);
  if (!name || ends_with(arn, ":*")) {
    refusal = logs_invalid("The resource ARN is not that of a log group of this account and region, without ':*'.");
    return nullptr;
  }
  const auto found = call.world.logs->groups.find({call.incoming.region, *name});
  if (found != call.world.logs->groups.end()) return &found->second;
  refusal = no_such_group();
  return nullptr;
}

}  // namespace

http::Response create_group(LogsCall& call) {
  const std::string name = call.text("logGroupName");
  if (starts_with(name, "aws/")) return logs_invalid("Log groups starting with aws/ are reserved for AWS.");
  LogGroup group;
  group.created_ms = call.now_ms();
  group.kms_key_id = call.text("kmsKeyId");
  group.log_class = call.has("logGroupClass") ? call.text("logGroupClass") : "STANDARD";
  group.is_protected = get_bool(call.input, "deletionProtectionEnabled").value_or(false);
  if (call.has("tags")) {
    const Json& tags = call.input.at("tags");
    if (std::optional<http::Response> refusal = check_log_tags(tags)) return *refusal;
    group.tags = tags.get<std::map<std::string, std::string>>();
  }
  if (!call.world.logs->groups.emplace(std::pair(call.incoming.region, name), group).second) {
    return json_error(400, "ResourceAlreadyExistsException", "The specified log group already exists");
  }
  return json_answer("");
}

http::Response delete_group(LogsCall& call) {
  std::string name;
  http::Response refusal;
  const LogGroup* group = find_group(call, name, refusal);
  if (group == nullptr) return refusal;
  if (group->is_protected) {
    return json_error(400, "ValidationException", "The log group cannot be deleted while deletion protection is on.");
  }
  call.world.logs->groups.erase({call.incoming.region, name});
  return json_answer("");
}

http::Response describe_groups(LogsCall& call) {
  const bool by_pattern = call.has("logGroupNamePattern");
  const bool by_identifier = call.has("logGroupIdentifiers");
  if (call.has("logGroupNamePrefix") && by_pattern) {
    return logs_invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.");
  }
  if ((call.has("logGroupNamePrefix") ? 1 : 0) + (by_pattern ? 1 : 0) + (by_identifier ? 1 : 0) > 1) {
    return logs_invalid("LogGroup name prefix, pattern and identifiers are mutually exclusive parameters.");
  }
  const std::optional<std::string> after = read_page_token(call);
  if (!after) return logs_invalid("The specified nextToken is invalid.");
  const auto limit = static_cast<std::size_t>(get_integer(call.input, "limit").value_or(50));
  Json list = Json::array();
  Json answer;
  for (const auto& [where, group] : call.world.logs->groups) {
    const auto& [region, name] = where;
    const bool is_wanted = starts_with(name, call.text("logGroupNamePrefix")) &&
                           contains(name, call.text("logGroupNamePattern")) &&
                           (!by_identifier || is_identified(call, name)) &&
                           (!call.has("logGroupClass") || call.text("logGroupClass") == group.log_class);
    if (region != call.incoming.region || name <= *after || !is_wanted) continue;
    if (list.size() == limit) {
      answer["nextToken"] = page_token(list.back().at("logGroupName").get<std::string>());
      break;
    }
    write_group(call, name, group, by_pattern, list);
  }
  // A search by pattern does not know that it is complete: an empty page follows.
  if (by_pattern && !list.empty()) answer["nextToken"] = page_token(list.back().at("logGroupName").get<std::string>());
  answer["logGroups"] = list;
  return json_answer(dump(answer));
}

http::Response put_retention(LogsCall& call) {
  std::string name;
  http::Response refusal;
  LogGroup* group = find_group(call, name, refusal);
  if (group == nullptr) return refusal;
  const std::int64_t days = get_integer(call.input, "retentionInDays").value_or(0);
  if (std::find(std::begin(kRetentionDays), std::end(kRetentionDays), days) == std::end(kRetentionDays)) {
    return logs_invalid("1 validation error detected: Value '" + std::to_string(days) +
                        "' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set");
  }
  group->retention_days = static_cast<int>(days);
  return json_answer("");
}

http::Response delete_retention(LogsCall& call) {
  std::string name;
  http::Response refusal;
  LogGroup* group = find_group(call, name, refusal);
  if (group == nullptr) return refusal;
  group->retention_days.reset();
  return json_answer("");
}

http::Response protect_group(LogsCall& call) {
  std::string name;
  http::Response refusal;
  LogGroup* group = find_group(call, name, refusal);
  if (group == nullptr) return refusal;
  group->is_protected = get_bool(call.input, "deletionProtectionEnabled").value_or(false);
  return json_answer("");
}

http::Response tag_resource(LogsCall& call) {
  http::Response refusal;
  LogGroup* group = find_tagged(call, refusal);
  if (group == nullptr) return refusal;
  if (std::optional<http::Response> wrong = check_log_tags(call.input.at("tags"))) return *wrong;
  std::map<std::string, std::string> tags = group->tags;
  for (const auto& [key, value] : call.input.at("tags").items()) tags[key] = value.get<std::string>();
  if (tags.size() > kTagsMax) {
    return json_error(400, "TooManyTagsException", "A log group can have at most 50 tags.");
  }
  group->tags = tags;
  return json_answer("");
}

http::Response untag_resource(LogsCall& call) {
  http::Response refusal;
  LogGroup* group = find_tagged(call, refusal);
  if (group == nullptr) return refusal;
  for (const Json& key : call.input.at("tagKeys")) group->tags.erase(key.get<std::string>());
  return json_answer("");
}

http::Response list_tags(LogsCall& call) {
  http::Response refusal;
  const LogGroup* group = find_tagged(call, refusal);
  if (group == nullptr) return refusal;
  return json_answer(dump(Json{{"tags", group->tags}}));
}

}  // namespace fhctl::sandbox::logs
