// millrace produce: lines of a file or of standard input as records of a topic.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "app/commands/command.h"
#include "app/commands/log_access.h"
#include "core/clock.h"
#include "core/status_macros.h"
#include "serving/json.h"

namespace millrace {
namespace {

constexpr size_t kMaxLineBytes = 16 << 20;
constexpr size_t kBatchRecords = 500;
constexpr size_t kBatchBytes = 512 << 10;

struct ProduceOptions {
  std::string topic;
  std::string file = "-";
  std::optional<int32_t> partition;
  std::string key_delimiter;
  std::vector<std::string> headers;
  double rate_per_s = 0;
  bool empty_is_tombstone = false;
};

// Lines of a file descriptor. NextLine may block; Ready tells whether it would.
class LineReader {
 public:
  explicit LineReader(int fd) : fd_(fd) {}

  // True when a whole line is at hand.
  bool Ready() const { return buffer_.find('\n', begin_) != std::string::npos; }

  // The next line without its end; nullopt at the end of the input. The view lives until the next
  // call. ResourceExhausted for a line that is too long, Unavailable when reading fails.
  absl::StatusOr<std::optional<absl::string_view>> NextLine() {
    for (size_t searched = begin_;;) {
      const size_t end = buffer_.find('\n', searched);
      if (end != std::string::npos) {
        const auto line = absl::string_view(buffer_).substr(begin_, end - begin_);
        begin_ = end + 1;
        return std::optional<absl::string_view>(line);
      }
      if (ended_) {
        if (begin_ == buffer_.size()) return std::optional<absl::string_view>();
        const auto line = absl::string_view(buffer_).substr(begin_);
        begin_ = buffer_.size();
        return std::optional<absl::string_view>(line);
      }
      buffer_.erase(0, begin_);
      begin_ = 0;
      searched = buffer_.size();
      if (searched > kMaxLineBytes) {
        return absl::ResourceExhaustedError(
            absl::StrCat("a line has more than ", kMaxLineBytes, " bytes"));
      }
      RETURN_IF_ERROR(Fill());
    }
  }

 private:
  absl::Status Fill() {
    constexpr size_t kChunk = 256 << 10;
    const size_t size = buffer_.size();
    buffer_.resize(size + kChunk);
    ssize_t count;
    do {
      count = read(fd_, buffer_.data() + size, kChunk);
    } while (count < 0 && errno == EINTR);
    buffer_.resize(size + static_cast<size_t>(std::max<ssize_t>(count, 0)));
    if (count < 0)
      return absl::UnavailableError(absl::StrCat("reading failed: ", std::strerror(errno)));
    ended_ = count == 0;
    return absl::OkStatus();
  }

  const int fd_;
  std::string buffer_;
  size_t begin_ = 0;
  bool ended_ = false;
};

struct Line {
  std::optional<std::string> key;
  std::optional<std::string> value;
};

class Producer {
 public:
  Producer(const ProduceOptions& options, Log& log, NamedTopic topic)
      : options_(options), log_(log), topic_(std::move(topic)), clock_(Clock::Real()) {
    for (const std::string& header : options.headers) {
      const size_t equals = header.find('=');
      headers_.push_back({absl::string_view(header).substr(0, equals),
                          absl::string_view(header).substr(equals + 1)});
    }
  }

  absl::Status Run(int fd) {
    LineReader lines(fd);
    const int64_t start_ns = clock_.MonotonicNanos();
    size_t bytes = 0;
    for (int64_t number = 1;; ++number) {
      ASSIGN_OR_RETURN(const auto line, lines.NextLine());
      if (!line) break;
      if (line->empty()) continue;
      ASSIGN_OR_RETURN(Line parsed, Split(*line, number));
      if (options_.rate_per_s > 0) RETURN_IF_ERROR(AwaitTurn(start_ns));
      bytes += line->size();
      batch_.push_back(std::move(parsed));
      // What is at hand goes out together; a line typed by hand goes out at once.
      if (batch_.size() >= kBatchRecords || bytes >= kBatchBytes || !lines.Ready()) {
        RETURN_IF_ERROR(Flush());
        bytes = 0;
      }
    }
    return Flush();
  }

  int64_t sent() const { return sent_; }

  std::string ReportJson() const {
    std::string out;
    JsonWriter json(&out);
    json.BeginObject().Key("topic").String(topic_.info.name).Key("records").Int(sent_);
    json.Key("partitions").BeginArray();
    for (const auto& [partition, range] : appended_) {
      json.BeginObject().Key("partition").Int(partition);
      json.Key("first_offset").Int(range.begin).Key("last_offset").Int(range.end - 1).EndObject();
    }
    json.EndArray().EndObject();
    return out + "\n";
  }

 private:
  absl::StatusOr<Line> Split(absl::string_view line, int64_t number) const {
    Line parsed;
    if (!options_.key_delimiter.empty()) {
      const size_t at = line.find(options_.key_delimiter);
      if (at == absl::string_view::npos) {
        return absl::InvalidArgumentError(absl::StrCat("line ", number, " has no key: '",
                                                       options_.key_delimiter, "' is not in it"));
      }
      parsed.key = std::string(line.substr(0, at));
      line.remove_prefix(at + options_.key_delimiter.size());
    }
    if (!line.empty() || !options_.empty_is_tombstone) parsed.value = std::string(line);
    return parsed;
  }

  // Waits until the next record is due, with nothing left behind.
  absl::Status AwaitTurn(int64_t start_ns) {
    const auto before = static_cast<double>(sent_) + static_cast<double>(batch_.size());
    const absl::Duration wait = absl::Seconds(before / options_.rate_per_s) -
                                absl::Nanoseconds(clock_.MonotonicNanos() - start_ns);
    if (wait <= absl::ZeroDuration()) return absl::OkStatus();
    RETURN_IF_ERROR(Flush());
    clock_.SleepFor(wait);
    return absl::OkStatus();
  }

  absl::Status Flush() {
    if (batch_.empty()) return absl::OkStatus();
    std::vector<AppendRecord> records(batch_.size());
    for (size_t i = 0; i < batch_.size(); ++i) {
      records[i].topic = topic_.info.name;
      records[i].partition = options_.partition;
      if (batch_[i].key) records[i].key = absl::string_view(*batch_[i].key);
      if (batch_[i].value) records[i].value = absl::string_view(*batch_[i].value);
      records[i].headers = headers_;
    }
    ASSIGN_OR_RETURN(const std::vector<AppendPosition> positions, log_.Append(records));
    for (const AppendPosition& position : positions) {
      const auto [it, first] =
          appended_.try_emplace(position.partition, OffsetRange{position.offset, position.offset});
      it->second.end = position.offset + 1;
    }
    sent_ += static_cast<int64_t>(batch_.size());
    batch_.clear();
    return absl::OkStatus();
  }

  const ProduceOptions& options_;
  Log& log_;
  const NamedTopic topic_;
  Clock& clock_;
  std::vector<Header> headers_;
  std::vector<Line> batch_;
  int64_t sent_ = 0;
  std::map<int32_t, OffsetRange> appended_;
};

int ProduceFrom(int fd, const GlobalOptions& global, const ProduceOptions& options) {
  LogAccess access;
  const int opened = OpenLogAccess(global, "produce", LogUse::kWrite, &access);
  if (opened != kExitOk) return opened;
  const absl::StatusOr<std::vector<TopicInfo>> topics = access.log->Topics();
  if (!topics.ok()) return FailLog("produce", access, topics.status());
  const absl::StatusOr<NamedTopic> topic =
      FindTopic(options.topic, *topics, access.project ? access.project->name : "");
  if (!topic.ok()) return FailLog("produce", access, topic.status());
  if (absl::StartsWith(topic->info.name, "millrace.")) {
    return Fail("produce", absl::PermissionDeniedError(absl::StrCat(
                               "'", topic->info.name, "' is written by Millrace alone")));
  }
  Producer producer(options, *access.log, *topic);
  const absl::Status status = producer.Run(fd);
  if (global.json) std::fputs(producer.ReportJson().c_str(), stdout);
  if (!global.quiet && (!global.json || !status.ok())) {
    std::fprintf(stderr, "millrace: produce: %lld %s in %s\n",
                 static_cast<long long>(producer.sent()),
                 producer.sent() == 1 ? "record is" : "records are", topic->info.name.c_str());
  }
  return status.ok() ? static_cast<int>(kExitOk) : FailLog("produce", access, status);
}

int Produce(const GlobalOptions& global, const ProduceOptions& options) {
  for (const std::string& header : options.headers) {
    if (!absl::StrContains(header, "=")) {
      std::fprintf(stderr, "millrace: produce: -H takes name=value, not '%s'\n", header.c_str());
      return kExitUsage;
    }
  }
  if (options.file == "-") return ProduceFrom(STDIN_FILENO, global, options);
  const int fd = open(options.file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    std::fprintf(stderr, "millrace: produce: cannot open %s: %s\n", options.file.c_str(),
                 std::strerror(errno));
    return kExitUsage;
  }
  const int code = ProduceFrom(fd, global, options);
  close(fd);
  return code;
}

}  // namespace

void AddProduce(CLI::App& app, const GlobalOptions& global, Run* run) {
  auto options = std::make_shared<ProduceOptions>();
  CLI::App* produce = app.add_subcommand("produce", "Append lines as records of a topic");
  produce->add_option("TOPIC", options->topic, "The topic")->required();
  produce->add_option("FILE", options->file,
                      "A record a line; empty lines are skipped (default standard input)");
  produce->add_option("-K,--key-delimiter", options->key_delimiter,
                      "Each line is the key, this, and the value");
  produce->add_option("-p,--partition", options->partition,
                      "Append to this partition (default by the key)");
  produce->add_option("-H,--header", options->headers, "A header name=value of every record")
      ->allow_extra_args(false);
  produce->add_flag("-Z,--tombstones", options->empty_is_tombstone,
                    "With -K: an empty value is none (a tombstone)");
  produce
      ->add_option("--rate", options->rate_per_s, "Records a second (default as fast as possible)")
      ->check(CLI::PositiveNumber);
  produce->footer("Example: millrace produce flights.departures departures.jsonl --rate 100");
  produce->callback(
      [&global, options, run] { *run = [&global, options] { return Produce(global, *options); }; });
}

}  // namespace millrace
