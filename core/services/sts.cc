#include "core/services/sts.h"

#include <algorithm>

#include "core/base/text.h"
#include "core/services/protocols/aws_query.h"
#include "core/services/protocols/response_errors.h"

namespace fhctl::sts {

Result<CallerIdentity> get_caller_identity(aws::Client& client) {
  constexpr std::string_view kOperation = "GetCallerIdentity";
  ASSIGN_OR_RETURN(QueryAnswer answer,
                   query_call(client, {aws::Service::kSts, "2011-06-15"}, std::string(kOperation), {}));
  CallerIdentity identity{.account = child_text(answer.result, "Account").value_or(""),
                          .arn = child_text(answer.result, "Arn").value_or(""),
                          .user_id = child_text(answer.result, "UserId").value_or(""),
                          .partition = ""};
  // Names and ARNs are built from the account, and ownership is compared with it, so its form is checked.
  bool twelve_digits = identity.account.size() == 12 && std::all_of(identity.account.begin(), identity.account.end(),
                                                                    [](char c) { return c >= '0' && c <= '9'; });
  if (!twelve_digits) return missing_member(kOperation, "Account");
  std::vector<std::string> fields = split(identity.arn, ':');
  if (fields.size() < 6 || fields[0] != "arn" || fields[1].empty()) return missing_member(kOperation, "Arn");
  identity.partition = fields[1];
  return identity;
}

}  // namespace fhctl::sts
