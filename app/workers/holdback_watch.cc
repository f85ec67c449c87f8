#include "app/workers/holdback_watch.h"

#include <algorithm>

namespace millrace {

void HoldbackWatch::Update(const std::optional<Holdback>& found, int64_t now_ms) {
  const bool goes_on =
      found && current_ && found->input == current_->input && found->reason == current_->reason;
  const int64_t since_ms = goes_on ? current_->since_ms : now_ms;
  current_ = found;
  if (current_) current_->since_ms = since_ms;
}

bool HoldbackWatch::MustTell(int64_t due_ms, int64_t patience_ms, int64_t now_ms) {
  if (!current_ || due_ms >= now_ms) return false;
  if (now_ms - std::max(due_ms, current_->since_ms) <= patience_ms) return false;
  return told_.insert(current_->input).second;
}

}  // namespace millrace
