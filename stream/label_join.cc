#include "stream/label_join.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/coding.h"
#include "core/status_macros.h"
#include "core/value_coding.h"
#include "stream/state_limits.h"

namespace millrace {
namespace {

constexpr char kDecisionKind = 'd';
constexpr char kParkedKind = 'p';
constexpr char kCountsKind = 'c';

// The counters in the order in which they are stored.
constexpr uint64_t JoinCounts::*kStoredCounts[] = {
    &JoinCounts::decisions, &JoinCounts::duplicate,   &JoinCounts::settled,
    &JoinCounts::dropped,   &JoinCounts::labels,      &JoinCounts::joined,
    &JoinCounts::ignored,   &JoinCounts::no_decision, &JoinCounts::before_decision,
    &JoinCounts::too_late,  &JoinCounts::repeated};

}  // namespace

absl::StatusOr<std::unique_ptr<LabelJoin>> LabelJoin::Open(const StateStore& state,
                                                           std::string prefix, LabelRule rule) {
  auto join = std::unique_ptr<LabelJoin>(new LabelJoin(std::move(prefix), std::move(rule)));
  RETURN_IF_ERROR(join->Load(state));
  return join;
}

absl::Status LabelJoin::Load(const StateStore& state) {
  bool damaged = false;
  const auto get_time = [](absl::string_view* in, int64_t* time_ms) {
    return GetSignedVarint(in, time_ms) && IsStateTime(*time_ms);
  };
  const auto visit = [&](absl::string_view key, absl::string_view in) {
    key.remove_prefix(prefix_.size());
    const char kind = key.empty() ? '\0' : key.front();
    const std::string id(key.substr(std::min<size_t>(key.size(), 1)));
    if (kind == kCountsKind) {
      for (uint64_t JoinCounts::*count : kStoredCounts) {
        damaged |= !GetVarint(&in, &(counts_.*count));
      }
      damaged |= !GetSignedVarint(&in, &decision_progress_ms_);
    } else if (kind == kDecisionKind) {
      Decision decision;
      uint64_t flags = 0;
      absl::string_view body;
      damaged |= !GetVarint(&in, &flags) || !get_time(&in, &decision.time_ms) ||
                 !GetSignedVarint(&in, &decision.int_sum) ||
                 !GetDouble(&in, &decision.double_sum) || !GetLengthPrefixed(&in, &body);
      if (damaged) return false;
      decision.settled = flags & 1;
      decision.any_record = flags & 2;
      decision.integer = flags & 4;
      decision.body = std::string(body);
      if (!decision.settled) ++open_;
      due_[decision.time_ms + rule_.within_ms].push_back(id);
      decisions_.emplace(id, std::move(decision));
    } else if (kind == kParkedKind) {
      while (!in.empty()) {
        ParkedLabel label;
        damaged |= !get_time(&in, &label.time_ms) || !GetValue(&in, &label.value);
        if (damaged) return false;
        parked_due_[label.time_ms].push_back(id);
        parked_[id].push_back(std::move(label));
      }
    } else {
      damaged = true;
    }
    damaged |= !in.empty();
    return !damaged;
  };
  std::string end = prefix_;
  end.push_back('\xff');
  RETURN_IF_ERROR(state.Scan(prefix_, end, visit));
  if (damaged) return absl::DataLossError("label join: a stored entry does not parse");
  return absl::OkStatus();
}

bool LabelJoin::Decide(absl::string_view id, int64_t decision_time_ms, absl::string_view body) {
  ++counts_.decisions;
  const auto [it, made] = decisions_.try_emplace(std::string(id));
  if (!made) {
    ++counts_.duplicate;
    return false;
  }
  Decision& decision = it->second;
  decision.time_ms = decision_time_ms;
  decision.body = std::string(body);
  ++open_;
  due_[decision_time_ms + rule_.within_ms].push_back(it->first);
  dirty_.insert(it->first);
  if (const auto parked = parked_.find(id); parked != parked_.end()) {
    std::vector<ParkedLabel> labels = std::move(parked->second);
    dirty_parked_.insert(parked->first);
    parked_.erase(parked);
    std::stable_sort(labels.begin(), labels.end(), [](const ParkedLabel& a, const ParkedLabel& b) {
      return a.time_ms < b.time_ms;
    });
    for (const ParkedLabel& label : labels) {
      Fold(id, decision, label.time_ms, label.value.view());
    }
  }
  return true;
}

void LabelJoin::Label(absl::string_view id, int64_t event_time_ms, const Value& value) {
  ++counts_.labels;
  const auto it = decisions_.find(id);
  if (it != decisions_.end()) {
    Fold(id, it->second, event_time_ms, value);
  } else if (event_time_ms <= decision_progress_ms_) {
    ++counts_.no_decision;
  } else {
    parked_[id].push_back({event_time_ms, OwnedValue(value)});
    parked_due_[event_time_ms].push_back(std::string(id));
    dirty_parked_.insert(std::string(id));
  }
}

void LabelJoin::Fold(absl::string_view id, Decision& decision, int64_t time_ms,
                     const Value& value) {
  if (time_ms <= decision.time_ms) {
    ++counts_.before_decision;
    return;
  }
  if (time_ms > decision.time_ms + rule_.within_ms) {
    ++counts_.too_late;
    return;
  }
  if (decision.settled) {
    ++counts_.repeated;
    return;
  }
  const bool counts_records = rule_.aggregation == LabelAggregation::kCount;
  if ((value.is_null() && !counts_records) ||
      (rule_.aggregation == LabelAggregation::kAny && !value.bool_value())) {
    ++counts_.ignored;
    return;
  }
  ++counts_.joined;
  switch (rule_.aggregation) {
    case LabelAggregation::kLast:
    case LabelAggregation::kAny: Settle(decision, OwnedValue(value), time_ms); break;
    case LabelAggregation::kSum:
      decision.integer = value.type() == Type::kInt;
      if (decision.integer) {
        // Wrapping is defined for unsigned; a label sum beyond int64 is not a sensible label.
        decision.int_sum = static_cast<int64_t>(static_cast<uint64_t>(decision.int_sum) +
                                                static_cast<uint64_t>(value.int_value()));
      } else {
        decision.double_sum += value.double_value();
      }
      break;
    case LabelAggregation::kCount: ++decision.int_sum; break;
  }
  decision.any_record = true;
  dirty_.insert(std::string(id));
}

void LabelJoin::Settle(Decision& decision, OwnedValue label, int64_t time_ms) {
  settlements_.push_back({decision.body, std::move(label), time_ms});
  if (!rule_.keep_settled_bodies) decision.body = std::string();
  decision.settled = true;
  ++counts_.settled;
  --open_;
}

void LabelJoin::TimeOut(const std::string& id, Decision& decision) {
  const int64_t due_ms = decision.time_ms + rule_.within_ms;
  if (decision.any_record) {
    Settle(decision,
           OwnedValue(decision.integer ? Value::Int(decision.int_sum)
                                       : Value::Double(decision.double_sum)),
           due_ms);
  } else if (rule_.empty) {
    Settle(decision, *rule_.empty, due_ms);
  } else {
    ++counts_.dropped;
    --open_;
    dropped_times_.push_back(decision.time_ms);
  }
  dirty_.insert(id);
}

void LabelJoin::AdvanceDecisions(int64_t progress_ms) {
  if (progress_ms <= decision_progress_ms_) return;
  if (progress_ms != INT64_MAX) decision_progress_ms_ = progress_ms;
  while (!parked_due_.empty() && parked_due_.begin()->first <= progress_ms) {
    for (const std::string& id : parked_due_.begin()->second) {
      const auto it = parked_.find(id);
      if (it == parked_.end()) continue;  // a decision came
      counts_.no_decision += std::erase_if(
          it->second, [&](const ParkedLabel& label) { return label.time_ms <= progress_ms; });
      dirty_parked_.insert(id);
      if (it->second.empty()) parked_.erase(it);
    }
    parked_due_.erase(parked_due_.begin());
  }
}

void LabelJoin::AdvanceLabels(int64_t progress_ms) {
  while (!due_.empty() && due_.begin()->first < progress_ms) {
    std::vector<std::string> ids = std::move(due_.begin()->second);
    due_.erase(due_.begin());
    std::sort(ids.begin(), ids.end());  // the same order after a restart
    for (const std::string& id : ids) {
      const auto it = decisions_.find(id);
      if (!it->second.settled) TimeOut(id, it->second);
      decisions_.erase(it);
      dirty_.insert(id);
    }
  }
}

const std::string* LabelJoin::FindBody(absl::string_view id) const {
  const auto it = decisions_.find(id);
  return it == decisions_.end() || it->second.body.empty() ? nullptr : &it->second.body;
}

std::vector<Settlement> LabelJoin::TakeSettlements() { return std::exchange(settlements_, {}); }

std::string LabelJoin::DecisionKey(absl::string_view id) const {
  return absl::StrCat(prefix_, absl::string_view(&kDecisionKind, 1), id);
}

std::string LabelJoin::ParkedKey(absl::string_view id) const {
  return absl::StrCat(prefix_, absl::string_view(&kParkedKind, 1), id);
}

void LabelJoin::AddCommit(StateBatch* batch) {
  for (const std::string& id : dirty_) {
    const auto it = decisions_.find(id);
    if (it == decisions_.end()) {
      batch->Delete(DecisionKey(id));
      continue;
    }
    const Decision& decision = it->second;
    std::string out;
    PutVarint(&out, (decision.settled ? 1 : 0) | (decision.any_record ? 2 : 0) |
                        (decision.integer ? 4 : 0));
    PutSignedVarint(&out, decision.time_ms);
    PutSignedVarint(&out, decision.int_sum);
    PutDouble(&out, decision.double_sum);
    PutLengthPrefixed(&out, decision.body);
    batch->Put(DecisionKey(id), std::move(out));
  }
  dirty_.clear();
  for (const std::string& id : dirty_parked_) {
    const auto it = parked_.find(id);
    if (it == parked_.end()) {
      batch->Delete(ParkedKey(id));
      continue;
    }
    std::string out;
    for (const ParkedLabel& label : it->second) {
      PutSignedVarint(&out, label.time_ms);
      PutValue(&out, label.value.view());
    }
    batch->Put(ParkedKey(id), std::move(out));
  }
  dirty_parked_.clear();
  std::string counts;
  for (uint64_t JoinCounts::*count : kStoredCounts) PutVarint(&counts, counts_.*count);
  PutSignedVarint(&counts, decision_progress_ms_);
  batch->Put(absl::StrCat(prefix_, absl::string_view(&kCountsKind, 1)), std::move(counts));
}

}  // namespace millrace
