// SlotWriter: turns what a format holds into Values of the wanted types, slot by slot, with the
// same rules and the same words for JSON, Avro and Protobuf. Owned by one thread; allocates nothing
// once warm but for maps.

#ifndef MILLRACE_STREAM_DECODE_SLOT_WRITER_H_
#define MILLRACE_STREAM_DECODE_SLOT_WRITER_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/collection.h"
#include "core/value.h"
#include "stream/decode/decoder.h"
#include "stream/decode/projection.h"

namespace millrace {

enum class RawKind : uint8_t {
  kNull,
  kBool,
  kInt,
  kTooLarge,  // an integer beyond int64
  kDouble,
  kText,  // UTF-8, checked
  kBytes,
  kMillis,  // a time, since the epoch
  kSpan,    // a duration in milliseconds
  kArray,   // what is in it comes item by item
  kObject,
};

// A value as a format holds it.
struct RawValue {
  RawKind kind = RawKind::kNull;
  int64_t integer = 0;     // kBool, kInt, kMillis, kSpan
  double real = 0;         // kDouble; the nearest double of kTooLarge
  absl::string_view text;  // kText, kBytes
};

class SlotWriter {
 public:
  // `unit`: of times that are numbers. `max_items`: of one list or map.
  SlotWriter(std::vector<Slot> slots, TimeUnit unit, int64_t max_items);

  // All slots null, and no rejection.
  void Clear();
  // Valid until Clear, and as long as the bytes that were read.
  const Value& value(int slot) const { return values_[static_cast<size_t>(slot)]; }
  const Slot& slot(int slot) const { return slots_[static_cast<size_t>(slot)]; }

  // The rest returns false when the record is rejected; reading must end then.

  // A value; null leaves the slot null.
  bool Put(int slot, const RawValue& raw) {
    const auto i = static_cast<size_t>(slot);
    // The usual, a value of just that type, is worth a way of its own.
    switch (plain_types_[i]) {
      case Type::kString:
        if (raw.kind != RawKind::kText) break;
        values_[i] = Value::String(raw.text);
        return true;
      case Type::kInt:
        if (raw.kind != RawKind::kInt) break;
        values_[i] = Value::Int(raw.integer);
        return true;
      default: break;
    }
    return PutOther(slot, raw);
  }
  void PutTrue(int slot) { values_[static_cast<size_t>(slot)] = Value::Bool(true); }
  // Undoes what was put: of a Protobuf oneof the last member holds.
  void PutNull(int slot) { values_[static_cast<size_t>(slot)] = Value::Null(); }

  // Whether the slot takes what is in an array or object of this kind; if not, Put rejects it.
  bool Collects(int slot, RawKind kind) const;
  // A collection: begun, its items or entries, ended. Collections of several slots may alternate.
  // REQUIRES: Collects(slot, kArray) for items, kObject for entries.
  void BeginCollection(int slot);
  bool PutItem(int slot, const RawValue& raw);
  bool PutEntry(int slot, absl::string_view key, const RawValue& raw);
  enum class EqualKeys : uint8_t { kRefuse, kLastHolds };
  bool EndCollection(int slot, EqualKeys equal_keys);

  bool Reject(Rejection rejection);
  bool Reject(RejectCode code, std::string message) {
    return Reject(Rejection{code, std::move(message)});
  }
  const Rejection& rejection() const { return rejection_; }

 private:
  struct Collection {
    int64_t items = 0;
    ListBuilder list;
    MapBuilder map;
    std::vector<double> components;
  };
  // What a message calls a value: a slot, or an item of it.
  struct Place {
    const Slot* slot;
    int64_t item = -1;
    absl::string_view key = {};
    bool is_whole() const { return item < 0 && key.data() == nullptr; }  // no part of a collection
  };

  bool PutOther(int slot, const RawValue& raw);
  bool Convert(const Place& place, Type type, const RawValue& raw, std::string* bytes, Value* out);
  bool ConvertTime(const Place& place, const RawValue& raw, Value* out);
  bool ConvertDuration(const Place& place, const RawValue& raw, Value* out);
  bool CheckRange(const Field& field, double v);
  bool WrongType(const Place& place, const RawValue& raw);

  const std::vector<Slot> slots_;
  const TimeUnit unit_;
  const int64_t max_items_;
  std::vector<Type> plain_types_;  // kNull: with a range
  std::vector<Value> values_;
  std::vector<std::string> bytes_;  // by slot: of bytes and collections
  std::vector<Collection> collections_;
  std::string item_bytes_;
  Rejection rejection_;
};

// "an array", "a string", "an integer", …
absl::string_view RawKindName(RawKind kind);

}  // namespace millrace

#endif  // MILLRACE_STREAM_DECODE_SLOT_WRITER_H_
