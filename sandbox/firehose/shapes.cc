#include "sandbox/firehose/shapes.h"

namespace fhctl::sandbox {
namespace {

// Accepts any value: the member is refused as "not simulated" afterwards, which is the clearer error.
const Shape kAnything = {};
const Shape kBoolean = {.kind = ShapeKind::kBoolean};

Shape text(std::int64_t min, std::int64_t max, std::string_view pattern = "") {
  return {.kind = ShapeKind::kString, .min = min, .max = max, .pattern = pattern};
}

Shape integer(std::int64_t min, std::int64_t max) { return {.kind = ShapeKind::kInteger, .min = min, .max = max}; }

Shape one_of(std::vector<std::string_view> values) { return {.kind = ShapeKind::kString, .values = std::move(values)}; }

Shape structure(std::vector<Member> members) { return {.kind = ShapeKind::kStructure, .members = std::move(members)}; }

Shape list(std::int64_t min, std::int64_t max, const Shape& element) {
  return {.kind = ShapeKind::kList, .min = min, .max = max, .element = &element};
}

constexpr std::int64_t kNoEnd = 1 << 20;

const Shape kStreamName = text(1, 64, "[a-zA-Z0-9_.-]+");
const Shape kRoleArn = text(1, 512, R"(arn:.*:iam::\d{12}:role/[a-zA-Z_0-9+=,.@\-_/]+)");
const Shape kBucketArn = text(1, 2048, R"(arn:.*:s3:::[\w\.\-]{1,255})");
const Shape kKmsKeyArn = text(1, 512, R"(arn:.*:kms:[a-zA-Z0-9\-]+:\d{12}:(key|alias)/[a-zA-Z_0-9+=,.@\-_/]+)");
const Shape kPrefix = text(0, 1024);
const Shape kCompression = one_of({"UNCOMPRESSED", "GZIP", "ZIP", "Snappy", "HADOOP_SNAPPY"});
const Shape kNoEncryption = one_of({"NoEncryption"});
const Shape kBackupMode = one_of({"Disabled", "Enabled"});
const Shape kFileExtension = text(0, 128, R"(^$|\.[0-9a-z!\-_.*'()]+)");
const Shape kTimeZone = text(0, 50, "^$|[a-zA-Z/_]+");
const Shape kLogGroup = text(0, 512, R"([\.\-_/#A-Za-z0-9]*)");
const Shape kLogStream = text(0, 512, "[^:*]*");

const Shape kSize = integer(1, 128);
const Shape kInterval = integer(0, 900);
const Shape kBuffering = structure({{"SizeInMBs", &kSize}, {"IntervalInSeconds", &kInterval}});
const Shape kKms = structure({{"AWSKMSKeyARN", &kKmsKeyArn, true}});
const Shape kEncryption = structure({{"NoEncryptionConfig", &kNoEncryption}, {"KMSEncryptionConfig", &kKms}});
const Shape kLogging =
    structure({{"Enabled", &kBoolean}, {"LogGroupName", &kLogGroup}, {"LogStreamName", &kLogStream}});

const Shape kProcessorType = one_of({"RecordDeAggregation", "Decompression", "CloudWatchLogProcessing", "Lambda",
                                     "MetadataExtraction", "AppendDelimiterToRecord"});
const Shape kParameterName = one_of({"LambdaArn", "NumberOfRetries", "MetadataExtractionQuery", "JsonParsingEngine",
                                     "RoleArn", "BufferSizeInMBs", "BufferIntervalInSeconds", "SubRecordType",
                                     "Delimiter", "CompressionFormat", "DataMessageExtraction"});
const Shape kParameterValue = text(1, 5120, R"(^(?!\s*$).+)");
const Shape kParameter =
    structure({{"ParameterName", &kParameterName, true}, {"ParameterValue", &kParameterValue, true}});
const Shape kParameters = list(0, kNoEnd, kParameter);
const Shape kProcessor = structure({{"Type", &kProcessorType, true}, {"Parameters", &kParameters}});
const Shape kProcessors = list(0, kNoEnd, kProcessor);
const Shape kProcessing = structure({{"Enabled", &kBoolean}, {"Processors", &kProcessors}});

const Shape kRetryDuration = integer(0, 7200);
const Shape kRetry = structure({{"DurationInSeconds", &kRetryDuration}});
const Shape kPartitioning = structure({{"RetryOptions", &kRetry}, {"Enabled", &kBoolean}});

// Create and update differ in what is required and in the name of the backup's member.
Shape extended_s3(bool create) {
  return structure({
      {"RoleARN", &kRoleArn, create},
      {"BucketARN", &kBucketArn, create},
      {"Prefix", &kPrefix},
      {"ErrorOutputPrefix", &kPrefix},
      {"BufferingHints", &kBuffering},
      {"CompressionFormat", &kCompression},
      {"EncryptionConfiguration", &kEncryption},
      {"CloudWatchLoggingOptions", &kLogging},
      {"ProcessingConfiguration", &kProcessing},
      {"S3BackupMode", &kBackupMode},
      {create ? "S3BackupConfiguration" : "S3BackupUpdate", &kAnything},
      {"DataFormatConversionConfiguration", &kAnything},
      {"DynamicPartitioningConfiguration", &kPartitioning},
      {"FileExtension", &kFileExtension},
      {"CustomTimeZone", &kTimeZone},
  });
}

const Shape kS3Create = extended_s3(true);
const Shape kS3Update = extended_s3(false);

const Shape kTagKey = text(1, 128);  // its characters: sandbox/wire/tag_rules.h
const Shape kTagValue = text(0, 256);
const Shape kTag = structure({{"Key", &kTagKey, true}, {"Value", &kTagValue}});
const Shape kTags = list(1, 50, kTag);
const Shape kTagKeys = list(1, 50, kTagKey);
const Shape kTagLimit = integer(1, 50);

const Shape kStreamType = one_of({"DirectPut", "KinesisStreamAsSource", "MSKAsSource", "DatabaseAsSource"});
const Shape kThroughputHint = integer(1, 100);
const Shape kDirectPut = structure({{"ThroughputHintInMBs", &kThroughputHint, true}});
const Shape kKeyType = one_of({"AWS_OWNED_CMK", "CUSTOMER_MANAGED_CMK"});
const Shape kStreamEncryption = structure({{"KeyType", &kKeyType, true}, {"KeyARN", &kKmsKeyArn}});

const Shape kLimit = integer(1, 10000);
const Shape kDestinationIdShape = text(1, 100, "[a-zA-Z0-9-]+");
const Shape kVersionId = text(1, 50, "[0-9]+");

const Shape kData = {.kind = ShapeKind::kBlob, .max = 1024000};
const Shape kRecord = structure({{"Data", &kData, true}});
const Shape kRecords = list(1, 500, kRecord);

const Shape kCreate = structure({
    {"DeliveryStreamName", &kStreamName, true},
    {"DeliveryStreamType", &kStreamType},
    {"DirectPutSourceConfiguration", &kDirectPut},
    {"DeliveryStreamEncryptionConfigurationInput", &kStreamEncryption},
    {"ExtendedS3DestinationConfiguration", &kS3Create},
    {"Tags", &kTags},
    {"KinesisStreamSourceConfiguration", &kAnything},
    {"MSKSourceConfiguration", &kAnything},
    {"DatabaseSourceConfiguration", &kAnything},
    {"S3DestinationConfiguration", &kAnything},
    {"RedshiftDestinationConfiguration", &kAnything},
    {"ElasticsearchDestinationConfiguration", &kAnything},
    {"AmazonopensearchserviceDestinationConfiguration", &kAnything},
    {"SplunkDestinationConfiguration", &kAnything},
    {"HttpEndpointDestinationConfiguration", &kAnything},
    {"AmazonOpenSearchServerlessDestinationConfiguration", &kAnything},
    {"SnowflakeDestinationConfiguration", &kAnything},
    {"IcebergDestinationConfiguration", &kAnything},
});

const Shape kUpdate = structure({
    {"DeliveryStreamName", &kStreamName, true},
    {"CurrentDeliveryStreamVersionId", &kVersionId, true},
    {"DestinationId", &kDestinationIdShape, true},
    {"ExtendedS3DestinationUpdate", &kS3Update},
    {"S3DestinationUpdate", &kAnything},
    {"RedshiftDestinationUpdate", &kAnything},
    {"ElasticsearchDestinationUpdate", &kAnything},
    {"AmazonopensearchserviceDestinationUpdate", &kAnything},
    {"SplunkDestinationUpdate", &kAnything},
    {"HttpEndpointDestinationUpdate", &kAnything},
    {"AmazonOpenSearchServerlessDestinationUpdate", &kAnything},
    {"SnowflakeDestinationUpdate", &kAnything},
    {"IcebergDestinationUpdate", &kAnything},
});

const Shape kDescribe = structure({
    {"DeliveryStreamName", &kStreamName, true},
    {"Limit", &kLimit},
    {"ExclusiveStartDestinationId", &kDestinationIdShape},
});

const Shape kList = structure({
    {"Limit", &kLimit},
    {"DeliveryStreamType", &kStreamType},
    {"ExclusiveStartDeliveryStreamName", &kStreamName},
});

const Shape kListTags = structure({
    {"DeliveryStreamName", &kStreamName, true},
    {"ExclusiveStartTagKey", &kTagKey},
    {"Limit", &kTagLimit},
});

const Shape kDelete = structure({{"DeliveryStreamName", &kStreamName, true}, {"AllowForceDelete", &kBoolean}});
const Shape kTagStream = structure({{"DeliveryStreamName", &kStreamName, true}, {"Tags", &kTags, true}});
const Shape kUntagStream = structure({{"DeliveryStreamName", &kStreamName, true}, {"TagKeys", &kTagKeys, true}});
const Shape kPut = structure({{"DeliveryStreamName", &kStreamName, true}, {"Record", &kRecord, true}});
const Shape kPutBatch = structure({{"DeliveryStreamName", &kStreamName, true}, {"Records", &kRecords, true}});
const Shape kEncrypt = structure(
    {{"DeliveryStreamName", &kStreamName, true}, {"DeliveryStreamEncryptionConfigurationInput", &kStreamEncryption}});
const Shape kDecrypt = structure({{"DeliveryStreamName", &kStreamName, true}});

struct ShapedOperation {
  std::string_view name;
  const Shape* shape;
};

constexpr ShapedOperation kShapedOperations[] = {
    {"CreateDeliveryStream", &kCreate},
    {"DescribeDeliveryStream", &kDescribe},
    {"ListDeliveryStreams", &kList},
    {"DeleteDeliveryStream", &kDelete},
    {"UpdateDestination", &kUpdate},
    {"TagDeliveryStream", &kTagStream},
    {"UntagDeliveryStream", &kUntagStream},
    {"ListTagsForDeliveryStream", &kListTags},
    {"StartDeliveryStreamEncryption", &kEncrypt},
    {"StopDeliveryStreamEncryption", &kDecrypt},
    {"PutRecord", &kPut},
    {"PutRecordBatch", &kPutBatch},
};

}  // namespace

const Shape* firehose_shape(std::string_view operation) {
  for (const ShapedOperation& known : kShapedOperations) {
    if (known.name == operation) return known.shape;
  }
  return nullptr;
}

}  // namespace fhctl::sandbox
