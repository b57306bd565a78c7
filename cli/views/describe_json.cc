#include <fmt/format.h>

#include "cli/views/describe_parts.h"
#include "cli/views/plan_json.h"
#include "cli/views/plan_text.h"
#include "core/base/text.h"
#include "core/observe/lock_object.h"
#include "core/report/error_report.h"
#include "core/spec/limits.h"

namespace fhctl::cli {
namespace {

using pipeline::Observed;

OrderedJson drain_of(const Description& description, int number) {
  for (const pipeline::DrainStatus& drain : description.drains) {
    if (drain.number == number) return drain_json(drain);
  }
  return nullptr;
}

OrderedJson streams_json(const Description& description) {
  const Observed& observed = description.observed;
  OrderedJson list = OrderedJson::array();
  for (const auto& [number, stream] : observed.streams) {
    list.push_back({{"number", number},
                    {"name", stream.description.name},
                    {"arn", stream.description.arn},
                    {"state", stream_state(observed, stream)},
                    {"aws_status", stream.description.status.text()},
                    {"created_at", created_text(stream)},
                    {"draining_since", draining_since(observed, stream)},
                    {"drain", drain_of(description, number)},
                    {"failure_type", stream.description.failure_type},
                    {"failure_details", stream.description.failure_details},
                    {"tags", stream.tags}});
  }
  return list;
}

OrderedJson parts_json(const Observed& observed) {
  OrderedJson list = OrderedJson::array();
  for (const DescribedPart& part : described_parts(observed)) {
    list.push_back(
        {{"kind", pipeline::kind_key(part.kind)}, {"name", part.name}, {"state", part.state}, {"note", part.note}});
  }
  return list;
}

OrderedJson capacity_json(const Observed& observed) {
  int active = 0;
  for (const auto& [number, stream] : observed.streams) active += stream_state(observed, stream) == "active" ? 1 : 0;
  const pipeline::StreamLimits limits = pipeline::stream_limits(observed.identity.region);
  return {{"streams", active},
          {"bytes_per_s", limits.bytes_per_s * active},
          {"records_per_s", limits.records_per_s * active},
          {"requests_per_s", limits.requests_per_s * active},
          {"source", "region defaults"}};
}

OrderedJson lock_json(const Observed& observed) {
  if (!observed.lock) return nullptr;
  const pipeline::SeenLock& lock = *observed.lock;
  if (lock.problem) return {{"problem", error_json(*lock.problem)}};
  return {{"holder", lock.body.holder},    {"host", lock.body.host},       {"pid", lock.body.pid},
          {"run_id", lock.body.run_id},    {"command", lock.body.command}, {"ci_url", lock.body.ci_url},
          {"age_s", seconds_of(lock.age)}, {"expired", lock.expired}};
}

OrderedJson manifest_json(const Description& description) {
  const Observed& observed = description.observed;
  if (observed.manifest_problem) return {{"problem", error_json(*observed.manifest_problem)}};
  if (!observed.manifest) return nullptr;
  return {{"generation", observed.manifest->generation},
          {"epoch", observed.manifest->epoch},
          {"published_at", observed.manifest->published_at},
          {"local",
           {{"path", description.local.path},
            {"state", local_manifest_key(description.local.state)},
            {"generation", description.local.generation}}}};
}

}  // namespace

std::string describe_json(const Description& description) {
  const Observed& observed = description.observed;
  OrderedJson json;
  json["schema"] = "fhctl.describe/1";
  json["account"] = observed.identity.account;
  json["region"] = observed.identity.region;
  json["pipeline"] = observed.name;
  json["exists"] = !nothing_there(observed);
  json["id"] = observed.id;
  json["created_at"] = observed.document ? observed.document->created_at : "";
  json["created_by"] = observed.document ? observed.document->created_by : "";
  json["members"] = pipeline::format_members(observed.members());
  json["resources"] = observed.resources();
  json["streams"] = streams_json(description);
  json["parts"] = parts_json(observed);
  json["capacity"] = capacity_json(observed);
  json["manifest"] = manifest_json(description);
  json["lock"] = lock_json(observed);
  json["document_problem"] = observed.document_problem ? error_json(*observed.document_problem) : OrderedJson(nullptr);
  json["drift"] = plan_json(description.plan);
  json["continue"] = description.continue_command;
  return dump(json, 2);
}

std::string describe_lines(const Description& description) {
  const Observed& observed = description.observed;
  std::string text = fmt::format("account\t{}\nregion\t{}\npipeline\t{}\nexists\t{}\n", observed.identity.account,
                                 observed.identity.region, observed.name, !nothing_there(observed));
  for (const auto& [number, stream] : observed.streams) {
    text += fmt::format("stream\t{}\t{}\t{}\t{}\n", escape_for_terminal(stream.description.name),
                        stream_state(observed, stream), escape_for_terminal(stream.description.status.text()),
                        created_text(stream));
  }
  for (const DescribedPart& part : described_parts(observed)) {
    text +=
        fmt::format("part\t{}\t{}\t{}\n", pipeline::kind_key(part.kind), escape_for_terminal(part.name), part.state);
  }
  if (observed.manifest) {
    text +=
        fmt::format("manifest\t{}\t{}\n", observed.manifest->generation, local_manifest_key(description.local.state));
  }
  if (observed.lock) text += "lock\t" + escape_for_terminal(observed.lock->body.holder) + "\n";
  return text + plan_lines(description.plan);
}

}  // namespace fhctl::cli
