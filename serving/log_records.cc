#include "serving/log_records.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/closest_name.h"
#include "core/status_macros.h"
#include "serving/errors.h"
#include "stream/dead_letter.h"

namespace millrace {

LogRecords::LogRecords(Log& log, Clock& clock, LogRecordsOptions options)
    : log_(log), clock_(clock), options_(std::move(options)) {}

absl::Status LogRecords::Explain(const absl::Status& status, absl::string_view topic,
                                 int32_t partition) {
  if (!absl::IsNotFound(status) && !absl::IsInvalidArgument(status)) return status;
  ApiError error;
  error.code = ErrorCode::kUnknownTopic;
  error.detail = absl::StrCat("there is no topic '", topic, "'");
  if (const auto topics = log_.Topics(); topics.ok()) {
    std::vector<std::string> known;
    for (const TopicInfo& info : *topics) {
      if (absl::string_view(info.name) == topic) {
        // The topic is there, so it is the partition that is not, or something else is wrong.
        if (absl::IsInvalidArgument(status) && partition < info.partitions) return status;
        error.detail = absl::StrCat("topic '", topic, "' has ", info.partitions, " partition",
                                    info.partitions == 1 ? "" : "s", ", no partition ", partition);
      }
      known.push_back(info.name);
    }
    error.did_you_mean = ClosestName(topic, known);
    if (absl::string_view(error.did_you_mean) == topic) error.did_you_mean.clear();
  }
  return error.ToStatus();
}

absl::StatusOr<std::vector<AppendPosition>> LogRecords::Append(
    absl::string_view topic, const std::vector<NewRecord>& records) {
  ApiError error;
  const bool own = !options_.own_prefix.empty() && absl::StartsWith(topic, options_.own_prefix);
  if (own || absl::EndsWith(topic, DeadLetterTopic(""))) {
    error.code = ErrorCode::kForbidden;
    error.detail = absl::StrCat("'", topic, "' is written by Millrace alone");
    return error.ToStatus();
  }
  if (records.size() > options_.max_records) {
    error.code = ErrorCode::kBadField;
    error.field = "records";
    error.detail = absl::StrCat(records.size(), " records, at most ", options_.max_records);
    return error.ToStatus();
  }
  std::vector<std::vector<Header>> headers(records.size());
  std::vector<AppendRecord> appends(records.size());
  for (size_t i = 0; i < records.size(); ++i) {
    const NewRecord& record = records[i];
    for (const auto& [name, value] : record.headers) headers[i].push_back({name, value});
    AppendRecord& append = appends[i];
    append.topic = topic;
    append.partition = record.partition;
    if (record.key) append.key = absl::string_view(*record.key);
    if (record.value) append.value = absl::string_view(*record.value);
    append.headers = headers[i];
    append.timestamp_ms = record.timestamp_ms;
  }
  absl::StatusOr<std::vector<AppendPosition>> positions = log_.Append(appends);
  if (!positions.ok()) {
    int32_t partition = -1;
    for (const NewRecord& record : records) {
      partition = std::max(partition, record.partition.value_or(-1));
    }
    return Explain(positions.status(), topic, partition);
  }
  return positions;
}

absl::StatusOr<ReadRecordsResponse> LogRecords::Read(const ReadRecordsRequest& request) {
  const TopicPartition input{request.topic, request.partition};
  absl::StatusOr<OffsetRange> range = log_.Offsets(input);
  if (!range.ok()) return Explain(range.status(), request.topic, request.partition);
  const int64_t from = request.offset.value_or(range->begin);
  absl::StatusOr<std::unique_ptr<LogReader>> reader = log_.OpenReader({ReadFrom{input, from}});
  if (!reader.ok()) return Explain(reader.status(), request.topic, request.partition);

  RecordBatch batch;
  int64_t left_ns = absl::ToInt64Nanoseconds(std::min(request.wait, kMaxReadWait));
  for (;;) {
    const int64_t start_ns = clock_.MonotonicNanos();
    ASSIGN_OR_RETURN(const int count, (*reader)->Read(0, options_.max_read_bytes, &batch));
    if (count > 0 || left_ns <= 0) break;
    (*reader)->Wait(absl::Nanoseconds(left_ns));
    left_ns -= clock_.MonotonicNanos() - start_ns;
  }
  ReadRecordsResponse response;
  response.next_offset = from;
  const size_t limit = static_cast<size_t>(std::max(request.limit, 1));
  for (const Record& record : batch.records()) {
    if (response.records.records().size() == limit) break;
    response.records.Add(record);
    response.next_offset = record.offset + 1;
  }
  // After waiting: the end has moved.
  if (absl::StatusOr<OffsetRange> now = log_.Offsets(input); now.ok()) range = std::move(now);
  response.range = *range;
  return response;
}

absl::StatusOr<std::vector<TopicInfo>> LogRecords::Topics() { return log_.Topics(); }

}  // namespace millrace
