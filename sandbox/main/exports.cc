#include "sandbox/main/exports.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "core/base/text.h"

namespace fhctl::sandbox {

namespace {

// Quoted, so that a shell takes the value as it is.
std::string quoted(const std::string& value) { return "'" + replace_all(value, "'", "'\\''") + "'"; }

}  // namespace

std::string exports_text(const Options& options, int port, const std::string& region) {
  std::string text = fmt::format("export AWS_ENDPOINT_URL=http://127.0.0.1:{}\n", port);
  text += fmt::format("export AWS_ACCESS_KEY_ID={}\n", quoted(options.access_key_id));
  text += fmt::format("export AWS_SECRET_ACCESS_KEY={}\n", quoted(options.secret_access_key));
  if (!options.session_token.empty())
    text += fmt::format("export AWS_SESSION_TOKEN={}\n", quoted(options.session_token));
  const auto is_plain = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-'; };
  const bool plain = std::all_of(region.begin(), region.end(), is_plain);
  return text + fmt::format("export AWS_REGION={}\n", plain ? region : quoted(region));
}

OrderedJson exports_json(const Options& options, int port, const std::string& region) {
  return {{"endpoint_url", fmt::format("http://127.0.0.1:{}", port)},
          {"port", port},
          {"access_key_id", options.access_key_id},
          {"secret_access_key", options.secret_access_key},
          {"session_token", options.session_token},
          {"region", region}};
}

}  // namespace fhctl::sandbox
