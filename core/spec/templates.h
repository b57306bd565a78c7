// The texts of templates/, which are part of the binary: templates/embed.cmake turns them into constants at build time.
#pragma once

#include <string_view>

namespace fhctl::pipeline {

// Returns the text by its file name: "delivery-policy.json". Empty if there is no such text. Placeholders are written
// {{like_this}}.
std::string_view template_text(std::string_view name);

}  // namespace fhctl::pipeline
