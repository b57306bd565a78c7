#include "sandbox/state/world.h"

#include <utility>

#include "core/base/text.h"

namespace fhctl::sandbox {

std::string_view partition_of(std::string_view region) {
  static constexpr std::pair<std::string_view, std::string_view> kPartitions[] = {
      {"cn-", "aws-cn"},         {"us-gov-", "aws-us-gov"}, {"eusc-", "aws-eusc"},     {"us-iso-", "aws-iso"},
      {"us-isob-", "aws-iso-b"}, {"eu-isoe-", "aws-iso-e"}, {"us-isof-", "aws-iso-f"},
  };
  for (const auto& [prefix, partition] : kPartitions) {
    if (starts_with(region, prefix)) return partition;
  }
  return "aws";
}

std::string random_uuid(Entropy& entropy) {
  std::string id = random_hex(entropy, 32);
  for (std::size_t at : {8u, 13u, 18u, 23u}) id.insert(at, 1, '-');
  return id;
}

std::string new_request_id(CloudState& world) { return random_uuid(world.entropy); }

}  // namespace fhctl::sandbox
