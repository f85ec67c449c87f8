#include "app/workers/record_events.h"

#include <algorithm>
#include <utility>

#include "core/status_macros.h"

namespace millrace {

RecordEvents::RecordEvents(const std::vector<SourceSpec>& sources, int32_t source,
                           int32_t partition) {
  AddStage(sources, {source, partition}, sources[static_cast<size_t>(source)].derivation.get());
}

size_t RecordEvents::AddStage(const std::vector<SourceSpec>& sources, Place place,
                              const Derivation* derivation) {
  const size_t index = stages_.size();
  {
    Stage& stage = stages_.emplace_back();
    stage.place = places_.size();
    stage.fingerprints = sources[static_cast<size_t>(place.source)].retracts;
    if (derivation != nullptr) stage.deriver = std::make_unique<Deriver>(*derivation);
    const auto known = std::find(reached_.begin(), reached_.end(), place.source);
    stage.count = static_cast<size_t>(known - reached_.begin());
    if (known == reached_.end()) reached_.push_back(place.source);
    places_.push_back(place);
  }
  for (size_t s = 0; s < sources.size(); ++s) {
    const auto bases = static_cast<int32_t>(sources[s].bases.size());
    for (int32_t b = 0; b < bases; ++b) {
      const SourceBase& base = sources[s].bases[static_cast<size_t>(b)];
      if (base.source != place.source) continue;
      const size_t derived = AddStage(
          sources, {static_cast<int32_t>(s), place.partition * bases + b}, base.derivation.get());
      stages_[index].derived.push_back(derived);
    }
  }
  return index;
}

void RecordEvents::Begin() {
  for (Stage& stage : stages_) stage.items = 0;
}

absl::Status RecordEvents::ForEach(const Event& row, Visit visit, std::span<EventCounts> counts) {
  return Run(stages_[0], row, visit, counts);
}

absl::Status RecordEvents::ForEachPlace(const Event& tombstone, Visit visit) {
  Event event = tombstone;
  for (const Place& place : places_) {
    event.source = place.source;
    event.partition = place.partition;
    RETURN_IF_ERROR(visit(event));
  }
  return absl::OkStatus();
}

absl::Status RecordEvents::Run(Stage& stage, const Event& row, Visit visit,
                               std::span<EventCounts> counts) {
  if (stage.deriver == nullptr) return Emit(stage, row, visit, counts);
  ASSIGN_OR_RETURN(const Deriver::Fate fate,
                   stage.deriver->Derive(row.fields, [&](std::span<const Value> fields) {
                     Event event = row;
                     event.fields = fields;
                     return Emit(stage, event, visit, counts);
                   }));
  if (fate == Deriver::Fate::kLeftOut && !counts.empty()) ++counts[stage.count].filtered;
  return absl::OkStatus();
}

absl::Status RecordEvents::Emit(Stage& stage, Event event, Visit visit,
                                std::span<EventCounts> counts) {
  event.source = places_[stage.place].source;
  event.partition = places_[stage.place].partition;
  event.item = stage.items++;
  event.fingerprint =
      stage.fingerprints ? FingerprintOf(event.event_time_ms, event.fields, &scratch_) : 0;
  if (!counts.empty()) {
    ++(event.change == Change::kInsert ? counts[stage.count].inserted
                                       : counts[stage.count].retracted);
  }
  RETURN_IF_ERROR(visit(event));
  for (const size_t derived : stage.derived) {
    RETURN_IF_ERROR(Run(stages_[derived], event, visit, counts));
  }
  return absl::OkStatus();
}

}  // namespace millrace
