#include "core/resources/creation.h"

#include <fmt/format.h>

#include "core/aws/retry.h"
#include "core/resources/ownership.h"

namespace fhctl::pipeline {
namespace {

Error not_shown(const NewResource& what, const Error& last) {
  if (last.kind == ErrorKind::kAlreadyExists) {
    return make_error(ErrorKind::kUnavailable,
                      fmt::format("AWS says that {} {} exists but does not show it", what.kind, what.name),
                      "run the same command again in some minutes");
  }
  return make_error(
      ErrorKind::kUnavailable,
      fmt::format("creating {} {} got no answer, and it is not there: {}", what.kind, what.name, describe(last)),
      "run the same command again");
}

}  // namespace

Result<void> create_until_shown(aws::Client& client, const NewResource& what, const Tags& wanted,
                                const std::function<Result<void>()>& create,
                                const std::function<Result<std::optional<Tags>>()>& read_tags) {
  const std::string resource = what.kind + " " + what.name;
  aws::ConsistencyWait wait = client.consistency_wait(resource);
  std::optional<Instant> unclear_since;
  while (true) {
    const Result<void> created = create();
    if (created) return ok();
    const Error error = created.error();
    const bool taken = error.kind == ErrorKind::kAlreadyExists;
    if (!taken && !aws::answer_lost(error)) return error;
    ASSIGN_OR_RETURN(const std::optional<Tags> tags, read_tags());
    if (tags && same_incarnation(*tags, wanted)) {
      client.note_created(what.service, resource);
      return ok();
    }
    if (tags && !may_be_outdated(*tags, wanted)) return created_concurrently(what.kind, what.name);
    if (!unclear_since) unclear_since = client.loop().now();
    const Instant until = *unclear_since + (taken ? aws::settle_time(what.service) : kLostAnswerPatience);
    ASSIGN_OR_RETURN(const bool again, wait.pause(tags ? "AWS does not show its tags yet" : error.message, until));
    if (again) continue;
    return tags ? created_concurrently(what.kind, what.name) : not_shown(what, error);
  }
}

}  // namespace fhctl::pipeline
