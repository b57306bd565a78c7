#include "core/execute/empty_bucket.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/aws/denied.h"
#include "core/base/text.h"

namespace fhctl::pipeline {
namespace {

constexpr std::size_t kBatchesInFlight = 8;
constexpr int kListLapsMax = 100;
constexpr auto kStandstill = std::chrono::minutes(5);

// Why an object was denied: AWS names the action only for denials by policies.
std::string hint_of(const s3::DeleteFailure& failure) {
  if (!contains(failure.message, "not authorized to perform")) {
    return "a bucket policy, a legal hold or retention forbids it";
  }
  return aws::denial_hint(aws::read_denial(aws::Service::kS3, "DeleteObjects", failure.message));
}

class Emptier {
 public:
  Emptier(Run& run, const s3::BucketRef& bucket, const EmptyScope& scope,
          const std::function<Result<void>()>& may_go_on, EmptyReport& report)
      : run_(run),
        bucket_(bucket),
        scope_(scope),
        may_go_on_(may_go_on),
        report_(report),
        slot_(run.client.loop()),
        started_(run.client.loop().now()),
        told_(started_) {}

  Result<void> empty() {
    for (int lap = 0; lap < kListLapsMax; ++lap) {
      const std::int64_t before = report_.deleted;
      found_ = 0;
      RETURN_IF_ERROR(walk_versions());
      if (found_ == 0) break;
      if (report_.deleted == before) return stuck();
    }
    if (scope_.uploads) {
      if (Result<void> aborted = abort_uploads(); !aborted) return aborted;
    }
    publish_draining(true);
    return ok();
  }

 private:
  bool wanted(const std::string& key) const {
    const auto is_key = [&key](const std::vector<std::string>& keys) {
      return std::find(keys.begin(), keys.end(), key) != keys.end();
    };
    if (!starts_with(key, scope_.prefix) || is_key(scope_.keep_keys)) return false;
    return scope_.only_keys.empty() || is_key(scope_.only_keys);
  }

  Result<void> walk_versions() {
    Group group(run_.client.loop(), kBatchesInFlight);
    Result<void> outcome = ok();
    std::string key_marker;
    std::string version_marker;
    while (outcome) {
      if (outcome = may_go_on_(); !outcome) break;
      const auto page = s3::list_object_versions(run_.client, bucket_, scope_.prefix, key_marker, version_marker);
      if (!page) {
        outcome = page.error();
        break;
      }
      std::vector<s3::ObjectVersion> batch;
      for (const s3::ObjectVersion& version : page->versions) {
        if (wanted(version.key)) batch.push_back(version);
      }
      found_ += static_cast<std::int64_t>(batch.size());
      while (in_flight_ >= kBatchesInFlight) {
        slot_.clear();
        slot_.wait();
      }
      if (!batch.empty()) {
        ++in_flight_;
        group.spawn([this, &outcome, batch = std::move(batch)] {
          const Result<void> deleted = delete_batch(batch);
          if (!deleted) outcome = deleted.error();
          --in_flight_;
          slot_.set();
        });
      }
      if (!page->truncated) break;
      key_marker = page->next_key_marker;
      version_marker = page->next_version_id_marker;
    }
    group.join();
    return outcome;
  }

  // Keys that XML cannot carry go one by one: in a DeleteObjects body a CR would come out as LF and name another key.
  Result<void> delete_batch(const std::vector<s3::ObjectVersion>& versions) {
    std::vector<s3::ObjectVersion> together;
    for (const s3::ObjectVersion& version : versions) {
      if (s3::xml_can_carry(version.key)) {
        together.push_back(version);
        continue;
      }
      RETURN_IF_ERROR(s3::delete_object(run_.client, bucket_, version.key, version.version_id));
      progress(1);
    }
    if (together.empty()) return ok();
    ASSIGN_OR_RETURN(const auto failures, s3::delete_objects(run_.client, bucket_, together));
    progress(static_cast<std::int64_t>(together.size() - std::min(together.size(), failures.size())));
    for (const s3::DeleteFailure& failure : failures) {
      last_failure_ = failure;
      const bool passing =
          failure.code == "SlowDown" || failure.code == "InternalError" || failure.code == "ServiceUnavailable";
      if (passing) continue;  // the next pass finds it again
      Error error;
      error.kind = failure.code == "AccessDenied" ? ErrorKind::kDenied : ErrorKind::kFailed;
      error.message =
          fmt::format("object {} of bucket {} could not be deleted: {}", failure.key, bucket_.name, failure.message);
      error.aws_code = failure.code;
      if (error.kind == ErrorKind::kDenied) error.hint = hint_of(failure);
      return error;
    }
    return ok();
  }

  // S3 refuses a marker that is no upload of its key ("Invalid uploadId marker"), and does not document whether it
  // still takes one that was aborted meanwhile. So all pages are read before the first upload is aborted.
  Result<void> abort_uploads() {
    ASSIGN_OR_RETURN(const std::vector<s3::Upload> uploads, list_uploads());
    for (const s3::Upload& upload : uploads) {
      RETURN_IF_ERROR(may_go_on_());
      RETURN_IF_ERROR(s3::abort_multipart_upload(run_.client, bucket_, upload.key, upload.upload_id));
      ++report_.uploads_aborted;
      progress(0);
    }
    return ok();
  }

  Result<std::vector<s3::Upload>> list_uploads() {
    std::vector<s3::Upload> uploads;
    std::string key_marker;
    std::string upload_marker;
    while (true) {
      RETURN_IF_ERROR(may_go_on_());
      ASSIGN_OR_RETURN(auto page, s3::list_multipart_uploads(run_.client, bucket_, key_marker, upload_marker));
      for (s3::Upload& upload : page.uploads) {
        if (wanted(upload.key)) uploads.push_back(std::move(upload));
      }
      if (!page.truncated) return uploads;
      key_marker = page.next_key_marker;
      upload_marker = page.next_upload_id_marker;
      progress(0);
    }
  }

  void progress(std::int64_t deleted) {
    report_.deleted += deleted;
    const Instant now = run_.client.loop().now();
    run_.control.set_deadline(std::max(run_.control.deadline(), now + kStandstill));
    if (now - told_ >= std::chrono::milliseconds(500)) publish_draining(false);
  }

  void publish_draining(bool done) {
    told_ = run_.client.loop().now();
    if (!scope_.report_progress || report_.deleted + report_.uploads_aborted == 0) return;
    const double seconds = seconds_of(told_ - started_);
    const double rate = seconds > 0 ? static_cast<double>(report_.deleted) / seconds : 0;
    run_.observer.on(Emptying{report_.deleted, report_.uploads_aborted, rate, done});
  }

  Error stuck() const {
    return make_error(
        ErrorKind::kFailed,
        fmt::format("bucket {} does not get empty: {} could not be deleted ({})", bucket_.name, last_failure_.key,
                    last_failure_.code.empty() ? "no reason given" : last_failure_.code),
        "wait a little and run the same command again");
  }

  Run& run_;
  const s3::BucketRef& bucket_;
  const EmptyScope& scope_;
  const std::function<Result<void>()>& may_go_on_;
  EmptyReport& report_;
  fhctl::Event slot_;
  std::size_t in_flight_ = 0;
  std::int64_t found_ = 0;
  s3::DeleteFailure last_failure_;
  Instant started_;
  Instant told_;
};

}  // namespace

Result<void> empty_bucket(Run& run, const s3::BucketRef& bucket, const EmptyScope& scope,
                          const std::function<Result<void>()>& may_go_on, EmptyReport& report) {
  const Result<void> emptied = Emptier(run, bucket, scope, may_go_on, report).empty();
  if (!emptied) return with_context(emptied.error(), "emptying bucket " + bucket.name);
  return ok();
}

}  // namespace fhctl::pipeline
