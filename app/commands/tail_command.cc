// millrace tail: the records of a topic, in the words of kcat.

#include <algorithm>
#include <cstdio>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "app/commands/command.h"
#include "app/commands/log_access.h"
#include "app/commands/number_checks.h"
#include "app/commands/own_records.h"
#include "app/commands/time_argument.h"
#include "app/config/diagnostics.h"
#include "core/status_macros.h"
#include "serving/json.h"
#include "serving/typed_value.h"
#include "stream/channel.h"
#include "stream/dead_letter.h"

namespace millrace {
namespace {

constexpr size_t kReadBytes = 1 << 20;
constexpr absl::Duration kWait = absl::Seconds(5);

struct TailOptions {
  std::string topic;
  std::optional<int32_t> partition;
  std::string from = "beginning";
  int64_t count = 0;  // 0: no bound
  bool exit_at_end = false;
  std::optional<std::string> key_delimiter;
};

// -o: beginning | end | N | -N | s@TIME.
class StartingPoint {
 public:
  static absl::StatusOr<StartingPoint> Parse(absl::string_view text) {
    StartingPoint point;
    absl::string_view rest = text;
    if (text == "end") {
      point.kind_ = Kind::kEnd;
    } else if (absl::ConsumePrefix(&rest, "s@")) {
      point.kind_ = Kind::kTime;
      const std::optional<int64_t> ms = TimeArgument(rest);
      if (!ms) return Wrong(text);
      point.number_ = *ms;
    } else if (text != "beginning") {
      if (!absl::SimpleAtoi(text, &point.number_)) return Wrong(text);
      point.kind_ = point.number_ < 0 ? Kind::kFromEnd : Kind::kOffset;
    }
    return point;
  }

  // An offset within `range`.
  absl::StatusOr<int64_t> In(Log& log, const TopicPartition& input,
                             const OffsetRange& range) const {
    switch (kind_) {
      case Kind::kBeginning: break;
      case Kind::kEnd: return range.end;
      case Kind::kOffset: return std::clamp(number_, range.begin, range.end);
      case Kind::kFromEnd: return std::max(range.begin, range.end + std::max(number_, -range.end));
      case Kind::kTime: return log.OffsetAtTime(input, number_);
    }
    return range.begin;
  }

 private:
  enum class Kind : uint8_t { kBeginning, kEnd, kOffset, kFromEnd, kTime };
  static absl::Status Wrong(absl::string_view text) {
    return absl::InvalidArgumentError(absl::StrCat("-o takes beginning, end, N, -N, or s@TIME of ",
                                                   kTimeForms, "; not '", text, "'"));
  }
  Kind kind_ = Kind::kBeginning;
  int64_t number_ = 0;
};

// Text as a string, other bytes under the name with _base64.
void WriteBytes(absl::string_view name, const std::optional<absl::string_view>& bytes,
                JsonWriter& json) {
  if (!bytes) {
    json.Key(name).Null();
  } else if (IsUtf8(*bytes)) {
    json.Key(name).String(*bytes);
  } else {
    json.Key(absl::StrCat(name, "_base64")).String(absl::Base64Escape(*bytes));
  }
}

class Tail {
 public:
  Tail(const GlobalOptions& global, const TailOptions& options, LogAccess& access)
      : global_(global), options_(options), access_(access) {}

  absl::Status Run(const StartingPoint& from) {
    ASSIGN_OR_RETURN(const std::vector<TopicInfo> topics, access_.log->Topics());
    ASSIGN_OR_RETURN(topic_, FindTopic(options_.topic, topics, access_.project.get()));
    FindInputNames();
    RETURN_IF_ERROR(OpenReader(from));
    return Follow();
  }

 private:
  bool IsOwn() const {
    return topic_.content == TopicContent::kPredictions ||
           topic_.content == TopicContent::kExamples || topic_.content == TopicContent::kModels;
  }

  // Ids, as in the messages.
  bool HasTypedKey() const { return topic_.content == TopicContent::kPredictions; }

  void FindInputNames() {
    if (access_.project == nullptr) return;
    for (const TaskSpec& task : access_.project->tasks) {
      if (task.name != topic_.task) continue;
      for (const TaskInput& input : task.inputs) input_names_.push_back(input.name);
    }
  }

  absl::Status OpenReader(const StartingPoint& from) {
    std::vector<ReadFrom> inputs;
    for (int32_t p = 0; p < topic_.info.partitions; ++p) {
      if (options_.partition && *options_.partition != p) continue;
      const TopicPartition input{topic_.info.name, p};
      ASSIGN_OR_RETURN(const OffsetRange range, access_.log->Offsets(input));
      ASSIGN_OR_RETURN(const int64_t offset, from.In(*access_.log, input, range));
      inputs.push_back({input, offset});
      ends_.push_back(range.end);
    }
    if (inputs.empty()) {
      return absl::NotFoundError(absl::StrCat(
          "topic '", topic_.info.name, "' has the partitions 0 to ", topic_.info.partitions - 1));
    }
    filters_.resize(inputs.size());
    ASSIGN_OR_RETURN(reader_, access_.log->OpenReader(std::move(inputs)));
    return absl::OkStatus();
  }

  absl::Status Follow() {
    RecordBatch batch;
    for (;;) {
      bool any = false, ended = true;
      for (size_t i = 0; i < ends_.size(); ++i) {
        batch.Clear();
        ASSIGN_OR_RETURN(const int count, reader_->Read(i, kReadBytes, &batch));
        any = any || count > 0;
        for (const Record& record : batch.records()) {
          // What came after the start is not of the end that -e means.
          if (options_.exit_at_end && record.offset >= ends_[i]) break;
          RETURN_IF_ERROR(Print(i, record));
          if (options_.count > 0 && printed_ == options_.count) return absl::OkStatus();
        }
        ended = ended && (reader_->NextOffset(i) >= ends_[i] || (count == 0 && reader_->AtEnd(i)));
      }
      if (std::fflush(stdout) != 0) return absl::OkStatus();  // nobody reads on; main tells
      if (options_.exit_at_end && ended) return absl::OkStatus();
      if (!any) reader_->Wait(kWait);
    }
  }

  absl::Status Print(size_t input, const Record& record) {
    if (topic_.content != TopicContent::kRecords) {
      ASSIGN_OR_RETURN(const bool is_new, IsNew(input, record));
      if (!is_new) return absl::OkStatus();
    }
    line_.clear();
    if (global_.json) {
      AddJson(record);
    } else {
      AddText(record);
    }
    line_.push_back('\n');
    std::fwrite(line_.data(), 1, line_.size(), stdout);
    ++printed_;
    return absl::OkStatus();
  }

  // False for a repeat of a record that Millrace wrote.
  absl::StatusOr<bool> IsNew(size_t input, const Record& record) {
    const std::optional<ChannelMark> mark = ReadChannelMark(record);
    return mark ? filters_[input].Accept(*mark) : true;
  }

  // "range  orders[0]@17  $.amount: …  ", when the headers tell.
  void AddRejection(const Record& record) {
    std::string code, message, topic, partition, offset;
    for (const Header& header : record.headers) {
      for (const auto& [name, to] : {std::pair{kErrorCodeHeader, &code},
                                     {kErrorMessageHeader, &message},
                                     {kSourceTopicHeader, &topic},
                                     {kSourcePartitionHeader, &partition},
                                     {kSourceOffsetHeader, &offset}}) {
        if (header.name == name) *to = Printable(header.value);  // ours come last
      }
    }
    if (code.empty()) return;
    absl::StrAppend(&line_, code, "  ", topic, "[", partition, "]@", offset, "  ", message, "  ");
  }

  void AddText(const Record& record) {
    if (topic_.content == TopicContent::kDeadLetters) AddRejection(record);
    if (options_.key_delimiter) {
      if (HasTypedKey() && record.key) {
        JsonWriter json(&line_);
        WriteTypedBytes(*record.key, json);
      } else {
        absl::StrAppend(&line_, record.key.value_or(""));
      }
      absl::StrAppend(&line_, *options_.key_delimiter);
    }
    if (IsOwn() && record.value) {
      JsonWriter json(&line_);
      WriteOwnRecord(topic_.content, *record.value, input_names_, json);
    } else {
      absl::StrAppend(&line_, record.value.value_or(""));
    }
  }

  // The members of `kcat -J`; headers are names and values in turn, as there.
  void AddJson(const Record& record) {
    JsonWriter json(&line_);
    json.BeginObject().Key("topic").String(topic_.info.name);
    json.Key("partition").Int(record.partition).Key("offset").Int(record.offset);
    json.Key("tstype").String(record.timestamp_type == TimestampType::kCreate ? "create"
                                                                              : "logappend");
    json.Key("ts").Int(record.timestamp_ms).Key("headers").BeginArray();
    for (const Header& header : record.headers) {
      json.String(header.name);
      json.String(IsUtf8(header.value) ? std::string(header.value)
                                       : absl::Base64Escape(header.value));
    }
    json.EndArray();
    if (HasTypedKey() && record.key) {
      WriteTypedBytes(*record.key, json.Key("key"));
    } else {
      WriteBytes("key", record.key, json);
    }
    if (IsOwn()) {
      json.Key("payload");
      record.value ? WriteOwnRecord(topic_.content, *record.value, input_names_, json)
                   : static_cast<void>(json.Null());
    } else {
      WriteBytes("payload", record.value, json);
    }
    json.EndObject();
  }

  const GlobalOptions& global_;
  const TailOptions& options_;
  LogAccess& access_;
  NamedTopic topic_;
  std::vector<std::string> input_names_;
  std::vector<int64_t> ends_;  // when we began, by input
  std::vector<ChannelFilter> filters_;
  std::unique_ptr<LogReader> reader_;
  std::string line_;
  int64_t printed_ = 0;
};

int RunTail(const GlobalOptions& global, const TailOptions& options) {
  const absl::StatusOr<StartingPoint> from = StartingPoint::Parse(options.from);
  if (!from.ok()) {
    Fail("tail", from.status());
    return kExitUsage;
  }
  LogAccess access;
  const int opened = OpenLogAccess(global, "tail", LogUse::kRead, &access);
  if (opened != kExitOk) return opened;
  const absl::Status status = Tail(global, options, access).Run(*from);
  return status.ok() ? static_cast<int>(kExitOk) : FailLog("tail", access, status);
}

}  // namespace

void AddTail(CLI::App& app, const GlobalOptions& global, Run* run) {
  auto options = std::make_shared<TailOptions>();
  CLI::App* tail = app.add_subcommand("tail", "Print the records of a topic, and those that come");
  tail->add_option("TOPIC", options->topic,
                   "A topic; a task, for its predictions; or examples.TASK, models.TASK")
      ->required();
  tail->add_option("-p,--partition", options->partition, "Only this partition")
      ->check(WholeNumber(0, std::numeric_limits<int32_t>::max()));
  tail->add_option(
      "-o,--offset", options->from,
      "Where to begin: beginning, end, N, -N (before the end) or s@TIME (default beginning)");
  tail->add_option("-c,--count", options->count, "Exit after this many records")
      ->check(WholeNumber(1, std::numeric_limits<int64_t>::max()));
  tail->add_flag("-e,--exit", options->exit_at_end, "Exit at the end instead of waiting for more");
  tail->add_option("-K,--key-delimiter", options->key_delimiter,
                   "Print keys too, with this after them");
  tail->footer("Example: millrace tail delayed -o -10 -e --json");
  tail->callback(
      [&global, options, run] { *run = [&global, options] { return RunTail(global, *options); }; });
}

}  // namespace millrace
