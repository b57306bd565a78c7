#include "core/observe/observe.h"

#include <functional>
#include <set>

#include "core/base/text.h"
#include "core/manifest/manifest_parse.h"
#include "core/observe/lock_object.h"
#include "core/services/s3_objects.h"
#include "core/services/sts.h"

namespace fhctl::pipeline {
namespace {

// The responses to the calls that read the bucket and fhctl's objects in it, all at once.
struct WholeBucketReading {
  BucketReading bucket{};
  Result<std::optional<s3::Object>> document{std::optional<s3::Object>{}};
  Result<std::optional<s3::Object>> manifest{std::optional<s3::Object>{}};
  Result<std::optional<SeenLock>> lock{std::optional<SeenLock>{}};
};

void read_whole_bucket(aws::Client& client, Group& group, const Identity& identity, const Spec& spec,
                       WholeBucketReading& into) {
  const s3::BucketRef bucket = bucket_ref(spec, identity);
  const std::string region = identity.region;
  const std::string name = spec.name;
  read_bucket_presence(client, group, bucket, into.bucket);
  group.spawn([&client, &into, bucket, name, region] {
    into.document = s3::get_object(client, bucket, document_key(name, region));
  });
  group.spawn([&client, &into, bucket, name, region] {
    into.manifest = s3::get_object(client, bucket, manifest_key(name, region));
  });
  group.spawn([&client, &into, bucket, name, region] {
    into.lock = read_lock(client, {.bucket = bucket, .key = lock_key(name, region)});
  });
  read_bucket_settings(client, group, bucket, !spec.external_bucket(), into.bucket);
}

struct Readings {
  WholeBucketReading bucket;
  RoleReading role;
  LogGroupReading logs;
  StreamListReading streams;
};

// A destroy does not touch an existing role or log group, and without error logging an existing group is not used.
bool reads_role(const Spec& spec, const ObserveOptions& options) {
  return !(spec.external_role() && options.for_destroy);
}
bool reads_logs(const Spec& spec, const ObserveOptions& options) {
  return !(spec.external_log_group() && (options.for_destroy || !spec.error_logging));
}

void read_role_and_logs(aws::Client& client, Group& group, const Identity& identity, const Spec& spec,
                        const ObserveOptions& options, bool role, bool logs, Readings& into) {
  if (role && reads_role(spec, options)) read_role(client, group, spec, options.check_role, into.role);
  if (logs && reads_logs(spec, options)) read_log_group(client, group, identity, spec, into.logs);
}

// Whether both specs name the same role, or the same log group, and read the same of it.
bool same_role(const Spec& a, const Spec& b) {
  return a.role_name() == b.role_name() && a.role_policy == b.role_policy && a.existing_role == b.existing_role;
}
bool same_logs(const Spec& a, const Spec& b, const ObserveOptions& options) {
  return a.log_group == b.log_group && a.log_stream == b.log_stream &&
         a.external_log_group() == b.external_log_group() && reads_logs(a, options) == reads_logs(b, options);
}

Result<BucketFiles> bucket_files(const WholeBucketReading& reading, const std::string& bucket) {
  BucketFiles files;
  if (!reading.bucket.readable()) return files;
  const std::string context = "reading bucket " + bucket;
  if (!reading.document) return with_context(reading.document.error(), context);
  if (!reading.manifest) return with_context(reading.manifest.error(), context);
  if (!reading.lock) return with_context(reading.lock.error(), context);
  files.lock = *reading.lock;
  if (!*reading.manifest) return files;
  const s3::Object& object = **reading.manifest;
  files.manifest_etag = object.etag;
  if (Result<Manifest> manifest = parse_manifest(object.body, "the manifest in bucket " + bucket)) {
    files.manifest = std::move(*manifest);
  } else {
    files.manifest_problem = manifest.error();
  }
  return files;
}

Result<void> take_bucket(Observed& observed, const WholeBucketReading& reading) {
  const std::string& name = observed.spec.bucket_name();
  ASSIGN_OR_RETURN(observed.bucket, bucket_state(reading.bucket, name));
  ASSIGN_OR_RETURN(static_cast<BucketFiles&>(observed), bucket_files(reading, name));
  return ok();
}

DocumentReading document_of(const WholeBucketReading& reading, const std::string& where) {
  DocumentReading found;
  if (!reading.bucket.readable() || !reading.document || !*reading.document) return found;
  const s3::Object& object = **reading.document;
  found.document_etag = object.etag;
  found.document_encryption = object.encryption;
  if (Result<Document> document = parse_document(object.body, where)) {
    found.document = std::move(*document);
  } else {
    found.document_problem = document.error();
  }
  return found;
}

void take_document(Observed& observed, const WholeBucketReading& reading, const std::string& bucket) {
  static_cast<DocumentReading&>(observed) =
      document_of(reading, "s3://" + bucket + "/" + document_key(observed.name, observed.identity.region));
}

Result<void> take_each(Observed& observed, const std::map<int, StreamReading>& streams) {
  for (const auto& [number, reading] : streams) {
    ASSIGN_OR_RETURN(std::optional<StreamState> stream, stream_state(reading, observed.name, number));
    if (stream) observed.streams[number] = std::move(*stream);
  }
  return ok();
}

Result<void> take_streams(Observed& observed, const StreamListReading& reading) {
  if (!reading.names) return with_context(reading.names.error(), "listing delivery streams");
  observed.streams_in_region = static_cast<int>(reading.names->size());
  return take_each(observed, reading.streams);
}

// ListDeliveryStreams may lag behind. Before resources that streams need are deleted, streams missing in the list are
// read by name: the members and those in the manifest. At most as many calls as there are members. Waits.
Result<void> take_unlisted(aws::Client& client, Observed& observed) {
  std::set<int> expected = observed.document ? observed.document->members : Members{};
  if (observed.manifest) {
    for (const ManifestEntry& entry : observed.manifest->streams) {
      if (const auto number = stream_number(observed.name, entry.name)) expected.insert(*number);
    }
  }
  std::map<int, StreamReading> streams;
  Group group(client.loop());
  for (const int number : expected) {
    if (observed.streams.contains(number)) continue;
    group.spawn([&client, &reading = streams[number], name = stream_name(observed.name, number)] {
      read_stream(client, name, reading);
    });
  }
  group.join();
  return take_each(observed, streams);
}

// The tags of all resources that belong to a pipeline of this name and region.
std::vector<const Tags*> related_tags(const Observed& observed) {
  std::vector<const Tags*> all;
  for (const auto& [number, stream] : observed.streams) all.push_back(&stream.tags);
  if (observed.role && !observed.spec.external_role()) all.push_back(&observed.role->role.tags);
  if (observed.log_group && !observed.spec.external_log_group()) all.push_back(&observed.log_group->tags);
  if (observed.bucket.readable()) all.push_back(&observed.bucket.tags);
  std::erase_if(all, [&](const Tags* tags) { return observed.owner_of(*tags) == Owner::kForeign; });
  return all;
}

// Where pipeline.json may be if it is not in the bucket that the spec names. The owner is empty for a bucket of this
// account.
std::optional<s3::BucketRef> tagged_bucket(const Observed& observed) {
  for (const Tags* tags : related_tags(observed)) {
    const auto found = tags->find(kBucketTag);
    if (found == tags->end()) continue;
    const auto owner = tags->find(kBucketOwnerTag);
    s3::BucketRef bucket{found->second, owner == tags->end() ? "" : owner->second};
    const bool other = bucket.name != observed.spec.bucket_name() || bucket.owner != observed.spec.bucket_owner;
    if (other) return bucket;
  }
  return std::nullopt;
}

std::string id_of_tags(const Observed& observed) {
  const std::vector<const Tags*> tags = related_tags(observed);  // streams first: they are what matters most
  return tags.empty() ? std::string() : tags.front()->at(kIdTag);
}

Result<DestroyReading> read_destroy(aws::Client& client, const Observed& observed) {
  DestroyReading reading;
  Result<void> outcome = ok();
  Group group(client.loop());
  if (observed.bucket.readable() && !observed.spec.external_bucket()) {
    const s3::BucketRef bucket = bucket_ref(observed.spec, observed.identity);
    read_bucket_obstacles(client, group, bucket, observed.name, observed.identity.region, reading.bucket, outcome);
  }
  if (observed.role && !observed.spec.external_role()) {
    read_role_obstacles(client, group, observed.spec, reading.role, outcome);
  }
  group.join();
  if (!outcome) return with_context(outcome.error(), "looking for what would block a destroy");
  return reading;
}

// The names of the existing resources: what pipeline.json says, else the defaults. A file or environment that names
// other resources cannot rename these, and a destroy that used those names would miss these.
SpecLayer resource_names(const Document& document, const std::vector<SpecLayer>& layers) {
  SpecLayer names{"pipeline.json", {}, {}};
  for (const SpecLayer& layer : layers) {
    for (const auto& [key, value] : layer.values) {
      if (names_resource(key)) names.values[key] = spec_values(Spec{}).at(key);
    }
  }
  for (const auto& [key, value] : document.spec) {
    if (names_resource(key)) names.values[key] = value;
  }
  return names;
}

}  // namespace

Result<Identity> identify(aws::Client& client) {
  ASSIGN_OR_RETURN(const sts::CallerIdentity caller, sts::get_caller_identity(client));
  client.set_account(caller.account);
  return Identity{caller.account, caller.partition, client.region(), caller.arn};
}

Result<Spec> effective_spec(const SpecSources& sources, const std::optional<Document>& document,
                            const Identity& identity, bool for_destroy) {
  std::vector<SpecLayer> layers;
  if (sources.has_file) {
    layers = sources.below;
  } else if (document) {
    layers.push_back({"pipeline.json", document->spec, {}});
  }
  layers.insert(layers.end(), sources.above.begin(), sources.above.end());
  if (for_destroy && document) layers.push_back(resource_names(*document, layers));
  ASSIGN_OR_RETURN(Spec merged, merge_spec(layers));
  merged.name = sources.name;
  return resolve_names(std::move(merged), identity.account, identity.region);
}

Result<Observed> observe(aws::Client& client, const Identity& identity, const SpecSources& sources,
                         const ObserveOptions& options) {
  Observed observed;
  observed.began_at = client.loop().now();
  observed.identity = identity;
  observed.name = sources.name;

  // First reading: with the names that are known without pipeline.json. They are nearly always right.
  ASSIGN_OR_RETURN(const Spec first, effective_spec(sources, std::nullopt, identity));
  observed.spec = first;
  Readings readings;
  {
    Group group(client.loop());
    read_whole_bucket(client, group, identity, observed.spec, readings.bucket);
    read_role_and_logs(client, group, identity, observed.spec, options, true, true, readings);
    group.spawn([&] { read_streams(client, sources.name, readings.streams); });
    group.join();
  }
  RETURN_IF_ERROR(take_streams(observed, readings.streams));
  RETURN_IF_ERROR(take_bucket(observed, readings.bucket));
  // A policy for this pipeline's own role and log group does not allow to read those with the default names, so errors
  // count only once it is certain that these are the names.
  Result<std::optional<RoleState>> role = role_state(readings.role, observed.spec);
  Result<std::optional<LogGroupState>> log_group = log_group_state(readings.logs, observed.spec);
  if (role) observed.role = *role;
  if (log_group) observed.log_group = *log_group;
  take_document(observed, readings.bucket, observed.spec.bucket_name());

  // pipeline.json may be in another bucket: resources with this pipeline's tags show which.
  WholeBucketReading elsewhere;
  if (!observed.document && !observed.document_problem) {
    if (const std::optional<s3::BucketRef> other = tagged_bucket(observed)) {
      Spec there = observed.spec;
      there.bucket_owner = other->owner;
      (there.external_bucket() ? there.existing_bucket : there.bucket) = other->name;
      Group group(client.loop());
      read_whole_bucket(client, group, identity, there, elsewhere);
      group.join();
      take_document(observed, elsewhere, other->name);
    }
  }

  // Second reading, with pipeline.json's names, of every resource whose name was different at first.
  Result<Spec> second = effective_spec(sources, observed.document, identity, options.for_destroy);
  if (!second && observed.document) {
    // Values that this version can read one by one, but not together: they count as not set, as unreadable ones do.
    set_aside_settings(*observed.document);
    second = effective_spec(sources, observed.document, identity, options.for_destroy);
  }
  if (!second) return second.error();
  const Spec before = observed.spec;
  observed.spec = *second;
  Readings again;
  Group group(client.loop());
  const bool other_bucket = before.bucket_name() != second->bucket_name() ||
                            before.external_bucket() != second->external_bucket() ||
                            before.bucket_owner != second->bucket_owner;
  const bool other_role = !same_role(before, *second);
  const bool other_logs = !same_logs(before, *second, options);
  if (other_bucket) read_whole_bucket(client, group, identity, *second, again.bucket);
  read_role_and_logs(client, group, identity, *second, options, other_role, other_logs, again);
  group.join();
  if (other_bucket) RETURN_IF_ERROR(take_bucket(observed, again.bucket));
  if (other_role) role = role_state(again.role, observed.spec);
  if (other_logs) log_group = log_group_state(again.logs, observed.spec);
  ASSIGN_OR_RETURN(observed.role, std::move(role));
  ASSIGN_OR_RETURN(observed.log_group, std::move(log_group));

  if (options.for_destroy) {
    RETURN_IF_ERROR(take_unlisted(client, observed));
    ASSIGN_OR_RETURN(observed.destroy, read_destroy(client, observed));
  }
  observed.id = observed.document ? observed.document->id : id_of_tags(observed);
  return observed;
}

}  // namespace fhctl::pipeline
