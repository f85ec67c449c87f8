#include "app/workers/examples_recovery.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "stream/channel.h"

namespace millrace {
namespace {

constexpr size_t kReadBytes = 1 << 20;
constexpr absl::Duration kReadWait = absl::Milliseconds(100);

}  // namespace

absl::Status FoldExamples(Log& log, const TopicPartition& topic, const ChannelOrigin& origin,
                          uint64_t last, Trainer* trainer) {
  if (trainer->folded() == last) return absl::OkStatus();
  const auto missing = [&](uint64_t n) {
    return absl::DataLossError(absl::StrCat("topic ", topic.topic, ": number ", n, " of epoch ",
                                            origin.epoch, " is missing, the state knows ", last));
  };
  ASSIGN_OR_RETURN(const OffsetRange range, log.Offsets(topic));
  // Repeats and records of others only push a record further back.
  const int64_t from =
      std::clamp(origin.offset + static_cast<int64_t>(trainer->folded()), range.begin, range.end);
  ASSIGN_OR_RETURN(const std::unique_ptr<LogReader> reader, log.OpenReader({{topic, from}}));
  RecordBatch batch;
  while (trainer->folded() < last) {
    batch.Clear();
    ASSIGN_OR_RETURN(const int read, reader->Read(0, kReadBytes, &batch));
    if (read == 0) {
      if (reader->AtEnd(0)) return missing(trainer->folded() + 1);
      reader->Wait(kReadWait);
      continue;
    }
    for (const Record& record : batch.records()) {
      const std::optional<ChannelMark> mark = ReadChannelMark(record);
      if (!mark || mark->epoch != origin.epoch) continue;
      if (mark->n <= trainer->folded() || mark->n > last) continue;
      if (mark->n != trainer->folded() + 1 || !record.value) return missing(trainer->folded() + 1);
      RETURN_IF_ERROR(trainer->Fold(mark->n, *record.value));
      trainer->ForgetPublished();  // they are deployed: the state has them
    }
  }
  return absl::OkStatus();
}

}  // namespace millrace
