// DeadLetter: the record that tells of a rejected one: its key, value and headers untouched, and
// why and whence in further headers (docs/reference/dead-letters.md). The same record and rejection
// always give the same bytes.

#ifndef MILLRACE_STREAM_DEAD_LETTER_H_
#define MILLRACE_STREAM_DEAD_LETTER_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "stream/decode/decoder.h"
#include "stream/log.h"
#include "stream/record_batch.h"

namespace millrace {

inline constexpr absl::string_view kErrorCodeHeader = "millrace-error-code";
inline constexpr absl::string_view kErrorMessageHeader = "millrace-error-message";
inline constexpr absl::string_view kSourceTopicHeader = "millrace-source-topic";
inline constexpr absl::string_view kSourcePartitionHeader = "millrace-source-partition";
inline constexpr absl::string_view kSourceOffsetHeader = "millrace-source-offset";

// Longer messages are cut, at the end of a character.
inline constexpr size_t kMaxErrorMessageBytes = 1024;

// "<topic>.dlq"
std::string DeadLetterTopic(absl::string_view topic);

// Thread-compatible. Neither copied nor moved: record() points into it (keep several in a deque).
class DeadLetter {
 public:
  // REQUIRES: what `record` points into outlives this.
  DeadLetter(absl::string_view source_topic, const Record& record, const Rejection& rejection);
  DeadLetter(const DeadLetter&) = delete;
  DeadLetter& operator=(const DeadLetter&) = delete;

  // Valid as long as this object and the rejected record's bytes. Its partition is left to the
  // log: the topic may have another number of them. Its timestamp is the rejected record's, which
  // may be its event time.
  const AppendRecord& record() const { return record_; }

 private:
  const std::string topic_;
  const std::string source_topic_;
  const std::string message_;
  const std::string partition_;
  const std::string offset_;
  std::vector<Header> headers_;
  AppendRecord record_;
};

}  // namespace millrace

#endif  // MILLRACE_STREAM_DEAD_LETTER_H_
