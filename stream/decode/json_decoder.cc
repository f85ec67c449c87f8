// JSON through simdjson's DOM: unlike its On-Demand interface it checks the whole record, also what
// the schema does not name, so that what is no JSON is rejected whatever the schema is. It is also
// the faster of the two here: it picks the machine's vector instructions when the process starts,
// On-Demand when it is compiled, and our builds are portable.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/check.h"
#include "simdjson.h"
#include "stream/decode/decoder.h"
#include "stream/decode/json_fault.h"
#include "stream/expr/time_text.h"

namespace millrace {
namespace {

namespace dom = simdjson::dom;

absl::string_view TypeOf(const dom::element& element) {
  switch (element.type()) {
    case dom::element_type::ARRAY: return "an array";
    case dom::element_type::OBJECT: return "an object";
    case dom::element_type::STRING: return "a string";
    case dom::element_type::BOOL: return "a bool";
    case dom::element_type::NULL_VALUE: return "null";
    case dom::element_type::DOUBLE: return "a number with a fraction or exponent";
    default: return "an integer";
  }
}

absl::string_view StringOf(const dom::element& element) {
  const std::string_view text = element.get_string().value_unsafe();
  return {text.data(), text.size()};
}

// A member of the record that is wanted: a field of the schema, the event time, or both.
struct Target {
  std::string name;
  int field = -1;
  bool is_time = false;
  int next = -1;              // in the same bucket
  uint64_t seen_in = 0;       // the record that had it last
  std::string decoded_bytes;  // of a field of bytes
};

// Finds targets by name with one small table: records have few fields, and most keys miss.
class TargetTable {
 public:
  TargetTable() { buckets_.fill(-1); }

  Target& GetOrAdd(absl::string_view name) {
    if (Target* found = Find(name)) return *found;
    int& bucket = buckets_[BucketOf(name)];
    targets_.push_back({.name = std::string(name), .next = bucket, .decoded_bytes = {}});
    bucket = static_cast<int>(targets_.size() - 1);
    return targets_.back();
  }

  Target* Find(absl::string_view name) {
    for (int i = buckets_[BucketOf(name)]; i >= 0; i = targets_[static_cast<size_t>(i)].next) {
      Target& target = targets_[static_cast<size_t>(i)];
      if (target.name == name) return &target;
    }
    return nullptr;
  }

 private:
  static size_t BucketOf(absl::string_view name) {
    if (name.empty()) return 0;
    const auto byte = [name](size_t i) { return static_cast<unsigned char>(name[i]); };
    const size_t middle = byte(name.size() / 2);
    return (name.size() * 31 + byte(0) * 7 + middle * 3 + byte(name.size() - 1)) % 256;
  }

  std::array<int, 256> buckets_;
  std::vector<Target> targets_;
};

class JsonDecoder final : public Decoder {
 public:
  explicit JsonDecoder(DecoderOptions options) : options_(std::move(options)) {
    for (size_t i = 0; i < options_.schema.fields.size(); ++i) {
      targets_.GetOrAdd(options_.schema.fields[i].name).field = static_cast<int>(i);
    }
    if (options_.time_field.has_value()) targets_.GetOrAdd(*options_.time_field).is_time = true;
  }

  std::optional<Rejection> Decode(const Record& record, DecodedRecord* out) override {
    ++record_number_;
    out->inserts = true;
    out->retracts = false;
    out->id.reset();
    out->row.fields.assign(options_.schema.fields.size(), Value::Null());
    if (DecodeValue(record, out)) return std::nullopt;
    return std::move(rejection_);
  }

 private:
  bool Reject(RejectCode code, std::string message) {
    rejection_ = {code, std::move(message)};
    return false;
  }

  bool DecodeValue(const Record& record, DecodedRecord* out) {
    if (!record.value.has_value()) return Reject(RejectCode::kMalformed, "no value");
    const absl::string_view text = *record.value;
    if (text.size() > options_.max_record_bytes) {
      return Reject(RejectCode::kTooLarge,
                    absl::StrCat(text.size(), " bytes; the limit is ", options_.max_record_bytes));
    }
    Reserve(text.size());
    if (!text.empty()) std::memcpy(padded_.get(), text.data(), text.size());
    dom::element root;
    const simdjson::error_code error =
        parser_
            .parse_into_document(document_, padded_.get(), text.size(),
                                 /*realloc_if_needed=*/false)
            .get(root);
    if (error != simdjson::SUCCESS) return RejectText(error, text);
    dom::object object;
    if (root.get_object().get(object) != simdjson::SUCCESS) {
      return Reject(RejectCode::kMalformed,
                    absl::StrCat("expected an object, found ", TypeOf(root)));
    }
    has_time_ = false;
    if (!ReadMembers(object, out)) return false;
    if (!options_.time_field.has_value()) return ReadRecordTime(record, &out->row.event_time_ms);
    if (has_time_) return true;
    return Reject(RejectCode::kTime,
                  absl::StrCat("event time '", *options_.time_field, "' is missing or null"));
  }

  bool ReadRecordTime(const Record& record, int64_t* ms) {
    *ms = record.timestamp_ms;
    if (*ms >= kMinTimestampMs && *ms <= kMaxTimestampMs) return true;
    return Reject(RejectCode::kTime, "the record's timestamp is outside the years 1 to 9999");
  }

  bool ReadMembers(const dom::object& object, DecodedRecord* out) {
    int members = 0;
    for (const dom::key_value_pair member : object) {
      if (++members > options_.max_members) {
        return Reject(RejectCode::kTooLarge,
                      absl::StrCat("more than ", options_.max_members, " members"));
      }
      Target* const target = targets_.Find({member.key.data(), member.key.size()});
      if (target == nullptr) continue;
      // Which of two values is meant is not ours to guess; parsers differ.
      if (std::exchange(target->seen_in, record_number_) == record_number_) {
        return Reject(RejectCode::kMalformed,
                      absl::StrCat("field '", target->name, "' stands twice"));
      }
      if (member.value.is_null()) continue;
      if (target->is_time && !ReadEventTime(*target, member.value, &out->row.event_time_ms)) {
        return false;
      }
      if (target->field < 0) continue;
      const auto i = static_cast<size_t>(target->field);
      const Field& field = options_.schema.fields[i];
      if (!ReadField(field, member.value, target, &out->row.fields[i])) return false;
    }
    return true;
  }

  // Room for a text of this size, its padding and its tape; grows and never shrinks.
  void Reserve(size_t bytes) {
    if (bytes <= capacity_ && padded_ != nullptr) return;
    capacity_ = std::max<size_t>(capacity_, 4096);
    while (capacity_ < bytes) capacity_ *= 2;
    padded_ = std::make_unique<char[]>(capacity_ + simdjson::SIMDJSON_PADDING);
    // simdjson's limit is the first depth refused. Both fail only when there is no memory.
    const auto depth = static_cast<size_t>(options_.max_depth) + 1;
    CHECK(parser_.allocate(capacity_, depth) == simdjson::SUCCESS);
    CHECK(document_.allocate(capacity_) == simdjson::SUCCESS);
  }

  bool RejectText(simdjson::error_code error, absl::string_view text) {
    if (error == simdjson::DEPTH_ERROR) {
      return Reject(RejectCode::kTooLarge, absl::StrCat("nested deeper than ", options_.max_depth));
    }
    if (const auto fault = FindJsonFault(text, options_.max_depth)) {
      return Reject(RejectCode::kMalformed,
                    absl::StrCat("byte ", fault->byte, ": ", fault->problem));
    }
    if (error == simdjson::NUMBER_ERROR) {
      return Reject(RejectCode::kRange, "a number fits neither 64 bits nor a double");
    }
    return Reject(RejectCode::kMalformed, simdjson::error_message(error));
  }

  bool WrongType(const Field& field, const dom::element& element) {
    return Reject(RejectCode::kSchema,
                  absl::StrCat("field '", field.name, "' must be ", ValueTypeName(field.type),
                               ", found ", TypeOf(element)));
  }

  bool ReadField(const Field& field, const dom::element& element, Target* target, Value* out) {
    switch (field.type.type) {
      case Type::kBool: {
        bool v;
        if (element.get_bool().get(v) != simdjson::SUCCESS) return WrongType(field, element);
        *out = Value::Bool(v);
        return true;
      }
      case Type::kInt: return ReadInt(field, element, out);
      case Type::kDouble: return ReadDouble(field, element, out);
      case Type::kString:
        if (!element.is_string()) return WrongType(field, element);
        *out = Value::String(StringOf(element));
        return true;
      case Type::kBytes:
        if (!element.is_string()) return WrongType(field, element);
        if (!absl::Base64Unescape(StringOf(element), &target->decoded_bytes)) {
          return Reject(RejectCode::kSchema,
                        absl::StrCat("field '", field.name, "' is not base64"));
        }
        *out = Value::Bytes(target->decoded_bytes);
        return true;
      case Type::kTimestamp: return ReadTimestamp(field, element, out);
      case Type::kDuration: return ReadDuration(field, element, out);
      default: return WrongType(field, element);
    }
    return true;
  }

  bool CheckRange(const Field& field, double v) {
    const bool low = field.min.has_value() && !(v >= *field.min);
    const bool high = field.max.has_value() && !(v <= *field.max);
    if (!low && !high) return true;
    std::string bounds;
    if (field.min.has_value()) absl::StrAppend(&bounds, " less than ", *field.min);
    if (field.min.has_value() && field.max.has_value()) bounds += " or";
    if (field.max.has_value()) absl::StrAppend(&bounds, " greater than ", *field.max);
    return Reject(RejectCode::kRange, absl::StrCat("field '", field.name, "' is", bounds));
  }

  bool ReadInt(const Field& field, const dom::element& element, Value* out) {
    if (element.is_int64()) {
      const int64_t v = element.get_int64().value_unsafe();
      *out = Value::Int(v);
      return CheckRange(field, static_cast<double>(v));
    }
    if (element.is_uint64()) {
      return Reject(RejectCode::kRange,
                    absl::StrCat("field '", field.name, "' does not fit an int of 64 bits"));
    }
    return WrongType(field, element);
  }

  bool ReadDouble(const Field& field, const dom::element& element, Value* out) {
    // Of any JSON number; the parser refuses those that are not finite.
    double v;
    if (!element.is_number() || element.get_double().get(v) != simdjson::SUCCESS) {
      return WrongType(field, element);
    }
    *out = Value::Double(v);
    return CheckRange(field, v);
  }

  enum class TimeFault : uint8_t { kNone, kWrongType, kNotRfc3339, kAbsurd };

  // RFC 3339 text, or a number in the source's unit.
  TimeFault ReadTime(const dom::element& element, int64_t* ms) const {
    if (element.is_string()) {
      const std::optional<int64_t> parsed = ParseRfc3339(StringOf(element));
      if (!parsed.has_value()) return TimeFault::kNotRfc3339;
      *ms = *parsed;
      return TimeFault::kNone;
    }
    if (!element.is_number() || options_.time_unit == TimeUnit::kRfc3339) {
      return TimeFault::kWrongType;
    }
    const TimeUnit unit = options_.time_unit;
    if (element.is_int64()) {
      *ms = element.get_int64().value_unsafe();
      if (unit == TimeUnit::kSeconds && __builtin_mul_overflow(*ms, int64_t{1000}, ms)) {
        return TimeFault::kAbsurd;
      }
      if (unit == TimeUnit::kMicros) *ms = FloorDiv(*ms, 1000);
    } else if (element.is_uint64()) {
      return TimeFault::kAbsurd;
    } else {
      // 1357034400.123 has no exact double: to the nearest microsecond first, then down.
      const double micros = element.get_double().value_unsafe() * (unit == TimeUnit::kSeconds  ? 1e6
                                                                   : unit == TimeUnit::kMillis ? 1e3
                                                                                               : 1);
      if (!(std::fabs(micros) < 9e18)) return TimeFault::kAbsurd;
      *ms = FloorDiv(std::llround(micros), 1000);
    }
    return *ms < kMinTimestampMs || *ms > kMaxTimestampMs ? TimeFault::kAbsurd : TimeFault::kNone;
  }

  bool ReadEventTime(const Target& target, const dom::element& element, int64_t* ms) {
    const TimeFault fault = ReadTime(element, ms);
    if (fault == TimeFault::kNone) {
      has_time_ = true;
      return true;
    }
    std::string message = absl::StrCat("event time '", target.name, "' ");
    if (fault == TimeFault::kWrongType) {
      const bool text = options_.time_unit == TimeUnit::kRfc3339;
      absl::StrAppend(&message, "must be ", text ? "an RFC 3339 string" : "a number", ", found ",
                      TypeOf(element));
      return Reject(RejectCode::kSchema, std::move(message));
    }
    message += fault == TimeFault::kNotRfc3339 ? "is no time of RFC 3339"
                                               : "is outside the years 1 to 9999";
    return Reject(RejectCode::kTime, std::move(message));
  }

  bool ReadTimestamp(const Field& field, const dom::element& element, Value* out) {
    int64_t ms;
    switch (ReadTime(element, &ms)) {
      case TimeFault::kNone: *out = Value::Timestamp(ms); return true;
      case TimeFault::kWrongType: return WrongType(field, element);
      case TimeFault::kNotRfc3339:
        return Reject(RejectCode::kSchema,
                      absl::StrCat("field '", field.name, "' is no time of RFC 3339"));
      case TimeFault::kAbsurd:
        return Reject(RejectCode::kRange,
                      absl::StrCat("field '", field.name, "' is outside the years 1 to 9999"));
    }
    return true;
  }

  // Text such as "1h30m", or an integer in the source's unit (milliseconds if that is RFC 3339).
  bool ReadDuration(const Field& field, const dom::element& element, Value* out) {
    if (element.is_string()) {
      const std::optional<int64_t> ms = ParseDurationText(StringOf(element));
      if (!ms.has_value()) {
        return Reject(RejectCode::kSchema, absl::StrCat("field '", field.name, "' is no duration"));
      }
      *out = Value::Duration(*ms);
      return true;
    }
    if (!element.is_int64()) return WrongType(field, element);
    int64_t ms = element.get_int64().value_unsafe();
    if (options_.time_unit == TimeUnit::kMicros) ms = FloorDiv(ms, 1000);
    if (options_.time_unit == TimeUnit::kSeconds &&
        __builtin_mul_overflow(ms, int64_t{1000}, &ms)) {
      return Reject(RejectCode::kRange, absl::StrCat("field '", field.name, "' is too long"));
    }
    *out = Value::Duration(ms);
    return true;
  }

  const DecoderOptions options_;
  TargetTable targets_;
  dom::parser parser_;
  dom::document document_;  // the current record's; strings are views into it
  std::unique_ptr<char[]> padded_;
  size_t capacity_ = 0;
  uint64_t record_number_ = 0;
  bool has_time_ = false;  // the current record's event time was read
  Rejection rejection_;
};

}  // namespace

std::unique_ptr<Decoder> MakeJsonDecoder(DecoderOptions options) {
  return std::make_unique<JsonDecoder>(std::move(options));
}

}  // namespace millrace
