#include "core/observe/observed.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/text.h"

namespace fhctl::pipeline {

s3::Encryption Observed::own_object_encryption(const Spec& wanted) const {
  return pipeline::own_object_encryption(wanted, bucket.settings.encryption, document_encryption);
}

int Observed::resources() const {
  int count = 0;
  if (bucket.readable() && !spec.external_bucket() && owner_of(bucket.tags) == Owner::kOurs) ++count;
  if (role && !spec.external_role() && owner_of(role->role.tags) == Owner::kOurs) count += role->policy ? 2 : 1;
  const bool own_logs = log_group && !spec.external_log_group() && owner_of(log_group->tags) == Owner::kOurs;
  if (own_logs) count += log_group->stream_exists ? 2 : 1;
  return count + living_streams();
}

int Observed::living_streams() const {
  return static_cast<int>(std::count_if(streams.begin(), streams.end(), [this](const auto& entry) {
    return owner_of(entry.second.tags) == Owner::kOurs &&
           entry.second.description.status != firehose::Status::kDeleting;
  }));
}

Members Observed::members() const {
  if (document) return document->members;
  Members found;
  for (const auto& [number, stream] : streams) {
    if (stream.description.status == firehose::Status::kDeleting || owner_of(stream.tags) != Owner::kOurs) continue;
    found.insert(number);
  }
  return found;
}

Error pipeline_not_found(const std::string& name, const Identity& identity) {
  return make_error(
      ErrorKind::kPrecondition,
      fmt::format("there is no pipeline {} in {} of account {}", name, identity.region, identity.account),
      fmt::format("`fhctl up {} --region {}` creates it; --name and --region choose another", name, identity.region));
}

}  // namespace fhctl::pipeline
