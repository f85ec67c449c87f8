// WaitingDecisions: the decisions of a task whose inputs have not progressed yet. They are made in
// event time; the oldest by the clock are found without a look at the others. Thread-compatible.

#ifndef MILLRACE_APP_WORKERS_WAITING_DECISIONS_H_
#define MILLRACE_APP_WORKERS_WAITING_DECISIONS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/value.h"
#include "stream/event.h"

namespace millrace {

// `order` by (T, source, partition, offset): equal times are decided in one order.
struct WaitingDecision {
  EventOrder order;
  std::string id;                  // encoded (EncodeId)
  std::vector<OwnedValue> fields;  // of the trigger's record
  friend bool operator==(const WaitingDecision&, const WaitingDecision&) = default;
};

class WaitingDecisions {
 public:
  // `now_ns` by a clock that does not go back: REQUIRES: not before that of an earlier Add.
  void Add(WaitingDecision decision, int64_t now_ns);

  size_t size() const { return by_order_.size(); }
  // Event time of the first; kEndOfTime when none waits.
  int64_t NextMs() const;
  // Removes the first in event order; of equal order the one added first. REQUIRES: one waits.
  WaitingDecision TakeFirst();
  // Removes those that were added before `before_ns`, and returns them in event order. Costs what
  // it removes.
  std::vector<WaitingDecision> TakeAddedBefore(int64_t before_ns);

  // All, in event order: use(const WaitingDecision&).
  template <typename Use>
  void ForEach(Use use) const {
    for (const auto& [place, decision] : by_order_) use(decision);
  }

 private:
  struct Arrival {
    int64_t at_ns;
    EventOrder order;
  };

  uint64_t added_ = 0;
  // By order and number of the arrival, and by that number.
  std::map<std::pair<EventOrder, uint64_t>, WaitingDecision> by_order_;
  std::map<uint64_t, Arrival> arrivals_;
};

}  // namespace millrace

#endif  // MILLRACE_APP_WORKERS_WAITING_DECISIONS_H_
