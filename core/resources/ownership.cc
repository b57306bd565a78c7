#include "core/resources/ownership.h"

#include <utility>

#include <fmt/format.h>

namespace fhctl::pipeline {
namespace {

std::string tag_of(const Tags& tags, const char* key) {
  const auto found = tags.find(key);
  return found == tags.end() ? std::string() : found->second;
}

}  // namespace

s3::BucketRef bucket_ref(const Spec& spec, const Identity& identity) {
  return {spec.bucket_name(), spec.owner_of_bucket(identity.account)};
}

Owner Ownership::owner_of(const Tags& tags) const {
  if (tag_of(tags, kPipelineTag) != pipeline || tag_of(tags, kRegionTag) != region) return Owner::kForeign;
  const std::string tagged_id = tag_of(tags, kIdTag);
  if (tagged_id.empty()) return Owner::kForeign;
  return tagged_id == id ? Owner::kOurs : Owner::kPreviousIncarnation;
}

void compare_tags(Step& step, const Tags& current, const ResourceGoal& goal) {
  for (const auto& [key, value] : goal.tags) {
    const auto found = current.find(key);
    if (found == current.end()) {
      step.changes.push_back({"tag " + key, "", value});
    } else if (found->second != value) {
      step.changes.push_back({"tag " + key, found->second, value});
    }
  }
  for (const std::string& key : goal.dropped_tags) {
    const auto found = current.find(key);
    if (found != current.end()) step.changes.push_back({"tag " + key, found->second, ""});
  }
}

TagChange tag_change(const Tags& current, const ResourceGoal& goal) {
  TagChange change;
  for (const auto& [key, value] : goal.tags) {
    const auto found = current.find(key);
    if (found == current.end() || found->second != value) change.set[key] = value;
  }
  for (const std::string& key : goal.dropped_tags) {
    if (current.contains(key)) change.remove.push_back(key);
  }
  return change;
}

bool same_incarnation(const Tags& tags, const Tags& wanted) {
  const auto is = [&](const char* key) {
    const auto current = tags.find(key);
    return current != tags.end() && current->second == wanted.at(key);
  };
  return is(kPipelineTag) && is(kRegionTag) && is(kIdTag);
}

bool may_be_outdated(const Tags& tags, const Tags& wanted) {
  if (tags.empty()) return true;
  const auto is = [&](const char* key) { return tag_of(tags, key) == wanted.at(key); };
  return is(kPipelineTag) && is(kRegionTag) && !is(kIdTag);
}

Error foreign_resource(std::string_view what, const std::string& name, const Tags& tags, const ResourceGoal& goal,
                       std::string hint) {
  const auto pipeline = tags.find(kPipelineTag);
  const auto region = tags.find(kRegionTag);
  std::string message;
  if (goal.ownership.owner_of(tags) == Owner::kPreviousIncarnation) {
    message = fmt::format("{} {} is left over from an earlier pipeline {} (its fhctl:id is {}, this one's is {})", what,
                          name, goal.ownership.pipeline, tags.at(kIdTag), goal.exists ? goal.ownership.id : "");
  } else if (pipeline != tags.end() && region != tags.end()) {
    message = fmt::format("{} {} belongs to pipeline {} in {}", what, name, pipeline->second, region->second);
  } else {
    message = fmt::format("{} {} exists already and is not fhctl's: it has no fhctl: tags", what, name);
  }
  return make_error(ErrorKind::kPrecondition, std::move(message), std::move(hint));
}

Error created_concurrently(std::string_view what, const std::string& name) {
  return make_error(ErrorKind::kPrecondition,
                    fmt::format("{} {} was created concurrently by another process", what, name),
                    "run the same command again to see whose it is");
}

}  // namespace fhctl::pipeline
