#include "cli/views/output_format.h"

#include <algorithm>

#include <fmt/format.h>

namespace fhctl::cli {

// Each is defined in the file of its renderer. They are declared here and not in a header, so that a new format is one
// file and a row below.
std::unique_ptr<Renderer> make_human_renderer(const RendererOptions& options);
std::unique_ptr<Renderer> make_text_renderer(const RendererOptions& options);
std::unique_ptr<Renderer> make_json_renderer(const RendererOptions& options);
std::unique_ptr<Renderer> make_ndjson_renderer(const RendererOptions& options);

const std::vector<OutputFormat>& output_formats() {
  static const std::vector<OutputFormat> formats = {
      {.name = "human", .alias = "table", .make_renderer = make_human_renderer, .for_people = true},
      {.name = "text", .alias = "", .make_renderer = make_text_renderer},
      {.name = "json", .alias = "", .make_renderer = make_json_renderer, .structured = true},
      {.name = "ndjson", .alias = "", .make_renderer = make_ndjson_renderer, .structured = true, .event_stream = true},
  };
  return formats;
}

const OutputFormat* find_output_format(std::string_view name) {
  for (const OutputFormat& format : output_formats()) {
    if (name == format.name || (!format.alias.empty() && name == format.alias)) return &format;
  }
  return nullptr;
}

const OutputFormat& chosen_output_format(const Globals& globals) {
  const OutputFormat* named = globals.output ? find_output_format(*globals.output) : nullptr;
  if (named != nullptr) return *named;
  return globals.json && !globals.output ? *find_output_format("json") : output_formats().front();
}

const OutputFormat& event_log_format() { return *find_output_format("ndjson"); }

std::vector<std::string> output_format_choices() {
  std::vector<std::string> choices;
  for (const OutputFormat& format : output_formats()) choices.emplace_back(format.name);
  for (const OutputFormat& format : output_formats()) {
    if (!format.alias.empty()) choices.emplace_back(format.alias);
  }
  return choices;
}

std::string output_format_help() {
  const std::vector<OutputFormat>& formats = output_formats();
  std::string help;
  for (std::size_t i = 0; i < formats.size(); ++i) {
    if (i > 0) help += i + 1 == formats.size() ? " or " : ", ";
    help += formats[i].name;
    if (i == 0) help += fmt::format(" (default; also {})", formats[i].alias);
  }
  return help;
}

}  // namespace fhctl::cli
