#include "stream/kafka/reader.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/check.h"
#include "core/status_macros.h"

namespace millrace {
namespace {

// Bytes of records are copied into chunks of these sizes, doubling within a Read, so that a trickle
// does not hold much and a flood does not allocate much.
constexpr size_t kFirstChunkBytes = 4 << 10;
constexpr size_t kLargestChunkBytes = 64 << 10;
constexpr size_t kChunkHeaders = 64;

constexpr uint64_t kOneEvent = 1;

}  // namespace

// Takes the records of one Read into its batch.
class KafkaReader::Draining {
 public:
  Draining(KafkaReader& reader, Input& input, size_t max_bytes, RecordBatch& batch)
      : reader_(reader), input_(input), max_bytes_(max_bytes), batch_(batch) {}

  void Take(rd_kafka_message_t& message);
  // Gives the chunks to the batch; the records' views stay as they are.
  void Finish() {
    CloseChunk();
    CloseHeaders();
  }
  int count() const { return count_; }

 private:
  void TakeRecord(const rd_kafka_message_t& message);
  std::span<const Header> TakeHeaders(const rd_kafka_message_t& message);
  absl::string_view Copy(const void* bytes, size_t size);
  void CloseChunk() {
    // A string of this size lives on the heap: moving it leaves the bytes where they are.
    if (!chunk_.empty()) batch_.Keep(std::move(chunk_));
    chunk_ = std::string();
  }
  void CloseHeaders() {
    if (!headers_.empty()) batch_.KeepHeaders(std::move(headers_));
    headers_ = std::vector<Header>();
  }

  KafkaReader& reader_;
  Input& input_;
  const size_t max_bytes_;
  RecordBatch& batch_;
  int count_ = 0;
  size_t bytes_ = 0;
  size_t chunk_bytes_ = kFirstChunkBytes;
  std::string chunk_;            // never grows beyond its first capacity
  std::vector<Header> headers_;  // neither
};

absl::string_view KafkaReader::Draining::Copy(const void* bytes, size_t size) {
  if (size == 0) return absl::string_view("", 0);
  if (chunk_.capacity() - chunk_.size() < size || chunk_.empty()) {
    CloseChunk();
    chunk_.reserve(std::max(size, chunk_bytes_));
    chunk_bytes_ = std::min(2 * chunk_bytes_, kLargestChunkBytes);
  }
  const size_t begin = chunk_.size();
  chunk_.append(static_cast<const char*>(bytes), size);
  return absl::string_view(chunk_.data() + begin, size);
}

std::span<const Header> KafkaReader::Draining::TakeHeaders(const rd_kafka_message_t& message) {
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  const size_t count = rd_kafka_header_cnt(headers);
  if (headers_.capacity() - headers_.size() < count) {
    CloseHeaders();
    headers_.reserve(std::max(count, kChunkHeaders));
  }
  const size_t begin = headers_.size();
  const char* name = nullptr;
  const void* value = nullptr;
  size_t size = 0;
  for (size_t i = 0; i < count; ++i) {
    if (rd_kafka_header_get_all(headers, i, &name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      break;
    }
    headers_.push_back({Copy(name, std::strlen(name)), Copy(value, size)});
  }
  return std::span<const Header>(headers_).subspan(begin);
}

void KafkaReader::Draining::TakeRecord(const rd_kafka_message_t& message) {
  Record record;
  record.partition = message.partition;
  record.offset = message.offset;
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  record.timestamp_ms = rd_kafka_message_timestamp(&message, &type);
  record.append_ms = record.timestamp_ms;
  record.timestamp_type = type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME ? TimestampType::kLogAppend
                                                                     : TimestampType::kCreate;
  if (message.key != nullptr) record.key = Copy(message.key, message.key_len);
  if (message.payload != nullptr) record.value = Copy(message.payload, message.len);
  record.headers = TakeHeaders(message);
  batch_.AddUncopied(record);
  ++count_;
  bytes_ += message.key_len + message.len;
  // At least one byte a record: one without key and value counts too.
  bytes_ += bytes_ == 0 ? 1 : 0;
}

void KafkaReader::Draining::Take(rd_kafka_message_t& message) {
  if (!input_.broken.ok()) return;  // what comes behind a fault is not to be given
  switch (message.err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR: break;
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
      // The offset of the end: markers and compacted records before it are behind us.
      if (message.offset >= input_.next) {
        input_.next = message.offset;
        input_.at_end = true;
      }
      return;
    default: {
      bool passing = false;
      absl::Status judged = reader_.Judge(input_, message, &passing);
      (passing ? input_.passing : input_.broken) = std::move(judged);
      return;
    }
  }
  if (message.offset < input_.next) {
    if (reader_.repeated_ != nullptr) reader_.repeated_->Add();
    return;
  }
  TakeRecord(message);
  input_.next = message.offset + 1;
  input_.at_end = false;
  if (bytes_ >= max_bytes_) rd_kafka_yield(reader_.client_->get());
}

void KafkaReader::OnMessage(rd_kafka_message_t* message, void* draining) {
  static_cast<Draining*>(draining)->Take(*message);
}

// Runs inside a callback of librdkafka: asks it nothing.
absl::Status KafkaReader::Judge(const Input& input, const rd_kafka_message_t& message,
                                bool* passing) {
  const char* detail = rd_kafka_message_errstr(&message);
  const absl::Status status =
      client_->Error(message.err,
                     absl::StrCat("reading ", KafkaName(input.where.topic, input.where.partition),
                                  " at offset ", input.next),
                     detail != nullptr ? detail : "");
  // A fault of the network, a missing leader or a right not given yet: librdkafka goes on trying.
  // Of the others the input does not recover without being told anew where to read.
  *passing = status.code() == absl::StatusCode::kUnavailable ||
             status.code() == absl::StatusCode::kPermissionDenied ||
             status.code() == absl::StatusCode::kUnauthenticated;
  return status;
}

absl::Status KafkaReader::OutOfRange(const Input& input) {
  const absl::StatusOr<OffsetRange> range = admin_.Offsets(input.where);
  return absl::OutOfRangeError(absl::StrCat(
      KafkaName(input.where.topic, input.where.partition), ": offset ", input.next,
      " is not in the log",
      range.ok() ? absl::StrCat(", which holds ", range->begin, " to ", range->end) : ""));
}

KafkaReader::KafkaReader(const KafkaLogOptions& options, KafkaAdmin& admin)
    : options_(options),
      admin_(admin),
      repeated_(options.registry == nullptr
                    ? nullptr
                    : &options.registry->GetCounter(
                          "millrace_kafka_repeated_records_total",
                          "Records dropped because the client gave them a second time.")) {}

absl::StatusOr<std::unique_ptr<KafkaReader>> KafkaReader::Open(
    const KafkaLogOptions& options, KafkaAdmin& admin, const std::vector<ReadFrom>& inputs) {
  std::unique_ptr<KafkaReader> reader(new KafkaReader(options, admin));
  std::set<TopicPartition> seen;
  for (const ReadFrom& from : inputs) {
    Input input;
    input.where = from.input;
    input.next = from.offset;
    if (!seen.insert(from.input).second) {
      return absl::InvalidArgumentError(absl::StrCat(
          KafkaName(from.input.topic, from.input.partition), " is to be read twice by one reader"));
    }
    ASSIGN_OR_RETURN(const OffsetRange range, admin.Offsets(from.input));
    if (from.offset < range.begin || from.offset > range.end) return reader->OutOfRange(input);
    input.at_end = from.offset == range.end;
    reader->inputs_.push_back(std::move(input));
  }
  reader->event_fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (reader->event_fd_ < 0) {
    return absl::ResourceExhaustedError(absl::StrCat("eventfd: ", std::strerror(errno)));
  }
  ASSIGN_OR_RETURN(
      reader->client_,
      KafkaClient::Create(options, ConsumerProperties(options, static_cast<int64_t>(inputs.size())),
                          nullptr));
  // The loss of all brokers is told on the main queue: it ends a Wait, too.
  reader->main_queue_.reset(rd_kafka_queue_get_main(reader->client_->get()));
  rd_kafka_queue_io_event_enable(reader->main_queue_.get(), reader->event_fd_, &kOneEvent,
                                 sizeof(kOneEvent));
  for (Input& input : reader->inputs_) RETURN_IF_ERROR(reader->StartReading(input));
  return reader;
}

// The group-less way to read: unlike an assignment it takes the queue together with the start, so
// that no record can go to a queue shared by all partitions first.
absl::Status KafkaReader::StartReading(Input& input) {
  input.topic.reset(rd_kafka_topic_new(client_->get(), input.where.topic.c_str(), nullptr));
  if (input.topic == nullptr) {
    return client_->Error(rd_kafka_last_error(), absl::StrCat("reading ", input.where.topic));
  }
  input.queue.reset(rd_kafka_queue_new(client_->get()));
  rd_kafka_queue_io_event_enable(input.queue.get(), event_fd_, &kOneEvent, sizeof(kOneEvent));
  if (rd_kafka_consume_start_queue(input.topic.get(), input.where.partition, input.next,
                                   input.queue.get()) != 0) {
    input.queue.reset();
    return client_->Error(rd_kafka_last_error(), absl::StrCat("reading ", input.where.topic));
  }
  return absl::OkStatus();
}

KafkaReader::~KafkaReader() {
  for (Input& input : inputs_) {
    if (input.queue == nullptr) continue;
    rd_kafka_queue_io_event_enable(input.queue.get(), -1, nullptr, 0);
    rd_kafka_consume_stop(input.topic.get(), input.where.partition);
  }
  if (main_queue_ != nullptr) rd_kafka_queue_io_event_enable(main_queue_.get(), -1, nullptr, 0);
  inputs_.clear();
  main_queue_.reset();
  client_.reset();
  if (event_fd_ >= 0) close(event_fd_);
}

std::optional<int64_t> KafkaReader::HighWatermark(const Input& input) const {
  int64_t low = -1;
  int64_t high = -1;
  const rd_kafka_resp_err_t error = rd_kafka_get_watermark_offsets(
      client_->get(), input.where.topic.c_str(), input.where.partition, &low, &high);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR || high < 0) return std::nullopt;
  return high;
}

int64_t KafkaReader::EndOffset(size_t index) const {
  const Input& input = inputs_[index];
  return std::max(input.next, HighWatermark(input).value_or(input.next));
}

// The end-of-partition event comes only when the brokers were asked again and had nothing for half
// a second; the high watermark that came with the last records says it at once.
void KafkaReader::UpdateAtEnd(Input& input) {
  const std::optional<int64_t> high = HighWatermark(input);
  if (high && input.next >= *high) input.at_end = true;
}

absl::StatusOr<int> KafkaReader::Read(size_t index, size_t max_bytes, RecordBatch* batch) {
  CHECK(index < inputs_.size());
  Input& input = inputs_[index];
  if (!input.broken.ok()) return input.broken;
  Draining draining(*this, input, max_bytes, *batch);
  rd_kafka_consume_callback_queue(input.queue.get(), 0, &KafkaReader::OnMessage, &draining);
  draining.Finish();
  if (input.broken.code() == absl::StatusCode::kOutOfRange) input.broken = OutOfRange(input);
  if (!input.at_end) UpdateAtEnd(input);
  if (draining.count() > 0) return draining.count();
  rd_kafka_poll(client_->get(), 0);
  if (client_->TakeAllBrokersDown()) brokers_lost_ = true;
  if (!input.broken.ok()) return input.broken;
  if (!input.passing.ok()) return std::exchange(input.passing, absl::OkStatus());
  if (std::exchange(brokers_lost_, false)) {
    return client_->Error(
        RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
        absl::StrCat("reading ", KafkaName(input.where.topic, input.where.partition)));
  }
  return 0;
}

bool KafkaReader::AnythingQueued() const {
  // A broken input has no records any more, whatever its queue holds.
  return std::any_of(inputs_.begin(), inputs_.end(), [](const Input& input) {
    return input.broken.ok() &&
           (!input.passing.ok() || rd_kafka_queue_length(input.queue.get()) > 0);
  });
}

void KafkaReader::Wait(absl::Duration timeout) {
  const KafkaDeadline deadline(*options_.clock, timeout);
  while (true) {
    rd_kafka_poll(client_->get(), 0);
    if (client_->TakeAllBrokersDown()) brokers_lost_ = true;
    // Whatever is looked at here wrote to the descriptor when it came about: if it comes about
    // after the look, the descriptor is readable.
    if (woken_.exchange(false) || brokers_lost_ || AnythingQueued() || deadline.Passed()) return;
    pollfd event{event_fd_, POLLIN, 0};
    poll(&event, 1, deadline.LeftMs());
    uint64_t events = 0;
    while (read(event_fd_, &events, sizeof(events)) < 0 && errno == EINTR) {
    }
  }
}

void KafkaReader::Wake() {
  woken_ = true;
  while (write(event_fd_, &kOneEvent, sizeof(kOneEvent)) < 0 && errno == EINTR) {
  }
}

}  // namespace millrace
