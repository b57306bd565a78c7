#include "cli/manifest_watch.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "cli/find_manifest.h"

namespace fhctl::cli {
namespace {

constexpr auto kFileEvery = std::chrono::seconds(1);

class Watcher {
 public:
  Watcher(Context& context, const WatchRequest& request) : context_(context), request_(request) {}

  Result<int> bucket(Session& session);
  Result<int> file(Cancellation& control, const std::string& path);

 private:
  Result<std::optional<FoundManifest>> first(Session& session);
  // False: it is time to end.
  bool look_again(Session& session, const ManifestPlace& place, std::string& etag);
  // Reports on stderr what is wrong with the text, unless the problem ends the run.
  Result<pipeline::Manifest> read(const std::string& text, const std::string& where);
  void offer(const pipeline::Manifest& manifest, const std::string& text, const std::string& where);
  void trouble(const std::string& message);
  bool gone();
  Duration poll() const;
  // Whether the manifest of another pipeline is an error, rather than a reason to wait.
  bool may_end() const { return !current_ && !request_.follow; }
  bool nobody_reads() const { return context_.platform().streams.out_failed(); }

  Context& context_;
  const WatchRequest& request_;
  ManifestOwner owner_;
  std::optional<pipeline::Manifest> current_;
  std::string said_;  // the last problem, which is reported once and not at every reading
};

Result<int> Watcher::bucket(Session& session) {
  ASSIGN_OR_RETURN(std::optional<FoundManifest> found, first(session));
  if (!found) return 0;
  std::string etag = found->etag;
  while (!nobody_reads() && session.control.sleep_for(poll()) && look_again(session, found->place, etag)) {
  }
  return 0;
}

// nullopt: stopped while waiting for one.
Result<std::optional<FoundManifest>> Watcher::first(Session& session) {
  for (;;) {
    Result<FoundManifest> found = find_manifest(session, request_.named.sources);
    if (found) {
      owner_ = found->owner;
      offer(found->manifest, found->text, found->place.key);
      return std::optional<FoundManifest>(std::move(*found));
    }
    if (context_.platform().signals.stop_count() > 0) return std::optional<FoundManifest>();
    if (!request_.follow) return found.error();
    trouble(describe(found.error()));
    if (!session.control.sleep_for(poll())) return std::optional<FoundManifest>();
  }
}

bool Watcher::look_again(Session& session, const ManifestPlace& place, std::string& etag) {
  using Answer = s3::ConditionalObject::Answer;
  const Result<s3::ConditionalObject> again = s3::get_object_if_changed(session.client, place.bucket, place.key, etag);
  if (!again && again.error().kind == ErrorKind::kNotFound) return gone();  // the bucket is gone too
  if (!again) {
    if (!session.control.check()) return false;
    trouble(fmt::format("{} (generation {} stays)", describe(again.error()), current_ ? current_->generation : 0));
    return true;
  }
  if (again->answer == Answer::kAbsent) return gone();
  if (again->answer == Answer::kUnchanged) {
    said_.clear();
    return true;
  }
  etag = again->object.etag;
  if (const auto manifest = read(again->object.body, fmt::format("s3://{}/{}", place.bucket.name, place.key))) {
    offer(*manifest, again->object.body, place.key);
  }
  return true;
}

bool Watcher::gone() {
  if (!request_.follow) {
    context_.reporter().say("The manifest is gone: the pipeline was destroyed.\n");
    return false;
  }
  trouble("The manifest is gone: the pipeline was destroyed. Waiting for the next one.");
  return true;
}

// A file may be missing for a moment, be replaced, or be read half-written: read it again soon.
Result<int> Watcher::file(Cancellation& control, const std::string& path) {
  std::string seen;
  owner_ = owner_of_file(context_, request_.named);
  while (!nobody_reads()) {
    const Result<std::optional<std::string>> text = context_.platform().files.read(path, pipeline::kManifestBytesMax);
    if (!text) {
      trouble(describe(text.error()));
    } else if (!*text) {
      trouble(fmt::format("There is no file {}; waiting for it.", path));
      seen.clear();
    } else if (**text != seen) {
      seen = **text;
      const Result<pipeline::Manifest> manifest = read(seen, path);
      if (manifest) offer(*manifest, seen, path);
      if (!manifest && manifest.error().kind == ErrorKind::kPrecondition && may_end()) return manifest.error();
    }
    if (!control.sleep_for(kFileEvery)) break;
  }
  return 0;
}

Result<pipeline::Manifest> Watcher::read(const std::string& text, const std::string& where) {
  Result<pipeline::Manifest> manifest = read_owned_manifest(text, where, owner_);
  const bool ends_the_run = !manifest && manifest.error().kind == ErrorKind::kPrecondition && may_end();
  if (!manifest && !ends_the_run) {
    const std::string message = describe(manifest.error());
    trouble("Ignored: " + message.substr(0, message.find('\n')));
  }
  return manifest;
}

void Watcher::offer(const pipeline::Manifest& manifest, const std::string& text, const std::string& where) {
  if (current_ && !pipeline::supersedes(manifest, *current_)) {
    const bool same = manifest.epoch == current_->epoch && manifest.generation == current_->generation;
    if (!same) {
      trouble(
          fmt::format("Ignored: {} has generation {} of {}/{}/{}, which is no successor of generation {} of {}/{}/{}",
                      where, manifest.generation, manifest.pipeline, manifest.account, manifest.region,
                      current_->generation, current_->pipeline, current_->account, current_->region));
    }
    return;
  }
  said_.clear();
  current_ = manifest;
  request_.print(manifest, text);
}

void Watcher::trouble(const std::string& message) {
  if (message == said_) return;
  said_ = message;
  context_.reporter().note({true, message, ""});
}

Duration Watcher::poll() const {
  return std::chrono::seconds(
      std::max(1, current_ ? current_->spec.manifest_poll_s : pipeline::Spec{}.manifest_poll_s));
}

}  // namespace

Result<int> watch_manifest(Context& context, const WatchRequest& request) {
  Watcher watcher(context, request);
  const auto without_end = [&](Cancellation& control) {
    const std::optional<Duration> timeout = context.globals().timeout;
    control.set_deadline(timeout ? control.loop().now() + *timeout : kNever);
  };
  if (request.file) {
    return context.offline([&](Cancellation& control) {
      without_end(control);
      return watcher.file(control, *request.file);
    });
  }
  return context.online([&](Session& session) {
    without_end(session.control);
    return watcher.bucket(session);
  });
}

}  // namespace fhctl::cli
