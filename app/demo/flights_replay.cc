#include "app/demo/flights_replay.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/hashing.h"
#include "core/status_macros.h"
#include "stream/progress.h"

namespace millrace {
namespace {

constexpr size_t kBatch = 1000;
constexpr absl::Duration kTick = absl::Milliseconds(20);

}  // namespace

FlightsReplay::FlightsReplay(const FlightsData& data, const Project& project, Log& log,
                             Engine& engine, Clock& clock, Options options)
    : data_(data),
      project_(project),
      log_(log),
      engine_(engine),
      clock_(clock),
      options_(options) {}

absl::Status FlightsReplay::FindEnds() {
  ASSIGN_OR_RETURN(const std::vector<TopicInfo> topics, log_.Topics());
  for (int k = 0; k < kFlightEventKinds; ++k) {
    const absl::string_view name = FlightSourceName(static_cast<FlightEventKind>(k));
    const auto source = std::find_if(project_.sources.begin(), project_.sources.end(),
                                     [&](const SourceSpec& s) { return s.name == name; });
    if (source == project_.sources.end()) {
      return absl::FailedPreconditionError(absl::StrCat("the configuration has no source ", name));
    }
    const auto topic = std::find_if(topics.begin(), topics.end(),
                                    [&](const TopicInfo& t) { return t.name == source->topic; });
    if (topic == topics.end()) {
      return absl::NotFoundError(absl::StrCat("topic ", source->topic, " does not exist"));
    }
    topics_.push_back(source->topic);
    partitions_.push_back(topic->partitions);
  }
  for (size_t i = 0; i < engine_.inputs().size(); ++i) {
    const TopicPartition& input = engine_.inputs()[i].topic_partition;
    ASSIGN_OR_RETURN(const OffsetRange range, log_.Offsets(input));
    input_[input] = i;
    already_[input] = range.end - range.begin;
    ends_.push_back(range.end);
  }
  return absl::OkStatus();
}

absl::Status FlightsReplay::AppendUpTo(size_t end, size_t* next) {
  std::deque<std::pair<std::string, std::string>> bytes;
  std::vector<AppendRecord> records;
  std::vector<size_t> inputs;
  for (; *next < end; ++*next) {
    auto& [key, value] = bytes.emplace_back();
    data_.Write(*next, &key, &value);
    const auto kind = static_cast<size_t>(data_.kind(*next));
    const TopicPartition target{topics_[kind], PartitionOfKey(key, partitions_[kind])};
    appended_.fetch_add(1, std::memory_order_relaxed);
    if (int64_t& already = already_[target]; already > 0) {
      --already;
      continue;
    }
    AppendRecord& record = records.emplace_back();
    record.topic = topics_[kind];
    record.partition = target.partition;
    record.key = key;
    // Without a timestamp of its own: brokers forget producers whose newest record is dated long
    // ago, and then take a record twice that was sent again after a failure.
    record.value = value;
    inputs.push_back(input_[target]);
  }
  if (!records.empty()) {
    ASSIGN_OR_RETURN(const std::vector<AppendPosition> positions, log_.Append(records));
    for (size_t i = 0; i < positions.size(); ++i) {
      ends_[inputs[i]] = std::max(ends_[inputs[i]], positions[i].offset + 1);
    }
  }
  const bool last = *next == data_.size();
  engine_.SetFrontier({last ? kEndOfTime : data_.time_ms(*next), ends_}, options_.at_end);
  return absl::OkStatus();
}

absl::Status FlightsReplay::Run() {
  RETURN_IF_ERROR(FindEnds());
  size_t next = 0;
  uint64_t known = 0;
  for (const auto& [input, records] : already_) known += static_cast<uint64_t>(records);
  // What an earlier run appended is a prefix of every partition, and nearly one of the whole.
  while (next < std::min<size_t>(known, data_.size()) && !stop_) {
    RETURN_IF_ERROR(
        AppendUpTo(std::min({next + kBatch, static_cast<size_t>(known), data_.size()}), &next));
  }
  const int64_t start_ns = clock_.MonotonicNanos();
  const int64_t start_ms = next < data_.size() ? data_.time_ms(next) : 0;
  while (next < data_.size() && !stop_) {
    size_t end = std::min(next + kBatch, data_.size());
    if (options_.speed) {
      const double elapsed_ms = static_cast<double>(clock_.MonotonicNanos() - start_ns) * 1e-6;
      const int64_t until_ms = start_ms + static_cast<int64_t>(elapsed_ms * *options_.speed);
      size_t due = next;
      while (due < end && data_.time_ms(due) <= until_ms) ++due;
      end = due;
    }
    if (end > next) {
      RETURN_IF_ERROR(AppendUpTo(end, &next));
    } else {
      clock_.SleepFor(kTick);
    }
  }
  return absl::OkStatus();
}

}  // namespace millrace
