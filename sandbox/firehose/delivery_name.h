// The object keys under which Firehose delivers: prefixes with expressions, then
// "{stream}-{version}-{time}-{uuid}{ext}".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/random.h"
#include "core/base/time.h"

namespace fhctl::sandbox {

// Returns what is wrong with the pair of prefixes, or nullopt. Expressions are !{timestamp:FORMAT},
// !{firehose:random-string} and, in the error prefix only, !{firehose:error-output-type}. A prefix with an expression
// requires an error prefix, and an error prefix with an expression must contain the error-output-type.
std::optional<std::string> prefix_problem(std::string_view prefix, std::string_view error_prefix);

struct ObjectName {
  std::string prefix;
  std::string stream;
  std::string version;
  std::string extension;  // with its dot; may be empty
};

// `time` is the arrival of the oldest record. A prefix without a timestamp expression is followed by yyyy/MM/dd/HH/.
std::string object_key(const ObjectName& name, WallTime time, Entropy& entropy);

// The subset of Java's DateTimeFormatter that is simulated: yyyy MM dd HH mm ss, text in single quotes ('' is a quote),
// and every character that is not a letter. In UTC. Returns nullopt for another letter or an unclosed quote.
std::optional<std::string> format_java_time(std::string_view format, WallTime time);

}  // namespace fhctl::sandbox
