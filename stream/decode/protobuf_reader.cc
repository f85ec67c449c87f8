#include "stream/decode/protobuf_reader.h"

#include <bit>
#include <deque>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "stream/decode/protobuf_wire.h"
#include "stream/expr/time_text.h"
#include "stream/expr/utf8.h"

namespace millrace {
namespace {

static_assert(std::endian::native == std::endian::little);

// How a value of the type stands on the wire.
WireType WireTypeOf(const ProtobufType& type) {
  switch (type.value) {
    case WireValue::kBool:
    case WireValue::kInt:
    case WireValue::kUint:
    case WireValue::kSint:
    case WireValue::kEnum: return WireType::kVarint;
    case WireValue::kFixed:
    case WireValue::kSfixed: return type.wide ? WireType::kFixed64 : WireType::kFixed32;
    case WireValue::kFloat: return WireType::kFixed32;
    case WireValue::kDouble: return WireType::kFixed64;
    default: return WireType::kBytes;
  }
}

RawValue Integer(int64_t value) { return {.kind = RawKind::kInt, .integer = value}; }

RawValue Unsigned(uint64_t value) {
  if (value <= INT64_MAX) return Integer(static_cast<int64_t>(value));
  return {.kind = RawKind::kTooLarge, .real = static_cast<double>(value)};
}

class ProtobufReader final : public FieldReader {
 public:
  ProtobufReader(std::vector<ProtobufPlan> plans, int max_depth)
      : plans_(std::move(plans)), max_depth_(max_depth), begun_(plans_.size(), false) {}

  bool Read(const Payload& payload, SlotWriter* to) override {
    to_ = to;
    begin_ = payload.bytes.data();
    begun_.assign(begun_.size(), false);
    collecting_.clear();
    digits_.clear();
    if (!ReadMessage(0, payload.bytes, 0)) return false;
    for (const auto& [slot, items] : collecting_) {
      // A vector without items is one that was not sent.
      if (items == 0 && to_->slot(slot).field.type.type == Type::kVector) continue;
      if (!to_->EndCollection(slot, SlotWriter::EqualKeys::kLastHolds)) return false;
    }
    return true;
  }

 private:
  struct Collecting {
    int slot;
    int64_t items = 0;
  };

  bool Malformed(const char* at, absl::string_view problem) {
    return to_->Reject(RejectCode::kMalformed, absl::StrCat("byte ", at - begin_, ": ", problem));
  }

  bool ReadMessage(int index, absl::string_view rest, int depth) {
    if (depth > max_depth_) {
      return to_->Reject(RejectCode::kTooLarge, absl::StrCat("nested deeper than ", max_depth_));
    }
    const ProtobufPlan& plan = plans_[static_cast<size_t>(index)];
    if (!begun_[static_cast<size_t>(index)]) {
      begun_[static_cast<size_t>(index)] = true;
      if (!PutDefaults(plan)) return false;
    }
    while (!rest.empty()) {
      const char* const at = rest.data();
      WireTag tag;
      if (!TakeTag(&rest, &tag)) return Malformed(at, "no tag of a field");
      const ProtobufField* field = plan.Find(tag.number);
      if (tag.type == WireType::kGroupBegin) {
        if (!SkipGroup(tag.number, &rest)) return false;
        continue;
      }
      WireDatum datum;
      if (tag.type == WireType::kGroupEnd || !TakeDatum(&rest, tag.type, &datum)) {
        return Malformed(at, absl::StrCat("field ", tag.number, " is cut off"));
      }
      if (field != nullptr && !ReadField(plan, *field, tag.type, datum, depth)) return false;
    }
    return true;
  }

  // Groups may nest, also in hostile numbers: depth must not be stack.
  bool SkipGroup(uint32_t number, absl::string_view* rest) {
    groups_.assign(1, number);
    while (!groups_.empty()) {
      const char* const at = rest->data();
      WireTag tag;
      WireDatum datum;
      if (!TakeTag(rest, &tag)) return Malformed(at, "a group without its end");
      if (tag.type == WireType::kGroupBegin) {
        groups_.push_back(tag.number);
      } else if (tag.type == WireType::kGroupEnd) {
        if (groups_.back() != tag.number) return Malformed(at, "the end of another group");
        groups_.pop_back();
      } else if (!TakeDatum(rest, tag.type, &datum)) {
        return Malformed(at, absl::StrCat("field ", tag.number, " is cut off"));
      }
    }
    return true;
  }

  // What the fields of a message are that it does not mention.
  bool PutDefaults(const ProtobufPlan& plan) {
    for (const ProtobufField& field : plan.fields) {
      if (field.cardinality != Cardinality::kOne) {
        for (const int slot : field.slots) {
          to_->BeginCollection(slot);
          collecting_.push_back({slot});
        }
        continue;
      }
      if (!field.implicit_presence) continue;
      for (const int slot : field.slots) {
        if (to_->slot(slot).use == SlotUse::kEventTime) continue;
        if (!PutScalar(slot, field.type, {})) return false;
      }
    }
    return true;
  }

  bool ReadField(const ProtobufPlan& plan, const ProtobufField& field, WireType wire,
                 const WireDatum& datum, int depth) {
    if (field.oneof >= 0) Undo(plan.oneofs[static_cast<size_t>(field.oneof)]);
    if (field.cardinality == Cardinality::kMap) {
      return wire != WireType::kBytes || ReadEntry(field, datum.bytes);
    }
    const WireType own = WireTypeOf(field.type);
    if (field.cardinality == Cardinality::kRepeated && wire == WireType::kBytes &&
        own != WireType::kBytes) {
      return ReadPacked(field, own, datum.bytes);
    }
    // As every reader of Protobuf: another wire type is another, unknown field.
    if (wire != own) return true;
    if (field.presence >= 0) to_->PutTrue(field.presence);
    if (field.plan >= 0 && !ReadMessage(field.plan, datum.bytes, depth + 1)) return false;
    for (const int slot : field.slots) {
      if (!(field.cardinality == Cardinality::kRepeated ? PutItem(slot, field.type, datum)
                                                        : PutScalar(slot, field.type, datum))) {
        return false;
      }
    }
    return true;
  }

  void Undo(const ProtobufPlan::Oneof& oneof) {
    for (const int slot : oneof.slots) {
      to_->PutNull(slot);
      std::erase_if(collecting_, [slot](const Collecting& c) { return c.slot == slot; });
    }
    for (const int plan : oneof.plans) begun_[static_cast<size_t>(plan)] = false;
  }

  bool ReadPacked(const ProtobufField& field, WireType own, absl::string_view rest) {
    while (!rest.empty()) {
      const char* const at = rest.data();
      WireDatum datum;
      if (!TakeDatum(&rest, own, &datum)) {
        return Malformed(at, absl::StrCat("field ", field.number, " is cut off"));
      }
      for (const int slot : field.slots) {
        if (!PutItem(slot, field.type, datum)) return false;
      }
    }
    return true;
  }

  bool ReadEntry(const ProtobufField& field, absl::string_view rest) {
    WireDatum key, value;
    const WireType own = WireTypeOf(field.type);
    while (!rest.empty()) {
      const char* const at = rest.data();
      WireTag tag;
      WireDatum datum;
      if (!TakeTag(&rest, &tag) || tag.type == WireType::kGroupBegin ||
          tag.type == WireType::kGroupEnd || !TakeDatum(&rest, tag.type, &datum)) {
        return Malformed(at, absl::StrCat("an entry of field ", field.number, " is cut off"));
      }
      if (tag.number == 1 && tag.type == WireType::kBytes) key = datum;
      if (tag.number == 2 && tag.type == own) value = datum;
    }
    if (!CheckUtf8(key.bytes)) return false;
    for (const int slot : field.slots) {
      RawValue raw;
      Count(slot);
      const bool text = to_->slot(slot).field.type.element == Type::kString;
      if (!Interpret(field.type, value, text, &raw) || !to_->PutEntry(slot, key.bytes, raw)) {
        return false;
      }
    }
    return true;
  }

  void Count(int slot) {
    for (Collecting& collecting : collecting_) {
      if (collecting.slot == slot) ++collecting.items;
    }
  }

  bool PutItem(int slot, const ProtobufType& type, const WireDatum& datum) {
    RawValue raw;
    Count(slot);
    const bool text = to_->slot(slot).field.type.element == Type::kString;
    return Interpret(type, datum, text, &raw) && to_->PutItem(slot, raw);
  }

  bool PutScalar(int slot, const ProtobufType& type, const WireDatum& datum) {
    RawValue raw;
    const bool text = to_->slot(slot).field.type.type == Type::kString;
    // Only the presence of a message is wanted where its members are.
    if (type.value == WireValue::kMessage) return true;
    return Interpret(type, datum, text, &raw) && to_->Put(slot, raw);
  }

  bool CheckUtf8(absl::string_view text) {
    const size_t valid = ValidUtf8Prefix(text);
    return valid == text.size() || Malformed(text.data() + valid, "invalid UTF-8");
  }

  // `as_text`: of an enum the name is wanted.
  bool Interpret(const ProtobufType& type, const WireDatum& datum, bool as_text, RawValue* raw) {
    const uint64_t bits = datum.number;
    switch (type.value) {
      case WireValue::kBool: *raw = {.kind = RawKind::kBool, .integer = bits != 0}; return true;
      // Of 32 bits are the lower ones of whatever was written.
      case WireValue::kInt:
      case WireValue::kSfixed:
        *raw = Integer(type.wide ? static_cast<int64_t>(bits) : static_cast<int32_t>(bits));
        return true;
      case WireValue::kUint:
      case WireValue::kFixed:
        *raw = Unsigned(type.wide ? bits : static_cast<uint32_t>(bits));
        return true;
      case WireValue::kSint:
        *raw = Integer(UnZigZag(type.wide ? bits : static_cast<uint32_t>(bits)));
        return true;
      case WireValue::kFloat:
        *raw = {.kind = RawKind::kDouble,
                .real = std::bit_cast<float>(static_cast<uint32_t>(bits))};
        return true;
      case WireValue::kDouble:
        *raw = {.kind = RawKind::kDouble, .real = std::bit_cast<double>(bits)};
        return true;
      case WireValue::kString:
        *raw = {.kind = RawKind::kText, .text = datum.bytes};
        return CheckUtf8(datum.bytes);
      case WireValue::kBytes: *raw = {.kind = RawKind::kBytes, .text = datum.bytes}; return true;
      case WireValue::kEnum: return InterpretEnum(type, bits, as_text, raw);
      case WireValue::kTimestamp:
      case WireValue::kDuration: return InterpretTime(type, datum.bytes, raw);
      case WireValue::kWrapper: return InterpretWrapper(type, datum.bytes, raw);
      case WireValue::kMessage: raw->kind = RawKind::kObject; return true;
    }
    return true;
  }

  bool InterpretEnum(const ProtobufType& type, uint64_t bits, bool as_text, RawValue* raw) {
    const auto number = static_cast<int32_t>(bits);
    if (!as_text) {
      *raw = Integer(number);
      return true;
    }
    const auto* value = type.symbols->FindValueByNumber(number);
    raw->kind = RawKind::kText;
    raw->text = value != nullptr ? absl::string_view(value->name())
                                 : absl::string_view(digits_.emplace_back(absl::StrCat(number)));
    return true;
  }

  bool InterpretTime(const ProtobufType& type, absl::string_view rest, RawValue* raw) {
    int64_t seconds = 0, nanos = 0;
    while (!rest.empty()) {
      const char* const at = rest.data();
      WireTag tag;
      WireDatum datum;
      if (!TakeField(&rest, &tag, &datum)) return Malformed(at, "a time is cut off");
      if (tag.type != WireType::kVarint) continue;
      if (tag.number == 1) seconds = static_cast<int64_t>(datum.number);
      if (tag.number == 2) nanos = static_cast<int32_t>(datum.number);
    }
    constexpr int64_t kMost = INT64_MAX / 1000 - 1'000'000;
    if (seconds > kMost || seconds < -kMost) {
      return to_->Reject(RejectCode::kRange, "a time of more seconds than there are");
    }
    *raw = {.kind = type.value == WireValue::kTimestamp ? RawKind::kMillis : RawKind::kSpan,
            .integer = seconds * 1000 + FloorDiv(nanos, 1'000'000)};
    return true;
  }

  bool InterpretWrapper(const ProtobufType& type, absl::string_view rest, RawValue* raw) {
    const ProtobufType inside = {.value = type.wrapped, .wide = type.wide};
    WireDatum value;
    while (!rest.empty()) {
      const char* const at = rest.data();
      WireTag tag;
      WireDatum datum;
      if (!TakeField(&rest, &tag, &datum)) return Malformed(at, "a wrapped value is cut off");
      if (tag.number == 1 && tag.type == WireTypeOf(inside)) value = datum;
    }
    return Interpret(inside, value, /*as_text=*/false, raw);
  }

  const std::vector<ProtobufPlan> plans_;
  const int max_depth_;
  SlotWriter* to_ = nullptr;
  const char* begin_ = nullptr;
  std::vector<bool> begun_;  // by plan: its message was met in this record
  std::vector<Collecting> collecting_;
  std::vector<uint32_t> groups_;
  std::deque<std::string> digits_;  // of enums without a name
};

}  // namespace

std::unique_ptr<FieldReader> MakeProtobufReader(std::vector<ProtobufPlan> plans,
                                                const DecoderOptions& options) {
  return std::make_unique<ProtobufReader>(std::move(plans), options.max_depth);
}

}  // namespace millrace
