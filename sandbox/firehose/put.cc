// Puts of records: the limits of a call, and the throughput limits of a stream.
#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/random.h"
#include "core/base/text.h"
#include "sandbox/firehose/delivery.h"
#include "sandbox/firehose/operations.h"
#include "sandbox/metrics/metrics.h"
#include "sandbox/wire/reply.h"

namespace fhctl::sandbox {
namespace {

constexpr std::int64_t kMiB = 1 << 20;
constexpr std::int64_t kBatchBytesMax = 4 * kMiB;
constexpr double kRiseMax = 10;

// Throughput limits of a stream, per second. AWS raises the three together.
struct Throughput {
  double bytes = 0;
  double records = 0;
  double requests = 0;
};

Throughput throughput_of(std::string_view region, double factor) {
  const bool large = region == "us-east-1" || region == "us-west-2" || region == "eu-west-1";
  if (large) return {5.0 * kMiB * factor, 500000 * factor, 2000 * factor};
  return {1.0 * kMiB * factor, 100000 * factor, 1000 * factor};
}

bool takes_records(const CloudState& world, const Stream& stream) {
  if (stream.status == StreamStatus::kDeleting) return world.options.puts_to_deleting_accepted;
  return stream.status == StreamStatus::kActive;
}

http::Response not_taking(const FirehoseCall& call, const Stream& stream) {
  return json_error(400, "ResourceNotFoundException",
                    "Firehose " + call.name + " under account " + call.world.options.account + " is not active but " +
                        std::string(status_name(stream.status)) + ".");
}

std::optional<std::string> data_of(const Json& record) {
  return from_base64(record["Data"].get_ref<const std::string&>());
}

http::Response not_base64() { return json_error(400, "SerializationException", "Record data is not base64."); }

std::string new_record_id(CloudState& world) { return to_base64(random_hex(world.entropy, 120)); }

std::int64_t minute_of(WallTime time) {
  return std::chrono::floor<std::chrono::minutes>(time.time_since_epoch()).count();
}

// Raises the limits after each minute in which something was throttled.
void raise_limits(const CloudState& world, Stream& stream) {
  if (stream.throttled_minute == 0 || minute_of(world.now) <= stream.throttled_minute) return;
  stream.throttled_minute = 0;
  if (world.options.limits_rise > 0) {
    stream.limits_factor = std::min(kRiseMax, stream.limits_factor * world.options.limits_rise);
  }
}

// Decides whether the stream's limits allow one more request or one more record.
class Gate {
 public:
  Gate(CloudState& world, Stream& stream)
      : stream_(stream), now_(world.now), open_(world.options.throughput_factor <= 0) {
    raise_limits(world, stream);
    limit_ = throughput_of(stream.region, (open_ ? 1 : world.options.throughput_factor) * stream.limits_factor);
  }

  bool admit_request() { return open_ || take_tokens(stream_.put_requests, 1, limit_.requests, limit_.requests, now_); }

  bool admit_record(std::size_t bytes) {
    if (open_) return true;
    if (!take_tokens(stream_.put_records, 1, limit_.records, limit_.records, now_)) return false;
    return take_tokens(stream_.put_bytes, static_cast<double>(bytes), limit_.bytes, limit_.bytes, now_);
  }

  const Throughput& limit() const { return limit_; }

 private:
  Stream& stream_;
  WallTime now_;
  bool open_;
  Throughput limit_;
};

// The result of one request, for its metrics.
struct Intake {
  bool is_batch = false;
  std::int64_t records = 0;  // accepted
  std::int64_t bytes = 0;    // of these
  std::int64_t throttled = 0;
};

void count_intake(CloudState& world, Stream& stream, const Throughput& limit, const Intake& intake) {
  StreamMetrics& metrics = metrics_of(world, stream.region, stream.name);
  const auto count = [&](Metric metric, std::int64_t value) { record_metric(world, metrics, metric, value); };
  if (intake.records > 0) {
    count(Metric::kIncomingRecords, intake.records);
    count(Metric::kIncomingBytes, intake.bytes);
    count(Metric::kIncomingPutRequests, 1);
    count(intake.is_batch ? Metric::kBatchBytes : Metric::kPutRecordBytes, intake.bytes);
    count(intake.is_batch ? Metric::kBatchRequests : Metric::kPutRecordRequests, 1);
    if (intake.is_batch) count(Metric::kBatchRecords, intake.records);
  }
  if (intake.throttled > 0) {
    count(Metric::kThrottledRecords, intake.throttled);
    stream.throttled_minute = minute_of(world.now);
  }
  set_metric(world, metrics, Metric::kBytesLimit, static_cast<std::int64_t>(limit.bytes));
  set_metric(world, metrics, Metric::kRecordsLimit, static_cast<std::int64_t>(limit.records));
  set_metric(world, metrics, Metric::kRequestsLimit, static_cast<std::int64_t>(limit.requests));
}

void schedule_delivery(CloudState& world, const Stream& stream) { wake_firehose(world, next_delivery(world, stream)); }

}  // namespace

http::Response put_record(FirehoseCall& call) {
  Stream* stream = find_stream(call);
  if (stream == nullptr) return stream_not_found(call);
  if (!takes_records(call.world, *stream)) return not_taking(call, *stream);
  const std::optional<std::string> data = data_of(call.body["Record"]);
  if (!data) return not_base64();
  Gate gate(call.world, *stream);
  const bool admitted = gate.admit_request() && gate.admit_record(data->size());
  const auto bytes = static_cast<std::int64_t>(data->size());
  count_intake(call.world, *stream, gate.limit(), {false, admitted ? 1 : 0, admitted ? bytes : 0, admitted ? 0 : 1});
  if (!admitted) {
    return json_error(503, "ServiceUnavailableException", "Slow down.");
  }
  buffer_record(call.world, *stream, *data);
  schedule_delivery(call.world, *stream);
  return json_answer(dump(Json{{"RecordId", new_record_id(call.world)}, {"Encrypted", false}}));
}

http::Response put_record_batch(FirehoseCall& call) {
  Stream* stream = find_stream(call);
  if (stream == nullptr) return stream_not_found(call);
  if (!takes_records(call.world, *stream)) return not_taking(call, *stream);
  std::vector<std::string> records;
  std::int64_t bytes = 0;
  for (const Json& record : call.body["Records"]) {
    std::optional<std::string> data = data_of(record);
    if (!data) return not_base64();
    records.push_back(std::move(*data));
    bytes += static_cast<std::int64_t>(records.back().size());
  }
  if (bytes > kBatchBytesMax) return invalid_argument("Records size exceeds 4 MB limit");
  Gate gate(call.world, *stream);
  const bool request_admitted = gate.admit_request();
  Json responses = Json::array();
  Intake intake{.is_batch = true};
  for (const std::string& data : records) {
    if (request_admitted && gate.admit_record(data.size())) {
      buffer_record(call.world, *stream, data);
      ++intake.records;
      intake.bytes += static_cast<std::int64_t>(data.size());
      responses.push_back({{"RecordId", new_record_id(call.world)}});
    } else {
      ++intake.throttled;
      responses.push_back({{"ErrorCode", "ServiceUnavailableException"}, {"ErrorMessage", "Slow down."}});
    }
  }
  count_intake(call.world, *stream, gate.limit(), intake);
  schedule_delivery(call.world, *stream);
  return json_answer(dump(
      Json{{"FailedPutCount", intake.throttled}, {"Encrypted", false}, {"RequestResponses", std::move(responses)}}));
}

}  // namespace fhctl::sandbox
