// Avro's binary encoding (Apache Avro 1.11 specification, "Binary Encoding"), read in place.

#include <bit>
#include <cstring>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/coding.h"
#include "core/status_macros.h"
#include "stream/decode/avro_plan.h"
#include "stream/decode/avro_types.h"
#include "stream/decode/decimal.h"
#include "stream/decode/field_reader.h"
#include "stream/decode/record_schema.h"
#include "stream/expr/time_text.h"
#include "stream/expr/utf8.h"

namespace millrace {
namespace {

constexpr int64_t kDayMs = 86'400'000;
class AvroReader final : public FieldReader {
 public:
  AvroReader(std::shared_ptr<const AvroTypes> types, std::vector<AvroPlan> plans, int max_depth)
      : types_(std::move(types)), plans_(std::move(plans)), max_depth_(max_depth) {}

  bool Read(const Payload& payload, SlotWriter* to) override {
    to_ = to;
    size_ = payload.bytes.size();
    rest_ = payload.bytes;
    // Every step but those of types without bytes takes a byte.
    steps_left_ = 65'536 + 4 * static_cast<int64_t>(size_);
    if (!ReadPlan(plans_[0], 0)) return false;
    return rest_.empty() || Malformed(absl::StrCat(rest_.size(), " bytes after the record"));
  }

 private:
  bool Malformed(absl::string_view problem) {
    return to_->Reject(RejectCode::kMalformed,
                       absl::StrCat("byte ", size_ - rest_.size(), ": ", problem));
  }
  bool Short() { return Malformed("the record ends too early"); }

  bool Step(int depth) {
    if (--steps_left_ < 0) {
      return to_->Reject(RejectCode::kTooLarge, "more values than such a record may have");
    }
    if (depth <= max_depth_) return true;
    return to_->Reject(RejectCode::kTooLarge, absl::StrCat("nested deeper than ", max_depth_));
  }

  bool TakeLong(int64_t* value) {
    absl::string_view rest = rest_;
    uint64_t raw = 0;
    if (!GetPaddedVarint(&rest, &raw)) {
      return Malformed("a number is cut off or longer than 64 bits");
    }
    *value = UnZigZag(raw);
    rest_ = rest;
    return true;
  }

  bool TakeBytes(size_t size, absl::string_view* bytes) {
    if (size > rest_.size()) return Short();
    *bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }

  bool TakeSized(absl::string_view* bytes) {
    int64_t size = 0;
    if (!TakeLong(&size)) return false;
    if (size < 0) return Malformed("a negative length");
    return TakeBytes(static_cast<size_t>(size), bytes);
  }

  // The index of a symbol or branch.
  bool TakeIndex(size_t count, size_t* index) {
    int64_t value = 0;
    if (!TakeLong(&value)) return false;
    *index = static_cast<size_t>(value);
    if (value >= 0 && *index < count) return true;
    return Malformed(absl::StrCat("choice ", value, " of ", count));
  }

  // The number of items in the next block; 0 at the end.
  bool TakeBlock(int64_t* count) {
    if (!TakeLong(count)) return false;
    if (*count >= 0) return true;
    int64_t size = 0;
    const bool sensible = *count != INT64_MIN && TakeLong(&size);
    if (!sensible) return Malformed("a block without a sensible size");
    *count = -*count;
    return true;
  }

  bool Skip(int index, int depth) {
    if (!Step(depth)) return false;
    const AvroType& type = types_->at(index);
    absl::string_view bytes;
    int64_t number = 0;
    size_t choice = 0;
    switch (type.kind) {
      case AvroKind::kNull: return true;
      case AvroKind::kBoolean: return TakeBytes(1, &bytes);
      case AvroKind::kInt:
      case AvroKind::kLong: return TakeLong(&number);
      case AvroKind::kEnum: return TakeIndex(type.labels.size(), &choice);
      case AvroKind::kFloat: return TakeBytes(4, &bytes);
      case AvroKind::kDouble: return TakeBytes(8, &bytes);
      case AvroKind::kBytes:
      case AvroKind::kString: return TakeSized(&bytes);
      case AvroKind::kFixed: return TakeBytes(type.size, &bytes);
      case AvroKind::kRecord:
        for (const int part : type.parts) {
          if (!Skip(part, depth + 1)) return false;
        }
        return true;
      case AvroKind::kUnion:
        return TakeIndex(type.parts.size(), &choice) && Skip(type.parts[choice], depth);
      case AvroKind::kArray:
      case AvroKind::kMap:
        return ForEachItem(type, [&](absl::string_view) { return Skip(type.parts[0], depth + 1); });
    }
    return true;
  }

  // Calls visit(key) for each item; the key is that of a map.
  template <typename Visit>
  bool ForEachItem(const AvroType& type, Visit visit) {
    int64_t count = 0;
    while (true) {
      if (!TakeBlock(&count)) return false;
      if (count == 0) return true;
      for (; count > 0; --count) {
        absl::string_view key;
        if (type.kind == AvroKind::kMap && !(TakeSized(&key) && CheckUtf8(key))) return false;
        if (!visit(key)) return false;
      }
    }
  }

  bool CheckUtf8(absl::string_view text) {
    const size_t valid = ValidUtf8Prefix(text);
    if (valid == text.size()) return true;
    rest_ =
        absl::string_view(text.data() + valid, rest_.data() + rest_.size() - text.data() - valid);
    return Malformed("invalid UTF-8");
  }

  bool ReadPlan(AvroPlan& plan, int depth) {
    if (!Step(depth)) return false;
    const AvroType& type = types_->at(plan.type);
    switch (type.kind) {
      case AvroKind::kUnion: {
        size_t branch = 0;
        if (!TakeIndex(type.parts.size(), &branch)) return false;
        return ReadPlan(plans_[static_cast<size_t>(plan.parts[branch])], depth);
      }
      case AvroKind::kRecord:
        if (plan.presence >= 0) to_->PutTrue(plan.presence);
        for (size_t i = 0; i < plan.parts.size(); ++i) {
          const int part = plan.parts[i];
          if (!(part < 0 ? Skip(type.parts[i], depth + 1)
                         : ReadPlan(plans_[static_cast<size_t>(part)], depth + 1))) {
            return false;
          }
        }
        return Put(plan, {.kind = RawKind::kObject});
      case AvroKind::kArray:
      case AvroKind::kMap: return ReadCollection(plan, type, depth);
      default: {
        RawValue raw;
        return ReadScalar(type, &plan.text, &raw) && Put(plan, raw);
      }
    }
  }

  bool Put(const AvroPlan& plan, const RawValue& raw) {
    for (const int slot : plan.slots) {
      if (!to_->Put(slot, raw)) return false;
    }
    return true;
  }

  bool ReadCollection(const AvroPlan& plan, const AvroType& type, int depth) {
    const RawKind kind = type.kind == AvroKind::kMap ? RawKind::kObject : RawKind::kArray;
    if (plan.slots.empty()) return Skip(plan.type, depth);
    const int slot = plan.slots[0];
    if (plan.slots.size() > 1 || !to_->Collects(slot, kind)) return Put(plan, {.kind = kind});
    to_->BeginCollection(slot);
    std::string text;
    const bool read = ForEachItem(type, [&](absl::string_view key) {
      RawValue raw;
      if (!Step(depth + 1) || !ReadItem(type.parts[0], &text, &raw)) return false;
      return kind == RawKind::kArray ? to_->PutItem(slot, raw) : to_->PutEntry(slot, key, raw);
    });
    return read && to_->EndCollection(slot, SlotWriter::EqualKeys::kRefuse);
  }

  // An item of a collection: what is no scalar is not read, for it will be rejected.
  bool ReadItem(int index, std::string* text, RawValue* raw) {
    const AvroType* type = &types_->at(index);
    if (type->kind == AvroKind::kUnion) {
      size_t branch = 0;
      if (!TakeIndex(type->parts.size(), &branch)) return false;
      type = &types_->at(type->parts[branch]);
    }
    if (type->kind == AvroKind::kArray) raw->kind = RawKind::kArray;
    if (type->kind == AvroKind::kMap || type->kind == AvroKind::kRecord) {
      raw->kind = RawKind::kObject;
    }
    return raw->kind != RawKind::kNull || ReadScalar(*type, text, raw);
  }

  bool ReadScalar(const AvroType& type, std::string* text, RawValue* raw) {
    absl::string_view bytes;
    size_t choice = 0;
    switch (type.kind) {
      case AvroKind::kBoolean:
        if (!TakeBytes(1, &bytes)) return false;
        if (static_cast<unsigned char>(bytes[0]) > 1) return Malformed("a boolean is 0 or 1");
        raw->kind = RawKind::kBool;
        raw->integer = bytes[0] == 0 ? 0 : 1;
        return true;
      case AvroKind::kInt:
      case AvroKind::kLong: return ReadInteger(type, raw);
      case AvroKind::kFloat: {
        if (!TakeBytes(4, &bytes)) return false;
        float value;
        std::memcpy(&value, bytes.data(), 4);
        *raw = {.kind = RawKind::kDouble, .real = value};
        return true;
      }
      case AvroKind::kDouble:
        if (!TakeBytes(8, &bytes)) return false;
        raw->kind = RawKind::kDouble;
        std::memcpy(&raw->real, bytes.data(), 8);
        return true;
      case AvroKind::kBytes:
      case AvroKind::kFixed:
        if (!(type.kind == AvroKind::kBytes ? TakeSized(&bytes) : TakeBytes(type.size, &bytes))) {
          return false;
        }
        return InterpretBytes(type, bytes, text, raw);
      case AvroKind::kString:
        if (!TakeSized(&bytes) || !CheckUtf8(bytes)) return false;
        *raw = {.kind = RawKind::kText, .text = bytes};
        return true;
      case AvroKind::kEnum:
        if (!TakeIndex(type.labels.size(), &choice)) return false;
        *raw = {.kind = RawKind::kText, .text = type.labels[choice]};
        return true;
      default: return true;  // null
    }
  }

  bool ReadInteger(const AvroType& type, RawValue* raw) {
    int64_t value = 0;
    if (!TakeLong(&value)) return false;
    if (type.kind == AvroKind::kInt && value != static_cast<int32_t>(value)) {
      return Malformed("an int of more than 32 bits");
    }
    const auto time = [raw](int64_t ms) { *raw = {.kind = RawKind::kMillis, .integer = ms}; };
    const auto span = [raw](int64_t ms) { *raw = {.kind = RawKind::kSpan, .integer = ms}; };
    switch (type.logical) {
      case AvroLogical::kDate: time(value * kDayMs); break;
      case AvroLogical::kTimestampMillis: time(value); break;
      case AvroLogical::kTimestampMicros: time(FloorDiv(value, 1'000)); break;
      case AvroLogical::kTimestampNanos: time(FloorDiv(value, 1'000'000)); break;
      case AvroLogical::kTimeMillis: span(value); break;
      case AvroLogical::kTimeMicros: span(FloorDiv(value, 1'000)); break;
      default: *raw = {.kind = RawKind::kInt, .integer = value};
    }
    return true;
  }

  bool InterpretBytes(const AvroType& type, absl::string_view bytes, std::string* text,
                      RawValue* raw) {
    *raw = {.kind = RawKind::kBytes, .text = bytes};
    if (type.logical == AvroLogical::kDecimal) {
      raw->kind = RawKind::kDouble;
      if (DecimalToDouble(bytes, type.scale, &raw->real)) return true;
      return to_->Reject(RejectCode::kRange, "a decimal of more than 38 digits");
    }
    if (type.logical == AvroLogical::kUuid) {
      const std::string hex = absl::BytesToHexString(bytes);
      *text = absl::StrCat(hex.substr(0, 8), "-", hex.substr(8, 4), "-", hex.substr(12, 4), "-",
                           hex.substr(16, 4), "-", hex.substr(20));
      *raw = {.kind = RawKind::kText, .text = *text};
    }
    return true;
  }

  const std::shared_ptr<const AvroTypes> types_;
  std::vector<AvroPlan> plans_;  // of the record first
  const int max_depth_;
  SlotWriter* to_ = nullptr;
  absl::string_view rest_;
  size_t size_ = 0;
  int64_t steps_left_ = 0;
};

class AvroSchema final : public RecordSchema {
 public:
  explicit AvroSchema(std::shared_ptr<const AvroTypes> types) : types_(std::move(types)) {}

  absl::StatusOr<CompiledReader> MakeReader(const Projection& projection, const MessageChoice&,
                                            const DecoderOptions& options) const override {
    CompiledReader compiled;
    ASSIGN_OR_RETURN(std::vector<AvroPlan> plans,
                     CompileAvro(*types_, projection, &compiled.faults));
    compiled.reader = std::make_unique<AvroReader>(types_, std::move(plans), options.max_depth);
    return compiled;
  }

 private:
  const std::shared_ptr<const AvroTypes> types_;
};

}  // namespace

absl::StatusOr<std::shared_ptr<const RecordSchema>> ParseAvroSchema(
    absl::string_view text, std::span<const NamedText> references) {
  ASSIGN_OR_RETURN(std::shared_ptr<const AvroTypes> types, ParseAvroTypes(text, references));
  return std::make_shared<AvroSchema>(std::move(types));
}

}  // namespace millrace
