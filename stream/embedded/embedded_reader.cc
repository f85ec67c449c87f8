#include "stream/embedded/embedded_reader.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"

namespace millrace {

EmbeddedReader::EmbeddedReader(std::vector<Input> inputs, const BatchStore& store, Clock& clock)
    : inputs_(std::move(inputs)), store_(store), clock_(clock) {
  for (Input& input : inputs_) input.partition->AddBell(&bell_);
}

EmbeddedReader::~EmbeddedReader() {
  for (Input& input : inputs_) input.partition->RemoveBell(&bell_);
}

absl::StatusOr<int> EmbeddedReader::Read(size_t index, size_t max_bytes, RecordBatch* batch) {
  constexpr size_t kMostBytes = size_t{1} << 40;  // counts below never overflow
  int taken = 0;
  const absl::Status status =
      ReadOn(inputs_[index], static_cast<int64_t>(std::clamp<size_t>(max_bytes, 1, kMostBytes)),
             batch, &taken);
  // An error behind good records is met again by the next call, which then has only the error.
  if (taken == 0 && !status.ok()) return status;
  return taken;
}

absl::Status EmbeddedReader::ReadOn(Input& input, int64_t bytes_left, RecordBatch* batch,
                                    int* taken) {
  RETURN_IF_ERROR(input.partition->CheckOffset(input.next_offset));
  const int64_t end = input.partition->end();
  RETURN_IF_ERROR(TakeFrom(input, &bytes_left, batch, taken));
  while (input.next_offset < end && bytes_left > 0) {
    const std::vector<TailBatch> tail = input.partition->TailFrom(input.next_offset, bytes_left);
    if (tail.empty()) {
      RETURN_IF_ERROR(ReadStored(input, end, &bytes_left, batch, taken));
      continue;
    }
    for (const TailBatch& found : tail) {
      input.cursor = BatchCursor(found.info, input.partition->number, found.bytes);
      RETURN_IF_ERROR(TakeFrom(input, &bytes_left, batch, taken));
      if (bytes_left <= 0) break;
    }
  }
  return absl::OkStatus();
}

absl::Status EmbeddedReader::ReadStored(Input& input, int64_t end, int64_t* bytes_left,
                                        RecordBatch* batch, int* taken) {
  ASSIGN_OR_RETURN(const std::unique_ptr<BatchIterator> batches, store_.Batches(*input.partition));
  absl::Status found = batches->Seek(input.next_offset);
  while (found.ok()) {
    input.cursor = BatchCursor(
        batches->info(), input.partition->number,
        std::make_shared<const std::string>(batches->bytes().data(), batches->bytes().size()));
    RETURN_IF_ERROR(TakeFrom(input, bytes_left, batch, taken));
    if (*bytes_left <= 0 || input.next_offset >= end) return absl::OkStatus();
    found = batches->Next();
  }
  // Retention may have passed the reader by since its offset was checked.
  RETURN_IF_ERROR(input.partition->CheckOffset(input.next_offset));
  return found;
}

absl::Status EmbeddedReader::TakeFrom(Input& input, int64_t* bytes_left, RecordBatch* batch,
                                      int* taken) {
  if (input.cursor.done()) return absl::OkStatus();
  const bool sound =
      input.cursor.SkipTo(input.next_offset) && input.cursor.Take(bytes_left, batch, taken);
  input.next_offset = input.cursor.next_offset();
  if (sound) {
    if (input.cursor.done()) input.cursor = BatchCursor();  // lets go of the bytes
    return absl::OkStatus();
  }
  input.cursor = BatchCursor();
  return absl::DataLossError(absl::StrCat("topic \"", input.partition->topic, "\" partition ",
                                          input.partition->number, " offset ", input.next_offset,
                                          ": malformed record"));
}

int64_t EmbeddedReader::EndOffset(size_t index) const {
  return std::max(inputs_[index].next_offset, inputs_[index].partition->end());
}

bool EmbeddedReader::AtEnd(size_t index) const {
  return inputs_[index].next_offset >= inputs_[index].partition->end();
}

bool EmbeddedReader::AnyBehind() const {
  return std::any_of(inputs_.begin(), inputs_.end(), [](const Input& input) {
    return input.next_offset < input.partition->end() || input.partition->deleted();
  });
}

void EmbeddedReader::Wait(absl::Duration timeout) {
  const auto ready = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(bell_.mutex) {
    return bell_.woken || AnyBehind();
  };
  absl::MutexLock lock(&bell_.mutex);
  clock_.AwaitWithTimeout(bell_.mutex, absl::Condition(&ready), timeout);
  bell_.woken = false;
}

}  // namespace millrace
