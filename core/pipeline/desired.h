// What should be there: made from the spec and what the user asked for, compared with what is there by diff().
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "core/pipeline/observed.h"
#include "core/pipeline/plan.h"
#include "core/pipeline/spec.h"

namespace fhctl::pipeline {

// What the user asked for, beyond the spec. `up`, `scale` and `destroy` differ only here.
struct Intent {
  enum class Verb { kUp, kScale, kDestroy, kUndrain };
  Verb verb = Verb::kUp;
  std::optional<int> count;  // scale N / --to N, or the streams that --throughput and --records need
  int delta = 0;             // scale +k / -k
  std::optional<int> expect_current;
  bool allow_shrink = false;  // up: a smaller count may delete streams
  bool no_drain = false;      // consent: streams go after the readers' reload time, without proof that they are empty
  bool victims_idle = false;  // shrinking takes the streams with the least traffic, not the highest numbers
  std::set<std::string> take_back;  // undrain: only these streams; empty: all that drain
  bool allow_zero = false;          // scale to 0
  bool adopt_bucket = false;        // take over a bucket of this account that carries no tags of fhctl
  bool empty_bucket = false;
  std::string empty_bucket_name;  // --empty-bucket=NAME: consent to delete the data of an adopted bucket; empty: none
  bool keep_bucket = false;
  bool force = false;  // destroy and shrink under traffic; leave behind what lost its tags
};

struct Desired {
  bool present = true;  // destroy: false
  Spec spec;            // resolved
  Identity identity;
  std::string id;        // of the pipeline's life; for a birth: the id that it will get
  std::string role_arn;  // of the delivery role, as it is or as it will be
  Members members;
  std::set<int> doomed;    // streams of ours outside `members` to delete without evidence: never used, or with consent
  std::set<int> draining;  // streams of ours outside `members` to delete once their drain has its evidence
  Tags tags;               // of every resource: ownership and the user's
  bool adopt_bucket = false;
  bool keep_bucket = false;
  bool empty_bucket = false;
  std::vector<Error> problems;  // what forbids it; become the plan's blockers
  std::vector<Note> notes;

  // By a destroy: it was asked for, or the bucket is not fhctl's.
  bool keeps_bucket() const { return keep_bucket || spec.external_bucket(); }
};

// Whether decide() needs to know the streams' traffic: for shrinking, and for a destroy that deletes the data.
bool wants_traffic(const Spec& spec, const Intent& intent, const Observed& observed);

// Decides members, victims and tags. Pure. `birth_id` is used when the pipeline does not live yet.
Desired decide(const Spec& spec, const Intent& intent, const Observed& observed, const std::string& birth_id);

// When the oldest of the pipeline's own streams was created, in whole seconds. nullopt: there is none, or none says.
std::optional<WallTime> oldest_stream(const Observed& observed);

// Why the bucket existed before the pipeline did, or nullopt. fhctl marks a bucket that it adopts; earlier versions did
// not, and for theirs the dates count, which are only read for a destroy: a bucket or data older than the pipeline. All
// dates are of AWS's clocks. A bucket that fhctl created is at most as old as the run that created it, and a margin
// covers a first run that was slow.
std::optional<std::string> adoption_evidence(const Observed& observed);

// Why this version must not write pipeline.json: it may have been written by a newer fhctl. What it marks as required,
// and values that this version cannot read, would be undone or ignored. A destroy needs the names of resources only.
std::vector<Error> newer_document_problems(const Spec& spec, const Observed& observed, bool destroy);

// The destination that every stream should have.
firehose::S3Destination desired_destination(const Desired& desired);

// The plan. Pure: same inputs, same plan, same order.
Plan diff(const Desired& desired, const Observed& observed);

}  // namespace fhctl::pipeline
