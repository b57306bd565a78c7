#include "core/services/ssm.h"

#include <algorithm>

#include "core/base/text.h"
#include "core/services/protocols/aws_json.h"
#include "core/services/protocols/response_errors.h"

namespace fhctl::ssm {
namespace {

// A parameter is optional, so calls are not retried for minutes.
constexpr JsonService kSsm{.service = aws::Service::kSsm, .target_prefix = "AmazonSSM", .attempts_max = 4};

bool is_absent(const Error& error) { return is_fault(error, "ParameterNotFound"); }

std::string parameter_resource(const std::string& name) { return "parameter " + name; }

}  // namespace

Result<std::optional<Parameter>> get_parameter(aws::Client& client, const std::string& name) {
  constexpr std::string_view kOperation = "GetParameter";
  Result<Json> answer = json_call(client, kSsm, std::string(kOperation), {{"Name", name}},
                                  aws::Idempotency::kIdempotent, {.needs = parameter_resource(name)});
  if (!answer && is_absent(answer.error())) return std::optional<Parameter>();
  if (!answer) return answer.error();
  const Json* parameter = get_object(*answer, "Parameter");
  const std::optional<std::string> value = parameter ? get_string(*parameter, "Value") : std::nullopt;
  if (!value) return missing_member(kOperation, "Parameter");
  return std::optional(
      Parameter{.name = name, .value = *value, .version = get_integer(*parameter, "Version").value_or(0)});
}

Result<void> put_parameter(aws::Client& client, const std::string& name, const std::string& value,
                           const std::string& description) {
  Result<Json> answer = json_call(client, kSsm, "PutParameter",
                                  {{"Name", name},
                                   {"Value", value},
                                   {"Description", description},
                                   {"Type", "String"},
                                   {"Tier", "Standard"},
                                   {"Overwrite", true}},
                                  aws::Idempotency::kIdempotent, {.creates = parameter_resource(name)});
  return answer ? ok() : Result<void>(answer.error());
}

Result<bool> delete_parameter(aws::Client& client, const std::string& name) {
  Result<Json> answer = json_call(client, kSsm, "DeleteParameter", {{"Name", name}}, aws::Idempotency::kIdempotent,
                                  {.needs = parameter_resource(name), .deletes = parameter_resource(name)});
  if (answer) return true;
  if (is_absent(answer.error())) return false;
  return answer.error();
}

std::optional<std::string> parameter_name_problem(std::string_view name) {
  if (!starts_with(name, "/")) return "it must begin with a slash";
  if (name.size() < 2 || name.size() > 512) return "it must have 2 to 512 characters";
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view(".-_/").find(c) != std::string_view::npos;
  };
  if (!std::all_of(name.begin(), name.end(), allowed)) return "only letters, digits and . - _ / are allowed";
  if (starts_with(to_lower(name), "/aws") || starts_with(to_lower(name), "/ssm")) return "/aws and /ssm are reserved";
  return std::nullopt;
}

}  // namespace fhctl::ssm
