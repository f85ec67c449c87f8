// ViewExplanation: how a view is kept and what that costs: its tiles, what a read of each window
// takes and how exact it is, which features share a state, and the size of an entity. From the
// layout that the store uses, not from rules of thumb. Plain values.

#ifndef MILLRACE_APP_CATALOG_VIEW_EXPLANATION_H_
#define MILLRACE_APP_CATALOG_VIEW_EXPLANATION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "app/catalog/entity_size.h"
#include "app/project.h"
#include "stream/aggregations/accumulator.h"

namespace millrace {

// What an entity is taken to receive.
struct EntityLoad {
  double records_per_s = 1;
  std::optional<int64_t> entities;  // absent: nobody said
};

// A size of tiles, and how long they are kept.
struct TierExplanation {
  int64_t tile_ms = 0;
  int64_t kept_ms = 0;
};

struct WindowExplanation {
  std::string window;                 // in words
  std::vector<std::string> features;  // over it
  // The tiles that its ends are resolved by; absent: it is folded from records alone.
  std::optional<int64_t> tail_ms;
  // At most so many tiles are merged, which lie in so many stored blocks.
  int64_t merges = 0;
  int64_t blocks = 0;
  // Records in the window at the load, where it has a length.
  std::optional<double> records;
  // At the load every record that the window's ends need is kept.
  bool exact = true;
  // Else an end is off by so much at most; absent: the answer is `truncated`.
  std::optional<int64_t> off_by_ms;
  // Of sessions: they are told if their run began no longer than this before the window's end.
  std::optional<int64_t> session_reach_ms;
};

// A state, and the features that have it in common.
struct StateExplanation {
  std::string computes;  // "mean, sum of dep_delay"
  StateClass state_class = StateClass::kExact;
  std::vector<std::string> features;
};

struct ViewExplanation {
  EntityLoad load;
  std::string view;
  std::string entity;
  std::vector<std::string> sources;
  Accuracy accuracy = Accuracy::kAuto;
  int64_t as_of_ms = 0;
  std::vector<TierExplanation> tiers;
  std::vector<WindowExplanation> windows;
  std::vector<StateExplanation> states;
  EntitySize sparse;  // after kSparseRecords
  EntitySize dense;   // at the load
  RecordSize record;
  // How many records of an entity are kept one by one, and for how long; absent: no limit.
  std::optional<int64_t> most_records;
  std::optional<int64_t> records_kept_ms;
  // Then an entity has no largest size, and `dense` is of some records only.
  bool keeps_every_record() const { return !most_records && !records_kept_ms; }

  // Of the rows of all entities of the load; 0 where nobody said how many there are.
  double DiskBytes() const {
    return static_cast<double>(dense.disk_bytes) * static_cast<double>(load.entities.value_or(0));
  }
};
inline constexpr int64_t kSparseRecords = 5;

// REQUIRES: 0 <= view < views of the project. Takes up to a second for views with long windows and
// fine tiles. Errors: those of ViewLayout::Make.
absl::StatusOr<ViewExplanation> ExplainView(const Project& project, int32_t view,
                                            const EntityLoad& load);

// "auto", "exact" or "tiled".
absl::string_view AccuracyName(Accuracy accuracy);

}  // namespace millrace

#endif  // MILLRACE_APP_CATALOG_VIEW_EXPLANATION_H_
