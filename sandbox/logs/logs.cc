// The simulated CloudWatch Logs: finds the operation and checks the body against the operation's shape.
#include "sandbox/logs/logs.h"

#include "core/base/text.h"
#include "sandbox/logs/call.h"
#include "sandbox/wire/reply.h"
#include "sandbox/wire/shape.h"

namespace fhctl::sandbox {
namespace {

constexpr std::string_view kTargetPrefix = "Logs_20140328.";
constexpr std::int64_t kNameMax = 512;

const Shape kAnything = {};
const Shape kBoolean = {.kind = ShapeKind::kBoolean};
const Shape kInteger = {.kind = ShapeKind::kInteger, .min = std::numeric_limits<std::int64_t>::min()};
const Shape kTime = {.kind = ShapeKind::kInteger};
const Shape kGroupName = {.kind = ShapeKind::kString, .min = 1, .max = kNameMax, .pattern = R"([\.\-_/#A-Za-z0-9]+)"};
const Shape kGroupPattern = {.kind = ShapeKind::kString, .max = 512, .pattern = R"([\.\-_/#A-Za-z0-9]*)"};
const Shape kIdentifier = {.kind = ShapeKind::kString, .min = 1, .max = 2048, .pattern = R"([\w#+=/:,.@*-]*)"};
const Shape kStreamName = {.kind = ShapeKind::kString, .min = 1, .max = kNameMax, .pattern = "[^:*]*"};
const Shape kArn = {.kind = ShapeKind::kString, .min = 1, .max = 1011, .pattern = R"([\w+=/:,.@*#-]*)"};
const Shape kToken = {.kind = ShapeKind::kString, .min = 1};
const Shape kKmsKey = {.kind = ShapeKind::kString, .max = 256};
const Shape kClass = {.kind = ShapeKind::kString, .values = {"STANDARD", "INFREQUENT_ACCESS", "DELIVERY"}};
const Shape kOrder = {.kind = ShapeKind::kString, .values = {"LogStreamName", "LastEventTime"}};
const Shape kPageSize = {.kind = ShapeKind::kInteger, .min = 1, .max = 50};
const Shape kEventsSize = {.kind = ShapeKind::kInteger, .min = 1, .max = 10000};
const Shape kFilter = {.kind = ShapeKind::kString, .max = 1024};
const Shape kTagKey = {.kind = ShapeKind::kString, .min = 1, .max = 128};
const Shape kTagKeys = {.kind = ShapeKind::kList, .max = 50, .element = &kTagKey};
const Shape kIdentifiers = {.kind = ShapeKind::kList, .min = 1, .max = 50, .element = &kIdentifier};
const Shape kStreamNames = {.kind = ShapeKind::kList, .min = 1, .max = 100, .element = &kStreamName};
const Shape kMessage = {.kind = ShapeKind::kString, .min = 1};
const Shape kEvent = {.kind = ShapeKind::kStructure,
                      .members = {{"timestamp", &kTime, true}, {"message", &kMessage, true}}};
const Shape kEvents = {.kind = ShapeKind::kList, .min = 1, .max = 10000, .element = &kEvent};

struct Operation {
  std::string_view name;
  std::vector<Member> members;
  http::Response (*run)(LogsCall&);
};

const Operation kOperations[] = {
    {"CreateLogGroup",
     {{"logGroupName", &kGroupName, true},
      {"kmsKeyId", &kKmsKey},
      {"tags", &kAnything},
      {"logGroupClass", &kClass},
      {"deletionProtectionEnabled", &kBoolean}},
     logs::create_group},
    {"DeleteLogGroup", {{"logGroupName", &kGroupName, true}}, logs::delete_group},
    {"DescribeLogGroups",
     {{"logGroupNamePrefix", &kGroupName},
      {"logGroupNamePattern", &kGroupPattern},
      {"logGroupIdentifiers", &kIdentifiers},
      {"logGroupClass", &kClass},
      {"includeLinkedAccounts", &kBoolean},
      {"nextToken", &kToken},
      {"limit", &kPageSize}},
     logs::describe_groups},
    {"PutRetentionPolicy",
     {{"logGroupName", &kGroupName, true}, {"retentionInDays", &kInteger, true}},
     logs::put_retention},
    {"DeleteRetentionPolicy", {{"logGroupName", &kGroupName, true}}, logs::delete_retention},
    {"PutLogGroupDeletionProtection",
     {{"logGroupIdentifier", &kIdentifier, true}, {"deletionProtectionEnabled", &kBoolean, true}},
     logs::protect_group},
    {"TagResource", {{"resourceArn", &kArn, true}, {"tags", &kAnything, true}}, logs::tag_resource},
    {"UntagResource", {{"resourceArn", &kArn, true}, {"tagKeys", &kTagKeys, true}}, logs::untag_resource},
    {"ListTagsForResource", {{"resourceArn", &kArn, true}}, logs::list_tags},
    {"CreateLogStream",
     {{"logGroupName", &kGroupName, true}, {"logStreamName", &kStreamName, true}},
     logs::create_stream},
    {"DeleteLogStream",
     {{"logGroupName", &kGroupName, true}, {"logStreamName", &kStreamName, true}},
     logs::delete_stream},
    {"DescribeLogStreams",
     {{"logGroupName", &kGroupName},
      {"logGroupIdentifier", &kIdentifier},
      {"logStreamNamePrefix", &kStreamName},
      {"orderBy", &kOrder},
      {"descending", &kBoolean},
      {"nextToken", &kToken},
      {"limit", &kPageSize}},
     logs::describe_streams},
    {"PutLogEvents",
     {{"logGroupName", &kGroupName, true},
      {"logStreamName", &kStreamName, true},
      {"logEvents", &kEvents, true},
      {"sequenceToken", &kToken}},
     logs::put_events},
    {"GetLogEvents",
     {{"logGroupName", &kGroupName},
      {"logGroupIdentifier", &kIdentifier},
      {"logStreamName", &kStreamName, true},
      {"startTime", &kTime},
      {"endTime", &kTime},
      {"nextToken", &kToken},
      {"limit", &kEventsSize},
      {"startFromHead", &kBoolean},
      {"unmask", &kBoolean}},
     logs::get_events},
    {"FilterLogEvents",
     {{"logGroupName", &kGroupName},
      {"logGroupIdentifier", &kIdentifier},
      {"logStreamNames", &kStreamNames},
      {"logStreamNamePrefix", &kStreamName},
      {"startTime", &kTime},
      {"endTime", &kTime},
      {"filterPattern", &kFilter},
      {"nextToken", &kToken},
      {"limit", &kEventsSize},
      {"interleaved", &kBoolean},
      {"unmask", &kBoolean}},
     logs::filter_events},
};

const Operation* find_operation(const std::string& target) {
  for (const Operation& operation : kOperations) {
    if (target == std::string(kTargetPrefix) + std::string(operation.name)) return &operation;
  }
  return nullptr;
}

Access access_of(std::string_view operation) {
  if (starts_with(operation, "Describe") || starts_with(operation, "List")) return Access::kRead;
  // Events can be written and read as soon as their log stream is visible.
  return ends_with(operation, "LogEvents") ? Access::kCheck : Access::kChange;
}

// A name that is too long has its own message, whichever of the two names it is.
std::optional<http::Response> check_name_lengths(const Json& body) {
  for (const char* name : {"logGroupName", "logStreamName"}) {
    if (get_string(body, name).value_or("").size() > static_cast<std::size_t>(kNameMax)) {
      return logs_invalid("Invalid LogGroup or LogStream, both must have length less than or equal to 512.");
    }
  }
  return std::nullopt;
}

// CloudWatch Logs reports violated constraints as InvalidParameterException, other services as ValidationException.
http::Response as_logs_refusal(const http::Response& refusal) {
  const Result<Json> body = parse_json(refusal.body, "refusal");
  if (!body || get_string(*body, "__type") != "ValidationException") return refusal;
  return logs_invalid(get_string(*body, "message").value_or(""));
}

}  // namespace

http::Response handle_logs(CloudState& world, const Incoming& incoming) {
  const http::Request& request = incoming.raw;
  const Operation* operation = find_operation(request.headers.find("x-amz-target").value_or(""));
  if (operation == nullptr || request.method != "POST" || request.path != "/") {
    return json_error(400, "UnknownOperationException", "The requested operation is not known.");
  }
  if (request.headers.find("content-type") != "application/x-amz-json-1.1") {
    return json_error(415, "UnsupportedMediaType", "Content-Type must be application/x-amz-json-1.1");
  }
  const Result<Json> body = parse_json(request.body, "request");
  if (!body) return json_error(400, "SerializationException", "The request body is not JSON.");
  if (std::optional<http::Response> refusal = check_name_lengths(*body)) return *refusal;
  const Shape shape = {.kind = ShapeKind::kStructure, .members = operation->members};
  if (std::optional<http::Response> refusal = check_shape(*body, shape)) return as_logs_refusal(*refusal);
  LogsCall call{world, incoming, *body};
  std::optional<LogsState::Groups::key_type> group;
  if (const std::string name = group_name_of(call); !name.empty()) group.emplace(incoming.region, name);
  return carry_out(world, world.logs->groups, world.logs->history, world.options.consistency.logs,
                   access_of(operation->name), group, [&] { return operation->run(call); });
}

}  // namespace fhctl::sandbox
