// The table of the configuration language: every key with its kind, default, meaning and status.
// It drives checking, errors, the reference page and the JSON Schema. Immutable; thread-safe.
//
// A path is written with dots; `*` stands for a name the user chooses and `[]` for an item of a
// list: "sources.*.time.field", "views.*.from[]". A key takes a scalar of its kind (unless kNone),
// a list if the table has its `[]`, and a map if it has keys below it.

#ifndef MILLRACE_APP_CONFIG_SCHEMA_TABLE_H_
#define MILLRACE_APP_CONFIG_SCHEMA_TABLE_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace millrace {

// The kinds of scalars.
enum class ValueKind : uint8_t {
  kNone,  // no scalar: a map or a list
  kString,
  kName,  // a name defined elsewhere: letters, digits, _ and dots
  kInt,
  kNumber,
  kBool,
  kDuration,
  kSize,
  kDurationOrSize,
  kShare,  // "0.5%"
  kExpression,
  kType,     // of a field: one of the row's words, where <T> is one of its scalars and <N> a number
  kAddress,  // host:port
  kAny,      // any scalar
  kTyped,    // a scalar, a list, a map or null: of which type depends on other keys
};

enum class KeyStatus : uint8_t { kSupported, kNotYet };
enum class Presence : uint8_t { kOptional, kRequired };

struct KeySpec {
  absl::string_view path;
  ValueKind kind = ValueKind::kNone;
  KeyStatus status = KeyStatus::kSupported;
  Presence presence = Presence::kOptional;
  absl::string_view default_text;
  absl::string_view description;  // one sentence
  // Words, separated by `|`: for kNone and kType the only scalars, for other kinds taken besides.
  absl::string_view words;
  absl::string_view later_words;  // words that are not supported yet
  // Keys below that the table does not list are left to whoever reads the map (options of a
  // learner).
  bool open = false;
  // Names the aggregation of a feature or a label, and takes its input.
  bool aggregation = false;
  // Keys below may be any string, and values any scalar (librdkafka's properties).
  bool free_keys = false;
  // A name that may end in `@` and a version.
  bool versioned = false;

  constexpr KeySpec Words(absl::string_view now, absl::string_view later = "") const {
    KeySpec spec = *this;
    spec.words = now;
    spec.later_words = later;
    return spec;
  }
  constexpr KeySpec Open() const {
    KeySpec spec = *this;
    spec.open = true;
    return spec;
  }
  constexpr KeySpec FreeKeys() const {
    KeySpec spec = *this;
    spec.free_keys = true;
    return spec;
  }
  constexpr KeySpec Versioned() const {
    KeySpec spec = *this;
    spec.versioned = true;
    return spec;
  }
};

// A row for a key that must be given, may be given, and is not supported yet.
constexpr KeySpec Must(absl::string_view path, ValueKind kind, absl::string_view description) {
  return {path, kind, KeyStatus::kSupported, Presence::kRequired, "", description};
}
constexpr KeySpec May(absl::string_view path, ValueKind kind, absl::string_view default_text,
                      absl::string_view description) {
  return {path, kind, KeyStatus::kSupported, Presence::kOptional, default_text, description};
}
constexpr KeySpec NotYet(absl::string_view path, absl::string_view description) {
  return {path, ValueKind::kAny, KeyStatus::kNotYet, Presence::kOptional, "", description};
}

constexpr KeySpec AggregationKey(absl::string_view path, absl::string_view description) {
  KeySpec spec = May(path, ValueKind::kExpression, "", description);
  spec.aggregation = true;
  return spec;
}
constexpr KeySpec LaterAggregation(absl::string_view path, absl::string_view description) {
  KeySpec spec = NotYet(path, description);
  spec.aggregation = true;
  return spec;
}

// All rows, parents before children, in the order of the reference page.
const std::vector<KeySpec>& ConfigKeys();
// Its parts.
std::span<const KeySpec> StorageKeys();  // version, project, log, state, server
std::span<const KeySpec> SourceKeys();   // sources, entities
std::span<const KeySpec> ViewKeys();     // views, services
std::span<const KeySpec> TaskKeys();     // tasks

// The same as a tree.
struct SchemaNode {
  const KeySpec* spec = nullptr;  // null at the root
  std::string name;               // last part of the path
  std::vector<SchemaNode> keys;   // in table order, with `*` and without `[]`
  std::vector<SchemaNode> item;   // of a list: none or one

  // The row of a key, also by `*`; null when there is none.
  const SchemaNode* Find(absl::string_view key) const;
  const SchemaNode* Star() const;
  const SchemaNode* Item() const { return item.empty() ? nullptr : &item[0]; }
  // Names of the keys that are supported; of those, of the aggregations.
  std::vector<std::string> SupportedKeys() const;
  std::vector<std::string> SupportedAggregations() const;
};
const SchemaNode& ConfigSchema();

// "a|b" → {"a", "b"}; none for "".
std::vector<std::string> SplitWords(absl::string_view words);

}  // namespace millrace

#endif  // MILLRACE_APP_CONFIG_SCHEMA_TABLE_H_
