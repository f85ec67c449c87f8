// SessionFinder: where a session of an entity begins and ends: a run of records of which neighbours
// are at most `gap` apart; with `max_length` a record later than that after the first starts a new
// one. Live records only, so a late record joins two sessions and a retraction splits one. Working
// object of FoldWindow; thread-safe while the row is not written.
//
// Runs are followed by records as far as the log is complete, before that by tiles of the window's
// tail tier, which are no longer than a gap; how far back that is: SessionReach (view_horizon.h).
// Of what came before, the newest record's time is known: it tells whether a run begins with the
// first record that is kept. If not, or if the session looked for is no longer kept, the answer is
// cut(). A read walks over a run once to find its first record and once to cut it; records closer
// than the gap are leapt over.

#ifndef MILLRACE_FEATURESTORE_SESSION_FINDER_H_
#define MILLRACE_FEATURESTORE_SESSION_FINDER_H_

#include <cstdint>
#include <optional>

#include "featurestore/live_seeker.h"
#include "featurestore/newest_event.h"
#include "featurestore/window_reader.h"

namespace millrace {

class SessionFinder {
 public:
  SessionFinder(const ViewLayout& layout, const WindowPlan& window, const EntityRow& row,
                const Horizon& horizon, const FoldOptions& options, TileScratch* scratch);

  // The session of the window before `end`, as the span from its first to after its last record;
  // nullopt: there is none. It is current while `at` is at most a gap after its last record.
  // REQUIRES: called once.
  std::optional<Span> Find(int64_t end, int64_t at);
  // Where it begins, or whether there is one, is not certain: what is kept does not tell.
  bool cut() const { return cut_; }
  // The session depends on a record that is not told, of this time or later; INT64_MAX: on none.
  int64_t needs_from() const { return needs_from_; }
  // A tile that was looked at holds a record that was taken back: what goes on for it may have
  // ended.
  bool retractions_lost() const { return retractions_lost_; }
  // Records and tiles looked at.
  int64_t walked() const { return walked_ + seeker_.steps(); }

 private:
  // The newest session of a run, and the one before it in that run.
  struct Newest {
    Span session;
    std::optional<Span> before;
  };

  // The newest record before `time`, one that is not kept at the latest time that it may have;
  // nullopt: there is none.
  std::optional<NewestEvent> Before(int64_t time);
  // False: the session that holds the record is not told, as that is not kept.
  bool IsKept(const NewestEvent& record);
  // What is asked depends on a record of this time or later.
  void NeedFrom(int64_t time);
  // Of the run that holds the record at `last`, among the records before `end`.
  Newest NewestOfRun(int64_t last, int64_t end);
  // Where the run that holds the record at `last` begins.
  int64_t RunStart(int64_t last);
  int64_t RunStartInTiles(int64_t earliest);
  // Of a run that begins at `start`, as far as it is kept.
  void FindWhetherCut(int64_t start);
  // Cut the run that holds the record at `last` where sessions get too long: as far as only tiles
  // tell, and from there.
  void CutInTiles(int64_t last, int64_t end, Newest* newest);
  void CutInLog(int64_t last, Newest* newest);
  // Of a tile that is looked at.
  void Note(int64_t tile_start, StateView tile);
  bool HasTiles() const { return !known_ && !row_.tiles().empty() && window_.tail >= 0; }
  size_t Tier() const { return static_cast<size_t>(window_.tail); }

  const ViewLayout& layout_;
  const WindowPlan& window_;
  const EntityRow& row_;
  const Horizon& horizon_;
  TileScratch* scratch_;
  const bool known_;             // of what was known then, whose tiles tell no more than the log
  const int64_t complete_from_;  // the log holds every record from this time on
  const int64_t kept_from_;      // and tiles tell of every one from this time on
  LiveSeeker seeker_;
  int64_t needs_from_ = INT64_MAX;
  int64_t walked_ = 0;
  bool cut_ = false;
  bool retractions_lost_ = false;
};

}  // namespace millrace

#endif  // MILLRACE_FEATURESTORE_SESSION_FINDER_H_
