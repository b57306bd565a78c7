#include "core/services/firehose_destination.h"

#include <algorithm>

namespace fhctl::firehose {
namespace {

// Firehose's defaults. If one of the two is sent, the other must be too.
constexpr int kDefaultSizeMib = 5;
constexpr int kDefaultIntervalS = 300;

constexpr std::string_view kDelimiterProcessor = "AppendDelimiterToRecord";

Json controlled_members(const S3Destination& destination);
Json processing(bool append_delimiter);
void read_processing(const Json& description, S3Destination& destination);
bool has_foreign_settings(const Json& description);
bool is_newline_delimiter(const Json& processor);

}  // namespace

Json destination_configuration(const S3Destination& destination) {
  Json json = controlled_members(destination);
  if (!destination.error_output_prefix.empty()) json["ErrorOutputPrefix"] = destination.error_output_prefix;
  if (!destination.file_extension.empty()) json["FileExtension"] = destination.file_extension;
  if (!destination.custom_time_zone.empty()) json["CustomTimeZone"] = destination.custom_time_zone;
  if (destination.append_delimiter) json["ProcessingConfiguration"] = processing(true);
  return json;
}

Json destination_update(const S3Destination& destination) {
  Json json = controlled_members(destination);
  json["ErrorOutputPrefix"] = destination.error_output_prefix;
  json["FileExtension"] = destination.file_extension;
  json["CustomTimeZone"] = destination.custom_time_zone.empty() ? "UTC" : destination.custom_time_zone;
  // The list of processors is replaced as a whole, so it is not sent if it contains another tool's processors.
  if (!destination.foreign_processing) json["ProcessingConfiguration"] = processing(destination.append_delimiter);
  return json;
}

S3Destination read_destination(const Json& description) {
  auto text = [&description](std::string_view name) { return get_string(description, name).value_or(""); };
  S3Destination destination{.role_arn = text("RoleARN"),
                            .bucket_arn = text("BucketARN"),
                            .prefix = text("Prefix"),
                            .error_output_prefix = text("ErrorOutputPrefix"),
                            .buffer_size_mib = {},
                            .buffer_interval_s = {},
                            .compression = get_string(description, "CompressionFormat").value_or("UNCOMPRESSED"),
                            .kms_key_arn = "",
                            .log_group = "",
                            .log_stream = "",
                            .file_extension = text("FileExtension"),
                            .custom_time_zone = text("CustomTimeZone"),
                            .foreign_processing = has_foreign_settings(description)};
  if (const Json* hints = get_object(description, "BufferingHints")) {
    destination.buffer_size_mib = get_int(*hints, "SizeInMBs");
    destination.buffer_interval_s = get_int(*hints, "IntervalInSeconds");
  }
  if (const Json* encryption = get_object(description, "EncryptionConfiguration")) {
    const Json* kms = get_object(*encryption, "KMSEncryptionConfig");
    if (kms != nullptr) destination.kms_key_arn = get_string(*kms, "AWSKMSKeyARN").value_or("");
  }
  if (const Json* logging = get_object(description, "CloudWatchLoggingOptions")) {
    destination.logging_enabled = get_bool(*logging, "Enabled").value_or(false);
    destination.log_group = get_string(*logging, "LogGroupName").value_or("");
    destination.log_stream = get_string(*logging, "LogStreamName").value_or("");
  }
  read_processing(description, destination);
  return destination;
}

namespace {

Json controlled_members(const S3Destination& destination) {
  Json json{{"RoleARN", destination.role_arn},
            {"BucketARN", destination.bucket_arn},
            {"Prefix", destination.prefix},
            {"CompressionFormat", destination.compression}};
  json["BufferingHints"] = {{"SizeInMBs", destination.buffer_size_mib.value_or(kDefaultSizeMib)},
                            {"IntervalInSeconds", destination.buffer_interval_s.value_or(kDefaultIntervalS)}};
  if (destination.kms_key_arn.empty()) {
    json["EncryptionConfiguration"] = {{"NoEncryptionConfig", "NoEncryption"}};
  } else {
    json["EncryptionConfiguration"]["KMSEncryptionConfig"] = {{"AWSKMSKeyARN", destination.kms_key_arn}};
  }
  Json& logging = json["CloudWatchLoggingOptions"] = {{"Enabled", destination.logging_enabled}};
  if (destination.logging_enabled) {
    logging["LogGroupName"] = destination.log_group;
    logging["LogStreamName"] = destination.log_stream;
  }
  return json;
}

Json processing(bool append_delimiter) {
  Json processors = Json::array();
  if (append_delimiter) processors.push_back({{"Type", kDelimiterProcessor}});
  return {{"Enabled", append_delimiter}, {"Processors", processors}};
}

void read_processing(const Json& description, S3Destination& destination) {
  const Json* configuration = get_object(description, "ProcessingConfiguration");
  const Json* processors = configuration == nullptr ? nullptr : get_array(*configuration, "Processors");
  if (processors == nullptr || !get_bool(*configuration, "Enabled").value_or(true)) return;
  for (const Json& processor : *processors) {
    if (is_newline_delimiter(processor)) {
      destination.append_delimiter = true;
    } else {
      destination.foreign_processing = true;
    }
  }
}

// Backup, format conversion and partitioning: fhctl sets none of them. Servers also describe them as switched off.
bool has_foreign_settings(const Json& description) {
  const Json* conversion = get_object(description, "DataFormatConversionConfiguration");
  const Json* partitioning = get_object(description, "DynamicPartitioningConfiguration");
  bool converts = conversion != nullptr && !conversion->empty() && get_bool(*conversion, "Enabled").value_or(true);
  bool partitions = partitioning != nullptr && get_bool(*partitioning, "Enabled").value_or(false);
  return get_string(description, "S3BackupMode") == "Enabled" || converts || partitions;
}

bool is_newline_delimiter(const Json& processor) {
  if (get_string(processor, "Type") != kDelimiterProcessor) return false;
  const Json* parameters = get_array(processor, "Parameters");
  if (parameters == nullptr) return true;
  return std::all_of(parameters->begin(), parameters->end(), [](const Json& parameter) {
    std::optional<std::string> value = get_string(parameter, "ParameterValue");
    return value == "\\n" || value == "\n";
  });
}

}  // namespace
}  // namespace fhctl::firehose
