#include "core/pipeline/observed.h"

#include <algorithm>

#include "core/base/text.h"

namespace fhctl::pipeline {
namespace {

std::string tag_of(const Tags& tags, const char* key) {
  const auto found = tags.find(key);
  return found == tags.end() ? std::string() : found->second;
}

}  // namespace

bool settled(const std::string& status) {
  return status == "ACTIVE" || status == "CREATING_FAILED" || starts_with(status, "DELETING");
}

bool may_take_records(const std::string& status) {
  return !starts_with(status, "CREATING") && !starts_with(status, "DELETING");
}

Owner Observed::owner_of(const Tags& tags) const {
  if (tag_of(tags, kPipelineTag) != name || tag_of(tags, kRegionTag) != identity.region) return Owner::kForeign;
  const std::string tagged_id = tag_of(tags, kIdTag);
  if (tagged_id.empty()) return Owner::kForeign;
  return tagged_id == id ? Owner::kOurs : Owner::kOtherLife;
}

int Observed::resources() const {
  int count = 0;
  if (bucket.readable() && !spec.external_bucket() && owner_of(bucket.tags) == Owner::kOurs) ++count;
  if (role && !spec.external_role() && owner_of(role->role.tags) == Owner::kOurs) count += role->policy ? 2 : 1;
  if (log_group && owner_of(log_group->tags) == Owner::kOurs) count += log_group->stream_exists ? 2 : 1;
  return count + living_streams();
}

int Observed::living_streams() const {
  return static_cast<int>(std::count_if(streams.begin(), streams.end(), [this](const auto& entry) {
    return owner_of(entry.second.tags) == Owner::kOurs && entry.second.description.status != "DELETING";
  }));
}

Members Observed::members() const {
  if (document) return document->members;
  Members found;
  for (const auto& [number, stream] : streams) {
    if (stream.description.status == "DELETING" || owner_of(stream.tags) != Owner::kOurs) continue;
    found.insert(number);
  }
  return found;
}

}  // namespace fhctl::pipeline
