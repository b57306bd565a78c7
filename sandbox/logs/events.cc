// Events of one log stream: written in batches, read page by page in both directions.
#include <algorithm>

#include "core/base/text.h"
#include "sandbox/logs/call.h"
#include "sandbox/wire/reply.h"

namespace fhctl::sandbox::logs {
namespace {

constexpr std::int64_t kHourMs = 3600 * 1000;
constexpr std::size_t kPutEventsBytesMax = 1048576;
constexpr std::size_t kEventOverhead = 26;  // added to the size of each message

std::optional<http::Response> check_batch(const Json& events) {
  std::size_t bytes = 0;
  std::int64_t last = 0;
  for (const Json& event : events) {
    const std::int64_t time = *get_integer(event, "timestamp");
    if (time < last) {
      return logs_invalid("Log events in a single PutLogEvents request must be in chronological order.");
    }
    last = time;
    bytes += get_string(event, "message")->size() + kEventOverhead;
  }
  if (bytes > kPutEventsBytesMax) {
    return logs_invalid("Upload too large: " + std::to_string(bytes) + " bytes exceeds limit of 1048576");
  }
  if (last - *get_integer(events.front(), "timestamp") > 24 * kHourMs) {
    return logs_invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
  }
  return std::nullopt;
}

// Forward tokens "f/N" point before event N, backward tokens "b/N" after event N - 1.
struct Token {
  bool is_forward = true;
  std::size_t index = 0;
};

std::optional<Token> read_token(const std::string& text, std::size_t size) {
  const std::optional<std::int64_t> index = parse_integer(text.size() > 2 ? text.substr(2) : "");
  if (!index || *index < 0 || (!starts_with(text, "f/") && !starts_with(text, "b/"))) return std::nullopt;
  return Token{text[0] == 'f', std::min(static_cast<std::size_t>(*index), size)};
}

std::vector<LogEvent> events_between(const LogStream& stream, const LogsCall& call) {
  const std::int64_t start = get_integer(call.input, "startTime").value_or(0);
  const std::int64_t end = get_integer(call.input, "endTime").value_or(std::numeric_limits<std::int64_t>::max());
  std::vector<LogEvent> out;
  for (const LogEvent& event : stream.events) {
    if (event.timestamp_ms >= start && event.timestamp_ms < end) out.push_back(event);
  }
  return out;
}

}  // namespace

http::Response put_events(LogsCall& call) {
  std::string name;
  http::Response refusal;
  LogGroup* group = find_group(call, name, refusal);
  LogStream* stream = group == nullptr ? nullptr : find_stream(*group, call.text("logStreamName"), refusal);
  if (stream == nullptr) return refusal;
  const Json& events = call.input.at("logEvents");
  if (std::optional<http::Response> wrong = check_batch(events)) return *wrong;
  Json rejected;
  std::int64_t index = 0;
  for (const Json& event : events) {
    const std::int64_t time = *get_integer(event, "timestamp");
    if (time > call.now_ms() + 2 * kHourMs) {
      if (!rejected.contains("tooNewLogEventStartIndex")) rejected["tooNewLogEventStartIndex"] = index;
    } else if (time < call.now_ms() - 14 * 24 * kHourMs) {
      rejected["tooOldLogEventEndIndex"] = index + 1;
    } else {
      insert_event(*stream, {time, call.now_ms(), *get_string(event, "message")});
    }
    ++index;
  }
  Json answer{{"nextSequenceToken", std::to_string(stream->events.size() + 1)}};
  if (!rejected.is_null()) answer["rejectedLogEventsInfo"] = rejected;
  return json_answer(dump(answer));
}

// A response always has tokens: at either end the token that was sent is returned. Without a token the newest events
// come first, unless startFromHead.
http::Response get_events(LogsCall& call) {
  std::string name;
  http::Response refusal;
  LogGroup* group = find_group(call, name, refusal);
  const LogStream* stream = group == nullptr ? nullptr : find_stream(*group, call.text("logStreamName"), refusal);
  if (stream == nullptr) return refusal;
  const std::vector<LogEvent> events = events_between(*stream, call);
  const bool from_head = get_bool(call.input, "startFromHead").value_or(false);
  Token token{from_head, from_head ? 0 : events.size()};
  if (call.has("nextToken")) {
    const std::optional<Token> given = read_token(call.text("nextToken"), events.size());
    if (!given) return logs_invalid("The specified nextToken is invalid.");
    token = *given;
  }
  const auto limit = static_cast<std::size_t>(get_integer(call.input, "limit").value_or(10000));
  const std::size_t begin = token.is_forward ? token.index : token.index - std::min(limit, token.index);
  const std::size_t end = token.is_forward ? std::min(events.size(), begin + limit) : token.index;
  Json list = Json::array();
  for (std::size_t i = begin; i < end; ++i) {
    list.push_back({{"timestamp", events[i].timestamp_ms},
                    {"message", events[i].message},
                    {"ingestionTime", events[i].ingested_ms}});
  }
  return json_answer(dump(Json{{"events", list},
                               {"nextForwardToken", "f/" + std::to_string(end)},
                               {"nextBackwardToken", "b/" + std::to_string(begin)}}));
}

}  // namespace fhctl::sandbox::logs
