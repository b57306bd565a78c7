// Tags, as every service knows them: ordered so that requests and comparisons are the same each time.
#pragma once

#include <map>
#include <string>

namespace fhctl {

using Tags = std::map<std::string, std::string>;

}  // namespace fhctl
