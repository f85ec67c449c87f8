// Decoder: the bytes of a record's value → the typed fields of its source. Owned by one thread.

#ifndef MILLRACE_STREAM_DECODE_DECODER_H_
#define MILLRACE_STREAM_DECODE_DECODER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/value.h"
#include "stream/record_batch.h"
#include "stream/schema.h"

namespace millrace {

// Why a record was rejected; the words of the dead letter's header
// (docs/reference/dead-letters.md).
enum class RejectCode : uint8_t {
  kMalformed,      // not what the format says
  kSchema,         // a field of another type
  kRange,          // a number outside the declared range, or not finite
  kTime,           // event time missing, null or absurd
  kId,             // id missing or null
  kFuture,         // dated further ahead of its append time than future_skew
  kLate,           // later than the retention of its source
  kTooLarge,       // larger than the limit of a record
  kUnknownSchema,  // a schema id that the registry does not know
  kExpression,     // an expression of the source failed
};
// "malformed", "schema", …
absl::string_view RejectCodeName(RejectCode code);

struct Rejection {
  RejectCode code = RejectCode::kMalformed;
  std::string message;  // located: names the field or the byte
  // What is missing to judge the record may come, such as a schema registry that does not answer:
  // not the record's fault, which must be decoded again later instead of being given up.
  bool transient = false;
};

enum class TimeUnit : uint8_t { kMillis, kSeconds, kMicros, kRfc3339 };

// Encoding of the bytes of a value.
enum class RecordFormat : uint8_t { kJson, kAvro, kProtobuf };

// What stands around those bytes.
enum class Envelope : uint8_t {
  kAuto,      // CloudEvents where a record's headers say so, else nothing
  kNone,      // nothing
  kDebezium,  // a change of a database row
};

// What stands before the bytes, or in a header, to say which schema they are of.
enum class Framing : uint8_t { kNone, kConfluent };

// How Confluent's framing writes the indices of a Protobuf message.
enum class MessageIndices : uint8_t {
  kZigZag,
  kPlain,  // serializers with use.deprecated.format
};

class RecordSchema;    // stream/decode/record_schema.h
class SchemaRegistry;  // stream/decode/schema_registry.h

struct DecoderOptions {
  Schema schema;
  // Field that holds the event time; absent: the record's timestamp.
  std::optional<std::string> time_field;
  TimeUnit time_unit = TimeUnit::kMillis;
  RecordFormat format = RecordFormat::kJson;
  Framing framing = Framing::kNone;
  // Of Avro and Protobuf: the schema of all records without framing, the registry with it.
  // REQUIRES: CheckRecordSchema(…) finds nothing.
  std::shared_ptr<const RecordSchema> record_schema;
  std::shared_ptr<SchemaRegistry> registry;
  std::string message;  // of a Protobuf schema, by full name; empty: its only one
  MessageIndices message_indices = MessageIndices::kZigZag;
  // kDebezium REQUIRES time_field: a change takes its row back at the time it was inserted for.
  Envelope envelope = Envelope::kAuto;
  size_t max_record_bytes = 1 << 20;
  int max_depth = 32;
  int max_members = 1024;
  int max_items = 65'536;  // of one list or map
};

// What a record says happened: one row, placed in event time.
struct DecodedRow {
  int64_t event_time_ms = 0;
  std::vector<Value> fields;  // by Schema index; missing and null fields are null
};

// A decoded record: reused from call to call, its values are views into it or into the record.
// What it says: that `row` happened, that `before` did not happen after all, or both (a change).
// Neither: a tombstone, or a message of the envelope that concerns no row.
struct DecodedRecord {
  bool inserts = true;
  DecodedRow row;  // meaningful while `inserts`
  bool retracts = false;
  DecodedRow before;  // meaningful while `retracts`
  // What the envelope calls the record: equal for copies of one event, different for different
  // events of a topic. Of CloudEvents its source and id.
  std::optional<absl::string_view> id;
};

class Decoder {
 public:
  virtual ~Decoder() = default;

  // Fills *out, or returns why not. The values stay valid until the next call and as long as the
  // record's bytes. Never crashes on any input; cost is linear in its size.
  virtual std::optional<Rejection> Decode(const Record& record, DecodedRecord* out) = 0;
};

// What a record schema cannot give of the fields that are wanted.
struct FieldFault {
  std::string field;
  std::string message;
};
// Of the options' record_schema, by field; none when they have none. Errors: InvalidArgument when
// it has no such message.
absl::StatusOr<std::vector<FieldFault>> CheckRecordSchema(const DecoderOptions& options);

// A record whose header of this name is `true` takes back what it would have said without.
inline constexpr absl::string_view kRetractHeader = "millrace-retract";

// The decoder of a source. It honours kRetractHeader in every format. A record without value says
// nothing of rows; without a key too it is malformed, but in a Debezium envelope.
std::unique_ptr<Decoder> MakeDecoder(DecoderOptions options);

}  // namespace millrace

#endif  // MILLRACE_STREAM_DECODE_DECODER_H_
