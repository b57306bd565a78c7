#include "sandbox/firehose/destination.h"

#include <vector>

#include "core/base/json.h"
#include "core/base/text.h"
#include "sandbox/firehose/delivery_name.h"
#include "sandbox/firehose/operations.h"
#include "sandbox/iam/iam.h"
#include "sandbox/s3/s3.h"
#include "sandbox/wire/reply.h"

namespace fhctl::sandbox {
namespace {

bool enabled(const Json& destination, std::string_view member) {
  const Json* options = get_object(destination, member);
  return options != nullptr && get_bool(*options, "Enabled").value_or(false);
}

// Returns what AWS supports and this sandbox does not.
std::optional<std::string> not_simulated(const Json& destination) {
  const std::string compression = get_string(destination, "CompressionFormat").value_or("UNCOMPRESSED");
  if (compression != "UNCOMPRESSED" && compression != "GZIP") return "CompressionFormat " + compression;
  for (const char* member : {"DynamicPartitioningConfiguration", "DataFormatConversionConfiguration"}) {
    if (enabled(destination, member)) return std::string(member);
  }
  if (get_string(destination, "S3BackupMode").value_or("Disabled") != "Disabled") return "S3BackupMode Enabled";
  for (const char* member : {"S3BackupConfiguration", "S3BackupUpdate"}) {
    if (destination.contains(member)) return std::string(member);
  }
  const std::string zone = get_string(destination, "CustomTimeZone").value_or("");
  if (!zone.empty() && zone != "UTC") return "CustomTimeZone " + zone;
  if (!enabled(destination, "ProcessingConfiguration")) return std::nullopt;
  const Json* processors = get_array(destination["ProcessingConfiguration"], "Processors");
  if (processors == nullptr) return std::nullopt;
  for (const Json& processor : *processors) {
    const std::string type = get_string(processor, "Type").value_or("");
    if (type != "AppendDelimiterToRecord") return "the processor " + type;
  }
  return std::nullopt;
}

// Checks the rules that depend on nothing but the destination itself.
std::optional<std::string> inconsistency(const Json& destination) {
  const Json* hints = get_object(destination, "BufferingHints");
  if (hints != nullptr && hints->contains("SizeInMBs") != hints->contains("IntervalInSeconds")) {
    return "BufferingHints must have both SizeInMBs and IntervalInSeconds, or neither.";
  }
  const Json* encryption = get_object(destination, "EncryptionConfiguration");
  if (encryption != nullptr && encryption->size() != 1) {
    return "EncryptionConfiguration must have exactly one of NoEncryptionConfig and KMSEncryptionConfig.";
  }
  if (enabled(destination, "CloudWatchLoggingOptions")) {
    const Json& logging = destination["CloudWatchLoggingOptions"];
    if (get_string(logging, "LogGroupName").value_or("").empty() ||
        get_string(logging, "LogStreamName").value_or("").empty()) {
      return "CloudWatchLoggingOptions must have LogGroupName and LogStreamName when it is enabled.";
    }
  }
  return prefix_problem(get_string(destination, "Prefix").value_or(""),
                        get_string(destination, "ErrorOutputPrefix").value_or(""));
}

}  // namespace

void add_destination_defaults(Json& destination) {
  const auto add = [&destination](const char* name, Json value) {
    if (!destination.contains(name) || destination[name].is_null()) destination[name] = std::move(value);
  };
  add("Prefix", "");
  add("BufferingHints", Json::object());
  if (destination["BufferingHints"].empty()) {
    destination["BufferingHints"] = {{"SizeInMBs", 5}, {"IntervalInSeconds", 300}};
  }
  add("CompressionFormat", "UNCOMPRESSED");
  add("EncryptionConfiguration", {{"NoEncryptionConfig", "NoEncryption"}});
  add("CloudWatchLoggingOptions", Json::object());
  Json& logging = destination["CloudWatchLoggingOptions"];
  if (!logging.contains("Enabled")) logging["Enabled"] = false;
  add("S3BackupMode", "Disabled");
}

Json merge_destination(Json current, const Json& update) {
  for (const auto& [name, value] : update.items()) {
    if (!value.is_null()) current[name] = value;
  }
  return current;
}

std::string bucket_of_arn(std::string_view arn) { return std::string(arn.substr(arn.rfind(':') + 1)); }

std::optional<http::Response> refuse_destination(CloudState& world, std::string_view region, const Json& destination) {
  if (const std::optional<std::string> feature = not_simulated(destination)) {
    return invalid_argument("The sandbox does not simulate " + *feature + ".");
  }
  if (const std::optional<std::string> problem = inconsistency(destination)) return invalid_argument(*problem);
  const std::string role = get_string(destination, "RoleARN").value_or("");
  const std::string bucket = get_string(destination, "BucketARN").value_or("");
  const std::string partition = "arn:" + std::string(partition_of(region)) + ":";
  for (const std::string& arn : {role, bucket}) {
    if (!starts_with(arn, partition))
      return invalid_argument(arn + " is not of the partition of " + std::string(region) + ".");
  }
  if (!contains(role, "::" + world.options.account + ":")) {
    return json_error(400, "AccessDeniedException", "Cross-account pass role is not allowed.");
  }
  if (const std::optional<std::string> refusal = refuse_role(world, role)) return invalid_argument(*refusal);
  if (!bucket_exists(world, bucket_of_arn(bucket))) {
    return invalid_argument("The bucket " + bucket_of_arn(bucket) + " does not exist.");
  }
  return std::nullopt;
}

Json describe_destination(const Json& destination) {
  Json twin = Json::object();
  for (const char* member : {"RoleARN", "BucketARN", "Prefix", "ErrorOutputPrefix", "BufferingHints",
                             "CompressionFormat", "EncryptionConfiguration", "CloudWatchLoggingOptions"}) {
    if (destination.contains(member)) twin[member] = destination[member];
  }
  return {{"DestinationId", kDestinationId},
          {"S3DestinationDescription", std::move(twin)},
          {"ExtendedS3DestinationDescription", destination}};
}

}  // namespace fhctl::sandbox
