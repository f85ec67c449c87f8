// SessionFinder: where a session of an entity begins and ends: a run of records of which
// neighbours are at most `gap` apart; with `max_length` a record later than that after the first
// starts a new one. Live records only, so a late record joins two sessions and a retraction splits
// one. Working object of FoldWindow; thread-safe while the row is not written.

#ifndef MILLRACE_FEATURESTORE_SESSION_FINDER_H_
#define MILLRACE_FEATURESTORE_SESSION_FINDER_H_

#include <cstdint>
#include <optional>

#include "featurestore/window_reader.h"

namespace millrace {

class SessionFinder {
 public:
  SessionFinder(const ViewLayout& layout, const WindowPlan& window, const EntityRow& row,
                const Horizon& horizon, TileScratch* scratch);

  // The session of the window before `end`, as the span from its first to after its last record;
  // nullopt: there is none. It is current while `at` is at most a gap after its last record.
  std::optional<Span> Find(int64_t end, int64_t at);
  // It may begin earlier than what is kept tells.
  bool cut() const { return cut_; }

 private:
  std::optional<int64_t> NewestBefore(int64_t time) const;
  // Where the run that holds the record at `last` begins.
  int64_t RunStart(int64_t last);
  int64_t RunStartInTiles(int64_t earliest);
  // The first record in (time, last].
  std::optional<int64_t> FirstAfter(int64_t time, int64_t last);

  const ViewLayout& layout_;
  const WindowPlan& window_;
  const EntityRow& row_;
  const Horizon& horizon_;
  TileScratch* scratch_;
  const int64_t complete_from_;
  bool cut_ = false;
};

}  // namespace millrace

#endif  // MILLRACE_FEATURESTORE_SESSION_FINDER_H_
