// Earlier values of the resources of a service. Until a change has become visible (Options::consistency), requests see
// the value before it: reads return it, and changes that depend on it are judged by it.
#pragma once

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/time.h"
#include "core/http/message.h"
#include "sandbox/state/world.h"

namespace fhctl::sandbox {

using PastTime = std::chrono::sys_time<Duration>;

// Earlier values of the entries of a map. std::nullopt is a value: the entry did not exist.
template <class Map>
class History {
 public:
  using Key = typename Map::key_type;
  using Value = std::optional<typename Map::mapped_type>;

  // Must be called when an entry has changed. `before` is its value until `now`. Forgets values from before now - keep.
  void changed(const Key& key, Value before, WallTime now, Duration keep) {
    std::vector<Earlier>& values = values_[key];
    std::erase_if(values, [&](const Earlier& value) { return value.until <= now - keep; });
    values.push_back({now, std::move(before)});
  }

  // The value at the time `then`; nullptr if the entry has not changed since.
  const Value* at(const Key& key, PastTime then) const {
    const auto values = values_.find(key);
    if (values == values_.end()) return nullptr;
    const auto found = std::find_if(values->second.begin(), values->second.end(),
                                    [&](const Earlier& value) { return value.until > then; });
    return found == values->second.end() ? nullptr : &found->value;
  }

  // Calls use(key, value) for each entry that has changed since `then`.
  template <class Use>
  void each_at(PastTime then, const Use& use) const {
    for (const auto& [key, values] : values_) {
      if (const Value* value = at(key, then)) use(key, *value);
    }
  }

  // Whether the entry, or any entry if `key` is nullopt, has changed since `then`.
  bool changed_since(const std::optional<Key>& key, PastTime then) const {
    if (key) return at(*key, then) != nullptr;
    return std::any_of(values_.begin(), values_.end(),
                       [&](const auto& entry) { return at(entry.first, then) != nullptr; });
  }

 private:
  struct Earlier {
    WallTime until{};  // when the value was replaced
    Value value;
  };
  std::map<Key, std::vector<Earlier>> values_;  // oldest first
};

// While it exists, an entry of the map (`key`), or all if that is nullopt, have their value of the time `then`. If
// `key` is nullopt, nobody may insert or erase entries meanwhile. Pointers to the present values stay valid.
template <class Map>
class Rewound {
 public:
  Rewound(Map& map, const History<Map>& history, const std::optional<typename Map::key_type>& key, PastTime then)
      : map_(map) {
    if (!key) {
      history.each_at(then, [this](const auto& changed, const auto& value) { replace(changed, value); });
    } else if (const auto* value = history.at(*key, then)) {
      replace(*key, *value);
    }
  }
  ~Rewound() {
    for (auto& [key, entry] : present_) {
      map_.erase(key);
      if (entry) map_.insert(std::move(entry));
    }
  }
  Rewound(const Rewound&) = delete;
  Rewound& operator=(const Rewound&) = delete;

 private:
  void replace(const typename Map::key_type& key, const typename History<Map>::Value& value) {
    present_.emplace_back(key, map_.extract(key));
    if (value) map_.emplace(key, *value);
  }

  Map& map_;
  std::vector<std::pair<typename Map::key_type, typename Map::node_type>> present_;
};

// Returns the time whose state a request sees of a service whose changes take `delay` to become visible; nullopt if
// that state does not differ from the present one in the entry, or in any entry if `key` is nullopt.
template <class Map>
std::optional<PastTime> earlier_time(CloudState& world, const History<Map>& history, Duration delay,
                                     const std::optional<typename Map::key_type>& key) {
  if (!history.changed_since(key, world.now - delay)) return std::nullopt;
  const PastTime then = world.now - (world.lag ? world.lag(delay) : delay);
  return history.changed_since(key, then) ? std::optional(then) : std::nullopt;
}

// The value of an entry; nullopt if it does not exist.
template <class Map>
std::optional<typename Map::mapped_type> copy_of(const Map& map, const typename Map::key_type& key) {
  const auto found = map.find(key);
  return found == map.end() ? std::nullopt : std::optional(found->second);
}

enum class Access {
  kRead,    // returns what is visible
  kCheck,   // refused if the visible state refuses it; has its effect on the present state, whose changes are visible
            // at once
  kChange,  // the same, and its change takes a while to become visible
};

// Carries out a request to a service whose changes take `delay` to become visible: `run` handles the request with the
// entries that the map has then. `key` is the resource that the request names; only lists may have none.
template <class Map, class Run>
http::Response carry_out(CloudState& world, Map& map, History<Map>& history, Duration delay, Access access,
                         const std::optional<typename Map::key_type>& key, const Run& run) {
  if (const std::optional<PastTime> then = earlier_time(world, history, delay, key)) {
    const Rewound<Map> rewound(map, history, key, *then);
    http::Response response = run();
    if (access == Access::kRead || response.status >= 300) return response;
  }
  if (access != Access::kChange || !key || delay <= Duration::zero()) return run();
  std::optional<typename Map::mapped_type> before = copy_of(map, *key);
  http::Response response = run();
  if (response.status < 300) history.changed(*key, std::move(before), world.now, delay);
  return response;
}

}  // namespace fhctl::sandbox
