// LabelJoin: decisions of one task and the labels that arrive for them, matched by decision id.
//
// A label is an aggregate over the records in (T, T + within] of the decision's future: `last`
// settles at its first record, `any` at its first true one, `sum` and `count` when time has passed
// T + within. A decision whose time runs out takes the rule's `empty` value, or is dropped.
//
// Owned by one thread. Its content is a pure function of the calls made; it is kept in the state
// store under its own prefix and changes with the caller's commit. Decisions not yet past T +
// within are held in memory.

#ifndef MILLRACE_STREAM_LABEL_JOIN_H_
#define MILLRACE_STREAM_LABEL_JOIN_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/value.h"
#include "stream/state_store.h"

namespace millrace {

enum class LabelAggregation : uint8_t { kLast, kAny, kSum, kCount };

struct LabelRule {
  LabelAggregation aggregation = LabelAggregation::kLast;
  int64_t within_ms = 0;
  std::optional<OwnedValue> empty;  // absent: a decision without a label is dropped
  // Bodies stay until T + within, so that a repeated request gets the answer it got first.
  bool keep_settled_bodies = false;
};

// A decision that has got its label.
struct Settlement {
  std::string body;  // as given to Decide
  OwnedValue label;
  int64_t label_time_ms = 0;  // event time of the label record; T + within for a time-out
};

// decisions = pending + duplicate + settled + dropped, at all times;
// label records = joined + ignored + parked + the four unmatched reasons.
struct JoinCounts {
  uint64_t decisions = 0;
  uint64_t duplicate = 0;
  uint64_t settled = 0;
  uint64_t dropped = 0;
  uint64_t labels = 0;
  uint64_t joined = 0;
  uint64_t ignored = 0;          // null, or not true for `any`
  uint64_t no_decision = 0;      // unmatched: no decision has this id
  uint64_t before_decision = 0;  // unmatched: not after the decision
  uint64_t too_late = 0;         // unmatched: after T + within
  uint64_t repeated = 0;         // unmatched: the decision is settled already
  // Labels that wait for their decision.
  uint64_t Parked() const { return labels - joined - ignored - Unmatched(); }
  uint64_t Unmatched() const { return no_decision + before_decision + too_late + repeated; }
};

class LabelJoin {
 public:
  // Opens what `state` holds under `prefix`. DataLoss when it does not parse.
  static absl::StatusOr<std::unique_ptr<LabelJoin>> Open(const StateStore& state,
                                                         std::string prefix, LabelRule rule);

  // A decision was made at T = decision_time_ms. False: its id is open or settled already; the
  // first one stands and this one counts as duplicate.
  bool Decide(absl::string_view id, int64_t decision_time_ms, absl::string_view body);

  // A label record came for this id. One that finds no decision waits until the decisions have
  // progressed to its time.
  void Label(absl::string_view id, int64_t event_time_ms, const Value& value);

  // No further decision with T < progress will come. INT64_MAX ends the wait of what is parked now;
  // decisions and labels may follow in a later run all the same.
  void AdvanceDecisions(int64_t progress_ms);
  // No further label with event time < progress will come: what was due before it times out.
  void AdvanceLabels(int64_t progress_ms);

  // What has settled since the last call, in the order in which it did.
  std::vector<Settlement> TakeSettlements();
  // Decision times of what was dropped since the last call.
  std::vector<int64_t> TakeDropped() { return std::exchange(dropped_times_, {}); }

  // Event time at which the next decision's time runs out; INT64_MAX when none is open.
  int64_t NextDueMs() const { return due_.empty() ? INT64_MAX : due_.begin()->first; }
  // The body of a decision that has not passed T + within and, unless keep_settled_bodies, is not
  // settled; null otherwise. Valid until the next call that changes the join.
  const std::string* FindBody(absl::string_view id) const;

  uint64_t pending() const { return open_; }
  const JoinCounts& counts() const { return counts_; }

  // Adds all changes since the last call to *batch.
  void AddCommit(StateBatch* batch);

 private:
  struct Decision {
    int64_t time_ms = 0;
    bool settled = false;
    bool any_record = false;  // a label record was folded
    bool integer = true;      // of the sum
    int64_t int_sum = 0;
    double double_sum = 0;
    std::string body;  // empty once settled, unless kept
  };
  struct ParkedLabel {
    int64_t time_ms = 0;
    OwnedValue value;
  };

  LabelJoin(std::string prefix, LabelRule rule)
      : prefix_(std::move(prefix)), rule_(std::move(rule)) {}
  absl::Status Load(const StateStore& state);
  void Fold(absl::string_view id, Decision& decision, int64_t time_ms, const Value& value);
  void Settle(Decision& decision, OwnedValue label, int64_t time_ms);
  void TimeOut(const std::string& id, Decision& decision);
  std::string DecisionKey(absl::string_view id) const;
  std::string ParkedKey(absl::string_view id) const;

  const std::string prefix_;
  const LabelRule rule_;
  JoinCounts counts_;
  uint64_t open_ = 0;
  int64_t decision_progress_ms_ = INT64_MIN;
  absl::flat_hash_map<std::string, Decision> decisions_;  // until past T + within
  std::map<int64_t, std::vector<std::string>> due_;       // T + within → ids
  absl::flat_hash_map<std::string, std::vector<ParkedLabel>> parked_;
  std::map<int64_t, std::vector<std::string>> parked_due_;  // label time → ids
  std::vector<Settlement> settlements_;
  std::vector<int64_t> dropped_times_;
  absl::flat_hash_set<std::string> dirty_;
  absl::flat_hash_set<std::string> dirty_parked_;
};

}  // namespace millrace

#endif  // MILLRACE_STREAM_LABEL_JOIN_H_
