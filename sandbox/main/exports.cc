#include "sandbox/main/exports.h"

#include <fmt/format.h>

namespace fhctl::sandbox {

std::string exports_text(const Options& options, int port, const std::string& region) {
  std::string text = fmt::format("export AWS_ENDPOINT_URL=http://127.0.0.1:{}\n", port);
  text += fmt::format("export AWS_ACCESS_KEY_ID='{}'\n", options.access_key_id);
  text += fmt::format("export AWS_SECRET_ACCESS_KEY='{}'\n", options.secret_access_key);
  if (!options.session_token.empty()) text += fmt::format("export AWS_SESSION_TOKEN='{}'\n", options.session_token);
  return text + fmt::format("export AWS_REGION={}\n", region);
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
