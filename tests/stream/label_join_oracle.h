// LabelJoinOracle: what LabelJoin promises, said as slowly and plainly as possible: every decision
// and every parked label in one list each, searched from the front. Keeps everything in memory,
// knows no restart. Thread-compatible.

#ifndef MILLRACE_TESTS_STREAM_LABEL_JOIN_ORACLE_H_
#define MILLRACE_TESTS_STREAM_LABEL_JOIN_ORACLE_H_

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "core/value.h"
#include "stream/label_join.h"

namespace millrace {

class LabelJoinOracle {
 public:
  explicit LabelJoinOracle(LabelRule rule) : rule_(std::move(rule)) {}

  bool Decide(const std::string& id, int64_t time_ms, const std::string& body) {
    ++counts_.decisions;
    if (Find(id) != nullptr) {
      ++counts_.duplicate;
      return false;
    }
    decisions_.push_back({id, time_ms, body});
    std::vector<Parked> known, rest;
    for (Parked& label : parked_) (label.id == id ? known : rest).push_back(std::move(label));
    parked_ = std::move(rest);
    std::stable_sort(known.begin(), known.end(),
                     [](const Parked& a, const Parked& b) { return a.time_ms < b.time_ms; });
    for (const Parked& label : known) Match(decisions_.back(), label.time_ms, label.value.view());
    return true;
  }

  void Label(const std::string& id, int64_t time_ms, const Value& value) {
    ++counts_.labels;
    if (Decision* decision = Find(id)) {
      Match(*decision, time_ms, value);
    } else if (time_ms <= decided_until_ms_) {
      ++counts_.no_decision;
    } else {
      parked_.push_back({id, time_ms, OwnedValue(value)});
    }
  }

  void AdvanceDecisions(int64_t progress_ms) {
    decided_until_ms_ = std::max(decided_until_ms_, progress_ms);
    std::vector<Parked> rest;
    for (Parked& label : parked_) {
      if (label.time_ms <= decided_until_ms_) {
        ++counts_.no_decision;
      } else {
        rest.push_back(std::move(label));
      }
    }
    parked_ = std::move(rest);
  }

  void AdvanceLabels(int64_t progress_ms) {
    std::sort(decisions_.begin(), decisions_.end(), [](const Decision& a, const Decision& b) {
      return std::tie(a.time_ms, a.id) < std::tie(b.time_ms, b.id);
    });
    std::vector<Decision> rest;
    for (Decision& decision : decisions_) {
      const int64_t end_ms = decision.time_ms + rule_.within_ms;
      if (end_ms >= progress_ms) {
        rest.push_back(std::move(decision));
        continue;
      }
      if (decision.settled) continue;
      if (!decision.folded.empty()) {
        Settle(decision, Total(decision), end_ms);
      } else if (rule_.empty) {
        Settle(decision, *rule_.empty, end_ms);
      } else {
        ++counts_.dropped;
        dropped_.push_back(decision.time_ms);
      }
    }
    decisions_ = std::move(rest);
  }

  uint64_t pending() const {
    return std::count_if(decisions_.begin(), decisions_.end(),
                         [](const Decision& decision) { return !decision.settled; });
  }
  uint64_t parked() const { return parked_.size(); }
  const JoinCounts& counts() const { return counts_; }
  std::vector<Settlement> TakeSettlements() { return std::exchange(settlements_, {}); }
  std::vector<int64_t> TakeDropped() { return std::exchange(dropped_, {}); }

 private:
  struct Decision {
    std::string id;
    int64_t time_ms;
    std::string body;
    bool settled = false;
    std::vector<OwnedValue> folded;
  };
  struct Parked {
    std::string id;
    int64_t time_ms;
    OwnedValue value;
  };

  Decision* Find(const std::string& id) {
    for (Decision& decision : decisions_) {
      if (decision.id == id) return &decision;
    }
    return nullptr;
  }

  void Match(Decision& decision, int64_t time_ms, const Value& value) {
    if (time_ms <= decision.time_ms) {
      ++counts_.before_decision;
    } else if (time_ms > decision.time_ms + rule_.within_ms) {
      ++counts_.too_late;
    } else if (decision.settled) {
      ++counts_.repeated;
    } else if (value.is_null() && rule_.aggregation != LabelAggregation::kCount) {
      ++counts_.ignored;
    } else if (rule_.aggregation == LabelAggregation::kAny && !value.bool_value()) {
      ++counts_.ignored;
    } else {
      ++counts_.joined;
      decision.folded.emplace_back(value);
      const bool at_first = rule_.aggregation == LabelAggregation::kLast ||
                            rule_.aggregation == LabelAggregation::kAny;
      if (at_first) Settle(decision, OwnedValue(value), time_ms);
    }
  }

  OwnedValue Total(const Decision& decision) const {
    if (rule_.aggregation == LabelAggregation::kCount) {
      return OwnedValue(Value::Int(static_cast<int64_t>(decision.folded.size())));
    }
    int64_t whole = 0;
    double real = 0;
    for (const OwnedValue& value : decision.folded) {
      if (value.view().type() == Type::kInt) whole += value.view().int_value();
      if (value.view().type() == Type::kDouble) real += value.view().double_value();
    }
    return OwnedValue(decision.folded.front().view().type() == Type::kInt ? Value::Int(whole)
                                                                          : Value::Double(real));
  }

  void Settle(Decision& decision, OwnedValue label, int64_t time_ms) {
    decision.settled = true;
    ++counts_.settled;
    settlements_.push_back({decision.body, std::move(label), time_ms});
  }

  const LabelRule rule_;
  JoinCounts counts_;
  int64_t decided_until_ms_ = INT64_MIN;
  std::vector<Decision> decisions_;
  std::vector<Parked> parked_;
  std::vector<Settlement> settlements_;
  std::vector<int64_t> dropped_;
};

}  // namespace millrace

#endif  // MILLRACE_TESTS_STREAM_LABEL_JOIN_ORACLE_H_
