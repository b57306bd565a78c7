// The texts of templates/, which are part of the binary: templates/embed.cmake turns them into constants at build time.
#pragma once

#include <string_view>

namespace fhctl::pipeline {

// By file name: "delivery-policy.json". Empty when there is no such text. Places to fill in are written {{like_this}}.
std::string_view template_text(std::string_view name);

}  // namespace fhctl::pipeline
