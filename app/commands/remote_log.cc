#include "app/commands/remote_log.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "serving/json.h"
#include "serving/service.h"

namespace millrace {
namespace {

// Below the server's limits of 1,000 records and 1 MiB a request.
constexpr size_t kAppendRecords = 1000;
constexpr size_t kAppendBytes = 900 << 10;

// Larger values go as base64, which never grows to more than the server's limit of a request.
constexpr size_t kMaxTextBytes = 512 << 10;

constexpr absl::Duration kRequestTimeout = absl::Seconds(30);
// With several inputs one is waited for while the others may get records.
constexpr absl::Duration kWaitOfMany = absl::Milliseconds(250);

absl::Status NotAnswered(absl::string_view what) {
  return absl::UnknownError(absl::StrCat("the server's answer has no ", what));
}

absl::StatusOr<int64_t> IntMember(const JsonValue& object, absl::string_view name) {
  const JsonValue* value = object.Find(name);
  if (value == nullptr || value->kind() != JsonKind::kInt) return NotAnswered(name);
  return value->int_value();
}

// The bytes of "name" or "name_base64", kept in the batch; absent when they are null.
absl::StatusOr<std::optional<absl::string_view>> BytesMember(const JsonValue& object,
                                                             absl::string_view name,
                                                             RecordBatch* batch) {
  std::string bytes;
  if (const JsonValue* text = object.Find(name); text != nullptr) {
    if (text->kind() != JsonKind::kString) return std::optional<absl::string_view>();
    bytes = std::string(text->string_value());
  } else {
    const JsonValue* base64 = object.Find(absl::StrCat(name, "_base64"));
    if (base64 == nullptr || base64->kind() != JsonKind::kString ||
        !absl::Base64Unescape(base64->string_value(), &bytes)) {
      return NotAnswered(name);
    }
  }
  return std::optional<absl::string_view>(batch->Keep(std::move(bytes)));
}

absl::Status AddRecord(const JsonValue& json, RecordBatch* batch) {
  Record record;
  ASSIGN_OR_RETURN(const int64_t partition, IntMember(json, "partition"));
  record.partition = static_cast<int32_t>(partition);
  ASSIGN_OR_RETURN(record.offset, IntMember(json, "offset"));
  ASSIGN_OR_RETURN(record.timestamp_ms, IntMember(json, "timestamp"));
  record.append_ms = record.timestamp_ms;
  if (json.Find("timestamp_type") != nullptr) record.timestamp_type = TimestampType::kLogAppend;
  ASSIGN_OR_RETURN(record.key, BytesMember(json, "key", batch));
  ASSIGN_OR_RETURN(record.value, BytesMember(json, "value", batch));
  if (const JsonValue* list = json.Find("headers");
      list != nullptr && list->kind() == JsonKind::kArray) {
    std::vector<Header> headers;
    for (const JsonValue& item : list->items()) {
      ASSIGN_OR_RETURN(const auto name, BytesMember(item, "name", batch));
      ASSIGN_OR_RETURN(const auto value, BytesMember(item, "value", batch));
      headers.push_back({name.value_or(""), value.value_or("")});
    }
    record.headers = batch->KeepHeaders(std::move(headers));
  }
  batch->AddUncopied(record);
  return absl::OkStatus();
}

absl::Status WriteRecord(const AppendRecord& record, JsonWriter& json) {
  json.BeginObject();
  if (record.key) {
    if (!IsUtf8(*record.key)) {
      return absl::InvalidArgumentError("a key that is not UTF-8 cannot go through the HTTP API");
    }
    json.Key("key").String(*record.key);
  }
  if (!record.value) {
    json.Key("value").Null();
  } else if (record.value->size() <= kMaxTextBytes && IsUtf8(*record.value)) {
    json.Key("value").String(*record.value);
  } else {
    json.Key("value_base64").String(absl::Base64Escape(*record.value));
  }
  if (!record.headers.empty()) {
    std::set<absl::string_view> names;
    json.Key("headers").BeginObject();
    for (const Header& header : record.headers) {
      if (!IsUtf8(header.name) || !IsUtf8(header.value) || !names.insert(header.name).second) {
        return absl::InvalidArgumentError(
            "headers that are not UTF-8, or have one name, cannot go through the HTTP API");
      }
      json.Key(header.name).String(header.value);
    }
    json.EndObject();
  }
  if (record.timestamp_ms) json.Key("timestamp").Int(*record.timestamp_ms);
  if (record.partition) json.Key("partition").Int(*record.partition);
  json.EndObject();
  return absl::OkStatus();
}

class RemoteReader final : public LogReader {
 public:
  RemoteReader(RemoteLog& log, std::vector<ReadFrom> inputs) : log_(log) {
    for (ReadFrom& from : inputs) inputs_.push_back({std::move(from.input), from.offset});
  }

  absl::StatusOr<int> Read(size_t index, size_t /*max_bytes*/, RecordBatch* batch) override {
    RETURN_IF_ERROR(std::exchange(failed_, absl::OkStatus()));
    Input& input = inputs_[index];
    if (input.page.records.empty()) RETURN_IF_ERROR(Fetch(input, absl::ZeroDuration()));
    const auto count = static_cast<int>(input.page.records.records().size());
    for (const Record& record : input.page.records.records()) batch->Add(record);
    input.next = input.page.next_offset;
    input.page.records.Clear();
    return count;
  }

  int64_t NextOffset(size_t index) const override { return inputs_[index].next; }

  int64_t EndOffset(size_t index) const override {
    return std::max(inputs_[index].next, inputs_[index].page.range.end);
  }

  bool AtEnd(size_t index) const override {
    return inputs_[index].asked && inputs_[index].next >= inputs_[index].page.range.end;
  }

  void Wait(absl::Duration timeout) override {
    for (const Input& input : inputs_) {
      if (!input.page.records.empty()) return;
    }
    if (inputs_.size() > 1) timeout = std::min(timeout, kWaitOfMany);
    failed_ = Fetch(inputs_[turn_++ % inputs_.size()], std::min(timeout, kMaxReadWait));
  }

  // Never needed: the one thread that owns the reader does not wake itself.
  void Wake() override {}

 private:
  struct Input {
    TopicPartition where;
    int64_t next = 0;
    RemoteLog::Page page;
    bool asked = false;
  };

  absl::Status Fetch(Input& input, absl::Duration wait) {
    ASSIGN_OR_RETURN(input.page, log_.ReadPage(input.where, input.next, kMaxReadRecords, wait));
    input.asked = true;
    return absl::OkStatus();
  }

  RemoteLog& log_;
  std::vector<Input> inputs_;
  size_t turn_ = 0;
  absl::Status failed_;
};

}  // namespace

absl::StatusOr<std::vector<TopicInfo>> RemoteLog::Topics() {
  ASSIGN_OR_RETURN(const std::string answer, api_.Get("/api/v1/topics", kRequestTimeout));
  ASSIGN_OR_RETURN(const JsonValue root, ParseAnswer(answer));
  const JsonValue* list = root.Find("topics");
  if (list == nullptr || list->kind() != JsonKind::kArray) return NotAnswered("topics");
  std::vector<TopicInfo> topics;
  for (const JsonValue& item : list->items()) {
    const JsonValue* name = item.Find("name");
    if (name == nullptr || name->kind() != JsonKind::kString) return NotAnswered("name");
    ASSIGN_OR_RETURN(const int64_t partitions, IntMember(item, "partitions"));
    topics.push_back({std::string(name->string_value()), static_cast<int32_t>(partitions)});
  }
  return topics;
}

absl::Status RemoteLog::CreateTopic(absl::string_view, const TopicOptions&) {
  return absl::FailedPreconditionError("a server makes its topics itself");
}

absl::Status RemoteLog::DeleteTopic(absl::string_view) {
  return absl::FailedPreconditionError("topics cannot be deleted through a server");
}

absl::StatusOr<std::vector<AppendPosition>> RemoteLog::Append(
    std::span<const AppendRecord> records) {
  std::vector<AppendPosition> positions;
  size_t i = 0;
  while (i < records.size()) {
    const absl::string_view topic = records[i].topic;
    std::string body;
    JsonWriter json(&body);
    json.BeginObject().Key("records").BeginArray();
    for (const size_t first = i; i < records.size() && i - first < kAppendRecords; ++i) {
      const AppendRecord& record = records[i];
      const size_t bytes = record.value ? record.value->size() : 0;
      if (i > first && (record.topic != topic || body.size() + bytes > kAppendBytes)) break;
      RETURN_IF_ERROR(WriteRecord(record, json));
    }
    json.EndArray().EndObject();
    ASSIGN_OR_RETURN(
        const std::string answer,
        api_.Post(absl::StrCat("/api/v1/records/", PercentEncode(topic)), body, kRequestTimeout));
    ASSIGN_OR_RETURN(const JsonValue root, ParseAnswer(answer));
    const JsonValue* offsets = root.Find("offsets");
    if (offsets == nullptr || offsets->kind() != JsonKind::kArray) return NotAnswered("offsets");
    for (const JsonValue& item : offsets->items()) {
      ASSIGN_OR_RETURN(const int64_t partition, IntMember(item, "partition"));
      ASSIGN_OR_RETURN(const int64_t offset, IntMember(item, "offset"));
      positions.push_back({static_cast<int32_t>(partition), offset});
    }
  }
  return positions;
}

absl::StatusOr<bool> RemoteLog::IsCompacted(absl::string_view) {
  return absl::FailedPreconditionError("a server does not tell how its topics are kept");
}

absl::StatusOr<OffsetRange> RemoteLog::Offsets(const TopicPartition& input) {
  ASSIGN_OR_RETURN(const Page page, ReadPage(input, -1, 1, absl::ZeroDuration()));
  return page.range;
}

absl::StatusOr<int64_t> RemoteLog::OffsetAtTime(const TopicPartition& input, int64_t timestamp_ms) {
  int64_t offset = -1;
  for (;;) {
    ASSIGN_OR_RETURN(const Page page,
                     ReadPage(input, offset, kMaxReadRecords, absl::ZeroDuration()));
    for (const Record& record : page.records.records()) {
      if (record.timestamp_ms >= timestamp_ms) return record.offset;
    }
    if (page.records.empty() || page.next_offset >= page.range.end) return page.range.end;
    offset = page.next_offset;
  }
}

absl::Status RemoteLog::Ping() { return api_.Get("/livez").status(); }

absl::StatusOr<std::unique_ptr<LogReader>> RemoteLog::OpenReader(std::vector<ReadFrom> inputs) {
  return std::make_unique<RemoteReader>(*this, std::move(inputs));
}

absl::StatusOr<RemoteLog::Page> RemoteLog::ReadPage(const TopicPartition& input, int64_t offset,
                                                    int limit, absl::Duration wait) {
  std::string path =
      absl::StrCat("/api/v1/records/", PercentEncode(input.topic), "?partition=", input.partition,
                   "&limit=", limit, "&wait=", absl::ToInt64Milliseconds(wait));
  if (offset >= 0) absl::StrAppend(&path, "&offset=", offset);
  ASSIGN_OR_RETURN(const std::string answer, api_.Get(path, kRequestTimeout + wait));
  ASSIGN_OR_RETURN(const JsonValue root, ParseAnswer(answer));
  const JsonValue* list = root.Find("records");
  if (list == nullptr || list->kind() != JsonKind::kArray) return NotAnswered("records");
  Page page;
  for (const JsonValue& item : list->items()) RETURN_IF_ERROR(AddRecord(item, &page.records));
  ASSIGN_OR_RETURN(page.range.begin, IntMember(root, "begin"));
  ASSIGN_OR_RETURN(page.range.end, IntMember(root, "end"));
  ASSIGN_OR_RETURN(page.next_offset, IntMember(root, "next_offset"));
  return page;
}

}  // namespace millrace
