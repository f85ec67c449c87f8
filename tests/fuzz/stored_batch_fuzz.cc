// Batches of the embedded log: damage is found out by the checksum, and bodies that are not what
// EncodeBody writes are refused even where the checksum is right. The input is a batch without its
// checksum.

#include <memory>
#include <string>
#include <vector>

#include "core/check.h"
#include "core/coding.h"
#include "core/hashing.h"
#include "stream/embedded/stored_batch.h"
#include "tests/fuzz/target.h"

namespace millrace {
namespace {

constexpr absl::string_view kKey = "key";

// The bytes of a batch around `content`, whose checksum holds.
std::shared_ptr<const std::string> Sealed(absl::string_view content) {
  auto batch = std::make_shared<std::string>();
  PutBig32(batch.get(), Crc32c(content, Crc32c(kKey)));
  batch->append(content.data(), content.size());
  return batch;
}

AppendRecord AsAppended(const Record& record) {
  AppendRecord appended;
  appended.key = record.key;
  appended.value = record.value;
  if (record.timestamp_type == TimestampType::kCreate) appended.timestamp_ms = record.timestamp_ms;
  appended.headers = record.headers;
  return appended;
}

// The records' bodies written again.
std::string Bodies(const RecordBatch& records) {
  std::string bodies;
  for (const Record& record : records.records()) {
    const size_t before = bodies.size();
    const AppendRecord appended = AsAppended(record);
    EncodeBody(appended, &bodies);
    CHECK(bodies.size() - before == EncodedBodyBytes(appended));
  }
  return bodies;
}

// All records of the batch; false when a body is malformed.
bool TakeAll(const BatchInfo& info, const std::shared_ptr<const std::string>& batch,
             RecordBatch* records) {
  BatchCursor cursor(info, 0, batch);
  while (!cursor.done()) {
    int64_t bytes_left = 64;
    int taken = 0;
    if (!cursor.Take(&bytes_left, records, &taken)) return false;
    CHECK(taken > 0);
  }
  return true;
}

}  // namespace

Verdict FuzzTarget(absl::string_view input) {
  BatchInfo info;
  // The input as a whole batch would need the right checksum by chance.
  if (OpenBatch(kKey, input, &info)) CHECK(input.size() >= kBatchHeaderBytes);
  const auto batch = Sealed(input);
  if (!OpenBatch(kKey, *batch, &info)) return Verdict::kRefused;
  CHECK(!OpenBatch("other", *batch, &info));
  CHECK(OpenBatch(kKey, *batch, &info));
  RecordBatch records;
  if (!TakeAll(info, batch, &records)) return Verdict::kRefused;
  CHECK(records.records().size() == info.records);

  info.headers = 0;
  for (const Record& record : records.records()) {
    info.headers += static_cast<uint32_t>(record.headers.size());
  }
  std::string again(kBatchHeaderBytes, '\0');
  again += Bodies(records);
  SealBatch(kKey, info, &again);
  RecordBatch same;
  CHECK(OpenBatch(kKey, again, &info));
  CHECK(TakeAll(info, std::make_shared<const std::string>(again), &same));
  CHECK(Bodies(same) == Bodies(records));
  BatchCursor cursor(info, 0, batch);
  CHECK(cursor.SkipTo(info.end_offset()) && cursor.done());
  return Verdict::kAccepted;
}

}  // namespace millrace
