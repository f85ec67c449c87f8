// JSON through simdjson's DOM: unlike its On-Demand interface it checks the whole record, also what
// the schema does not name, so that what is no JSON is rejected whatever the schema is. It is also
// the faster of the two here: it picks the machine's vector instructions when the process starts,
// On-Demand when it is compiled, and our builds are portable.

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/check.h"
#include "simdjson.h"
#include "stream/decode/field_reader.h"
#include "stream/decode/json_fault.h"
#include "stream/decode/wide_numbers.h"

namespace millrace {
namespace {

namespace dom = simdjson::dom;

constexpr int kAnyDepth = std::numeric_limits<int>::max();

absl::string_view StringOf(const dom::element& element) {
  const std::string_view text = element.get_string().value_unsafe();
  return {text.data(), text.size()};
}

// A member of an object that is wanted.
struct Member {
  std::string name;
  std::vector<int> slots;
  int presence = -1;
  int members = -1;      // the table of its own members
  int next = -1;         // in the same bucket
  uint64_t seen_in = 0;  // the record that had it last
};

// Finds members by name with one small table: records have few fields, and most keys miss.
class MemberTable {
 public:
  MemberTable() { buckets_.fill(-1); }

  void Add(Member member) {
    int& bucket = buckets_[BucketOf(member.name)];
    member.next = bucket;
    bucket = static_cast<int>(members_.size());
    members_.push_back(std::move(member));
  }

  Member* Find(absl::string_view name) {
    for (int i = buckets_[BucketOf(name)]; i >= 0; i = members_[static_cast<size_t>(i)].next) {
      Member& member = members_[static_cast<size_t>(i)];
      if (member.name == name) return &member;
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
  std::vector<Member> members_;
};

class JsonReader final : public FieldReader {
 public:
  JsonReader(const ProjectionNode& root, const DecoderOptions& options)
      : max_depth_(options.max_depth), max_members_(options.max_members) {
    AddTable(root);
  }

  bool Read(const Payload& payload, SlotWriter* to) override {
    ++record_number_;
    const absl::string_view text = payload.bytes;
    wide_.Clear();
    dom::element root;
    simdjson::error_code error = Parse(text, &root);
    if (error == simdjson::NUMBER_ERROR && !FindJsonFault(text, kAnyDepth)) {
      wide_.Rewrite(text);
      error = Parse(wide_.text(), &root);
    }
    if (error != simdjson::SUCCESS) return RejectText(error, text, to);
    dom::object object;
    if (root.get_object().get(object) != simdjson::SUCCESS) {
      return to->Reject(RejectCode::kMalformed,
                        absl::StrCat("expected an object, found ", RawKindName(RawOf(root).kind)));
    }
    return ReadMembers(object, 0, to);
  }

 private:
  // The index of the table of a node's members.
  int AddTable(const ProjectionNode& node) {
    const auto index = static_cast<int>(tables_.size());
    tables_.emplace_back();
    for (const ProjectionNode& member : node.members) {
      const int members = member.members.empty() && member.presence < 0 ? -1 : AddTable(member);
      tables_[static_cast<size_t>(index)].Add({.name = member.name,
                                               .slots = member.slots,
                                               .presence = member.presence,
                                               .members = members});
    }
    return index;
  }

  bool ReadMembers(const dom::object& object, int table, SlotWriter* to) {
    int count = 0;
    for (const dom::key_value_pair pair : object) {
      if (++count > max_members_) {
        return to->Reject(RejectCode::kTooLarge,
                          absl::StrCat("more than ", max_members_, " members"));
      }
      Member* const member =
          tables_[static_cast<size_t>(table)].Find({pair.key.data(), pair.key.size()});
      if (member == nullptr) continue;
      // Which of two values is meant is not ours to guess; parsers differ.
      if (std::exchange(member->seen_in, record_number_) == record_number_) {
        return to->Reject(RejectCode::kMalformed,
                          absl::StrCat("field '", member->name, "' stands twice"));
      }
      if (pair.value.is_null()) continue;
      if (member->members >= 0 && !ReadObject(*member, pair.value, to)) return false;
      for (const int slot : member->slots) {
        if (!ReadValue(slot, pair.value, to)) return false;
      }
    }
    return true;
  }

  bool ReadObject(const Member& member, const dom::element& element, SlotWriter* to) {
    dom::object object;
    if (element.get_object().get(object) != simdjson::SUCCESS) {
      return to->Reject(RejectCode::kSchema,
                        absl::StrCat("field '", member.name, "' must be an object, found ",
                                     RawKindName(RawOf(element).kind)));
    }
    if (member.presence >= 0) to->PutTrue(member.presence);
    return ReadMembers(object, member.members, to);
  }

  bool ReadValue(int slot, const dom::element& element, SlotWriter* to) const {
    const RawValue raw = RawOf(element);
    const bool many = raw.kind == RawKind::kArray || raw.kind == RawKind::kObject;
    if (!many || !to->Collects(slot, raw.kind)) return to->Put(slot, raw);
    to->BeginCollection(slot);
    if (raw.kind == RawKind::kArray) {
      const dom::array items = element.get_array().value_unsafe();
      for (const dom::element item : items) {
        if (!to->PutItem(slot, RawOf(item))) return false;
      }
    } else {
      const dom::object entries = element.get_object().value_unsafe();
      for (const dom::key_value_pair entry : entries) {
        if (!to->PutEntry(slot, {entry.key.data(), entry.key.size()}, RawOf(entry.value))) {
          return false;
        }
      }
    }
    return to->EndCollection(slot, SlotWriter::EqualKeys::kRefuse);
  }

  RawValue RawOf(const dom::element& element) const {
    switch (element.type()) {
      case dom::element_type::ARRAY: return {.kind = RawKind::kArray};
      case dom::element_type::OBJECT: return {.kind = RawKind::kObject};
      case dom::element_type::STRING: return {.kind = RawKind::kText, .text = StringOf(element)};
      case dom::element_type::BOOL:
        return {.kind = RawKind::kBool, .integer = element.get_bool().value_unsafe() ? 1 : 0};
      case dom::element_type::INT64:
        return {.kind = RawKind::kInt, .integer = element.get_int64().value_unsafe()};
      case dom::element_type::UINT64:
        return {.kind = RawKind::kTooLarge,
                .real = wide_.ValueOf(element.get_uint64().value_unsafe())};
      case dom::element_type::DOUBLE:
        return {.kind = RawKind::kDouble, .real = element.get_double().value_unsafe()};
      case dom::element_type::NULL_VALUE: break;
    }
    return {};
  }

  simdjson::error_code Parse(absl::string_view text, dom::element* root) {
    Reserve(text.size());
    if (!text.empty()) std::memcpy(padded_.get(), text.data(), text.size());
    return parser_
        .parse_into_document(document_, padded_.get(), text.size(), /*realloc_if_needed=*/false)
        .get(*root);
  }

  // Room for a text of this size, its padding and its tape; grows and never shrinks.
  void Reserve(size_t bytes) {
    if (bytes <= capacity_ && padded_ != nullptr) return;
    capacity_ = std::max<size_t>(capacity_, 4096);
    while (capacity_ < bytes) capacity_ *= 2;
    padded_ = std::make_unique<char[]>(capacity_ + simdjson::SIMDJSON_PADDING);
    // simdjson's limit is the first depth refused. Both fail only when there is no memory.
    const auto depth = static_cast<size_t>(max_depth_) + 1;
    CHECK(parser_.allocate(capacity_, depth) == simdjson::SUCCESS);
    CHECK(document_.allocate(capacity_) == simdjson::SUCCESS);
  }

  bool RejectText(simdjson::error_code error, absl::string_view text, SlotWriter* to) const {
    if (error == simdjson::DEPTH_ERROR) {
      return to->Reject(RejectCode::kTooLarge, absl::StrCat("nested deeper than ", max_depth_));
    }
    if (const auto fault = FindJsonFault(text, max_depth_)) {
      return to->Reject(RejectCode::kMalformed,
                        absl::StrCat("byte ", fault->byte, ": ", fault->problem));
    }
    return to->Reject(RejectCode::kMalformed, simdjson::error_message(error));
  }

  const int max_depth_;
  const int max_members_;
  std::vector<MemberTable> tables_;  // of the record first
  dom::parser parser_;
  dom::document document_;  // the current record's; strings are views into it
  WideNumbers wide_;        // of the current record, where it has any
  std::unique_ptr<char[]> padded_;
  size_t capacity_ = 0;
  uint64_t record_number_ = 0;
};

}  // namespace

std::unique_ptr<FieldReader> MakeJsonReader(const ProjectionNode& root,
                                            const DecoderOptions& options) {
  return std::make_unique<JsonReader>(root, options);
}

}  // namespace millrace
