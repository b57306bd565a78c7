// The plan: what would change and why, as plain data. build_plan() creates it, apply() carries it out, views print it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/resources/change.h"
#include "core/spec/names.h"

namespace fhctl::pipeline {

struct Plan : Changes {
  Members members_before;
  Members members_after;

  int added() const;  // a replacement counts as one added and one destroyed
  int changed() const;
  int destroyed() const;
  bool empty() const { return steps.empty(); }
  // True when `other` adds no deletion and no replacement that this one did not have.
  bool covers(const Plan& other) const;
  bool operator==(const Plan&) const = default;
};

// "Plan: 7 to add, 0 to change, 0 to destroy.": scripts rely on exactly this form.
std::string summary_line(const Plan& plan);

}  // namespace fhctl::pipeline
