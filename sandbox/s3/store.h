// Objects and their versions: the effects of a put and a delete on a bucket, depending on its versioning.
#pragma once

#include <string>

#include "sandbox/s3/s3_state.h"
#include "sandbox/state/world.h"

namespace fhctl::sandbox {

// The newest version, a delete marker included; nullptr when the key has none.
const ObjectVersion* newest_version(const Bucket& bucket, const std::string& key);
// The newest version unless it is a delete marker.
const ObjectVersion* current_object(const Bucket& bucket, const std::string& key);
const ObjectVersion* find_version(const Bucket& bucket, const std::string& key, const std::string& version_id);

// Makes `version` the newest one; sets its id, etag and time. An etag that is already set is kept.
const ObjectVersion& put_version(CloudState& world, Bucket& bucket, const std::string& key, ObjectVersion version);

struct Deletion {
  std::string version_id;         // of the version deleted or the marker created; empty in a bucket without versions
  bool is_delete_marker = false;  // the version that was deleted or created is a delete marker
};

// Without a version id: deletes the object, or creates a delete marker. An object that does not exist counts as
// deleted.
Deletion delete_object(CloudState& world, Bucket& bucket, const std::string& key, const std::string& version_id);

std::string md5_etag(std::string_view body);  // with quotes

}  // namespace fhctl::sandbox
