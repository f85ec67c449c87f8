// KeptLimitHistory: what came of one entity, as the law needs it for a read: the life that the read
// sees, what is left in it once retractions met their records, and from when on every record is
// certainly kept. Owned by one thread.

#ifndef MILLRACE_TESTS_FEATURESTORE_KEPT_LIMIT_HISTORY_H_
#define MILLRACE_TESTS_FEATURESTORE_KEPT_LIMIT_HISTORY_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/featurestore/kept_limit_case.h"
#include "tests/oracle/surviving_records.h"

namespace millrace {

// Of several lives of an entity the one that a read sees: what stands after the newest tombstone
// before the read that did not come too late.
struct KeptLimitLife {
  oracle::Survivors survivors;
  // Without what stands before a tombstone that came too late, or at its time.
  oracle::Survivors after_deletion;
  std::optional<int64_t> deleted_ms;  // of that tombstone
  int64_t complete_from_ms = 0;       // every record from here on is kept
  // Times of retractions whose record may have been part of a tile when they came.
  std::vector<int64_t> retractions_beyond_ms;
};

class KeptLimitHistory {
 public:
  // Of the first `arrivals` of the case, which outlives it; `late` are the numbers of the
  // tombstones that the store found too late. Time has come to `now_ms`.
  KeptLimitHistory(const KeptLimitCase& c, const std::string& key, size_t arrivals,
                   const std::set<size_t>& late, int64_t now_ms);

  // Valid as long as the history.
  const KeptLimitLife& LifeAt(const oracle::Read& read);
  // Something of the entity was deleted.
  bool HasTombstones() const { return !lives_begin_.empty() || !late_.empty(); }

 private:
  KeptLimitLife MakeLife(const std::optional<oracle::Order>& begin,
                         const std::optional<oracle::Order>& late,
                         std::optional<int64_t> known_ms) const;

  const KeptLimitCase& case_;
  const int64_t tiles_until_ms_;     // what is after it is among the entries, if there is room
  std::vector<oracle::Record> own_;  // without tombstones
  std::vector<oracle::Order> lives_begin_;
  std::vector<oracle::Order> late_;
  using Key = std::pair<std::pair<std::optional<oracle::Order>, std::optional<oracle::Order>>,
                        std::optional<int64_t>>;
  std::map<Key, KeptLimitLife> lives_;
};

// Whether the tombstone with that number of arrival may come too late to be exact: newer records of
// its entity came before it, and not all of them are certainly kept. Time has come to `now_ms`.
bool MayBeLate(const KeptLimitCase& c, size_t tombstone, int64_t now_ms);

// How far back of its end a window may look, lag included.
int64_t ReachOf(const oracle::Window& window);

}  // namespace millrace

#endif  // MILLRACE_TESTS_FEATURESTORE_KEPT_LIMIT_HISTORY_H_
