// The rules that nothing may break, checked against the ground truth at every request that is carried out.
//
//   foreign     nothing is changed that fhctl did not make for this pipeline, or that a person took from it (S1)
//   data        objects go only with --empty-bucket; a stream only once the manifest does not offer it any more (S3)
//   manifest    whole, offers only streams of ours that were ACTIVE, and its generation only grows (S4)
//   order       streams go before role, pipeline.json and bucket (S5)
//   host        nothing is sent anywhere but to the endpoint (S10)
//   budget      what a quota refused, and was heard to refuse, is not asked for again in that run (S9)
//   identity    nothing is changed before AWS has said who we are (S11)
//   stop        after a stop request nothing is changed but that the lock is given back (L4)
//   lock        streams, role, log group, manifest and pipeline.json are changed by the holder of the lock only (S12);
//               a run whose process lives loses the lock only when its lease has run out, and then to a run that takes
//               it
//
// What is true of a whole run (nothing leaked, the truth of its exit, no change when nothing is to be done, that it
// ends) is checked by whoever lets it run. Nothing of core/pipeline is included here.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/sim/ledger.h"

namespace fhctl::test {

class Referee final : public Watcher {
 public:
  void before(const Deed& deed) override;
  void after(const Deed& deed, const http::Response& response) override;
  void begun_after_stop(const RunFacts& run, const sandbox::Route& route) override;
  void run_ended(const RunFacts& run) override { ended_.insert(run.run_id); }
  void file_changed(const RunFacts& run, const std::string& path, const std::string& text) override;

  // What strangers did.
  void took_lock_away(const std::string& run_id) { robbed_.insert(run_id); }
  void deleted_by_stranger(const ThingKey& key) { gone_by_stranger_.insert(key); }

  // Everything that fhctl made for the pipeline and that is still there, but for what was taken from it. "" is nothing.
  std::string left_over(const sandbox::World& world, const std::string& pipeline, const std::string& region,
                        bool bucket_stays) const;
  // "" when there are exactly so many streams of the pipeline, ACTIVE, with all that they need, and the manifest says
  // so.
  std::string not_there(const sandbox::World& world, const std::string& pipeline, const std::string& region,
                        std::size_t count) const;

  // Told of every change, and of every rule that breaks; may be empty.
  std::function<void(const Deed& deed)> on_change = {};
  std::function<void(const std::string& what)> on_break = {};
  Ledger ledger;
  std::vector<std::string> broken;              // "manifest: offers logs-3, which is CREATING (up, process 2)"
  std::uint64_t trace = 14695981039346656037u;  // of every request and answer
  std::int64_t requests = 0;
  std::int64_t changes = 0;
  std::map<std::string, int> answered;  // errors, as "CreateRole: EntityAlreadyExists"

 private:
  void break_rule(const RunFacts& run, const std::string& rule, const std::string& what);
  void judge_change(const Deed& deed, const std::optional<ThingKey>& key);
  void judge_objects(const Deed& deed);
  void judge_stream_deletion(const Deed& deed, const ThingKey& key);
  void judge_order(const Deed& deed);
  std::string without_lock(const Deed& deed) const;
  std::string takes_lock(const Deed& deed) const;
  void judge_manifest(const RunFacts& run, const sandbox::World& world, const std::string& text);
  bool ours(const RunFacts& run, const ThingKey& key) const;
  bool lately_ours(const Deed& deed, const ThingKey& key) const;
  void mix(std::string_view bytes);

  bool existed_ = false;
  std::string unlocked_;          // what the request that is being carried out lacks
  std::string taken_lock_;        // the wrong that it does to the holder of the lock
  std::set<std::string> ended_;   // runs
  std::set<std::string> robbed_;  // runs whose lock a stranger took: they notice when they renew it
  std::set<ThingKey> gone_by_stranger_;
  std::set<int> identified_;                                // processes
  std::set<std::pair<int, std::string>> refused_by_quota_;  // by process: the streams
  struct Published {
    std::int64_t generation = 0;
    std::string text;
  };
  std::map<std::string, Published> published_;  // the newest, by pipeline and region
};

}  // namespace fhctl::test
