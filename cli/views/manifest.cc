#include "cli/views/manifest.h"

#include <fmt/format.h>

#include "core/base/json.h"
#include "core/base/text.h"

namespace fhctl::cli {
namespace {

// A result with the same text for people and for scripts.
CommandResult same_text_result(std::string event_type, std::string text, std::function<std::string()> json) {
  return {std::move(event_type), [text](const Style&) { return text; }, [text] { return text; }, std::move(json)};
}

std::string count_streams(const pipeline::Manifest& manifest) {
  return plural(static_cast<std::int64_t>(manifest.streams.size()), "stream");
}

}  // namespace

CommandResult manifest_result(std::string form, std::string published) {
  return same_text_result("manifest", std::move(form),
                          [published = std::move(published)] { return manifest_on_one_line(published); });
}

CommandResult valid_manifest_result(const pipeline::Manifest& manifest, const std::string& where) {
  const std::string text =
      fmt::format("{} is a valid manifest: generation {}, {}.\n", where, manifest.generation, count_streams(manifest));
  return same_text_result("valid", text, [where, generation = manifest.generation] {
    return dump(OrderedJson{{"valid", true}, {"where", where}, {"generation", generation}});
  });
}

CommandResult published_manifest_result(const pipeline::Manifest& manifest) {
  const std::string text = fmt::format("Manifest: generation {}, {}.\n", manifest.generation, count_streams(manifest));
  return same_text_result("manifest", text,
                          [manifest] { return std::string(trim(pipeline::format_manifest(manifest))); });
}

std::string manifest_on_one_line(const std::string& published) {
  return dump(OrderedJson::parse(published, nullptr, /*allow_exceptions=*/false));
}

}  // namespace fhctl::cli
