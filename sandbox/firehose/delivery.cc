#include "sandbox/firehose/delivery.h"

#include <zlib.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/base/text.h"
#include "sandbox/firehose/delivery_name.h"
#include "sandbox/firehose/destination.h"
#include "sandbox/iam/iam.h"
#include "sandbox/logs/logs.h"
#include "sandbox/metrics/metrics.h"
#include "sandbox/s3/s3.h"

namespace fhctl::sandbox {
namespace {

constexpr std::chrono::hours kRetention(24);
constexpr double kRetrySeconds = 10;
constexpr std::chrono::hours kFreshnessMax(48);  // no record waits for longer

std::chrono::milliseconds sped_up(const CloudState& world, double seconds) {
  return std::chrono::milliseconds(
      std::max<std::int64_t>(1, static_cast<std::int64_t>(seconds * 1000 / world.options.time_factor)));
}

Traffic& traffic_of(CloudState& world, const Stream& stream) {
  return world.firehose->traffic[{stream.region, stream.name}];
}

std::string gzip(std::string_view bytes) {
  z_stream stream{};
  constexpr int kGzipWindow = 15 + 16;
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK) return {};
  std::string result(deflateBound(&stream, bytes.size()), '\0');
  // zlib does not write to its input, but declares it const only in newer versions.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(result.data());
  stream.avail_out = static_cast<uInt>(result.size());
  deflate(&stream, Z_FINISH);
  result.resize(stream.total_out);
  deflateEnd(&stream);
  return result;
}

bool compresses(const Stream& stream) { return get_string(stream.destination, "CompressionFormat") == "GZIP"; }

bool appends_newline(const Stream& stream) {
  const Json* processing = get_object(stream.destination, "ProcessingConfiguration");
  if (processing == nullptr || !get_bool(*processing, "Enabled").value_or(false)) return false;
  const Json* processors = get_array(*processing, "Processors");
  return processors != nullptr && !processors->empty();  // there is only AppendDelimiterToRecord
}

std::int64_t hint(const Stream& stream, std::string_view name, std::int64_t fallback) {
  const Json* hints = get_object(stream.destination, "BufferingHints");
  return hints == nullptr ? fallback : get_integer(*hints, name).value_or(fallback);
}

std::string sentence_for(std::string_view code) {
  if (code == "S3.AccessDenied") {
    return "Access was denied. Ensure that the trust policy for the provided IAM role allows Firehose to assume the "
           "role, and the access policy allows access to the S3 bucket.";
  }
  if (code == "S3.KMS.AccessDenied") {
    return "Access was denied. Ensure that the access policy of the provided IAM role allows the use of the KMS key.";
  }
  if (code == "S3.NoSuchBucket") {
    return "The specified bucket does not exist. Create the bucket or use a different bucket that does exist.";
  }
  return "The delivery to Amazon S3 failed.";
}

// Written only if the stream logs errors, the role may write them, and log group and log stream exist.
void log_error(CloudState& world, const Stream& stream, const std::string& code) {
  const Json* logging = get_object(stream.destination, "CloudWatchLoggingOptions");
  if (logging == nullptr || !get_bool(*logging, "Enabled").value_or(false)) return;
  const std::string group = get_string(*logging, "LogGroupName").value_or("");
  const std::string log_stream = get_string(*logging, "LogStreamName").value_or("");
  const std::string arn = "arn:" + std::string(partition_of(stream.region)) + ":logs:" + stream.region + ":" +
                          world.options.account + ":log-group:" + group + ":log-stream:" + log_stream;
  const std::string role = get_string(stream.destination, "RoleARN").value_or("");
  if (refuse_role(world, role) ||
      !role_may(world, role, "logs:PutLogEvents", arn, {{"aws:resourceaccount", world.options.account}}))
    return;
  const OrderedJson event = {{"deliveryStreamARN", stream.arn},
                             {"destination", get_string(stream.destination, "BucketARN").value_or("")},
                             {"deliveryStreamVersionId", stream.version},
                             {"message", sentence_for(code)},
                             {"errorCode", code}};
  append_log_event(world, stream.region, group, log_stream, dump(event));
}

bool told_to_fail(const CloudState& world, const Stream& stream) {
  const Options& options = world.options;
  return !options.fail_delivery.empty() && world.now < world.firehose->fail_delivery_until &&
         (options.fail_delivery_stream.empty() || options.fail_delivery_stream == stream.name);
}

std::string kms_key_of(const Stream& stream) {
  const Json* encryption = get_object(stream.destination, "EncryptionConfiguration");
  const Json* kms = encryption == nullptr ? nullptr : get_object(*encryption, "KMSEncryptionConfig");
  return kms == nullptr ? "" : get_string(*kms, "AWSKMSKeyARN").value_or("");
}

// As KMS names the service through which a key is used.
std::string s3_host(const std::string& region) {
  return "s3." + region + (partition_of(region) == "aws-cn" ? ".amazonaws.com.cn" : ".amazonaws.com");
}

// Returns "" on success, else Firehose's code for the error.
std::string try_put(CloudState& world, const Stream& stream, const Pending& object) {
  if (told_to_fail(world, stream)) return "S3." + world.options.fail_delivery;
  const std::string role = get_string(stream.destination, "RoleARN").value_or("");
  const std::string bucket_arn = get_string(stream.destination, "BucketARN").value_or("");
  const std::string owner = owner_of_bucket(world, bucket_of_arn(bucket_arn));
  std::map<std::string, std::string> context;
  if (!owner.empty()) context["aws:resourceaccount"] = owner;
  if (refuse_role(world, role) || !role_may(world, role, "s3:PutObject", bucket_arn + "/" + object.key, context)) {
    return "S3.AccessDenied";
  }
  const std::string bucket = bucket_of_arn(bucket_arn);
  const std::string own_key = kms_key_of(stream);
  const std::string key = own_key.empty() ? default_key_of_bucket(world, bucket) : own_key;
  if (!key.empty() &&
      !role_may(world, role, "kms:GenerateDataKey", key, {{"kms:viaservice", s3_host(stream.region)}})) {
    return "S3.KMS.AccessDenied";
  }
  const std::optional<std::string> error = deliver_object(world, bucket, object.key, object.body, {role, own_key});
  return error ? "S3." + *error : "";
}

void count_delivery(CloudState& world, const Stream& stream, const Pending& object, bool delivered) {
  StreamMetrics& metrics = metrics_of(world, stream.region, stream.name);
  record_metric(world, metrics, Metric::kDeliverySuccess, delivered ? 1 : 0);
  if (!delivered) return;
  record_metric(world, metrics, Metric::kDeliveredRecords, object.records);
  record_metric(world, metrics, Metric::kDeliveredBytes, static_cast<std::int64_t>(object.body.size()));
  record_metric(world, metrics, Metric::kDataFreshness, whole_seconds(world.now - object.since));
}

ObjectName name_of(const Stream& stream) {
  const std::string file_extension = get_string(stream.destination, "FileExtension").value_or("");
  return {get_string(stream.destination, "Prefix").value_or(""), stream.name, std::to_string(stream.version),
          file_extension.empty() && compresses(stream) ? ".gz" : file_extension};
}

// Firehose delivers at least once: a put whose response was lost is repeated as another object.
void deliver_again(CloudState& world, const Stream& stream, const Pending& object) {
  Pending copy = object;
  copy.key = object_key(name_of(stream), object.since, world.entropy);
  const bool delivered = try_put(world, stream, copy).empty();
  count_delivery(world, stream, copy, delivered);
  if (!delivered) return;
  traffic_of(world, stream).delivered += copy.records;
  ++traffic_of(world, stream).objects;
}

// Returns true when no further attempt is needed: the object is delivered, or lost after 24 hours.
bool attempt(CloudState& world, Stream& stream, Pending& object) {
  Traffic& traffic = traffic_of(world, stream);
  ++world.firehose->changes;
  const std::string code = try_put(world, stream, object);
  count_delivery(world, stream, object, code.empty());
  stream.blocked = !code.empty();
  if (code.empty()) {
    traffic.delivered += object.records;
    ++traffic.objects;
    const double share = world.options.duplicate_deliveries;
    if (share > 0 && random_unit(world.entropy) < share) deliver_again(world, stream, object);
    return true;
  }
  log_error(world, stream, code);
  if (world.now >= object.since + kRetention) {
    traffic.lost += object.records;
    return true;
  }
  object.next_try = world.now + sped_up(world, kRetrySeconds);
  return false;
}

std::chrono::milliseconds drawn_delivery_time(CloudState& world) {
  const auto longest = std::chrono::duration_cast<std::chrono::milliseconds>(world.options.delivery_time).count();
  if (longest <= 0) return {};
  return std::chrono::milliseconds(random_below(world.entropy, static_cast<std::uint64_t>(longest) + 1));
}

void close_buffer(CloudState& world, Stream& stream) {
  if (stream.buffer.records == 0) return;
  Pending object;
  object.key = object_key(name_of(stream), stream.buffer.since, world.entropy);
  object.body = compresses(stream) ? gzip(stream.buffer.bytes) : std::move(stream.buffer.bytes);
  object.records = stream.buffer.records;
  object.since = stream.buffer.since;
  object.next_try = world.now + drawn_delivery_time(world);
  stream.buffer = {};
  if (object.next_try > world.now || !attempt(world, stream, object)) stream.pending.push_back(std::move(object));
}

WallTime buffer_due(const CloudState& world, const Stream& stream) {
  // AWS documents an interval of 0 as "delivery in seconds"; it still takes one second.
  const auto seconds = static_cast<double>(std::max<std::int64_t>(1, hint(stream, "IntervalInSeconds", 300)));
  return stream.buffer.since + sped_up(world, seconds * stream.buffer.stretch);
}

// False for a stream in DELETING that does not flush: it only waits until it vanishes.
bool delivers(const CloudState& world, const Stream& stream) {
  return stream.status != StreamStatus::kDeleting || world.options.deleting_flushes;
}

// Returns the arrival of the oldest record that is not in its bucket; WallTime::max() if none waits.
WallTime oldest_waiting(const Stream& stream) {
  WallTime oldest = stream.buffer.records > 0 ? stream.buffer.since : WallTime::max();
  for (const Pending& object : stream.pending) oldest = std::min(oldest, object.since);
  return oldest;
}

std::chrono::milliseconds metric_period(const CloudState& world) {
  return std::max<std::chrono::milliseconds>(
      std::chrono::seconds(1), std::chrono::duration_cast<std::chrono::milliseconds>(world.options.metric_period));
}

WallTime period_start(const CloudState& world, WallTime time) {
  return time - time.time_since_epoch() % metric_period(world);
}

// Publishes, for each period that has ended since the last call, the age of the oldest waiting record at its end.
void publish_freshness(CloudState& world, Stream& stream) {
  const WallTime oldest = oldest_waiting(stream);
  const WallTime last_end = period_start(world, world.now);
  const std::chrono::milliseconds period = metric_period(world);
  if (oldest < last_end && world.options.freshness_while_waiting) {
    StreamMetrics& metrics = metrics_of(world, stream.region, stream.name);
    WallTime start = std::max({stream.freshness_until, period_start(world, oldest), last_end - kFreshnessMax});
    for (start = period_start(world, start); start < last_end; start += period) {
      if (stream.blocked && !world.options.freshness_when_blocked) {
        hold_metric(world, metrics, Metric::kDataFreshness, start);
      } else {
        record_metric_at(world, metrics, Metric::kDataFreshness, whole_seconds(start + period - oldest), start);
      }
    }
  }
  stream.freshness_until = last_end;
}

}  // namespace

void buffer_record(CloudState& world, Stream& stream, std::string_view data) {
  Traffic& traffic = traffic_of(world, stream);
  ++traffic.accepted;
  if (stream.status == StreamStatus::kDeleting && !world.options.deleting_keeps_records) {
    ++traffic.lost;
    ++traffic.lost_while_deleting;
    return;
  }
  Buffer& buffer = stream.buffer;
  if (buffer.records == 0) {
    buffer.since = world.now;
    const double stretch_max = world.options.buffer_hint_factor;
    buffer.stretch = stretch_max > 1 ? 1 + (stretch_max - 1) * random_unit(world.entropy) : 1;
  }
  buffer.bytes += data;
  if (appends_newline(stream)) buffer.bytes += '\n';
  ++buffer.records;
  const double full = static_cast<double>(hint(stream, "SizeInMBs", 5)) * (1 << 20) / world.options.time_factor;
  if (static_cast<double>(buffer.bytes.size()) >= full && delivers(world, stream)) close_buffer(world, stream);
}

void deliver_due(CloudState& world, Stream& stream) {
  publish_freshness(world, stream);
  if (!delivers(world, stream)) return;
  if (stream.buffer.records > 0 && buffer_due(world, stream) <= world.now) close_buffer(world, stream);
  std::erase_if(stream.pending,
                [&](Pending& object) { return object.next_try <= world.now && attempt(world, stream, object); });
}

void deliver_last(CloudState& world, Stream& stream, bool flush) {
  if (flush) {
    close_buffer(world, stream);
    std::erase_if(stream.pending, [&](Pending& object) { return attempt(world, stream, object); });
  }
  Traffic& traffic = traffic_of(world, stream);
  traffic.lost += stream.buffer.records;
  for (const Pending& object : stream.pending) traffic.lost += object.records;
  stream.buffer = {};
  stream.pending.clear();
  end_metrics(world, stream.region, stream.name, std::min(world.now, stream.status_ends_at));
}

WallTime next_delivery(const CloudState& world, const Stream& stream) {
  if (oldest_waiting(stream) == WallTime::max()) return WallTime::max();
  WallTime next = period_start(world, world.now) + metric_period(world);
  if (!delivers(world, stream)) return next;
  if (stream.buffer.records > 0) next = std::min(next, buffer_due(world, stream));
  for (const Pending& object : stream.pending) next = std::min(next, object.next_try);
  return next;
}

}  // namespace fhctl::sandbox
