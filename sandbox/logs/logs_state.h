// State of the simulated CloudWatch Logs. Groups belong to a region; the same name in two regions is two groups.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/state/history.h"

namespace fhctl::sandbox {

struct LogEvent {
  std::int64_t timestamp_ms = 0;
  std::int64_t ingested_ms = 0;
  std::string message;
};

struct LogStream {
  std::int64_t created_ms = 0;
  std::vector<LogEvent> events;  // by timestamp; equal timestamps in the order of arrival
};

struct LogGroup {
  std::int64_t created_ms = 0;
  std::optional<int> retention_days;
  std::string kms_key_id;
  std::string log_class = "STANDARD";
  bool is_protected = false;  // against deletion
  std::map<std::string, std::string> tags;
  std::map<std::string, LogStream> streams;
};

struct LogsState {
  using Groups = std::map<std::pair<std::string, std::string>, LogGroup>;
  Groups groups;  // by region and name
  History<Groups> history;
};

}  // namespace fhctl::sandbox
