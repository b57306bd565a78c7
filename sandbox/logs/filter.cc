// FilterLogEvents: events of many streams of a group, by time and by the words in them.
#include <algorithm>

#include "core/base/text.h"
#include "sandbox/logs/call.h"
#include "sandbox/wire/reply.h"

namespace fhctl::sandbox::logs {
namespace {

struct Found {
  const LogEvent* event;
  std::string stream;
};

// Splits a pattern into words; a phrase in double quotes counts as one word.
std::vector<std::string> words_of(const std::string& pattern) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false;
  for (const char c : pattern + " ") {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ' ' && !quoted) {
      if (!word.empty()) words.push_back(word);
      word.clear();
    } else {
      word += c;
    }
  }
  return words;
}

// A message matches if it contains every plain word, no word with a leading '-', and at least one of the words with a
// leading '?', if there are any.
bool matches(const std::vector<std::string>& words, const std::string& message) {
  bool has_optional = false;
  bool found_optional = false;
  for (const std::string& word : words) {
    if (starts_with(word, "?")) {
      has_optional = true;
      found_optional = found_optional || contains(message, word.substr(1));
    } else if (starts_with(word, "-") ? contains(message, word.substr(1)) : !contains(message, word)) {
      return false;
    }
  }
  return !has_optional || found_optional;
}

bool is_wanted_stream(const LogsCall& call, const std::string& name) {
  if (!call.has("logStreamNames")) return starts_with(name, call.text("logStreamNamePrefix"));
  const Json& names = call.input.at("logStreamNames");
  return std::find(names.begin(), names.end(), Json(name)) != names.end();
}

std::vector<Found> search(const LogsCall& call, const LogGroup& group) {
  const std::int64_t start = get_integer(call.input, "startTime").value_or(0);
  const std::int64_t end = get_integer(call.input, "endTime").value_or(std::numeric_limits<std::int64_t>::max());
  const std::vector<std::string> words = words_of(call.text("filterPattern"));
  std::vector<Found> found;
  for (const auto& [name, stream] : group.streams) {
    if (!is_wanted_stream(call, name)) continue;
    for (const LogEvent& event : stream.events) {
      const bool in_time = event.timestamp_ms >= start && event.timestamp_ms <= end;
      if (in_time && matches(words, event.message)) found.push_back({&event, name});
    }
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Found& a, const Found& b) { return a.event->timestamp_ms < b.event->timestamp_ms; });
  return found;
}

}  // namespace

http::Response filter_events(LogsCall& call) {
  std::string name;
  http::Response refusal;
  const LogGroup* group = find_group(call, name, refusal);
  if (group == nullptr) return refusal;
  if (call.has("logStreamNames") && call.has("logStreamNamePrefix")) {
    return logs_invalid("logStreamNames and logStreamNamePrefix are mutually exclusive parameters.");
  }
  if (starts_with(call.text("filterPattern"), "{") || starts_with(call.text("filterPattern"), "[") ||
      starts_with(call.text("filterPattern"), "%")) {
    return logs_invalid("Filter patterns for JSON, columns and regular expressions are not simulated.");
  }
  const std::optional<std::string> token = read_page_token(call);
  const std::optional<std::int64_t> offset = parse_integer(token && !token->empty() ? *token : "0");
  if (!token || !offset || *offset < 0) return logs_invalid("The specified nextToken is invalid.");
  const std::vector<Found> found = search(call, *group);
  const std::size_t begin = std::min(found.size(), static_cast<std::size_t>(*offset));
  const auto limit = static_cast<std::size_t>(get_integer(call.input, "limit").value_or(10000));
  const std::size_t end = std::min(found.size(), begin + limit);
  Json answer{{"events", Json::array()}, {"searchedLogStreams", Json::array()}};
  for (std::size_t i = begin; i < end; ++i) {
    answer["events"].push_back({{"logStreamName", found[i].stream},
                                {"timestamp", found[i].event->timestamp_ms},
                                {"message", found[i].event->message},
                                {"ingestionTime", found[i].event->ingested_ms},
                                {"eventId", std::to_string(found[i].event->timestamp_ms) + "-" + std::to_string(i)}});
  }
  if (end < found.size()) answer["nextToken"] = page_token(std::to_string(end));
  return json_answer(dump(answer));
}

}  // namespace fhctl::sandbox::logs
