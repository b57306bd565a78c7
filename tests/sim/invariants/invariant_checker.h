// Checks the invariants against the true state of the cloud, at every request that is carried out.
//
//   foreign     nothing is changed that fhctl did not create for this pipeline, or that a user took from it (S1)
//   data        objects are deleted only with --empty-bucket; streams only when the manifest no longer offers them (S3)
//   manifest    complete, offers only streams of ours that were ACTIVE, and its generation always increases (S4)
//   order       streams are deleted before role, pipeline.json and bucket (S5)
//   host        requests are sent to the endpoint only (S10)
//   budget      a request that a quota refused is not sent again in that run, once the response has arrived (S9)
//   identity    nothing is changed before AWS has returned the identity of the caller (S11)
//   stop        after a stop request nothing is changed, except that the lock is released (L4)
//   lock        streams, role, log group, manifest and pipeline.json are changed by the holder of the lock only (S12);
//               a run whose process exists loses the lock only when its lease has ended, and only to a run that
//               acquires it
//
// Of a run that nothing disturbed but the delays until changes become visible:
//   waits       it does not end with an error, which waiting within --timeout would have avoided
//
// Other properties of a whole run (no leaked resources, a correct exit code, no change if there is nothing to do,
// termination) are checked by the code that starts the run. Nothing of core/pipeline is included here.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "tests/sim/invariants/ownership_log.h"

namespace fhctl::test {

class InvariantChecker final : public RequestWatcher {
 public:
  void before(const AppliedRequest& applied) override;
  void after(const AppliedRequest& applied, const http::Response& response) override;
  void begun_after_stop(const RunFacts& run, const sandbox::Route& route) override;
  void run_ended(const RunFacts& run) override { ended_.insert(run.run_id); }
  void file_changed(const RunFacts& run, const std::string& path, const std::string& text) override;

  // Changes by external actors.
  void took_lock_away(const std::string& run_id) { robbed_.insert(run_id); }
  void deleted_by_stranger(const ThingKey& key) { gone_by_stranger_.insert(key); }

  // The run `text` ended, with that failure if any, and nothing but consistency delays disturbed it.
  void judge_undisturbed(const std::string& text, const std::optional<Error>& failure, Duration took, Duration limit);

  // Returns everything that fhctl created for the pipeline and that still exists, except what was taken from it. "":
  // nothing.
  std::string left_over(const sandbox::CloudState& world, const std::string& pipeline, const std::string& region,
                        bool bucket_stays) const;
  // Returns "" if the pipeline has exactly `count` streams, all ACTIVE, with everything that they need, and the
  // manifest lists them.
  std::string not_there(const sandbox::CloudState& world, const std::string& pipeline, const std::string& region,
                        std::size_t count) const;

  // Called for every change, and for every violation of an invariant; may be empty.
  std::function<void(const AppliedRequest& applied)> on_change = {};
  std::function<void(const std::string& what)> on_break = {};
  OwnershipLog ownership_log;
  std::vector<std::string> broken;              // "manifest: offers logs-3, which is CREATING (up, process 2)"
  std::uint64_t trace = 14695981039346656037u;  // of every request and response
  std::int64_t requests = 0;
  std::int64_t changes = 0;
  std::map<std::string, int> answered;  // errors, as "CreateRole: EntityAlreadyExists"

 private:
  void break_rule(const RunFacts& run, const std::string& rule, const std::string& what);
  void judge_change(const AppliedRequest& applied, const std::optional<ThingKey>& key);
  void judge_objects(const AppliedRequest& applied);
  void judge_stream_deletion(const AppliedRequest& applied, const ThingKey& key);
  void judge_order(const AppliedRequest& applied);
  std::string without_lock(const AppliedRequest& applied) const;
  std::string takes_lock(const AppliedRequest& applied) const;
  void judge_manifest(const RunFacts& run, const sandbox::CloudState& world, const std::string& text);
  bool ours(const RunFacts& run, const ThingKey& key) const;
  bool lately_ours(const AppliedRequest& applied, const ThingKey& key) const;
  void mix(std::string_view bytes);

  bool existed_ = false;
  std::string unlocked_;          // how the request that is being carried out violates the rule of the lock
  std::string taken_lock_;        // how it takes the lock from its holder
  std::set<std::string> ended_;   // run ids
  std::set<std::string> robbed_;  // runs whose lock an external actor took: they notice when they renew it
  std::set<ThingKey> gone_by_stranger_;
  std::set<int> identified_;                                // process numbers
  std::set<std::pair<int, std::string>> refused_by_quota_;  // process and stream
  struct Published {
    std::int64_t generation = 0;
    std::string text;
  };
  std::map<std::string, Published> published_;  // the newest, by pipeline and region
};

}  // namespace fhctl::test
