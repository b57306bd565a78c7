#include "core/converge/apply_up.h"

#include "core/execute/apply_context.h"
#include "core/execute/apply_streams.h"
#include "core/execute/pipeline_json_store.h"

namespace fhctl::pipeline {
namespace {

void apply_role(ApplyContext& context) {
  const Step* role = context.find(Kind::kRole);
  if (role != nullptr) {
    const Step step = *role;
    const bool done = context.step(step, [&] {
      return step.action == Action::kCreate
                 ? create_role(context.run.client, context.goal())
                 : update_role(context.run.client, RoleState(*context.observed.role), step, context.goal());
    });
    if (!done) return;
  }
  if (const Step* policy = context.find(Kind::kRolePolicy)) {
    context.step(*policy, [&] { return put_role_policy(context.run.client, context.goal()); });
  }
}

void apply_logs(ApplyContext& context) {
  const Step* group = context.find(Kind::kLogGroup);
  if (group != nullptr && context.desired.spec.error_logging) {
    const Step step = *group;
    const bool done = context.step(step, [&] {
      return step.action == Action::kCreate
                 ? create_log_group(context.run.client, context.goal())
                 : update_log_group(context.run.client, LogGroupState(*context.observed.log_group), context.goal());
    });
    if (!done) return;
  }
  const Step* stream = context.find(Kind::kLogStream);
  if (stream != nullptr && stream->action == Action::kCreate) {
    context.step(*stream, [&] { return create_log_stream(context.run.client, context.desired.spec); });
  }
}

void apply_bucket(ApplyContext& context) {
  const Step* step = context.find(Kind::kBucket);
  if (step == nullptr) return;
  const auto update = [&] { return update_bucket(context.run.client, context.observed.bucket, context.goal()); };
  if (!context.outcome.created_early.contains(step->resource)) {
    context.step(*step, update);
  } else if (context.can_start()) {  // this run created it before it took the lock; its settings are missing yet
    if (const Result<void> updated = update(); !updated) context.failed(*step, updated.error());
  }
}

// Only once no stream writes its errors there any more.
void drop_logs(ApplyContext& context) {
  const Step* group = context.find(Kind::kLogGroup);
  if (group == nullptr || context.desired.spec.error_logging) return;
  if (group->action == Action::kUpdate) {
    context.step(*group, [&] { return give_back_log_group(context.run.client, *context.observed.log_group); });
    return;
  }
  const bool done = context.step(*group, [&] { return delete_log_group(context.run.client, context.desired.spec); });
  const Step* stream = context.find(Kind::kLogStream);  // went with its group
  if (done && stream != nullptr) context.step(*stream, [] { return ok(); });
}

}  // namespace

void apply_up(ApplyContext& context) {
  // From here on any machine can continue what this run began.
  if (Result<void> may = context.check_can_start(); !may) {
    context.outcome.error = may.error();
    return;
  }
  const Step* settings = context.find(Kind::kSettings);
  if (settings != nullptr) context.started(*settings);
  if (Result<void> written = write_document(context); !written) {
    context.failure({Kind::kSettings, "pipeline.json", 0}, written.error());
    return;
  }
  if (settings != nullptr) context.done(*settings);

  // What streams need, side by side.
  Group group(context.run.client.loop());
  group.spawn([&] { apply_bucket(context); });
  group.spawn([&] { apply_role(context); });
  group.spawn([&] { apply_logs(context); });
  group.join();

  // Creates, updates and deletes the streams and publishes the manifest. After a failure nothing new is started, but
  // what is in flight is waited for, and streams that became ACTIVE are published.
  const Step* manifest = context.find(Kind::kManifest);
  if (manifest != nullptr) context.started(*manifest);
  converge_streams(context);
  const bool published = !context.publisher.targets().empty();  // by this run
  if (manifest != nullptr && published && !context.any_failure() && !context.outcome.error) context.done(*manifest);

  drop_logs(context);
  if (context.any_failure() || context.outcome.error) return;
  if (Result<void> written = forget_dropped_tags(context); !written) {
    context.failure({Kind::kSettings, "pipeline.json", 0}, written.error());
  }
}

}  // namespace fhctl::pipeline
