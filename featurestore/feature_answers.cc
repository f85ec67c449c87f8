#include "featurestore/feature_answers.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "featurestore/entity_selection.h"
#include "featurestore/newest_event.h"

namespace millrace {
namespace {

double CoveredShare(const Span& asked, const Span& covered) {
  const int64_t begin = std::max(asked.begin_ms, covered.begin_ms);
  const int64_t end = std::min(asked.end_ms, covered.end_ms);
  if (begin == asked.begin_ms && end == asked.end_ms) return 1;
  if (end <= begin) return 0;
  return static_cast<double>(end - begin) / static_cast<double>(asked.end_ms - asked.begin_ms);
}

Span Hull(const Span& a, const Span& b) {
  return {std::min(a.begin_ms, b.begin_ms), std::max(a.end_ms, b.end_ms)};
}

FeatureStatus StatusOf(ResultState state) {
  switch (state) {
    case ResultState::kPresent: return FeatureStatus::kPresent;
    case ResultState::kNull: return FeatureStatus::kNull;
    case ResultState::kMissing: return FeatureStatus::kMissing;
    case ResultState::kOverflow: return FeatureStatus::kOverflow;
    case ResultState::kTruncated: return FeatureStatus::kTruncated;
  }
  return FeatureStatus::kNull;
}

bool Subtracts(const Aggregation& aggregation) {
  return aggregation.accumulator == nullptr || aggregation.accumulator->subtracts();
}

// The answer of one feature from the fold of its window.
void FinaliseFeature(const ViewLayout& layout, const FeaturePlan& plan,
                     const Aggregation& aggregation, const WindowFold& fold, int64_t at_ms,
                     Answer* answer) {
  const StateLayout& state = layout.state();
  const StateView view = fold.state.view();
  const bool net = Subtracts(aggregation);
  const auto count = [&](uint16_t net_word, uint16_t live_word) {
    return static_cast<int64_t>(view.words[net ? net_word : live_word]);
  };
  Folded folded;
  const FoldPlan::Filter& filter = state.filter(plan.filter);
  folded.records = folded.n = count(filter.word, filter.live_word);
  folded.live = static_cast<int64_t>(view.words[filter.live_word]);
  if (plan.column >= 0) {
    const FoldPlan::Column& column = state.column(plan.column);
    folded.n = count(column.net_word, column.live_word);
  }
  const FoldPlan::Filter& every = state.filter(0);
  folded.candidates = count(every.word, every.live_word);
  if (aggregation.counts_candidates) {
    folded.live = static_cast<int64_t>(view.words[every.live_word]);
  }
  if (plan.candidates >= 0) {
    const FoldPlan::Column& column = state.column(plan.candidates);
    folded.candidates = count(column.net_word, column.live_word);
  }
  if (plan.accumulator >= 0) folded.words = view.words + state.accumulator(plan.accumulator).word;
  folded.parts = view.parts;
  folded.at_ms = at_ms;
  folded.asked = fold.asked;
  Finalise(aggregation, folded, answer);
}

// The earliest event time that the answer depends on.
int64_t DependsFrom(const Window& window, const WindowFold& fold) {
  switch (window.kind) {
    case WindowKind::kLifetime: return kBeginningOfTime;
    case WindowKind::kSession: {
      // An earlier record may belong to it, or if there is none, be one.
      const bool found = fold.asked.begin_ms > kBeginningOfTime && fold.state.view().entries() > 0;
      if (found) return fold.asked.begin_ms - window.gap_ms;
      return fold.asked.end_ms -
             (window.which == Which::kCurrent ? window.gap_ms : SessionReach(window));
    }
    default: {
      // Once it has its number of records, none before them would count.
      const bool full = window.max_events > 0 && fold.state.view().entries() >= window.max_events;
      if (full) return fold.state.view().min_time_ms();
      return window.kind == WindowKind::kEvents ? kBeginningOfTime : fold.asked.begin_ms;
    }
  }
}

// Whether it waits for the data to reach back; the others take what there is.
bool Warms(const Window& window) {
  return window.kind != WindowKind::kLifetime && window.kind != WindowKind::kEvents;
}

// Of several the first that holds (docs/windows.md, "What comes with a value").
constexpr std::array kPrecedence = {FeatureStatus::kExpired,  FeatureStatus::kOverflow,
                                    FeatureStatus::kWarming,  FeatureStatus::kStale,
                                    FeatureStatus::kMissing,  FeatureStatus::kNull,
                                    FeatureStatus::kTruncated};

// The status of what is computed from values with these.
FeatureStatus StatusOfComputed(const std::vector<FeatureValue>& operands, const Value& value) {
  for (const FeatureStatus status : kPrecedence) {
    // A value there is, whatever some operands lacked; what is true of it still holds.
    const bool tells = value.is_null() || status == FeatureStatus::kWarming ||
                       status == FeatureStatus::kStale || status == FeatureStatus::kTruncated;
    if (!tells) continue;
    if (std::any_of(operands.begin(), operands.end(),
                    [status](const FeatureValue& v) { return v.status == status; })) {
      return status;
    }
  }
  return value.is_null() ? FeatureStatus::kNull : FeatureStatus::kPresent;
}

// Whether there is no value for want of records, whatever else is to be told.
bool IsMissing(FeatureStatus status, const std::vector<FeatureValue>& operands,
               const Value& value) {
  if (status == FeatureStatus::kMissing) return true;
  return value.is_null() &&
         (status == FeatureStatus::kStale || status == FeatureStatus::kWarming) &&
         std::any_of(operands.begin(), operands.end(), [](const FeatureValue& operand) {
           return operand.count == 0 && operand.value.view().is_null();
         });
}

}  // namespace

FeatureAnswers::FeatureAnswers(const ViewLayout& layout, const EntityRow* row,
                               const Horizon& horizon, int64_t at_ms, const FoldOptions& options,
                               int64_t available_from_ms, AnswerScratch* scratch)
    : layout_(layout),
      row_(row),
      horizon_(horizon),
      at_ms_(at_ms),
      options_(options),
      available_from_ms_(available_from_ms),
      scratch_(scratch) {
  ++scratch_->read;
  scratch_->cost = {};
  if (options.known_ms && row != nullptr) {
    const auto word = static_cast<size_t>(layout.entry().known_word());
    known_row_ = SelectRecords(layout, *row, horizon, [&](const uint64_t* entry) {
      return static_cast<int64_t>(entry[word]) <= *options.known_ms;
    });
    known_from_ms_ = SelectableFrom(*row, horizon);
    row_ = &*known_row_;
  }
  const ViewSpec& spec = layout.spec();
  if ((spec.ttl_ms || spec.stale_after_ms) && row_ != nullptr) {
    auto newest = NewestBefore(*row_, horizon, at_ms);
    if (!newest && known_from_ms_ > kBeginningOfTime) {
      newest = NewestEvent{-kTimeLimitMs, false};  // what was known before that is not told
    }
    const bool deleted = newest && options.deleted_ms && newest->ms <= *options.deleted_ms;
    if (newest && !deleted) {
      const int64_t age_ms = at_ms - newest->ms;
      const bool expired = spec.ttl_ms && age_ms > *spec.ttl_ms;
      const bool stale = spec.stale_after_ms && age_ms > *spec.stale_after_ms;
      if (expired && newest->exact) expired_since_ms_ = newest->ms;
      stale_ = stale && newest->exact;
      age_unknown_ = (expired || stale) && !newest->exact;
    }
  }
  if (scratch_->folds.size() < layout.windows().size()) {
    scratch_->folds.resize(layout.windows().size());
    scratch_->folded_at.resize(layout.windows().size(), 0);
  }
}

const WindowFold& FeatureAnswers::FoldOf(int window) {
  const auto index = static_cast<size_t>(window);
  const WindowPlan& plan = layout_.windows()[index];
  WindowFold& fold = scratch_->folds[index];
  if (scratch_->folded_at[index] != scratch_->read) {
    FoldOptions wanted = options_;
    if (!plan.window.with_request) wanted.request = {};
    wanted.known_from_ms = known_from_ms_;
    FoldWindow(layout_, plan, row_, horizon_, at_ms_, wanted, FoldInside(plan), &fold);
    scratch_->folded_at[index] = scratch_->read;
    const auto merges = static_cast<uint64_t>(fold.merges);
    ++scratch_->cost.windows;
    scratch_->cost.merges += merges;
    scratch_->cost.most_merges = std::max(scratch_->cost.most_merges, merges);
  }
  return fold;
}

// The longest of those inside it that this read has folded; null when there is none.
const WindowFold* FeatureAnswers::FoldInside(const WindowPlan& window) const {
  for (int i = window.inner; i >= 0; i = layout_.windows()[static_cast<size_t>(i)].inner) {
    const auto index = static_cast<size_t>(i);
    if (scratch_->folded_at[index] == scratch_->read) return &scratch_->folds[index];
  }
  return nullptr;
}

void FeatureAnswers::Answer(int feature, FeatureValue* out) {
  const auto index = static_cast<size_t>(feature);
  const FeatureSpec& spec = layout_.spec().features[index];
  if (spec.computed()) return Computed(spec, out);
  Aggregated(spec, layout_.features()[index], out);
}

void FeatureAnswers::Aggregated(const FeatureSpec& spec, const FeaturePlan& plan,
                                FeatureValue* out) {
  const WindowFold& fold = FoldOf(plan.window);
  millrace::Answer& answer = scratch_->answer;
  FinaliseFeature(layout_, plan, *spec.aggregation, fold, at_ms_, &answer);
  out->status = StatusOf(answer.state);
  out->error = answer.error;
  out->value.Assign(answer.value);
  // A share is of all records, whether they pass or not.
  const FoldPlan::Filter& filter =
      layout_.state().filter(spec.aggregation->counts_candidates ? 0 : plan.filter);
  const uint64_t* words = fold.state.view().words;
  const bool subtracts = Subtracts(*spec.aggregation);
  // Of what subtracts, without those taken back: as the value.
  const auto count = static_cast<int64_t>(words[subtracts ? filter.word : filter.live_word]);
  out->count = std::max<int64_t>(count, 0);
  out->max_event_time_ms.reset();
  out->age_ms.reset();
  if (words[filter.live_word] > 0) {
    out->max_event_time_ms = static_cast<int64_t>(words[filter.newest_word]);
    out->age_ms = at_ms_ - *out->max_event_time_ms;
  }
  out->asked = fold.asked;
  out->effective = fold.covered;
  const int64_t depends_from = DependsFrom(spec.window, fold);
  const auto begin_at = [out](int64_t from_ms) {
    Span& effective = out->effective;
    effective.begin_ms = std::min(std::max(effective.begin_ms, from_ms), effective.end_ms);
  };
  if (depends_from < known_from_ms_) begin_at(known_from_ms_);
  const bool misses = depends_from < known_from_ms_ ||
                      (options_.deleted_ms && depends_from <= *options_.deleted_ms);
  // Of sessions, the first or last record may be gone.
  const bool counts_retracted =
      (!subtracts || spec.window.kind == WindowKind::kSession) &&
      CountsLostRetraction(layout_, layout_.windows()[static_cast<size_t>(plan.window)], plan,
                           fold);
  all_gone_ &= fold.gone;
  if (fold.gone) {
    out->status = FeatureStatus::kTruncated;
    out->value.Assign(Value::Null());
  } else if ((fold.cut || misses || counts_retracted || age_unknown_) &&
             out->status != FeatureStatus::kOverflow) {
    out->status = FeatureStatus::kTruncated;
    if (out->effective.begin_ms == out->effective.end_ms) out->value.Assign(Value::Null());
  }
  const bool warming = Warms(spec.window) && depends_from < available_from_ms_;
  if (warming) begin_at(available_from_ms_);
  out->completeness = CoveredShare(fold.asked, out->effective);
  if (out->status == FeatureStatus::kMissing && spec.default_value) {
    out->value = *spec.default_value;
  }
  if (out->status != FeatureStatus::kOverflow) {
    if (stale_) out->status = FeatureStatus::kStale;
    if (warming) out->status = FeatureStatus::kWarming;
  }
  if (expired_since_ms_) {
    out->status = FeatureStatus::kExpired;
    out->age_ms = at_ms_ - *expired_since_ms_;
    out->max_event_time_ms = expired_since_ms_;
    out->value.Assign(Value::Null());
  }
}

void FeatureAnswers::Computed(const FeatureSpec& spec, FeatureValue* out) {
  const std::vector<int>& used = spec.expression->used_fields();
  std::vector<FeatureValue> operands;
  operands.reserve(used.size());  // `fields` has views of them
  std::vector<Value> fields(spec.operands.size() + spec.request_fields.size());
  *out = FeatureValue();
  out->asked = out->effective = {at_ms_, at_ms_};
  for (const int used_field : used) {
    const auto position = static_cast<size_t>(used_field);
    const FeatureSpec::Operand from = spec.OperandOf(used_field);
    if (from.feature < 0) {
      if (options_.request_fields.empty()) continue;
      fields[position] = options_.request_fields[static_cast<size_t>(from.request_field)];
      continue;
    }
    const bool first = operands.empty();
    FeatureValue& operand = operands.emplace_back();
    Answer(from.feature, &operand);
    fields[position] = operand.value.view();
    out->count = std::max(out->count, operand.count);
    if (operand.max_event_time_ms) {
      out->max_event_time_ms =
          std::max(out->max_event_time_ms.value_or(INT64_MIN), *operand.max_event_time_ms);
      out->age_ms = at_ms_ - *out->max_event_time_ms;
    }
    out->asked = first ? operand.asked : Hull(out->asked, operand.asked);
    out->effective = first ? operand.effective : Hull(out->effective, operand.effective);
    out->completeness = std::min(out->completeness, operand.completeness);
  }
  if (operands.empty()) all_gone_ = false;  // of the request alone
  std::string bytes;
  Value value = spec.expression->Evaluate(fields, &bytes);
  if (value.type() == Type::kDouble && !std::isfinite(value.double_value())) value = Value::Null();
  out->status = StatusOfComputed(operands, value);
  out->value.Assign(value);
  if (spec.default_value && IsMissing(out->status, operands, value)) {
    out->value = *spec.default_value;
  }
}

}  // namespace millrace
