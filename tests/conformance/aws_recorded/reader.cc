// Shows what fhctl's service functions make of answers: aws_recorded.py feeds it with recordings in wire form.
//
// Reads one JSON object per line: {"operation": "iam.GetRole", "input": {...}, "answers": [{"status", "headers",
// "body"}]}. The answers come in order, and the last one is repeated. Writes one line for each: {"value": ...}, or
// {"error": {"kind", "code", "message"}}. {"unknown": true}: fhctl does not call this operation.
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "core/aws/client.h"
#include "core/base/json.h"
#include "core/base/random.h"
#include "core/services/cloudwatch.h"
#include "core/services/firehose.h"
#include "core/services/iam.h"
#include "core/services/logs.h"
#include "core/services/s3.h"
#include "core/services/s3_objects.h"
#include "core/services/ssm.h"
#include "core/services/sts.h"
#include "tests/support/fakes.h"
#include "tests/support/virtual_driver.h"

namespace fhctl::test {
namespace {

using Reader = std::function<Json(aws::Client&, const Json&)>;

std::string text(const Json& input, std::string_view name) { return get_string(input, name).value_or("x"); }
s3::BucketRef bucket(const Json& input) { return {text(input, "Bucket"), ""}; }

// --- values as JSON ---

Json to_json(bool value) { return value; }
Json to_json(const std::string& value) { return value; }
Json to_json(const std::vector<std::string>& values) { return values; }
Json to_json(const Tags& tags) { return tags; }

Json to_json(const iam::Role& role) {
  return {{"name", role.name},
          {"arn", role.arn},
          {"id", role.id},
          {"path", role.path},
          {"trust", role.trust_policy},
          {"boundary", role.permissions_boundary},
          {"tags", role.tags}};
}

Json to_json(const logs::LogGroup& group) {
  Json out{{"name", group.name}, {"arn", group.arn}, {"kms", group.kms_key_id}, {"bytes", group.stored_bytes}};
  out["retention"] = group.retention_days ? Json(*group.retention_days) : Json();
  return out;
}

Json to_json(const std::vector<logs::LogEvent>& events) {
  Json out = Json::array();
  for (const logs::LogEvent& event : events) out.push_back({{"time", event.timestamp_ms}, {"message", event.message}});
  return out;
}

Json to_json(const firehose::Description& stream) {
  return {{"name", stream.name},
          {"arn", stream.arn},
          {"status", stream.status.text()},
          {"type", stream.type},
          {"version", stream.version_id},
          {"destination", stream.destination_id},
          {"bucket", stream.destination.bucket_arn},
          {"role", stream.destination.role_arn}};
}

Json to_json(const std::vector<firehose::PutResult>& results) {
  Json out = Json::array();
  for (const firehose::PutResult& result : results)
    out.push_back({{"id", result.record_id}, {"code", result.error_code}});
  return out;
}

Json to_json(const ssm::Parameter& parameter) {
  return {{"name", parameter.name}, {"value", parameter.value}, {"version", parameter.version}};
}

Json to_json(const sts::CallerIdentity& identity) {
  return {{"account", identity.account}, {"arn", identity.arn}, {"id", identity.user_id}};
}

Json to_json(const std::vector<cloudwatch::MetricSeries>& all) {
  Json out = Json::array();
  for (const cloudwatch::MetricSeries& series : all) {
    Json values = Json::array();
    for (const auto& [start, value] : series.points) values.push_back(value);
    out.push_back({{"status", series.status}, {"complete", series.complete}, {"values", values}});
  }
  return out;
}

Json to_json(const s3::HeadBucketResult& head) {
  return {{"answer", static_cast<int>(head.answer)}, {"region", head.region}};
}
Json to_json(s3::CreateBucketAnswer answer) { return static_cast<int>(answer); }
Json to_json(WallTime time) { return format_iso8601(time); }

Json to_json(const s3::PublicAccessBlock& block) {
  return {block.block_public_acls, block.ignore_public_acls, block.block_public_policy, block.restrict_public_buckets};
}

Json to_json(const s3::Encryption& encryption) {
  return {{"algorithm", encryption.algorithm}, {"key", encryption.kms_key_id}, {"bucket_key", encryption.bucket_key}};
}

Json to_json(const s3::Lifecycle& lifecycle) {
  Json out = Json::array();
  for (const s3::LifecycleRule& rule : lifecycle.rules) out.push_back(rule.id);
  return out;
}

Json to_json(const s3::Versioning& versioning) { return versioning.status; }

Json to_json(const s3::Object& object) { return {{"body", object.body}, {"etag", object.etag}}; }
Json to_json(const s3::PutAnswer& answer) {
  return {{"outcome", static_cast<int>(answer.outcome)}, {"etag", answer.etag}};
}

Json to_json(const s3::VersionsPage& page) {
  Json out = Json::array();
  for (const s3::ObjectVersion& version : page.versions) {
    out.push_back({{"key", version.key},
                   {"id", version.version_id},
                   {"marker", version.is_delete_marker},
                   {"latest", version.is_latest},
                   {"size", version.size}});
  }
  return {
      {"versions", out}, {"truncated", page.truncated}, {"next", {page.next_key_marker, page.next_version_id_marker}}};
}

Json to_json(const s3::ObjectsPage& page) {
  Json out = Json::array();
  for (const s3::ObjectSummary& object : page.objects) out.push_back({{"key", object.key}, {"size", object.size}});
  return {{"objects", out}, {"truncated", page.truncated}, {"next", page.next_token}};
}

Json to_json(const std::vector<s3::DeleteFailure>& failures) {
  Json out = Json::array();
  for (const s3::DeleteFailure& failure : failures) out.push_back({{"key", failure.key}, {"code", failure.code}});
  return out;
}

Json to_json(const s3::UploadsPage& page) {
  Json out = Json::array();
  for (const s3::Upload& upload : page.uploads) out.push_back({{"key", upload.key}, {"id", upload.upload_id}});
  return {
      {"uploads", out}, {"truncated", page.truncated}, {"next", {page.next_key_marker, page.next_upload_id_marker}}};
}

Json shown_error(const Error& error) {
  return {{"error",
           {{"kind", std::string(kind_name(error.kind))}, {"code", error.aws_code}, {"message", describe(error)}}}};
}

Json shown_value(Json value) {
  Json out;
  out["value"] = std::move(value);
  return out;
}

Json shown(const Result<void>& result) { return result ? shown_value(Json::object()) : shown_error(result.error()); }

template <class Value>
Json shown(const Result<Value>& result) {
  return result ? shown_value(to_json(*result)) : shown_error(result.error());
}

template <class Value>
Json shown(const Result<std::optional<Value>>& result) {
  if (!result) return shown_error(result.error());
  return shown_value(*result ? to_json(**result) : Json());
}

// --- the operations that fhctl calls, with the function that calls each ---

using Readers = std::map<std::string, Reader>;

void add_iam(Readers& readers) {
  readers["iam.CreateRole"] = [](aws::Client& client, const Json& input) {
    iam::CreateRoleInput role;
    role.name = text(input, "RoleName");
    role.trust_policy = "{}";
    return shown(iam::create_role(client, role));
  };
  readers["iam.GetRole"] = [](aws::Client& client, const Json& input) {
    return shown(iam::get_role(client, text(input, "RoleName")));
  };
  readers["iam.UpdateAssumeRolePolicy"] = [](aws::Client& client, const Json&) {
    return shown(iam::update_assume_role_policy(client, "x", "{}"));
  };
  readers["iam.PutRolePolicy"] = [](aws::Client& client, const Json&) {
    return shown(iam::put_role_policy(client, "x", "x", "{}"));
  };
  readers["iam.GetRolePolicy"] = [](aws::Client& client, const Json&) {
    return shown(iam::get_role_policy(client, "x", "x"));
  };
  readers["iam.DeleteRolePolicy"] = [](aws::Client& client, const Json&) {
    return shown(iam::delete_role_policy(client, "x", "x"));
  };
  readers["iam.DeleteRole"] = [](aws::Client& client, const Json&) { return shown(iam::delete_role(client, "x")); };
  readers["iam.TagRole"] = [](aws::Client& client, const Json&) {
    return shown(iam::tag_role(client, "x", {{"a", "b"}}));
  };
  readers["iam.UntagRole"] = [](aws::Client& client, const Json&) {
    return shown(iam::untag_role(client, "x", {"a"}));
  };
  readers["iam.PutRolePermissionsBoundary"] = [](aws::Client& client, const Json&) {
    return shown(iam::put_permissions_boundary(client, "x", "arn:aws:iam::111111111111:policy/x"));
  };
  readers["iam.ListRolePolicies"] = [](aws::Client& client, const Json&) {
    return shown(iam::list_role_policies(client, "x"));
  };
  readers["iam.ListAttachedRolePolicies"] = [](aws::Client& client, const Json&) {
    return shown(iam::list_attached_policies(client, "x"));
  };
  readers["iam.ListInstanceProfilesForRole"] = [](aws::Client& client, const Json&) {
    return shown(iam::list_instance_profiles(client, "x"));
  };
}

void add_logs(Readers& readers) {
  readers["logs.CreateLogGroup"] = [](aws::Client& client, const Json&) {
    return shown(logs::create_log_group(client, "x", {}));
  };
  readers["logs.DescribeLogGroups"] = [](aws::Client& client, const Json& input) {
    return shown(logs::find_log_group(client, text(input, "logGroupName")));
  };
  readers["logs.DeleteLogGroup"] = [](aws::Client& client, const Json&) {
    return shown(logs::delete_log_group(client, "x"));
  };
  readers["logs.PutRetentionPolicy"] = [](aws::Client& client, const Json&) {
    return shown(logs::put_retention_policy(client, "x", 7));
  };
  readers["logs.CreateLogStream"] = [](aws::Client& client, const Json&) {
    return shown(logs::create_log_stream(client, "x", "y"));
  };
  readers["logs.DescribeLogStreams"] = [](aws::Client& client, const Json& input) {
    return shown(logs::log_stream_exists(client, "x", text(input, "logStreamName")));
  };
  readers["logs.ListTagsForResource"] = [](aws::Client& client, const Json&) {
    return shown(logs::list_tags(client, "arn:x"));
  };
  readers["logs.TagResource"] = [](aws::Client& client, const Json&) {
    return shown(logs::tag_resource(client, "arn:x", {{"a", "b"}}));
  };
  readers["logs.UntagResource"] = [](aws::Client& client, const Json&) {
    return shown(logs::untag_resource(client, "arn:x", {"a"}));
  };
  readers["logs.GetLogEvents"] = [](aws::Client& client, const Json&) {
    return shown(logs::get_log_events(client, "x", "y", 0, 10'000));
  };
}

void add_firehose(Readers& readers) {
  readers["firehose.CreateDeliveryStream"] = [](aws::Client& client, const Json&) {
    return shown(firehose::create_delivery_stream(client, {.name = "x", .destination = {}, .tags = {}}));
  };
  readers["firehose.DescribeDeliveryStream"] = [](aws::Client& client, const Json&) {
    return shown(firehose::describe_delivery_stream(client, "x"));
  };
  readers["firehose.ListDeliveryStreams"] = [](aws::Client& client, const Json&) {
    return shown(firehose::list_delivery_streams(client));
  };
  readers["firehose.DeleteDeliveryStream"] = [](aws::Client& client, const Json&) {
    return shown(firehose::delete_delivery_stream(client, "x"));
  };
  readers["firehose.UpdateDestination"] = [](aws::Client& client, const Json&) {
    return shown(firehose::update_destination(client, "x", "1", "destinationId-000000000001", {}));
  };
  readers["firehose.TagDeliveryStream"] = [](aws::Client& client, const Json&) {
    return shown(firehose::tag_delivery_stream(client, "x", {{"a", "b"}}));
  };
  readers["firehose.UntagDeliveryStream"] = [](aws::Client& client, const Json&) {
    return shown(firehose::untag_delivery_stream(client, "x", {"a"}));
  };
  readers["firehose.ListTagsForDeliveryStream"] = [](aws::Client& client, const Json&) {
    return shown(firehose::list_tags(client, "x"));
  };
  readers["firehose.PutRecordBatch"] = [](aws::Client& client, const Json& input) {
    const auto count = static_cast<std::size_t>(get_integer(input, "records").value_or(1));
    return shown(firehose::put_record_batch(client, "x", std::vector<std::string>(count, "r")));
  };
}

void add_others(Readers& readers) {
  readers["ssm.GetParameter"] = [](aws::Client& client, const Json&) {
    return shown(ssm::get_parameter(client, "/x"));
  };
  readers["ssm.PutParameter"] = [](aws::Client& client, const Json&) {
    return shown(ssm::put_parameter(client, "/x", "v", ""));
  };
  readers["ssm.DeleteParameter"] = [](aws::Client& client, const Json&) {
    return shown(ssm::delete_parameter(client, "/x"));
  };
  readers["sts.GetCallerIdentity"] = [](aws::Client& client, const Json&) {
    return shown(sts::get_caller_identity(client));
  };
  readers["cloudwatch.GetMetricData"] = [](aws::Client& client, const Json& input) {
    const auto count = static_cast<std::size_t>(get_integer(input, "queries").value_or(1));
    const std::vector<cloudwatch::MetricQuery> queries(count,
                                                       cloudwatch::stream_metric("x", "IncomingRecords", "Sum", 60));
    return shown(cloudwatch::get_metric_data(client, queries, from_epoch_seconds(0), from_epoch_seconds(3600)));
  };
}

void add_buckets(Readers& readers) {
  readers["s3.HeadBucket"] = [](aws::Client& client, const Json& input) {
    return shown(s3::head_bucket(client, bucket(input)));
  };
  readers["s3.CreateBucket"] = [](aws::Client& client, const Json& input) {
    return shown(s3::create_bucket(client, bucket(input), {}));
  };
  readers["s3.DeleteBucket"] = [](aws::Client& client, const Json& input) {
    return shown(s3::delete_bucket(client, bucket(input)));
  };
  readers["s3.ListBuckets"] = [](aws::Client& client, const Json& input) {
    return shown(s3::bucket_creation_date(client, text(input, "Bucket")));
  };
  readers["s3.GetBucketTagging"] = [](aws::Client& client, const Json& input) {
    return shown(s3::get_bucket_tags(client, bucket(input)));
  };
  readers["s3.PutBucketTagging"] = [](aws::Client& client, const Json& input) {
    return shown(s3::put_bucket_tags(client, bucket(input), {{"a", "b"}}));
  };
  readers["s3.GetPublicAccessBlock"] = [](aws::Client& client, const Json& input) {
    return shown(s3::get_public_access_block(client, bucket(input)));
  };
  readers["s3.PutPublicAccessBlock"] = [](aws::Client& client, const Json& input) {
    return shown(s3::put_public_access_block(client, bucket(input), {}));
  };
  readers["s3.GetBucketEncryption"] = [](aws::Client& client, const Json& input) {
    return shown(s3::get_bucket_encryption(client, bucket(input)));
  };
  readers["s3.PutBucketEncryption"] = [](aws::Client& client, const Json& input) {
    return shown(s3::put_bucket_encryption(client, bucket(input), {"AES256", "", false}));
  };
  readers["s3.GetBucketVersioning"] = [](aws::Client& client, const Json& input) {
    return shown(s3::get_bucket_versioning(client, bucket(input)));
  };
  readers["s3.GetObjectLockConfiguration"] = [](aws::Client& client, const Json& input) {
    return shown(s3::object_lock_enabled(client, bucket(input)));
  };
  readers["s3.GetBucketLifecycleConfiguration"] = [](aws::Client& client, const Json& input) {
    return shown(s3::get_lifecycle(client, bucket(input)));
  };
  readers["s3.PutBucketLifecycleConfiguration"] = [](aws::Client& client, const Json& input) {
    return shown(s3::put_lifecycle(client, bucket(input), {{s3::abort_uploads_rule("x", 7)}, ""}));
  };
  readers["s3.DeleteBucketLifecycle"] = [](aws::Client& client, const Json& input) {
    return shown(s3::delete_lifecycle(client, bucket(input)));
  };
}

void add_objects(Readers& readers) {
  readers["s3.GetObject"] = [](aws::Client& client, const Json& input) {
    return shown(s3::get_object(client, bucket(input), "k"));
  };
  readers["s3.PutObject"] = [](aws::Client& client, const Json& input) {
    return shown(s3::put_object(client, bucket(input), "k", "v", "text/plain", {}));
  };
  readers["s3.DeleteObject"] = [](aws::Client& client, const Json& input) {
    return shown(s3::delete_object(client, bucket(input), "k"));
  };
  readers["s3.DeleteObjects"] = [](aws::Client& client, const Json& input) {
    s3::ObjectVersion version;
    version.key = "k";
    return shown(s3::delete_objects(client, bucket(input), {version}));
  };
  readers["s3.ListObjectVersions"] = [](aws::Client& client, const Json& input) {
    return shown(s3::list_object_versions(client, bucket(input), "", "", ""));
  };
  readers["s3.ListObjectsV2"] = [](aws::Client& client, const Json& input) {
    return shown(s3::list_objects(client, bucket(input), "", ""));
  };
  readers["s3.ListMultipartUploads"] = [](aws::Client& client, const Json& input) {
    return shown(s3::list_multipart_uploads(client, bucket(input), "", ""));
  };
  readers["s3.AbortMultipartUpload"] = [](aws::Client& client, const Json& input) {
    return shown(s3::abort_multipart_upload(client, bucket(input), "k", "u"));
  };
}

// --- one answer after the other ---

std::vector<http::Response> read_answers(const Json& item) {
  std::vector<http::Response> answers;
  for (const Json& answer : item.at("answers")) {
    http::Response response;
    response.status = static_cast<int>(get_integer(answer, "status").value_or(0));
    response.body = get_string(answer, "body").value_or("");
    for (const auto& [name, value] : answer.at("headers").items()) response.headers.set(name, value.get<std::string>());
    answers.push_back(std::move(response));
  }
  return answers;
}

Json read_one(const Reader& reader, const Json& item) {
  VirtualDriver driver;
  Loop loop(driver);
  const std::vector<http::Response> answers = read_answers(item);
  std::size_t next = 0;
  ScriptedTransport transport(loop, [&](const http::Request&) -> Result<http::Response> {
    return answers[std::min(next++, answers.size() - 1)];
  });
  SeededEntropy entropy(7);
  FakeSignals signals;
  Cancellation control(loop, signals);
  aws::ClientOptions options;
  options.region = "us-west-2";
  for (const aws::Service service : aws::kServices) {
    options.endpoints[service] =
        *aws::resolve_endpoint({.service = service, .region = options.region, .custom_url = ""});
  }
  aws::Client client(loop, transport, entropy, control,
                     {.access_key_id = "AKIDEXAMPLE",
                      .secret_access_key = "secret",
                      .session_token = "",
                      .expiration = {},
                      .account_id = "",
                      .source = "test"},
                     options);
  Json result;
  loop.run([&] { result = reader(client, item.at("input")); });
  return result;
}

int run() {
  Readers readers;
  add_iam(readers);
  add_logs(readers);
  add_firehose(readers);
  add_others(readers);
  add_buckets(readers);
  add_objects(readers);
  for (std::string line; std::getline(std::cin, line);) {
    const Result<Json> item = parse_json(line, "the input");
    if (!item) {
      std::cerr << describe(item.error()) << "\n";
      return 1;
    }
    const auto reader = readers.find(text(*item, "operation"));
    const Json answer = reader == readers.end() ? Json{{"unknown", true}} : read_one(reader->second, *item);
    std::cout << dump(answer) << "\n";
  }
  return 0;
}

}  // namespace
}  // namespace fhctl::test

int main() { return fhctl::test::run(); }
