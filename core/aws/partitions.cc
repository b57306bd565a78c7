// Partitions and regions: tables after botocore's partitions.json.
#include <algorithm>

#include "core/aws/endpoints.h"
#include "core/base/text.h"

namespace fhctl::aws {
namespace {

struct PartitionRow {
  Partition partition;
  std::string_view region_prefix;  // what stands before "<word>-<number>"; empty: several, the default partition
};

constexpr PartitionRow kPartitions[] = {
    {{"aws", "amazonaws.com", "api.aws", "us-east-1"}, ""},
    {{"aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn", "cn-north-1"}, "cn-"},
    {{"aws-us-gov", "amazonaws.com", "api.aws", "us-gov-west-1"}, "us-gov-"},
    {{"aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu", "eusc-de-east-1"}, "eusc-de-"},
    {{"aws-iso", "c2s.ic.gov", "api.aws.ic.gov", "us-iso-east-1"}, "us-iso-"},
    {{"aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud", "us-isob-east-1"}, "us-isob-"},
    {{"aws-iso-e", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", "eu-isoe-west-1"}, "eu-isoe-"},
    {{"aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov", "us-isof-south-1"}, "us-isof-"},
};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// "<word>-<number>", as in "west-2".
bool is_word_and_number(std::string_view text) {
  const std::size_t hyphen = text.find('-');
  if (hyphen == 0 || hyphen == std::string_view::npos || hyphen + 1 == text.size()) return false;
  const auto is_word = [](char c) { return is_letter(c) || is_digit(c) || c == '_'; };
  return std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(hyphen), is_word) &&
         std::all_of(text.begin() + static_cast<std::ptrdiff_t>(hyphen) + 1, text.end(), is_digit);
}

}  // namespace

const Partition& partition_of(std::string_view region) {
  for (const PartitionRow& row : kPartitions) {
    const std::string_view prefix = row.region_prefix;
    if (prefix.empty() || region.substr(0, prefix.size()) != prefix) continue;
    if (is_word_and_number(region.substr(prefix.size()))) return row.partition;
  }
  return kPartitions[0].partition;
}

bool valid_region_syntax(std::string_view region) {
  if (region.empty() || region.size() > 63 || region.front() == '-' || region.back() == '-') return false;
  return std::all_of(region.begin(), region.end(), [](char c) { return is_letter(c) || is_digit(c) || c == '-'; });
}

const std::vector<std::string>& known_regions() {
  static const std::vector<std::string> regions = {
      "af-south-1",     "ap-east-1",      "ap-east-2",      "ap-northeast-1",  "ap-northeast-2", "ap-northeast-3",
      "ap-south-1",     "ap-south-2",     "ap-southeast-1", "ap-southeast-2",  "ap-southeast-3", "ap-southeast-4",
      "ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "ca-central-1",    "ca-west-1",      "eu-central-1",
      "eu-central-2",   "eu-north-1",     "eu-south-1",     "eu-south-2",      "eu-west-1",      "eu-west-2",
      "eu-west-3",      "il-central-1",   "me-central-1",   "me-south-1",      "mx-central-1",   "sa-east-1",
      "us-east-1",      "us-east-2",      "us-west-1",      "us-west-2",       "cn-north-1",     "cn-northwest-1",
      "us-gov-east-1",  "us-gov-west-1",  "eusc-de-east-1", "us-iso-east-1",   "us-iso-west-1",  "us-isob-east-1",
      "us-isob-west-1", "eu-isoe-west-1", "us-isof-east-1", "us-isof-south-1",
  };
  return regions;
}

}  // namespace fhctl::aws
