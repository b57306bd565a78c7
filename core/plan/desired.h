// The desired state: resolved from the spec and the request, compared with the observed state by build_plan().
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "core/observe/observed.h"
#include "core/plan/plan.h"
#include "core/spec/spec.h"

namespace fhctl::pipeline {

// What the user asked for, beyond the spec. `up`, `scale` and `destroy` differ only here.
struct Intent {
  enum class Verb { kUp, kScale, kDestroy, kUndrain };
  Verb verb = Verb::kUp;
  std::optional<int> count;  // scale N / --to N, or the streams that --throughput and --records need
  int delta = 0;             // scale +k / -k
  std::optional<int> expect_current;
  bool allow_shrink = false;        // up: a smaller count may delete streams
  bool no_drain = false;            // consent: delete streams after the reload time, without proof that they are empty
  bool victims_idle = false;        // shrinking takes the streams with the least traffic, not the highest numbers
  std::set<std::string> take_back;  // undrain: only these streams; empty: all that drain
  bool allow_zero = false;          // scale to 0
  bool adopt_bucket = false;        // take over a bucket of this account that carries no tags of fhctl
  bool adopt_log_group = false;     // the same for a log group
  std::string delete_log_group;     // destroy: consent to delete the adopted log group of this name; empty: none
  bool empty_bucket = false;
  std::string empty_bucket_name;  // --empty-bucket=NAME: consent to delete the data of an adopted bucket; empty: none
  bool keep_bucket = false;
  bool force = false;  // destroy and shrink under traffic; leave resources that lost their tags
};

struct Desired {
  bool present = true;  // destroy: false
  Spec spec;            // resolved
  Identity identity;
  std::string id;        // the pipeline's id; for a new pipeline the id that it will get
  std::string role_arn;  // of the delivery role, as it is or as it will be
  Members members;
  std::set<int> delete_now;  // streams of ours outside `members` to delete without a drain: never used, or with consent
  std::set<int> drain_then_delete;  // streams of ours outside `members` to delete once their drain is complete
  Tags tags;                        // of every resource: ownership and the user's
  bool adopt_bucket = false;
  bool adopt_log_group = false;
  bool delete_log_group = false;  // although it was adopted
  bool keep_bucket = false;
  bool empty_bucket = false;
  std::vector<Error> problems;  // reasons to refuse the request; become the plan's blockers
  std::vector<Note> notes;

  // Whether a destroy keeps the bucket: on request, or because the bucket is not fhctl's.
  bool keeps_bucket() const { return keep_bucket || spec.external_bucket(); }
};

}  // namespace fhctl::pipeline
