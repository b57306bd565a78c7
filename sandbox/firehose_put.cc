// Records in: the limits of a call, and what a stream takes in a second.
#include <optional>
#include <utility>
#include <vector>

#include "core/base/random.h"
#include "core/base/text.h"
#include "sandbox/delivery.h"
#include "sandbox/firehose_operations.h"

namespace fhctl::sandbox {
namespace {

constexpr std::int64_t kMiB = 1 << 20;
constexpr std::int64_t kBatchBytesMax = 4 * kMiB;

// What a stream takes in a second. The three grow together on AWS.
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

bool takes_records(const World& world, const Stream& stream) {
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

std::string new_record_id(World& world) { return to_base64(random_hex(world.entropy, 120)); }

// Whether the stream's limits let one more request, or one more record, in.
class Gate {
 public:
  Gate(World& world, Stream& stream)
      : stream_(stream),
        now_(world.now),
        open_(world.options.throughput_factor <= 0),
        limit_(throughput_of(stream.region, world.options.throughput_factor)) {}

  bool admit_request() { return open_ || take_tokens(stream_.put_requests, 1, limit_.requests, limit_.requests, now_); }

  bool admit_record(std::size_t bytes) {
    if (open_) return true;
    if (!take_tokens(stream_.put_records, 1, limit_.records, limit_.records, now_)) return false;
    return take_tokens(stream_.put_bytes, static_cast<double>(bytes), limit_.bytes, limit_.bytes, now_);
  }

 private:
  Stream& stream_;
  WallTime now_;
  bool open_;
  Throughput limit_;
};

void schedule_delivery(World& world, const Stream& stream) { wake_firehose(world, next_delivery(world, stream)); }

}  // namespace

http::Response put_record(FirehoseCall& call) {
  Stream* stream = find_stream(call);
  if (stream == nullptr) return stream_not_found(call);
  if (!takes_records(call.world, *stream)) return not_taking(call, *stream);
  const std::optional<std::string> data = data_of(call.body["Record"]);
  if (!data) return not_base64();
  Gate gate(call.world, *stream);
  if (!gate.admit_request() || !gate.admit_record(data->size())) {
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
  int failed = 0;
  for (const std::string& data : records) {
    if (request_admitted && gate.admit_record(data.size())) {
      buffer_record(call.world, *stream, data);
      responses.push_back({{"RecordId", new_record_id(call.world)}});
    } else {
      ++failed;
      responses.push_back({{"ErrorCode", "ServiceUnavailableException"}, {"ErrorMessage", "Slow down."}});
    }
  }
  schedule_delivery(call.world, *stream);
  return json_answer(
      dump(Json{{"FailedPutCount", failed}, {"Encrypted", false}, {"RequestResponses", std::move(responses)}}));
}

}  // namespace fhctl::sandbox
