// LiveSeeker: finds live records of a log by time, one after the other. A search that goes on near
// where the last one ended costs a few steps, so a walk over the log costs no more than its length,
// and less where it leaps. Owned by one thread; the log outlives it and must not change meanwhile.

#ifndef MILLRACE_FEATURESTORE_LIVE_SEEKER_H_
#define MILLRACE_FEATURESTORE_LIVE_SEEKER_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "featurestore/micro_log.h"

namespace millrace {

class LiveSeeker {
 public:
  explicit LiveSeeker(const MicroLog& log) : log_(log), chunk_(log.chunks().size()) {}

  // The time of the first live record at or after `time_ms`; nullopt: there is none.
  std::optional<int64_t> FirstFrom(int64_t time_ms);
  // Entries and chunks looked at so far.
  int64_t steps() const { return steps_; }

 private:
  // Goes to the chunk that holds the first entry at or after the time; false: there is none.
  bool GoToChunk(int64_t time_ms);
  // And to that entry in it.
  void GoToEntry(int64_t time_ms);

  const MicroLog& log_;
  size_t chunk_;
  size_t entry_ = 0;  // in that chunk
  int64_t steps_ = 0;
};

}  // namespace millrace

#endif  // MILLRACE_FEATURESTORE_LIVE_SEEKER_H_
