// AWS Systems Manager Parameter Store, JSON 1.1, 2014-11-06. Every function waits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/aws/client.h"

namespace fhctl::ssm {

// The size limit of standard parameters. Advanced parameters cost money, so fhctl never creates one.
inline constexpr std::size_t kStandardBytesMax = 4096;

struct Parameter {
  std::string name;
  std::string value;
  std::int64_t version = 0;
};

// nullopt: there is no parameter of this name.
Result<std::optional<Parameter>> get_parameter(aws::Client& client, const std::string& name);
// Creates the parameter or sets its value. Type String, tier Standard.
Result<void> put_parameter(aws::Client& client, const std::string& name, const std::string& value,
                           const std::string& description);
Result<bool> delete_parameter(aws::Client& client, const std::string& name);  // false: it did not exist

// What is wrong with a name, or nothing: it begins with a slash, has only letters, digits and ".-_/", and does not
// begin with "/aws" or "/ssm".
std::optional<std::string> parameter_name_problem(std::string_view name);

}  // namespace fhctl::ssm
