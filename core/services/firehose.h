// Amazon Data Firehose, JSON 1.1, 2015-08-04: one function per API call, plain structs. Every function waits.
//
// Create, delete, describe, list, update and tag are limited to five calls a second each; the client paces them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/aws/client.h"
#include "core/base/tags.h"
#include "core/services/stream_status.h"

namespace fhctl::firehose {

// The members of ExtendedS3DestinationConfiguration that fhctl controls. In a description, absent members hold what
// the server left out, which means its default.
struct S3Destination {
  std::string role_arn;
  std::string bucket_arn;
  std::string prefix;
  std::string error_output_prefix;
  std::optional<int> buffer_size_mib;        // SizeInMBs
  std::optional<int> buffer_interval_s;      // IntervalInSeconds
  std::string compression = "UNCOMPRESSED";  // "GZIP", "ZIP", "Snappy", "HADOOP_SNAPPY"
  std::string kms_key_arn;                   // empty: NoEncryption
  bool logging_enabled = false;
  std::string log_group;
  std::string log_stream;
  std::string file_extension;
  std::string custom_time_zone;   // empty: not said, UTC
  bool append_delimiter = false;  // a processor AppendDelimiterToRecord
  // Processing, backup, conversion or partitioning that fhctl did not set. Never written; when it is set in an update,
  // the processors of the stream are not sent, append_delimiter included: carry it over from the description.
  bool foreign_processing = false;
  bool operator==(const S3Destination&) const = default;
};

struct CreateDeliveryStreamInput {
  std::string name;
  S3Destination destination;
  Tags tags;
};

struct Description {
  std::string name;
  std::string arn;
  StreamStatus status = Status::kOther;
  std::string type;  // DirectPut, ...
  std::string version_id;
  std::string destination_id;
  bool has_s3_destination = false;
  S3Destination destination;
  std::string failure_type;  // of a failed creation or deletion
  std::string failure_details;
  double create_timestamp = 0;  // epoch seconds; 0 when absent
};

// Idempotency::kNotIdempotent: after kNetwork or kProtocol read the stream and compare its tags. Returns the ARN.
Result<std::string> create_delivery_stream(aws::Client& client, const CreateDeliveryStreamInput& input);
// Not found is an answer also for a stream that this run has just created: the caller polls.
Result<std::optional<Description>> describe_delivery_stream(aws::Client& client, const std::string& name);
// All names in the account and region, sorted; pages of 10,000. An error when a page does not advance.
Result<std::vector<std::string>> list_delivery_streams(aws::Client& client);
// False: it was not there. kInUse while the stream is CREATING. `force` retires no KMS grant.
Result<bool> delete_delivery_stream(aws::Client& client, const std::string& name, bool force = false);
// Sends the members of `destination`; members of the stream that S3Destination does not have keep their value.
// kConflict: stale version.
Result<void> update_destination(aws::Client& client, const std::string& name, const std::string& version_id,
                                const std::string& destination_id, const S3Destination& destination);
Result<void> tag_delivery_stream(aws::Client& client, const std::string& name, const Tags& tags);
Result<void> untag_delivery_stream(aws::Client& client, const std::string& name, const std::vector<std::string>& keys);
// All pages. nullopt: no such stream.
Result<std::optional<Tags>> list_tags(aws::Client& client, const std::string& name);

struct PutResult {
  std::string record_id;   // of a record that was taken
  std::string error_code;  // of one that was refused
  std::string error_message;
};
// At most 500 records and 4 MiB; 1,024,000 bytes a record. One result per record, in order.
// Idempotency::kNotIdempotent: the caller decides how to treat a lost response.
Result<std::vector<PutResult>> put_record_batch(aws::Client& client, const std::string& name,
                                                const std::vector<std::string>& records);

// arn:PARTITION:firehose:REGION:ACCOUNT:deliverystream/NAME
std::string stream_arn(std::string_view partition, std::string_view region, std::string_view account,
                       std::string_view name);

// The stream's name as a resource of a call (core/aws/consistency.h): "delivery stream NAME".
inline constexpr std::string_view kStreamResource = "delivery stream ";
std::string stream_resource(std::string_view stream);

}  // namespace fhctl::firehose
