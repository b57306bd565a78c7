// Amazon CloudWatch Logs, JSON 1.1, 2014-03-28. Every function waits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/aws/client.h"
#include "core/base/tags.h"

namespace fhctl::logs {

struct LogGroup {
  std::string name;
  std::string arn;                    // without the ":*" at its end, as the tagging calls want it
  std::optional<int> retention_days;  // nullopt: never expires
  std::string kms_key_id;
  std::int64_t stored_bytes = 0;
};

struct LogEvent {
  std::int64_t timestamp_ms = 0;
  std::string message;
  std::string stream;
};

// Idempotency::kNotIdempotent. kAlreadyExists when the name is taken.
Result<void> create_log_group(aws::Client& client, const std::string& name, const Tags& tags);
// Found by its exact name: DescribeLogGroups only filters by prefix.
Result<std::optional<LogGroup>> find_log_group(aws::Client& client, const std::string& name);
Result<bool> delete_log_group(aws::Client& client, const std::string& name);  // false: it did not exist
Result<void> put_retention_policy(aws::Client& client, const std::string& group, int days);
Result<void> create_log_stream(aws::Client& client, const std::string& group, const std::string& stream);
Result<bool> log_stream_exists(aws::Client& client, const std::string& group, const std::string& stream);
// `arn` without ":*". nullopt: no such group.
Result<std::optional<Tags>> list_tags(aws::Client& client, const std::string& arn);
Result<void> tag_resource(aws::Client& client, const std::string& arn, const Tags& tags);
Result<void> untag_resource(aws::Client& client, const std::string& arn, const std::vector<std::string>& keys);
// Events since `start_ms`, oldest first, at most `most`. Empty for an absent group or stream.
Result<std::vector<LogEvent>> get_log_events(aws::Client& client, const std::string& group, const std::string& stream,
                                             std::int64_t start_ms, int most);

std::string group_arn(std::string_view partition, std::string_view region, std::string_view account,
                      std::string_view group);
// The group's name as a resource of a call (core/aws/consistency.h): "log group NAME".
std::string group_resource(std::string_view group);
std::string stream_resource(std::string_view group, std::string_view stream);  // "log stream GROUP:NAME"
// The values that PutRetentionPolicy takes, in days.
bool valid_retention(int days);

}  // namespace fhctl::logs
