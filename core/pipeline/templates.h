// The texts of templates/, which are part of the binary. Their definitions are made at build time (templates/embed.cmake).
#pragma once

#include <string_view>

namespace fhctl::pipeline {

// By file name: "delivery-policy.json". Empty when there is no such text. Places to fill in are written {{like_this}}.
std::string_view template_text(std::string_view name);

}  // namespace fhctl::pipeline
