// RecordEvents: the events that a record of a source with a topic becomes: those of the source
// itself and, at the same time and place, those of all sources derived from it. A pure function of
// the record. Owned by one thread.

#ifndef MILLRACE_APP_WORKERS_RECORD_EVENTS_H_
#define MILLRACE_APP_WORKERS_RECORD_EVENTS_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "app/project.h"
#include "core/value.h"
#include "stream/derivation.h"
#include "stream/event.h"

namespace millrace {

// What became of the rows that reached a source.
struct EventCounts {
  uint64_t inserted = 0;   // events
  uint64_t retracted = 0;  // events that take others back
  uint64_t filtered = 0;   // rows of which `where` was not true

  EventCounts& operator+=(const EventCounts& other) {
    inserted += other.inserted;
    retracted += other.retracted;
    filtered += other.filtered;
    return *this;
  }
};

class RecordEvents {
 public:
  // Of the records of one partition. REQUIRES: the sources outlive this; `source` has a topic.
  RecordEvents(const std::vector<SourceSpec>& sources, int32_t source, int32_t partition);

  using Visit = absl::FunctionRef<absl::Status(const Event&)>;

  // Begins another record: items count from 0 again.
  void Begin();
  // Visits the events of a row of the record; those of a source before those of what is derived
  // from it. `row` gives the decoded fields, time, offset and change. Events are valid during their
  // visit. An error is that of visit. Counts them, by reached(), unless `counts` is empty.
  absl::Status ForEach(const Event& row, Visit visit, std::span<EventCounts> counts);

  // Visits the event that deletes entities, for the source and all that are derived from it.
  absl::Status ForEachPlace(const Event& tombstone, Visit visit);

  // The source and all that are derived from it, each once.
  const std::vector<int32_t>& reached() const { return reached_; }

  // Where the events stand: partitions of the reached sources.
  struct Place {
    int32_t source = 0;
    int32_t partition = 0;
  };
  const std::vector<Place>& places() const { return places_; }

 private:
  // A source on a way from the record to its events.
  struct Stage {
    size_t place = 0;  // index into places_
    size_t count = 0;  // index into reached_
    bool fingerprints = false;
    std::unique_ptr<Deriver> deriver;  // null: rows stay as they are
    std::vector<size_t> derived;       // stages
    int32_t items = 0;
  };

  size_t AddStage(const std::vector<SourceSpec>& sources, Place place,
                  const Derivation* derivation);
  absl::Status Run(Stage& stage, const Event& row, Visit visit, std::span<EventCounts> counts);
  absl::Status Emit(Stage& stage, Event event, Visit visit, std::span<EventCounts> counts);

  std::vector<Stage> stages_;  // the source itself first
  std::vector<Place> places_;
  std::vector<int32_t> reached_;
  std::string scratch_;
};

}  // namespace millrace

#endif  // MILLRACE_APP_WORKERS_RECORD_EVENTS_H_
