#include "core/publish/manifest_parameter.h"

#include <fmt/format.h>

#include "core/manifest/manifest_formats.h"
#include "core/services/ssm.h"

namespace fhctl::pipeline {
namespace {

void warn(Run& run, std::string message, std::string hint) {
  run.observer.on(Said{{true, std::move(message), std::move(hint)}});
}

// Nothing stands in the way of a parameter that is not there.
bool is_ours(const std::optional<ssm::Parameter>& there, const std::string& account, const std::string& region,
             const std::string& pipeline) {
  if (!there) return true;
  const std::optional<CompactHead> head = parse_compact_head(there->value);
  return head && head->pipeline == pipeline && head->account == account && head->region == region;
}

std::string whose(const ssm::Parameter& parameter) {
  const std::optional<CompactHead> head = parse_compact_head(parameter.value);
  if (!head) return "holds something that fhctl did not write";
  return fmt::format("holds the manifest of pipeline {} in account {}, region {}", head->pipeline, head->account,
                     head->region);
}

}  // namespace

std::optional<Note> write_manifest_parameter(aws::Client& client, const std::string& name, const Manifest& manifest) {
  const auto not_written = [&name](const std::string& why, std::string way_out) {
    return std::optional(
        Note{true, fmt::format("The parameter {} was not written: {}", name, why), std::move(way_out)});
  };
  const auto failed = [&not_written](const Error& error) {
    return not_written(describe(error), "the bucket's copy is; `fhctl manifest publish` tries again");
  };
  const std::optional<std::string> value = format_compact_manifest(manifest, ssm::kStandardBytesMax);
  if (!value) {
    return not_written(fmt::format("the streams' names and numbers are over {} bytes", ssm::kStandardBytesMax),
                       "the bucket's copy is whole; leave out manifest.parameter, or close the gaps in the numbers");
  }
  const Result<std::optional<ssm::Parameter>> there = ssm::get_parameter(client, name);
  if (!there) return failed(there.error());
  if (!is_ours(*there, manifest.account, manifest.region, manifest.pipeline)) {
    return not_written("it " + whose(**there), "give another --manifest-parameter, or delete that one");
  }
  if (*there && (*there)->value == *value) return std::nullopt;
  const std::string description =
      fmt::format("Stream manifest of the pipeline {}, written by fhctl", manifest.pipeline);
  const Result<void> put = ssm::put_parameter(client, name, *value, description);
  return put ? std::nullopt : failed(put.error());
}

void delete_parameter_of(Run& run, const std::string& name, const Identity& identity, const std::string& pipeline) {
  const auto failed = [&](const Error& error) {
    warn(run, fmt::format("The parameter {} was not deleted: {}", name, describe(error)),
         fmt::format("`aws ssm delete-parameter --name {}` deletes it", name));
  };
  const Result<std::optional<ssm::Parameter>> there = ssm::get_parameter(run.client, name);
  if (!there) return failed(there.error());
  if (!*there) return;
  if (!is_ours(*there, identity.account, identity.region, pipeline)) {
    return warn(run, fmt::format("The parameter {} was left alone: it {}", name, whose(**there)), "");
  }
  const Result<bool> deleted = ssm::delete_parameter(run.client, name);
  if (!deleted) return failed(deleted.error());
  if (*deleted) run.observer.on(Said{{false, fmt::format("The parameter {} was deleted.", name), ""}});
}

Result<void> delete_manifest_parameter(Run& run, const Desired& desired) {
  if (desired.spec.manifest_parameter.empty()) return ok();
  RETURN_IF_ERROR(run.control.check());
  delete_parameter_of(run, desired.spec.manifest_parameter, desired.identity, desired.spec.name);
  return ok();
}

}  // namespace fhctl::pipeline
