// EncodeState and DecodeState of aggregate_state.h.

#include "core/coding.h"
#include "stream/aggregate_state.h"
#include "stream/state_limits.h"

namespace millrace {
namespace {

// A live count, and a net one where that is apart.
void PutCounts(const uint64_t* words, int net, int live, std::string* out) {
  PutVarint(out, words[live]);
  if (net != live) PutSignedVarint(out, static_cast<int64_t>(words[net]));
}
bool GetCounts(absl::string_view* in, int net, int live, uint64_t* words) {
  if (!GetVarint(in, &words[live]) || words[live] > kCountLimit) return false;
  int64_t count = 0;
  if (net == live) return true;
  if (!GetStateCount(in, &count)) return false;
  words[net] = static_cast<uint64_t>(count);
  return true;
}

bool IsStored(const FoldPlan::Column& column, const FoldPlan::State& state, const uint64_t* words) {
  return words[column.live_word] != 0 || (state.subtracts && column.live_word != column.net_word);
}

}  // namespace

void EncodeState(const StateLayout& layout, StateView state, int64_t base_ms, std::string* out) {
  const uint64_t* words = state.words;
  PutVarint(out, words[0]);
  if (words[0] == 0) return;
  PutStateTime(words[1], base_ms, out);
  PutStateTime(words[2], base_ms, out);
  for (const FoldPlan::Filter& filter : layout.plan().filters) {
    if (filter.word == 0) continue;
    PutCounts(words, filter.word, filter.live_word, out);
    if (words[filter.live_word] != 0) PutStateTime(words[filter.newest_word], base_ms, out);
  }
  for (const FoldPlan::Column& column : layout.plan().columns) {
    PutCounts(words, column.net_word, column.live_word, out);
    for (const FoldPlan::State& s : column.states) {
      if (!IsStored(column, s, words)) continue;
      const auto n = static_cast<int64_t>(words[column.live_word]);
      s.accumulator->Encode({n, words + s.word, state.parts}, base_ms, out);
    }
  }
}

bool DecodeState(const StateLayout& layout, int64_t base_ms, absl::string_view* in,
                 StateSlot state) {
  ResetState(layout, state);
  uint64_t* words = state.words;
  if (!GetVarint(in, &words[0]) || words[0] > kCountLimit) return false;
  if (words[0] == 0) return true;
  if (!GetStateTime(in, base_ms, &words[1]) || !GetStateTime(in, base_ms, &words[2])) return false;
  for (const FoldPlan::Filter& filter : layout.plan().filters) {
    if (filter.word == 0) continue;
    if (!GetCounts(in, filter.word, filter.live_word, words)) return false;
    if (words[filter.live_word] == 0) continue;
    if (!GetStateTime(in, base_ms, &words[filter.newest_word])) return false;
  }
  for (const FoldPlan::Column& column : layout.plan().columns) {
    if (!GetCounts(in, column.net_word, column.live_word, words)) return false;
    for (const FoldPlan::State& s : column.states) {
      if (!IsStored(column, s, words)) continue;
      const auto n = static_cast<int64_t>(words[column.live_word]);
      if (!s.accumulator->Decode(in, n, base_ms, words + s.word, state.parts)) return false;
    }
  }
  return true;
}

}  // namespace millrace
