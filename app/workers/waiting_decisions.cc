#include "app/workers/waiting_decisions.h"

#include <algorithm>

#include "core/check.h"
#include "stream/progress.h"

namespace millrace {

void WaitingDecisions::Add(WaitingDecision decision, int64_t now_ns) {
  const uint64_t number = ++added_;
  const EventOrder order = decision.order;
  by_order_.emplace(std::pair(order, number), std::move(decision));
  arrivals_.emplace_hint(arrivals_.end(), number, Arrival{now_ns, order});
}

int64_t WaitingDecisions::NextMs() const {
  return by_order_.empty() ? kEndOfTime : by_order_.begin()->first.first.event_time_ms;
}

WaitingDecision WaitingDecisions::TakeFirst() {
  CHECK(!by_order_.empty());
  const auto first = by_order_.begin();
  arrivals_.erase(first->first.second);
  WaitingDecision decision = std::move(first->second);
  by_order_.erase(first);
  return decision;
}

std::vector<WaitingDecision> WaitingDecisions::TakeAddedBefore(int64_t before_ns) {
  std::vector<WaitingDecision> taken;
  while (!arrivals_.empty() && arrivals_.begin()->second.at_ns < before_ns) {
    const auto& [number, arrival] = *arrivals_.begin();
    auto node = by_order_.extract(std::pair(arrival.order, number));
    taken.push_back(std::move(node.mapped()));
    arrivals_.erase(arrivals_.begin());
  }
  std::stable_sort(taken.begin(), taken.end(),
                   [](const auto& a, const auto& b) { return a.order < b.order; });
  return taken;
}

}  // namespace millrace
