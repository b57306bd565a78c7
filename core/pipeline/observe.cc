#include "core/pipeline/observe.h"

#include <functional>
#include <set>

#include "core/base/text.h"

namespace fhctl::pipeline {
namespace {

// Everything about one bucket and what fhctl keeps in it, read at once. When the bucket is not ours to read, whatever
// the other calls answered means nothing.
struct BucketReading {
  Result<s3::HeadBucketResult> head{s3::HeadBucketResult{}};
  Result<Tags> tags{Tags{}};
  Result<s3::PublicAccessBlock> block{s3::PublicAccessBlock{}};
  Result<s3::Encryption> encryption{s3::Encryption{}};
  Result<std::vector<s3::LifecycleRule>> rules{std::vector<s3::LifecycleRule>{}};
  Result<std::optional<s3::Object>> document{std::optional<s3::Object>{}};
  Result<std::optional<s3::Object>> manifest{std::optional<s3::Object>{}};
  Result<std::optional<SeenLock>> lock{std::optional<SeenLock>{}};

  bool readable() const { return head && head->answer == s3::HeadBucketResult::Answer::kOurs; }
};

void read_bucket(aws::Client& client, Group& group, const Identity& identity, const Spec& spec, BucketReading& into) {
  const s3::BucketRef bucket{spec.bucket_name(), identity.account};
  const std::string region = identity.region;
  const std::string name = spec.name;
  group.spawn([&client, &into, bucket] { into.head = s3::head_bucket(client, bucket); });
  group.spawn([&client, &into, bucket, name, region] {
    into.document = s3::get_object(client, bucket, document_key(name, region));
  });
  group.spawn([&client, &into, bucket, name, region] {
    into.manifest = s3::get_object(client, bucket, manifest_key(name, region));
  });
  group.spawn([&client, &into, bucket, name, region] {
    into.lock = read_lock(client, {bucket, lock_key(name, region)});
  });
  group.spawn([&client, &into, bucket] { into.tags = s3::get_bucket_tags(client, bucket); });
  if (spec.external_bucket()) return;  // its settings are somebody else's business
  group.spawn([&client, &into, bucket] { into.block = s3::get_public_access_block(client, bucket); });
  group.spawn([&client, &into, bucket] { into.encryption = s3::get_bucket_encryption(client, bucket); });
  group.spawn([&client, &into, bucket] { into.rules = s3::get_lifecycle(client, bucket); });
}

struct RoleReading {
  Result<std::optional<iam::Role>> role{std::optional<iam::Role>{}};
  Result<std::optional<std::string>> policy{std::optional<std::string>{}};
};

void read_role(aws::Client& client, Group& group, const Spec& spec, RoleReading& into) {
  group.spawn([&client, &into, name = spec.role_name()] { into.role = iam::get_role(client, name); });
  if (spec.external_role()) return;
  group.spawn([&client, &into, name = spec.role_name(), policy = spec.role_policy] {
    into.policy = iam::get_role_policy(client, name, policy);
  });
}

struct LogReading {
  Result<std::optional<logs::LogGroup>> group{std::optional<logs::LogGroup>{}};
  Result<std::optional<Tags>> tags{std::optional<Tags>{}};
  Result<bool> stream{false};
};

void read_logs(aws::Client& client, Group& group, const Identity& identity, const Spec& spec, LogReading& into) {
  const std::string arn = logs::group_arn(identity.partition, identity.region, identity.account, spec.log_group);
  group.spawn([&client, &into, name = spec.log_group] { into.group = logs::find_log_group(client, name); });
  group.spawn([&client, &into, arn] { into.tags = logs::list_tags(client, arn); });
  group.spawn([&client, &into, name = spec.log_group, stream = spec.log_stream] {
    into.stream = logs::log_stream_exists(client, name, stream);
  });
}

struct StreamReading {
  Result<std::optional<firehose::Description>> description{std::optional<firehose::Description>{}};
  Result<std::optional<Tags>> tags{std::optional<Tags>{}};
};

struct StreamsReading {
  Result<std::vector<std::string>> names{std::vector<std::string>{}};
  std::map<int, StreamReading> streams;
};

// Waits: the names first, then each stream of ours by name.
void read_streams(aws::Client& client, const std::string& pipeline, StreamsReading& into) {
  into.names = firehose::list_delivery_streams(client);
  if (!into.names) return;
  Group group(client.loop());
  const auto ask = [&client, &group](const std::string& name, StreamReading& reading) {
    group.spawn([&client, &reading, name] { reading.description = firehose::describe_delivery_stream(client, name); });
    group.spawn([&client, &reading, name] { reading.tags = firehose::list_tags(client, name); });
  };
  for (const std::string& name : *into.names) {
    const std::optional<int> number = stream_number(pipeline, name);
    if (!number) continue;
    ask(name, into.streams[*number]);  // a map's elements stay where they are
  }
  group.join();
  // Listed, and then not found by one question or both: it went meanwhile, or an answer is older than the stream.
  for (auto& [number, reading] : into.streams) {
    const bool described = reading.description && *reading.description;
    const bool tagged = reading.tags && *reading.tags;
    const bool failed = !reading.description || !reading.tags;
    if (!failed && !(described && tagged)) ask(stream_name(pipeline, number), reading);
  }
  group.join();
}

struct Readings {
  BucketReading bucket;
  RoleReading role;
  LogReading logs;
  StreamsReading streams;
};

// Replaces everything that was read from a bucket, so that nothing of another bucket remains.
Result<void> take_bucket(Observed& observed, const BucketReading& reading) {
  observed.bucket = {};
  observed.lock.reset();
  observed.manifest.reset();
  observed.manifest_etag.clear();
  observed.manifest_problem.reset();
  if (!reading.head) return with_context(reading.head.error(), "looking at bucket " + observed.spec.bucket_name());
  observed.bucket.answer = reading.head->answer;
  observed.bucket.region = reading.head->region;
  if (!reading.readable()) return ok();
  const std::string context = "reading bucket " + observed.spec.bucket_name();
  if (!reading.tags) return with_context(reading.tags.error(), context);
  if (!reading.block) return with_context(reading.block.error(), context);
  if (!reading.encryption) return with_context(reading.encryption.error(), context);
  if (!reading.rules) return with_context(reading.rules.error(), context);
  if (!reading.document) return with_context(reading.document.error(), context);
  if (!reading.manifest) return with_context(reading.manifest.error(), context);
  if (!reading.lock) return with_context(reading.lock.error(), context);
  observed.bucket.tags = *reading.tags;
  observed.bucket.block = *reading.block;
  observed.bucket.encryption = *reading.encryption;
  observed.bucket.rules = *reading.rules;
  observed.lock = *reading.lock;
  if (*reading.manifest) {
    const s3::Object& object = **reading.manifest;
    observed.manifest_etag = object.etag;
    Result<Manifest> manifest = parse_manifest(object.body, "the manifest in bucket " + observed.spec.bucket_name());
    if (manifest) {
      observed.manifest = *manifest;
    } else {
      observed.manifest_problem = manifest.error();
    }
  }
  return ok();
}

void take_document(Observed& observed, const BucketReading& reading, const std::string& bucket) {
  observed.document.reset();
  observed.document_problem.reset();
  observed.document_etag.clear();
  if (!reading.readable() || !reading.document || !*reading.document) return;
  const s3::Object& object = **reading.document;
  observed.document_etag = object.etag;
  const std::string where = "s3://" + bucket + "/" + document_key(observed.name, observed.identity.region);
  Result<Document> document = parse_document(object.body, where);
  if (document) {
    observed.document = *document;
  } else {
    observed.document_problem = document.error();
  }
}

Result<void> take_role(Observed& observed, const RoleReading& reading) {
  if (!reading.role) return with_context(reading.role.error(), "reading role " + observed.spec.role_name());
  if (!reading.policy) return with_context(reading.policy.error(), "reading role " + observed.spec.role_name());
  observed.role.reset();
  if (*reading.role) observed.role = ObservedRole{**reading.role, *reading.policy};
  return ok();
}

Result<void> take_logs(Observed& observed, const LogReading& reading) {
  const std::string context = "reading log group " + observed.spec.log_group;
  if (!reading.group) return with_context(reading.group.error(), context);
  observed.log_group.reset();
  if (!*reading.group) return ok();
  if (!reading.tags) return with_context(reading.tags.error(), context);
  if (!reading.stream) return with_context(reading.stream.error(), context);
  observed.log_group = ObservedLogGroup{**reading.group, reading.tags->value_or(Tags{}), *reading.stream};
  return ok();
}

Result<void> take_each(Observed& observed, const std::map<int, StreamReading>& streams) {
  for (const auto& [number, stream] : streams) {
    const std::string context = "reading delivery stream " + stream_name(observed.name, number);
    if (!stream.description) return with_context(stream.description.error(), context);
    if (!stream.tags) return with_context(stream.tags.error(), context);
    if (!*stream.description) continue;  // it vanished after it was listed
    observed.streams[number] = ObservedStream{number, **stream.description, stream.tags->value_or(Tags{})};
  }
  return ok();
}

Result<void> take_streams(Observed& observed, const StreamsReading& reading) {
  if (!reading.names) return with_context(reading.names.error(), "listing delivery streams");
  observed.streams_in_region = static_cast<int>(reading.names->size());
  return take_each(observed, reading.streams);
}

// The list may be behind. Before what streams need is deleted, those that it lacks are asked for by name: the members,
// and what producers were told. At most as many calls as there are members. Waits.
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
      reading.description = firehose::describe_delivery_stream(client, name);
      if (reading.description && *reading.description) reading.tags = firehose::list_tags(client, name);
    });
  }
  group.join();
  return take_each(observed, streams);
}

// The tags of everything that says it belongs to a pipeline of this name and region.
std::vector<const Tags*> related_tags(const Observed& observed) {
  std::vector<const Tags*> all;
  for (const auto& [number, stream] : observed.streams) all.push_back(&stream.tags);
  if (observed.role) all.push_back(&observed.role->role.tags);
  if (observed.log_group) all.push_back(&observed.log_group->tags);
  if (observed.bucket.readable()) all.push_back(&observed.bucket.tags);
  std::erase_if(all, [&](const Tags* tags) { return observed.owner_of(*tags) == Owner::kForeign; });
  return all;
}

// Where pipeline.json may be, when it is not in the bucket that the spec names.
std::optional<std::string> tagged_bucket(const Observed& observed) {
  for (const Tags* tags : related_tags(observed)) {
    const auto found = tags->find(kBucketTag);
    if (found != tags->end() && found->second != observed.spec.bucket_name()) return found->second;
  }
  return std::nullopt;
}

std::string id_of_tags(const Observed& observed) {
  const std::vector<const Tags*> tags = related_tags(observed);  // streams first: they are what matters most
  return tags.empty() ? std::string() : tags.front()->at(kIdTag);
}

// Calls `each` for every version and marker below `prefix`; false from it ends the listing.
Result<void> each_version(aws::Client& client, const s3::BucketRef& bucket, const std::string& prefix,
                          const std::function<bool(const s3::VersionsPage&)>& each) {
  std::string key_marker;
  std::string version_marker;
  while (true) {
    const auto page = s3::list_object_versions(client, bucket, prefix, key_marker, version_marker);
    if (!page) return page.error();
    if (!each(*page) || !page->truncated) return ok();
    key_marker = page->next_key_marker;
    version_marker = page->next_version_id_marker;
  }
}

// Counts what is not one of fhctl's own objects, up to a number that is enough for a message, and notes the oldest of
// it. Waits.
Result<void> read_data(aws::Client& client, const s3::BucketRef& bucket, const Observed& observed,
                       DestroyReading& reading) {
  constexpr int kPagesMax = 20;
  constexpr std::int64_t kEnough = 10'000;
  int pages = 0;
  return each_version(client, bucket, "", [&](const s3::VersionsPage& page) {
    for (const s3::ObjectVersion& version : page.versions) {
      if (is_own_key(version.key, observed.name, observed.identity.region)) continue;
      ++reading.data_seen;
      const std::optional<WallTime> modified = parse_iso8601(version.last_modified);
      if (modified && (!reading.oldest_data || *modified < *reading.oldest_data)) reading.oldest_data = *modified;
    }
    reading.data = reading.data_seen > 0;
    reading.data_more = page.truncated;
    return ++pages < kPagesMax && reading.data_seen <= kEnough;
  });
}

// The date is optional evidence: without it the tags and the age of the data count, so that no failure of this call
// stands in the way of a destroy. Waits.
void read_creation_date(aws::Client& client, const std::string& bucket, DestroyReading& reading) {
  const Result<std::optional<WallTime>> date = s3::bucket_creation_date(client, bucket);
  if (date) reading.bucket_created = *date;
}

// All of them: each would lose its data.
Result<void> read_other_pipelines(aws::Client& client, const s3::BucketRef& bucket, const std::string& own,
                                  DestroyReading& reading) {
  std::set<std::string> others;
  Result<void> read = each_version(client, bucket, "_fhctl/", [&](const s3::VersionsPage& page) {
    for (const s3::ObjectVersion& version : page.versions) {
      const std::vector<std::string> parts = split(version.key, '/');
      if (!starts_with(version.key, own) && parts.size() > 3) others.insert(parts[1] + "/" + parts[2]);
    }
    return true;
  });
  reading.other_pipelines.assign(others.begin(), others.end());
  return read;
}

Result<DestroyReading> read_destroy(aws::Client& client, const Observed& observed) {
  DestroyReading reading;
  const s3::BucketRef bucket{observed.spec.bucket_name(), observed.identity.account};
  const std::string own = own_prefix(observed.name, observed.identity.region);
  Result<void> outcome = ok();
  Group group(client.loop());
  const auto keep = [&outcome](const Error& error) { outcome = error; };
  if (observed.bucket.readable() && !observed.spec.external_bucket()) {
    group.spawn([&] {
      if (const Result<void> read = read_data(client, bucket, observed, reading); !read) keep(read.error());
    });
    group.spawn([&] { read_creation_date(client, bucket.name, reading); });
    group.spawn([&] {
      if (const Result<void> read = read_other_pipelines(client, bucket, own, reading); !read) keep(read.error());
    });
    group.spawn([&] {
      const Result<bool> locked = s3::object_lock_enabled(client, bucket);
      if (!locked) return keep(locked.error());
      reading.object_lock = *locked;
    });
  }
  if (observed.role && !observed.spec.external_role()) {
    const std::string role = observed.spec.role_name();
    group.spawn([&, role] {
      const auto policies = iam::list_role_policies(client, role);
      if (!policies) return keep(policies.error());
      for (const std::string& policy : *policies) {
        if (policy != observed.spec.role_policy) reading.foreign_role_policies.push_back(policy);
      }
    });
    group.spawn([&, role] {
      const auto policies = iam::list_attached_policies(client, role);
      if (!policies) return keep(policies.error());
      reading.attached_policies = *policies;
    });
    group.spawn([&, role] {
      const auto profiles = iam::list_instance_profiles(client, role);
      if (!profiles) return keep(profiles.error());
      reading.instance_profiles = *profiles;
    });
  }
  group.join();
  if (!outcome) return with_context(outcome.error(), "looking for what would block a destroy");
  return reading;
}

}  // namespace

namespace {

// The names of the resources as they exist: what pipeline.json says, and the default where it says nothing. A file or
// an environment that names other resources cannot change that, and a destroy that followed it would miss these.
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
  const Result<sts::CallerIdentity> caller = sts::get_caller_identity(client);
  if (!caller) return caller.error();
  client.set_account(caller->account);
  return Identity{caller->account, caller->partition, client.region(), caller->arn};
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
  Result<Spec> merged = merge_spec(layers);
  if (!merged) return merged.error();
  merged->name = sources.name;
  return resolve_names(std::move(*merged), identity.account, identity.region);
}

Result<Observed> observe(aws::Client& client, const Identity& identity, const SpecSources& sources,
                         const ObserveOptions& options) {
  Observed observed;
  observed.began_at = client.loop().now();
  observed.identity = identity;
  observed.name = sources.name;

  // First look: names as they are without pipeline.json. Nearly always they are the right ones.
  const Result<Spec> first = effective_spec(sources, std::nullopt, identity);
  if (!first) return first.error();
  observed.spec = *first;
  Readings readings;
  {
    Group group(client.loop());
    read_bucket(client, group, identity, observed.spec, readings.bucket);
    read_role(client, group, observed.spec, readings.role);
    read_logs(client, group, identity, observed.spec, readings.logs);
    group.spawn([&] { read_streams(client, sources.name, readings.streams); });
    group.join();
  }
  if (Result<void> taken = take_streams(observed, readings.streams); !taken) return taken.error();
  if (Result<void> taken = take_bucket(observed, readings.bucket); !taken) return taken.error();
  if (Result<void> taken = take_role(observed, readings.role); !taken) return taken.error();
  if (Result<void> taken = take_logs(observed, readings.logs); !taken) return taken.error();
  take_document(observed, readings.bucket, observed.spec.bucket_name());

  // pipeline.json may be in another bucket: what carries our tags says in which.
  BucketReading elsewhere;
  if (!observed.document && !observed.document_problem) {
    if (const std::optional<std::string> other = tagged_bucket(observed)) {
      Spec there = observed.spec;
      (there.external_bucket() ? there.existing_bucket : there.bucket) = *other;
      Group group(client.loop());
      read_bucket(client, group, identity, there, elsewhere);
      group.join();
      take_document(observed, elsewhere, *other);
    }
  }

  // Second look, with pipeline.json's names, at whatever was called otherwise at first.
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
  const bool other_bucket =
      before.bucket_name() != second->bucket_name() || before.external_bucket() != second->external_bucket();
  const bool other_role = before.role_name() != second->role_name() || before.role_policy != second->role_policy ||
                          before.external_role() != second->external_role();
  const bool other_logs = before.log_group != second->log_group || before.log_stream != second->log_stream;
  if (other_bucket) read_bucket(client, group, identity, *second, again.bucket);
  if (other_role) read_role(client, group, *second, again.role);
  if (other_logs) read_logs(client, group, identity, *second, again.logs);
  group.join();
  if (other_bucket) {
    if (Result<void> taken = take_bucket(observed, again.bucket); !taken) return taken.error();
  }
  if (other_role) {
    if (Result<void> taken = take_role(observed, again.role); !taken) return taken.error();
  }
  if (other_logs) {
    if (Result<void> taken = take_logs(observed, again.logs); !taken) return taken.error();
  }

  if (options.for_destroy) {
    if (Result<void> taken = take_unlisted(client, observed); !taken) return taken.error();
    Result<DestroyReading> reading = read_destroy(client, observed);
    if (!reading) return reading.error();
    observed.destroy = *reading;
  }
  observed.id = observed.document ? observed.document->id : id_of_tags(observed);
  return observed;
}

}  // namespace fhctl::pipeline
