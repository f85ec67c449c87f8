#include "stream/newest_mark.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "core/status_macros.h"

namespace millrace {
namespace {

constexpr int64_t kFirstStep = 16;
constexpr int64_t kGrowth = 16;
constexpr size_t kReadBytes = 1 << 20;
constexpr absl::Duration kReadWait = absl::Milliseconds(100);

// The last mark of the channel among the offsets [from, to).
absl::StatusOr<std::optional<ChannelMark>> LastMark(Log& log, const TopicPartition& target,
                                                    absl::string_view channel, int64_t from,
                                                    int64_t to) {
  ASSIGN_OR_RETURN(const std::unique_ptr<LogReader> reader, log.OpenReader({{target, from}}));
  std::optional<ChannelMark> last;
  RecordBatch batch;
  while (reader->NextOffset(0) < to) {
    batch.Clear();
    ASSIGN_OR_RETURN(const int read, reader->Read(0, kReadBytes, &batch));
    if (read == 0) {
      // What remains are no records, but marks of transactions or what was compacted away.
      if (reader->AtEnd(0)) break;
      reader->Wait(kReadWait);
      continue;
    }
    for (const Record& record : batch.records()) {
      if (record.offset >= to) break;
      std::optional<ChannelMark> mark = ReadChannelMark(record);
      if (mark && mark->channel == channel) last = std::move(mark);
    }
  }
  return last;
}

}  // namespace

absl::StatusOr<std::optional<ChannelMark>> NewestMark(Log& log, const TopicPartition& target,
                                                      absl::string_view channel) {
  ASSIGN_OR_RETURN(const OffsetRange range, log.Offsets(target));
  int64_t step = kFirstStep;
  for (int64_t to = range.end; to > range.begin;) {
    const int64_t from = std::max(range.begin, to - step);
    ASSIGN_OR_RETURN(std::optional<ChannelMark> mark, LastMark(log, target, channel, from, to));
    if (mark) return mark;
    to = from;
    step *= kGrowth;
  }
  return std::optional<ChannelMark>();
}

}  // namespace millrace
