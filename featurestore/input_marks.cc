#include "featurestore/input_marks.h"

#include "core/coding.h"

namespace millrace {

InputMarks::Input& InputMarks::At(int32_t source, int32_t partition) {
  Input& input = inputs_[{source, partition}];
  if (input.committed.empty()) input.committed.resize(shards_, 0);
  return input;
}

int64_t InputMarks::Lowest(int32_t source, int32_t partition) const {
  const auto found = inputs_.find({source, partition});
  if (found == inputs_.end()) return 0;
  return *std::min_element(found->second.committed.begin(), found->second.committed.end());
}

void InputMarks::Encode(int32_t shard, std::string* out) {
  auto& pending = pending_[static_cast<size_t>(shard)];
  pending.clear();
  for (const auto& [key, input] : inputs_) {
    pending.emplace_back(key, std::max(input.next, input.committed[static_cast<size_t>(shard)]));
  }
  std::sort(pending.begin(), pending.end());
  PutVarint(out, pending.size());
  for (const auto& [key, next] : pending) {
    PutVarint(out, static_cast<uint32_t>(key.first));
    PutVarint(out, static_cast<uint32_t>(key.second));
    PutSignedVarint(out, next);
  }
}

void InputMarks::Committed(int32_t shard, bool ok) {
  auto& pending = pending_[static_cast<size_t>(shard)];
  if (ok) {
    for (const auto& [key, next] : pending) {
      At(key.first, key.second).committed[static_cast<size_t>(shard)] = next;
    }
  }
  pending.clear();
}

bool InputMarks::Decode(int32_t shard, absl::string_view* in) {
  uint64_t n, source, partition;
  int64_t next;
  if (!GetVarint(in, &n)) return false;
  for (uint64_t i = 0; i < n; ++i) {
    if (!GetVarint(in, &source) || source > 0x7fffffff || !GetVarint(in, &partition) ||
        partition > 0x7fffffff || !GetSignedVarint(in, &next)) {
      return false;
    }
    At(static_cast<int32_t>(source), static_cast<int32_t>(partition))
        .committed[static_cast<size_t>(shard)] = next;
  }
  return true;
}

}  // namespace millrace
