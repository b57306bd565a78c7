// The keys under which Firehose delivers: prefixes with expressions, then "{stream}-{version}-{time}-{uuid}{ext}".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/random.h"
#include "core/base/time.h"

namespace fhctl::sandbox {

// What is wrong with the pair, or nothing. Expressions are !{timestamp:FORMAT}, !{firehose:random-string} and, in the
// error prefix only, !{firehose:error-output-type}; a prefix with any expression demands an error prefix, and an error
// prefix with one demands the error-output-type in it.
std::optional<std::string> prefix_problem(std::string_view prefix, std::string_view error_prefix);

struct ObjectName {
  std::string prefix;
  std::string stream;
  std::string version;
  std::string extension;  // with its dot; may be empty
};

// `time` is the arrival of the oldest record. Without a timestamp expression in the prefix, yyyy/MM/dd/HH/ follows it.
std::string object_key(const ObjectName& name, WallTime time, Entropy& entropy);

// The subset of Java's DateTimeFormatter that is simulated: yyyy MM dd HH mm ss, text in single quotes ('' is a quote),
// and anything that is no letter. In UTC. nullopt: another letter, or an open quote.
std::optional<std::string> format_java_time(std::string_view format, WallTime time);

}  // namespace fhctl::sandbox
