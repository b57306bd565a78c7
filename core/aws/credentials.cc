#include "core/aws/credentials.h"

namespace fhctl::aws {

std::string key_tail(const Credentials& credentials) {
  const std::string& id = credentials.access_key_id;
  return id.size() <= 4 ? id : id.substr(id.size() - 4);
}

}  // namespace fhctl::aws
