// The result of a command: one value that every output format can render. A command builds it from plain values and
// hands it to Reporter::show(); no command asks which output format was chosen.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "cli/views/style.h"

namespace fhctl::cli {

struct CommandResult {
  // The type of the NDJSON event that carries the result, such as "lock_state". Empty: no event carries it, because the
  // events of the run have reported it already.
  std::string event_type;
  // Returns the result for people: whole lines, or nothing.
  std::function<std::string(const Style&)> human;
  // Returns tab-separated lines for scripts; the first field of a line names its kind.
  std::function<std::string()> text;
  // Returns one JSON document, without a newline at its end.
  std::function<std::string()> json;
};

// Returns a result that owns `value` and renders it with these functions when a format asks for it.
template <class Value>
CommandResult make_result(std::string event_type, Value value, std::string (*human)(const Value&, const Style&),
                          std::string (*text)(const Value&), std::string (*json)(const Value&)) {
  const auto owned = std::make_shared<const Value>(std::move(value));
  return {std::move(event_type), [owned, human](const Style& style) { return human(*owned, style); },
          [owned, text] { return text(*owned); }, [owned, json] { return json(*owned); }};
}

}  // namespace fhctl::cli
