// millrace produce: lines of a file or of standard input as records of a topic.

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <limits>
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
#include "app/commands/number_checks.h"
#include "app/signals.h"
#include "core/clock.h"
#include "core/status_macros.h"
#include "serving/json.h"

namespace millrace {
namespace {

// Only bounds our memory: what a record may have is for the log to say.
constexpr size_t kMaxLineBytes = 64 << 20;
constexpr size_t kBatchRecords = 500;
constexpr size_t kBatchBytes = 512 << 10;
constexpr absl::Duration kLongestSleep = absl::Milliseconds(50);

struct ProduceOptions {
  std::string topic;
  std::string file = "-";
  std::optional<int32_t> partition;
  std::string key_delimiter;
  std::vector<std::string> headers;
  double rate_per_s = 0;
  bool empty_is_tombstone = false;
};

// Ctrl-C as something to ask for, and to wait for beside a file. Thread-safe.
class Interrupt {
 public:
  Interrupt() : event_(eventfd(0, EFD_CLOEXEC)), signals_([this](int) { Set(); }) {}

  bool is_set() const { return set_.load(); }

  // Waits until `fd` can be read; false when interrupted before.
  bool AwaitReadable(int fd) const {
    pollfd files[] = {{event_, POLLIN, 0}, {fd, POLLIN, 0}};
    while (poll(files, 2, -1) < 0 && errno == EINTR) {
    }
    return !is_set();
  }

 private:
  void Set() {
    set_ = true;
    const uint64_t one = 1;
    // Nothing to do when it fails: the flag is seen at the next record.
    [[maybe_unused]] const ssize_t count = write(event_, &one, sizeof(one));
  }

  std::atomic<bool> set_{false};
  const int event_;  // closed with the process, which ends right after this
  Signals signals_;
};

absl::Status Interrupted() { return absl::CancelledError("interrupted before the end"); }

// Lines of a file descriptor. NextLine may block; Ready tells whether it would.
class LineReader {
 public:
  LineReader(int fd, const Interrupt& interrupt) : fd_(fd), interrupt_(interrupt) {}

  // True when a whole line is at hand.
  bool Ready() const { return buffer_.find('\n', begin_) != std::string::npos; }

  // The next line without its end; nullopt at the end of the input. The view lives until the next
  // call. InvalidArgument for a line that is too long, Unknown when reading fails, Cancelled when
  // interrupted.
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
        return absl::InvalidArgumentError(absl::StrCat("has more than ", kMaxLineBytes, " bytes"));
      }
      RETURN_IF_ERROR(Fill());
    }
  }

 private:
  absl::Status Fill() {
    if (!interrupt_.AwaitReadable(fd_)) return Interrupted();
    constexpr size_t kChunk = 256 << 10;
    const size_t size = buffer_.size();
    buffer_.resize(size + kChunk);
    ssize_t count;
    do {
      count = read(fd_, buffer_.data() + size, kChunk);
    } while (count < 0 && errno == EINTR);
    buffer_.resize(size + static_cast<size_t>(std::max<ssize_t>(count, 0)));
    if (count < 0) {
      return absl::UnknownError(absl::StrCat("reading failed: ", std::strerror(errno)));
    }
    ended_ = count == 0;
    return absl::OkStatus();
  }

  const int fd_;
  const Interrupt& interrupt_;
  std::string buffer_;
  size_t begin_ = 0;
  bool ended_ = false;
};

struct Line {
  int64_t number = 0;  // from 1
  std::optional<std::string> key;
  std::optional<std::string> value;
};

class Producer {
 public:
  Producer(const ProduceOptions& options, const Interrupt& interrupt, Log& log, NamedTopic topic)
      : options_(options),
        interrupt_(interrupt),
        log_(log),
        topic_(std::move(topic)),
        clock_(Clock::Real()) {
    for (const std::string& header : options.headers) {
      const size_t equals = header.find('=');
      headers_.push_back({absl::string_view(header).substr(0, equals),
                          absl::string_view(header).substr(equals + 1)});
    }
  }

  absl::Status Run(int fd) {
    LineReader lines(fd, interrupt_);
    const int64_t start_ns = clock_.MonotonicNanos();
    size_t bytes = 0;
    for (int64_t number = 1;; ++number) {
      if (interrupt_.is_set()) return Interrupted();
      const auto next = lines.NextLine();
      if (!next.ok()) return AtLines(next.status(), number, number);
      const std::optional<absl::string_view> line = *next;
      if (!line) break;
      if (line->empty()) continue;
      ASSIGN_OR_RETURN(Line parsed, Split(*line, number));
      if (options_.rate_per_s > 0) RETURN_IF_ERROR(AwaitTurn(start_ns));
      // A large record goes alone: should the log refuse it, its line is known, and nothing else is
      // refused with it.
      const size_t limit = log_.max_record_bytes();
      if (line->size() > limit) {
        return AtLines(absl::InvalidArgumentError(absl::StrCat(
                           "has ", line->size(), " bytes; the log takes records of ", limit)),
                       number, number);
      }
      if (line->size() >= kBatchBytes) {
        RETURN_IF_ERROR(Flush());
        bytes = 0;
      }
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
    parsed.number = number;
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
    const int64_t due_ns = clock_.MonotonicNanos() + absl::ToInt64Nanoseconds(wait);
    for (int64_t now_ns; (now_ns = clock_.MonotonicNanos()) < due_ns;) {
      if (interrupt_.is_set()) return Interrupted();
      clock_.SleepFor(std::min(absl::Nanoseconds(due_ns - now_ns), kLongestSleep));
    }
    return absl::OkStatus();
  }

  // Says which lines bad data stand in.
  static absl::Status AtLines(const absl::Status& status, int64_t first, int64_t last) {
    if (!absl::IsInvalidArgument(status)) return status;
    const std::string lines =
        first == last ? absl::StrCat("line ", first) : absl::StrCat("lines ", first, " to ", last);
    return absl::InvalidArgumentError(absl::StrCat(lines, ": ", status.message()));
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
    const absl::StatusOr<std::vector<AppendPosition>> positions = log_.Append(records);
    if (!positions.ok()) {
      return AtLines(positions.status(), batch_.front().number, batch_.back().number);
    }
    for (const AppendPosition& position : *positions) {
      const auto [it, first] =
          appended_.try_emplace(position.partition, OffsetRange{position.offset, position.offset});
      it->second.end = position.offset + 1;
    }
    sent_ += static_cast<int64_t>(batch_.size());
    batch_.clear();
    return absl::OkStatus();
  }

  const ProduceOptions& options_;
  const Interrupt& interrupt_;
  Log& log_;
  const NamedTopic topic_;
  Clock& clock_;
  std::vector<Header> headers_;
  std::vector<Line> batch_;
  int64_t sent_ = 0;
  std::map<int32_t, OffsetRange> appended_;
};

int ProduceFrom(int fd, const GlobalOptions& global, const ProduceOptions& options) {
  const Interrupt interrupt;  // before the log starts threads
  LogAccess access;
  const int opened = OpenLogAccess(global, "produce", LogUse::kWrite, &access);
  if (opened != kExitOk) return opened;
  const absl::StatusOr<std::vector<TopicInfo>> topics = access.log->Topics();
  if (!topics.ok()) return FailLog("produce", access, topics.status());
  const absl::StatusOr<NamedTopic> topic = FindTopic(options.topic, *topics, access.project.get());
  if (!topic.ok()) return FailLog("produce", access, topic.status());
  if (absl::StartsWith(topic->info.name, "millrace.")) {
    return Fail("produce", absl::PermissionDeniedError(absl::StrCat(
                               "'", topic->info.name, "' is written by Millrace alone")));
  }
  Producer producer(options, interrupt, *access.log, *topic);
  const absl::Status status = producer.Run(fd);
  if (global.json) std::fputs(producer.ReportJson().c_str(), stdout);
  if (!global.quiet && (!global.json || !status.ok())) {
    std::fprintf(stderr, "millrace: produce: %lld %s in %s\n",
                 static_cast<long long>(producer.sent()),
                 producer.sent() == 1 ? "record is" : "records are", topic->info.name.c_str());
  }
  if (status.ok()) return kExitOk;
  // What is wrong with the input has nothing to do with the log.
  if (absl::IsUnknown(status) || absl::IsCancelled(status)) return Fail("produce", status);
  return FailLog("produce", access, status);
}

// The file open for reading; or says why not and gives the exit code.
int OpenInput(const std::string& path, int* code) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat about;
  if (fd < 0) {
    *code = errno == EACCES ? kExitDenied : kExitNoInput;
    std::fprintf(stderr, "millrace: produce: cannot open %s: %s\n", path.c_str(),
                 std::strerror(errno));
    return -1;
  }
  if (fstat(fd, &about) == 0 && S_ISDIR(about.st_mode)) {
    close(fd);
    *code = kExitNoInput;
    std::fprintf(stderr, "millrace: produce: %s is a directory, not a file of records\n",
                 path.c_str());
    return -1;
  }
  return fd;
}

int Produce(const GlobalOptions& global, const ProduceOptions& options) {
  for (const std::string& header : options.headers) {
    if (!absl::StrContains(header, "=")) {
      std::fprintf(stderr, "millrace: produce: -H takes name=value, not '%s'\n", header.c_str());
      return kExitUsage;
    }
  }
  if (options.file == "-") return ProduceFrom(STDIN_FILENO, global, options);
  int code = kExitOk;
  const int fd = OpenInput(options.file, &code);
  if (fd < 0) return code;
  code = ProduceFrom(fd, global, options);
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
  produce
      ->add_option("-p,--partition", options->partition,
                   "Append to this partition (default by the key)")
      ->check(WholeNumber(0, std::numeric_limits<int32_t>::max()));
  produce->add_option("-H,--header", options->headers, "A header name=value of every record")
      ->allow_extra_args(false);
  produce->add_flag("-Z,--tombstones", options->empty_is_tombstone,
                    "With -K: an empty value is none (a tombstone)");
  produce
      ->add_option("--rate", options->rate_per_s, "Records a second (default as fast as possible)")
      ->check(NumberAboveZero());
  produce->footer("Example: millrace produce flights.departures departures.jsonl --rate 100");
  produce->callback(
      [&global, options, run] { *run = [&global, options] { return Produce(global, *options); }; });
}

}  // namespace millrace
