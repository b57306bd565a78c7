// The output formats by name, and the only place where one of them is chosen.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/globals.h"
#include "cli/views/renderer.h"

namespace fhctl::cli {

struct OutputFormat {
  std::string_view name;   // the value of --output
  std::string_view alias;  // another value that means the same; may be empty
  std::unique_ptr<Renderer> (*make_renderer)(const RendererOptions& options);
  // For people: stdout shows the plan before the question whether to carry it out, and hints may follow the result.
  bool for_people = false;
  // A result is a document of a data format, not lines of text.
  bool structured = false;
  // Events and notes are part of the output, so that stderr does not repeat them.
  bool event_stream = false;

  // Whether the output is a single document: a command that has no end cannot write it.
  bool one_document() const { return structured && !event_stream; }
};

// In the order in which help lists them; the first one is the default.
const std::vector<OutputFormat>& output_formats();
// Returns nullptr when no format has this name or alias.
const OutputFormat* find_output_format(std::string_view name);
// The format that --output or --json asks for.
const OutputFormat& chosen_output_format(const Globals& globals);
// The format of the file of --json-into.
const OutputFormat& event_log_format();

// The values of --output, and the sentence that lists them in help.
std::vector<std::string> output_format_choices();
std::string output_format_help();

}  // namespace fhctl::cli
