// InputMarks: how far each shard has come in each input (source, partition). A mark is a next
// offset: everything below it is in the shard's state. Owned by the owner thread.

#ifndef MILLRACE_FEATURESTORE_INPUT_MARKS_H_
#define MILLRACE_FEATURESTORE_INPUT_MARKS_H_

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace millrace {

class InputMarks {
 public:
  explicit InputMarks(int32_t shards) : shards_(static_cast<size_t>(shards)), pending_(shards_) {}

  struct Input {
    int64_t next = 0;                // all below was given to Apply
    std::vector<int64_t> committed;  // by shard
    bool Has(int32_t shard, int64_t offset) const {
      return offset < std::max(next, committed[static_cast<size_t>(shard)]);
    }
  };
  // Valid until another input is seen for the first time.
  Input& At(int32_t source, int32_t partition);
  // The lowest committed mark of any shard; 0 for an input never seen.
  int64_t Lowest(int32_t source, int32_t partition) const;

  // The marks of a shard as they are stored with its rows, and what became of storing them.
  void Encode(int32_t shard, std::string* out);
  void Committed(int32_t shard, bool ok);
  // Takes the marks that a shard stored. False when they do not parse.
  bool Decode(int32_t shard, absl::string_view* in);

 private:
  using Key = std::pair<int32_t, int32_t>;
  size_t shards_;
  absl::flat_hash_map<Key, Input> inputs_;
  std::vector<std::vector<std::pair<Key, int64_t>>> pending_;
};

}  // namespace millrace

#endif  // MILLRACE_FEATURESTORE_INPUT_MARKS_H_
