#include "stream/decode/slot_writer.h"

#include <cmath>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "stream/expr/time_text.h"

namespace millrace {
namespace {

enum class TimeFault : uint8_t { kNone, kWrongType, kNotRfc3339, kAbsurd };

// RFC 3339 text, a time of the format, or a number in the source's unit.
TimeFault ReadTime(const RawValue& raw, TimeUnit unit, int64_t* ms) {
  if (raw.kind == RawKind::kText) {
    const std::optional<int64_t> parsed = ParseRfc3339(raw.text);
    if (!parsed.has_value()) return TimeFault::kNotRfc3339;
    *ms = *parsed;
    return TimeFault::kNone;
  }
  *ms = raw.integer;
  if (raw.kind != RawKind::kMillis) {
    const bool number =
        raw.kind == RawKind::kInt || raw.kind == RawKind::kDouble || raw.kind == RawKind::kTooLarge;
    if (!number || unit == TimeUnit::kRfc3339) return TimeFault::kWrongType;
    if (raw.kind == RawKind::kTooLarge) return TimeFault::kAbsurd;
    if (raw.kind == RawKind::kInt) {
      if (unit == TimeUnit::kSeconds && __builtin_mul_overflow(*ms, int64_t{1000}, ms)) {
        return TimeFault::kAbsurd;
      }
      if (unit == TimeUnit::kMicros) *ms = FloorDiv(*ms, 1000);
    } else {
      // 1357034400.123 has no exact double: to the nearest microsecond first, then down.
      const double micros = raw.real * (unit == TimeUnit::kSeconds  ? 1e6
                                        : unit == TimeUnit::kMillis ? 1e3
                                                                    : 1);
      if (!(std::fabs(micros) < 9e18)) return TimeFault::kAbsurd;
      *ms = FloorDiv(std::llround(micros), 1000);
    }
  }
  return *ms < kMinTimestampMs || *ms > kMaxTimestampMs ? TimeFault::kAbsurd : TimeFault::kNone;
}

}  // namespace

absl::string_view RawKindName(RawKind kind) {
  switch (kind) {
    case RawKind::kNull: return "null";
    case RawKind::kBool: return "a bool";
    case RawKind::kInt:
    case RawKind::kTooLarge: return "an integer";
    case RawKind::kDouble: return "a number with a fraction or exponent";
    case RawKind::kText: return "a string";
    case RawKind::kBytes: return "bytes";
    case RawKind::kMillis: return "a timestamp";
    case RawKind::kSpan: return "a duration";
    case RawKind::kArray: return "an array";
    case RawKind::kObject: return "an object";
  }
  return "something else";
}

SlotWriter::SlotWriter(std::vector<Slot> slots, TimeUnit unit, int64_t max_items)
    : slots_(std::move(slots)),
      unit_(unit),
      max_items_(max_items),
      values_(slots_.size()),
      bytes_(slots_.size()),
      collections_(slots_.size()) {
  for (const Slot& slot : slots_) {
    const bool ranged = slot.field.min.has_value() || slot.field.max.has_value();
    plain_types_.push_back(ranged ? Type::kNull : slot.field.type.type);
  }
}

void SlotWriter::Clear() { values_.assign(values_.size(), Value::Null()); }

bool SlotWriter::Reject(Rejection rejection) {
  rejection_ = std::move(rejection);
  return false;
}

bool SlotWriter::PutOther(int slot, const RawValue& raw) {
  if (raw.kind == RawKind::kNull) return true;
  const auto i = static_cast<size_t>(slot);
  const Slot& target = slots_[i];
  if (!Convert({&target}, target.field.type.type, raw, &bytes_[i], &values_[i])) return false;
  if (!target.field.min.has_value() && !target.field.max.has_value()) return true;
  return CheckRange(target.field, values_[i].type() == Type::kDouble
                                      ? values_[i].double_value()
                                      : static_cast<double>(values_[i].int_value()));
}

bool SlotWriter::Collects(int slot, RawKind kind) const {
  const Type type = slots_[static_cast<size_t>(slot)].field.type.type;
  return kind == RawKind::kArray ? type == Type::kList || type == Type::kVector
                                 : kind == RawKind::kObject && type == Type::kMap;
}

void SlotWriter::BeginCollection(int slot) {
  Collection& collection = collections_[static_cast<size_t>(slot)];
  collection.items = 0;
  collection.list.Clear();
  collection.map.Clear();
  collection.components.clear();
}

bool SlotWriter::PutItem(int slot, const RawValue& raw) {
  const auto i = static_cast<size_t>(slot);
  const Slot& target = slots_[i];
  Collection& collection = collections_[i];
  const Place place = {&target, collection.items};
  if (++collection.items > max_items_) {
    return Reject(RejectCode::kTooLarge, absl::StrCat("field '", target.field.name,
                                                      "' has more than ", max_items_, " items"));
  }
  const bool vector = target.field.type.type == Type::kVector;
  if (vector && raw.kind == RawKind::kNull) {
    return Reject(RejectCode::kSchema,
                  absl::StrCat("item ", place.item, " of field '", target.field.name, "' is null"));
  }
  Value item;
  if (raw.kind != RawKind::kNull &&
      !Convert(place, target.field.type.element, raw, &item_bytes_, &item)) {
    return false;
  }
  if (vector) {
    collection.components.push_back(item.double_value());
  } else {
    collection.list.Add(item);
  }
  return true;
}

bool SlotWriter::PutEntry(int slot, absl::string_view key, const RawValue& raw) {
  const auto i = static_cast<size_t>(slot);
  const Slot& target = slots_[i];
  Collection& collection = collections_[i];
  if (++collection.items > max_items_) {
    return Reject(RejectCode::kTooLarge, absl::StrCat("field '", target.field.name,
                                                      "' has more than ", max_items_, " entries"));
  }
  Value item;
  if (raw.kind != RawKind::kNull &&
      !Convert({&target, 0, key}, target.field.type.element, raw, &item_bytes_, &item)) {
    return false;
  }
  collection.map.Add(key, item);
  return true;
}

bool SlotWriter::EndCollection(int slot, EqualKeys equal_keys) {
  const auto i = static_cast<size_t>(slot);
  const Field& field = slots_[i].field;
  Collection& collection = collections_[i];
  if (field.type.type == Type::kMap) {
    values_[i] = collection.map.Finish();
    if (equal_keys == EqualKeys::kLastHolds || CollectionSize(values_[i]) == collection.items) {
      return true;
    }
    return Reject(RejectCode::kMalformed,
                  absl::StrCat("a key of field '", field.name, "' stands twice"));
  }
  if (field.type.type == Type::kList) {
    values_[i] = collection.list.value();
    return true;
  }
  if (collection.items != field.type.dim) {
    return Reject(RejectCode::kSchema,
                  absl::StrCat("field '", field.name, "' must have ", field.type.dim,
                               " items, found ", collection.items));
  }
  values_[i] = MakeVector(collection.components, &bytes_[i]);
  return true;
}

namespace {

std::string Subject(absl::string_view field, int64_t item, absl::string_view key) {
  if (key.data() != nullptr) return absl::StrCat("entry '", key, "' of field '", field, "'");
  if (item >= 0) return absl::StrCat("item ", item, " of field '", field, "'");
  return absl::StrCat("field '", field, "'");
}

}  // namespace

bool SlotWriter::WrongType(const Place& place, const RawValue& raw) {
  const Field& field = place.slot->field;
  const ValueType type = place.item >= 0 ? ValueType(field.type.element) : field.type;
  return Reject(RejectCode::kSchema,
                absl::StrCat(Subject(field.name, place.item, place.key), " must be ",
                             ValueTypeName(type), ", found ", RawKindName(raw.kind)));
}

bool SlotWriter::Convert(const Place& place, Type type, const RawValue& raw, std::string* bytes,
                         Value* out) {
  const auto subject = [&place] { return Subject(place.slot->field.name, place.item, place.key); };
  switch (type) {
    case Type::kBool:
      if (raw.kind != RawKind::kBool) return WrongType(place, raw);
      *out = Value::Bool(raw.integer != 0);
      return true;
    case Type::kInt:
      if (raw.kind == RawKind::kTooLarge) {
        return Reject(RejectCode::kRange, subject() + " does not fit an int of 64 bits");
      }
      if (raw.kind != RawKind::kInt) return WrongType(place, raw);
      *out = Value::Int(raw.integer);
      return true;
    case Type::kDouble:
      // Of any number.
      if (raw.kind == RawKind::kInt) {
        *out = Value::Double(static_cast<double>(raw.integer));
        return true;
      }
      if (raw.kind != RawKind::kDouble && raw.kind != RawKind::kTooLarge) {
        return WrongType(place, raw);
      }
      // NaN and infinities of binary formats count as null where a feature takes them.
      if (!std::isfinite(raw.real) && (raw.kind == RawKind::kTooLarge || !place.is_whole())) {
        return Reject(RejectCode::kRange, subject() + " is not finite");
      }
      *out = Value::Double(raw.real);
      return true;
    case Type::kString:
      if (raw.kind != RawKind::kText) return WrongType(place, raw);
      *out = Value::String(raw.text);
      return true;
    case Type::kBytes:
      if (raw.kind == RawKind::kBytes) {
        *out = Value::Bytes(raw.text);
        return true;
      }
      if (raw.kind != RawKind::kText) return WrongType(place, raw);
      if (!absl::Base64Unescape(raw.text, bytes)) {
        return Reject(RejectCode::kSchema, subject() + " is not base64");
      }
      *out = Value::Bytes(*bytes);
      return true;
    case Type::kTimestamp: return ConvertTime(place, raw, out);
    case Type::kDuration: return ConvertDuration(place, raw, out);
    default: return WrongType(place, raw);
  }
}

bool SlotWriter::ConvertTime(const Place& place, const RawValue& raw, Value* out) {
  int64_t ms = 0;
  const TimeFault fault = ReadTime(raw, unit_, &ms);
  if (fault == TimeFault::kNone) {
    *out = Value::Timestamp(ms);
    return true;
  }
  const bool event_time = place.slot->use == SlotUse::kEventTime;
  const std::string subject = event_time ? absl::StrCat("event time '", place.slot->field.name, "'")
                                         : Subject(place.slot->field.name, place.item, place.key);
  if (fault == TimeFault::kNotRfc3339) {
    return Reject(event_time ? RejectCode::kTime : RejectCode::kSchema,
                  subject + " is no time of RFC 3339");
  }
  if (fault == TimeFault::kAbsurd) {
    return Reject(event_time ? RejectCode::kTime : RejectCode::kRange,
                  subject + " is outside the years 1 to 9999");
  }
  if (!event_time) return WrongType(place, raw);
  const bool text = unit_ == TimeUnit::kRfc3339;
  return Reject(RejectCode::kSchema,
                absl::StrCat(subject, " must be ", text ? "an RFC 3339 string" : "a number",
                             ", found ", RawKindName(raw.kind)));
}

// Text such as "1h30m", or an integer in the source's unit (milliseconds if that is RFC 3339).
bool SlotWriter::ConvertDuration(const Place& place, const RawValue& raw, Value* out) {
  int64_t ms = raw.integer;
  if (raw.kind == RawKind::kText) {
    const std::optional<int64_t> parsed = ParseDurationText(raw.text);
    if (!parsed.has_value()) {
      return Reject(RejectCode::kSchema,
                    Subject(place.slot->field.name, place.item, place.key) + " is no duration");
    }
    ms = *parsed;
  } else if (raw.kind == RawKind::kInt) {
    if (unit_ == TimeUnit::kMicros) ms = FloorDiv(ms, 1000);
    if (unit_ == TimeUnit::kSeconds && __builtin_mul_overflow(ms, int64_t{1000}, &ms)) {
      return Reject(RejectCode::kRange,
                    Subject(place.slot->field.name, place.item, place.key) + " is too long");
    }
  } else if (raw.kind != RawKind::kSpan) {
    return WrongType(place, raw);
  }
  *out = Value::Duration(ms);
  return true;
}

bool SlotWriter::CheckRange(const Field& field, double v) {
  const bool low = field.min.has_value() && !(v >= *field.min);
  const bool high = field.max.has_value() && !(v <= *field.max);
  if (!low && !high) return true;
  std::string bounds;
  if (field.min.has_value()) absl::StrAppend(&bounds, " less than ", *field.min);
  if (field.min.has_value() && field.max.has_value()) bounds += " or";
  if (field.max.has_value()) absl::StrAppend(&bounds, " greater than ", *field.max);
  return Reject(RejectCode::kRange, absl::StrCat("field '", field.name, "' is", bounds));
}

}  // namespace millrace
