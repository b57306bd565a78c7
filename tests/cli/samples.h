// Sample plans and descriptions for the tests of the views.
#pragma once

#include "core/observe/lock_object.h"
#include "core/observe/observed.h"
#include "core/plan/plan.h"

namespace fhctl::cli {

inline pipeline::Step stream_step(int number, pipeline::Action action, std::string detail) {
  return {
      {pipeline::Kind::kStream, "logs-" + std::to_string(number), number}, action, std::move(detail), {}, {}, false};
}

inline pipeline::Plan birth_plan() {
  using pipeline::Action;
  using pipeline::Kind;
  pipeline::Plan plan;
  plan.steps = {
      {{Kind::kBucket, "logs-123456789012-us-west-2", 0}, Action::kCreate, "", {}, {}, false},
      {{Kind::kRole, "logs-us-west-2-firehose", 0}, Action::kCreate, "", {}, {}, false},
      {{Kind::kRolePolicy, "logs-us-west-2-firehose/delivery", 0},
       Action::kCreate,
       "S3 write, logs:PutLogEvents",
       {},
       {},
       false},
      {{Kind::kLogGroup, "/aws/kinesisfirehose/logs", 0}, Action::kCreate, "retention 30 days", {}, {}, false},
      {{Kind::kLogStream, "/aws/kinesisfirehose/logs:S3Delivery", 0}, Action::kCreate, "", {}, {}, false},
      stream_step(1, Action::kCreate, "60 s / 5 MiB, gzip"),
      stream_step(2, Action::kCreate, "60 s / 5 MiB, gzip"),
  };
  plan.members_after = {1, 2};
  return plan;
}

// Has every kind of step, a policy, a reason, notes, and external text that must be escaped on a terminal.
inline pipeline::Plan repair_plan() {
  using pipeline::Action;
  using pipeline::Kind;
  pipeline::Plan plan;
  plan.members_before = {1, 2, 3};
  plan.members_after = {1, 2, 3};
  pipeline::Step policy{{Kind::kRolePolicy, "logs-us-west-2-firehose/delivery", 0}, Action::kUpdate, "", {}, {}, true};
  policy.changes = {{"document",
                     R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]})",
                     R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:PutObject"],)"
                     R"("Resource":"arn:aws:s3:::logs/*"}]})"}};
  pipeline::Step stream = stream_step(1, Action::kUpdate, "");
  stream.changes = {{"buffer_interval", "60 s", "120 s"}, {"prefix", "\x1b[31mred\x1b[0m/", ""}};
  stream.drift = true;
  pipeline::Step failed = stream_step(2, Action::kReplace, "60 s / 5 MiB, gzip");
  failed.reasons = {"CREATING_FAILED: UNKNOWN_ERROR: the role cannot be assumed"};
  pipeline::Step gone = stream_step(3, Action::kCreate, "60 s / 5 MiB, gzip");
  gone.reasons = {"deleted outside fhctl"};
  plan.steps = {policy, stream, failed, gone, stream_step(4, Action::kDelete, "no member")};
  plan.notes = {{true, "The bucket uses aws:kms, which is stricter than the default.", ""},
                {false, "1 stream is draining.", "`fhctl scale` continues, `fhctl undrain` takes it back."}};
  return plan;
}

inline pipeline::Plan large_plan(int streams) {
  pipeline::Plan plan;
  for (int number = 1; number <= streams; ++number) {
    plan.steps.push_back(stream_step(number, pipeline::Action::kCreate, "60 s / 5 MiB, gzip"));
    plan.members_after.insert(number);
  }
  return plan;
}

inline Tags own_tags() {
  return {{"fhctl:pipeline", "logs"}, {"fhctl:region", "us-west-2"}, {"fhctl:id", "0123456789abcdef"}};
}

inline pipeline::StreamState live_stream(int number, const std::string& status) {
  pipeline::StreamState stream;
  stream.number = number;
  stream.description.name = "logs-" + std::to_string(number);
  stream.description.status = firehose::StreamStatus::parse(status);
  stream.description.create_timestamp = 1768903451;
  stream.tags = own_tags();
  return stream;
}

inline pipeline::Observed observed_pipeline() {
  pipeline::Observed observed;
  observed.identity = {"123456789012", "aws", "us-west-2", "arn:aws:iam::123456789012:user/ops"};
  observed.name = "logs";
  observed.id = "0123456789abcdef";
  observed.spec.name = "logs";
  observed.spec.bucket = "logs-123456789012-us-west-2";
  observed.spec.role = "logs-us-west-2-firehose";
  observed.spec.log_group = "/aws/kinesisfirehose/logs";
  observed.bucket.answer = s3::HeadBucketResult::Answer::kOurs;
  observed.bucket.tags = own_tags();
  pipeline::LogGroupState group;
  group.tags = own_tags();
  group.stream_exists = true;
  observed.log_group = group;
  pipeline::Document document;
  document.pipeline = "logs";
  document.created_by = "arn:aws:iam::123456789012:user/ops";
  document.created_at = "2026-01-20T10:04:11Z";
  document.members = {1, 2};
  observed.document = document;
  observed.streams = {
      {1, live_stream(1, "ACTIVE")}, {2, live_stream(2, "CREATING_FAILED")}, {3, live_stream(3, "ACTIVE")}};
  observed.streams[2].description.failure_type = "UNKNOWN_ERROR";
  observed.streams[2].description.failure_details = "the role cannot be assumed";
  pipeline::Manifest manifest;
  manifest.generation = 1768903500;
  manifest.epoch = "0123456789abcdef";
  manifest.published_at = "2026-01-20T10:05:00Z";
  pipeline::ManifestEntry leaving;
  leaving.name = "logs-3";
  leaving.index = 3;
  leaving.state = pipeline::EntryState::kDraining;
  leaving.drain_started_at = "2026-01-20T10:05:00Z";
  manifest.streams.push_back(leaving);
  observed.manifest = manifest;
  pipeline::SeenLock lock;
  lock.body.holder = "ci-runner-42";
  lock.body.host = "ci-runner-42";
  lock.body.pid = 993;
  lock.body.command = "scale";
  lock.body.run_id = "5f1e0a3c";
  lock.body.ci_url = "https://ci.example.com/run/7";
  lock.age = std::chrono::seconds(34);
  observed.lock = lock;
  return observed;
}

}  // namespace fhctl::cli
