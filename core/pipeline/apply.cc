// The order of a growing or changing run: pipeline.json, then what streams need, then the streams.
#include "core/pipeline/work.h"

namespace fhctl::pipeline {
namespace {

void apply_role(Work& work) {
  const Step* role = work.find(Kind::kRole);
  if (role != nullptr) {
    const Step step = *role;
    const bool done =
        work.step(step, [&] { return step.action == Action::kCreate ? make_role(work) : update_role(work, step); });
    if (!done) return;
  }
  if (const Step* policy = work.find(Kind::kRolePolicy)) {
    work.step(*policy, [&] { return put_policy(work); });
  }
}

void apply_logs(Work& work) {
  const Step* group = work.find(Kind::kLogGroup);
  if (group != nullptr && group->action != Action::kDelete) {
    const Step step = *group;
    const bool done =
        work.step(step, [&] { return step.action == Action::kCreate ? make_log_group(work) : update_log_group(work); });
    if (!done) return;
  }
  const Step* stream = work.find(Kind::kLogStream);
  if (stream != nullptr && stream->action == Action::kCreate) {
    work.step(*stream, [&] { return make_log_stream(work); });
  }
}

void apply_bucket(Work& work) {
  const Step* step = work.find(Kind::kBucket);
  if (step == nullptr) return;
  if (!work.outcome.born.contains(step->resource)) {
    work.step(*step, [&] { return update_bucket(work); });
  } else if (work.allowed(*step)) {  // the second half of its birth
    if (const Result<void> updated = update_bucket(work); !updated) work.failed(*step, updated.error());
  }
}

// Only once no stream writes its errors there any more.
void drop_logs(Work& work) {
  const Step* group = work.find(Kind::kLogGroup);
  if (group == nullptr || group->action != Action::kDelete) return;
  const bool done = work.step(*group, [&]() -> Result<void> {
    const Result<bool> deleted = logs::delete_log_group(work.run.client, group->resource.name);
    if (!deleted) return deleted.error();
    return ok();
  });
  const Step* stream = work.find(Kind::kLogStream);  // went with its group
  if (done && stream != nullptr) work.step(*stream, [] { return ok(); });
}

}  // namespace

void apply_up(Work& work) {
  // From here on any machine can continue what this run began.
  if (Result<void> may = work.may_change(); !may) {
    work.outcome.error = may.error();
    return;
  }
  const Step* settings = work.find(Kind::kSettings);
  if (settings != nullptr) work.started(*settings);
  if (Result<void> written = write_document(work); !written) {
    work.failure({Kind::kSettings, "pipeline.json", 0}, written.error());
    return;
  }
  if (settings != nullptr) work.done(*settings);

  // What streams need, side by side.
  Group group(work.run.client.loop());
  group.spawn([&] { apply_bucket(work); });
  group.spawn([&] { apply_role(work); });
  group.spawn([&] { apply_logs(work); });
  group.join();

  // The streams, and with them the manifest. After a failure nothing new is started, but what is under way is waited
  // for, and what became ACTIVE is published.
  const Step* manifest = work.find(Kind::kManifest);
  if (manifest != nullptr) work.started(*manifest);
  converge_streams(work);
  const bool published = !work.publisher.targets().empty();  // by this run
  if (manifest != nullptr && published && !work.any_failure() && !work.outcome.error) work.done(*manifest);

  drop_logs(work);
}

}  // namespace fhctl::pipeline
