#include "app/inference/record_sample.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/status_macros.h"
#include "stream/decode/cloud_events.h"

namespace millrace {
namespace {

constexpr size_t kReadBytes = 1 << 20;
constexpr absl::Duration kWait = absl::Seconds(2);
constexpr int kWaits = 5;  // that may bring nothing
constexpr JsonLimits kLimits = {.max_bytes = 16u << 20,
                                .big_integers = BigIntegers::kNearestDouble};
constexpr absl::string_view kSchemaIdHeader = "__value_schema_id";

bool HasHeader(const Record& record, absl::string_view name) {
  return std::any_of(record.headers.begin(), record.headers.end(),
                     [name](const Header& header) { return header.name == name; });
}

// Confluent's framing: a magic byte and the id of a schema, or the id in a header.
bool IsFramed(const Record& record) {
  return HasHeader(record, kSchemaIdHeader) ||
         (record.value->size() >= 5 && record.value->front() == '\0');
}

bool IsObject(const JsonValue* value) {
  return value != nullptr && value->kind() == JsonKind::kObject;
}

// The change within {schema, payload}, or the value itself; null when it is none.
const JsonValue* ChangeIn(const JsonValue& value) {
  const JsonValue* payload = value.Find("payload");
  const JsonValue* change = IsObject(payload) && value.Find("schema") != nullptr ? payload : &value;
  const JsonValue* op = change->Find("op");
  if (op == nullptr || op->kind() != JsonKind::kString) return nullptr;
  return IsObject(change->Find("after")) || IsObject(change->Find("before")) ? change : nullptr;
}

}  // namespace

void RecordSample::AddForeign(const Record& record) {
  if (++foreign_ > 1) return;
  foreign_example_ =
      absl::StrCat("partition ", record.partition, " offset ", record.offset, ": ",
                   record.value->empty()
                       ? std::string("an empty value")
                       : absl::StrFormat("%d bytes that begin with 0x%02x", record.value->size(),
                                         static_cast<unsigned char>(record.value->front())));
}

void RecordSample::AddJson(const JsonValue& value, int64_t record_ms) {
  const JsonValue* change = ChangeIn(value);
  if (change == nullptr) return plain_.Add(value, record_ms);
  ++changes_;
  for (const char* row : {"before", "after"}) {
    if (IsObject(change->Find(row))) changed_.Add(*change->Find(row), record_ms);
  }
}

void RecordSample::Add(const Record& record) {
  ++records_;
  if (!record.value) {
    ++tombstones_;
    return;
  }
  if (IsFramed(record)) {
    ++framed_;
    return;
  }
  const absl::StatusOr<JsonValue> value = ParseJson(*record.value, kLimits);
  const CloudEventMode mode = CloudEventModeOf(record.headers);
  if (!value.ok() || !IsObject(&*value)) return AddForeign(record);
  if (mode == CloudEventMode::kNone) return AddJson(*value, record.timestamp_ms);
  const JsonValue* data = mode == CloudEventMode::kBinary ? &*value : value->Find("data");
  if (!IsObject(data)) return AddForeign(record);
  ++cloud_events_;
  AddJson(*data, record.timestamp_ms);
}

absl::Status RecordSample::Check() const {
  if (records_ == tombstones_) {
    return absl::FailedPreconditionError(
        records_ == 0 ? "the topic has no records" : "the topic has only records without a value");
  }
  if (rows().objects > 0 && 2 * strange() < records_) return absl::OkStatus();
  if (framed_ >= foreign_) {
    return absl::InvalidArgumentError(absl::StrCat(
        framed_, " of ", records_,
        " records have Confluent's framing, so their fields are those of a schema in a registry: "
        "configure `registry:` and `format: confluent_avro`, `confluent_protobuf` or "
        "`confluent_json`"));
  }
  return absl::InvalidArgumentError(absl::StrCat(
      foreign_, " of ", records_, " records are no objects in JSON (", foreign_example_,
      "); Avro and Protobuf need their schema: `format:` with `schema_file:`"));
}

absl::StatusOr<RecordSample> SampleTopic(Log& log, const TopicInfo& topic, int64_t limit) {
  std::vector<ReadFrom> inputs;
  std::vector<int64_t> ends;
  const int64_t each = std::max<int64_t>(1, limit / std::max(topic.partitions, 1));
  for (int32_t p = 0; p < topic.partitions; ++p) {
    ASSIGN_OR_RETURN(const OffsetRange range, log.Offsets({topic.name, p}));
    inputs.push_back({{topic.name, p}, std::max(range.begin, range.end - each)});
    ends.push_back(range.end);
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<LogReader> reader, log.OpenReader(std::move(inputs)));
  RecordSample sample;
  RecordBatch batch;
  for (int waits = 0; waits < kWaits;) {
    bool any = false, ended = true;
    for (size_t i = 0; i < ends.size(); ++i) {
      if (reader->NextOffset(i) >= ends[i]) continue;
      batch.Clear();
      ASSIGN_OR_RETURN(const int count, reader->Read(i, kReadBytes, &batch));
      any = any || count > 0;
      for (const Record& record : batch.records()) {
        if (record.offset >= ends[i] || sample.records() == limit) break;
        sample.Add(record);
      }
      ended = ended && (reader->NextOffset(i) >= ends[i] || (count == 0 && reader->AtEnd(i)));
    }
    if (ended || sample.records() == limit) break;
    if (!any) {
      reader->Wait(kWait);
      ++waits;
    }
  }
  return sample;
}

}  // namespace millrace
