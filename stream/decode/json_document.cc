#include "stream/decode/json_document.h"

#include <cmath>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "simdjson.h"
#include "stream/expr/utf8.h"

namespace millrace {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr size_t kShownNameBytes = 64;
constexpr size_t kShownPathBytes = 256;

// Its beginning, in whole characters.
absl::string_view Clipped(absl::string_view text, size_t max_bytes) {
  text = text.substr(0, max_bytes);
  return text.substr(0, ValidUtf8Prefix(text));
}

// Walks a simdjson document once, front to back, building the tree. simdjson validates what it
// walks over (and all of the UTF-8 beforehand), so nothing is left unchecked at the end.
class TreeBuilder {
 public:
  TreeBuilder(const JsonLimits& limits, const char* begin, size_t size)
      : limits_(limits), begin_(begin), size_(size) {}

  absl::StatusOr<JsonValue> Build(ondemand::document& document) {
    ondemand::json_type type;
    if (const auto error = document.type().get(type)) {
      Fail(document, error);
      return error_;
    }
    JsonValue root;
    if (type == ondemand::json_type::object) {
      ondemand::object object;
      if (const auto error = document.get_object().get(object)) {
        Fail(document, error);
        return error_;
      }
      if (!BuildObject(document, object, 1, &root)) return error_;
    } else if (type == ondemand::json_type::array) {
      ondemand::array array;
      if (const auto error = document.get_array().get(array)) {
        Fail(document, error);
        return error_;
      }
      if (!BuildArray(document, array, 1, &root)) return error_;
    } else {
      return absl::InvalidArgumentError("byte 0: expected an object or an array");
    }
    // The location is an error once everything was walked over.
    const char* rest;
    if (document.current_location().get(rest) == simdjson::SUCCESS) {
      Fail(document, "unexpected text after the end of the document", rest);
      return error_;
    }
    return root;
  }

 private:
  bool BuildValue(ondemand::document& document, ondemand::value value, int depth, JsonValue* out) {
    if (++values_ > limits_.max_values) {
      return Fail(document, absl::StrCat("more than ", limits_.max_values, " values"));
    }
    ondemand::json_type type;
    if (const auto error = value.type().get(type)) return Fail(document, error);
    switch (type) {
      case ondemand::json_type::object: {
        ondemand::object object;
        if (const auto error = value.get_object().get(object)) return Fail(document, error);
        return BuildObject(document, object, depth + 1, out);
      }
      case ondemand::json_type::array: {
        ondemand::array array;
        if (const auto error = value.get_array().get(array)) return Fail(document, error);
        return BuildArray(document, array, depth + 1, out);
      }
      case ondemand::json_type::string: {
        std::string_view text;
        if (const auto error = value.get_string().get(text)) return Fail(document, error);
        *out = JsonValue(std::string(text));
        return true;
      }
      case ondemand::json_type::number: return BuildNumber(document, value, out);
      case ondemand::json_type::boolean: {
        bool v;
        if (const auto error = value.get_bool().get(v)) return Fail(document, error);
        *out = JsonValue(v);
        return true;
      }
      case ondemand::json_type::null: {
        // The type was told by the first letter alone; is_null checks the word.
        bool null = false;
        if (value.is_null().get(null) || !null) return Fail(document, "expected a value");
        *out = JsonValue();
        return true;
      }
    }
    return Fail(document, "expected a value");
  }

  bool BuildNumber(ondemand::document& document, ondemand::value& value, JsonValue* out) {
    // Told apart by their text: simdjson 3.0's get_number mistakes the type of some long numbers.
    const std::string_view token = value.raw_json_token();
    if (token.find_first_of(".eE") == std::string_view::npos) {
      int64_t v;
      if (value.get_int64().get(v) == simdjson::SUCCESS) {
        *out = JsonValue(v);
        return true;
      }
      if (limits_.big_integers == BigIntegers::kRefuse) {
        return Fail(document, "not a number, or an integer beyond 64 bits", token.data());
      }
    }
    double v;
    if (value.get_double().get(v) || !std::isfinite(v)) {
      return Fail(document, "not a number, or too large a number", token.data());
    }
    *out = JsonValue(v);
    return true;
  }

  bool BuildArray(ondemand::document& document, ondemand::array& array, int depth, JsonValue* out) {
    if (!CheckDepth(document, depth)) return false;
    JsonValue::Array items;
    const size_t path_size = path_.size();
    for (auto item : array) {
      absl::StrAppend(&path_, "[", items.size(), "]");
      ondemand::value value;
      if (const auto error = item.get(value)) return Fail(document, error);
      if (!BuildValue(document, value, depth, &items.emplace_back())) return false;
      path_.resize(path_size);
    }
    *out = JsonValue(std::move(items));
    return true;
  }

  bool BuildObject(ondemand::document& document, ondemand::object& object, int depth,
                   JsonValue* out) {
    if (!CheckDepth(document, depth)) return false;
    JsonValue::Object members;
    absl::flat_hash_set<std::string> seen;  // used beyond a handful of members
    const size_t path_size = path_.size();
    for (auto field : object) {
      std::string_view name;
      if (const auto error = field.unescaped_key().get(name)) return Fail(document, error);
      absl::StrAppend(&path_, ".", Clipped({name.data(), name.size()}, kShownNameBytes));
      if (!IsNew(name, members, &seen)) return Fail(document, "duplicate name");
      if (members.size() == static_cast<size_t>(limits_.max_members)) {
        return Fail(document, absl::StrCat("more than ", limits_.max_members, " members"));
      }
      JsonMember& member = members.emplace_back();
      member.name.assign(name.data(), name.size());
      ondemand::value value;
      if (const auto error = field.value().get(value)) return Fail(document, error);
      if (!BuildValue(document, value, depth, &member.value)) return false;
      path_.resize(path_size);
    }
    *out = JsonValue(std::move(members));
    return true;
  }

  static bool IsNew(std::string_view name, const JsonValue::Object& members,
                    absl::flat_hash_set<std::string>* seen) {
    constexpr size_t kFew = 16;
    if (members.size() < kFew) {
      for (const JsonMember& member : members) {
        if (member.name == name) return false;
      }
      return true;
    }
    if (seen->empty()) {
      for (const JsonMember& member : members) seen->insert(member.name);
    }
    return seen->insert(std::string(name)).second;
  }

  bool CheckDepth(ondemand::document& document, int depth) {
    if (depth <= limits_.max_depth) return true;
    return Fail(document, absl::StrCat("nested deeper than ", limits_.max_depth));
  }

  // Keeps the first thing that is wrong, and where; always false.
  bool Fail(ondemand::document& document, simdjson::error_code error) {
    return Fail(document, simdjson::error_message(error));
  }

  bool Fail(ondemand::document& document, absl::string_view message, const char* at = nullptr) {
    if (at == nullptr && document.current_location().get(at)) at = begin_ + size_;
    size_t offset = at < begin_ ? 0 : static_cast<size_t>(at - begin_);
    if (offset > size_) offset = size_;
    error_ = absl::InvalidArgumentError(
        absl::StrCat("byte ", offset, ": $", Clipped(path_, kShownPathBytes), ": ", message));
    return false;
  }

  const JsonLimits& limits_;
  const char* begin_;
  size_t size_;
  size_t values_ = 0;
  std::string path_;
  absl::Status error_;
};

}  // namespace

absl::string_view JsonKindName(JsonKind kind) {
  switch (kind) {
    case JsonKind::kNull: return "null";
    case JsonKind::kBool: return "boolean";
    case JsonKind::kInt: return "integer";
    case JsonKind::kDouble: return "number";
    case JsonKind::kString: return "string";
    case JsonKind::kArray: return "array";
    case JsonKind::kObject: return "object";
  }
  return "value";
}

JsonValue::JsonValue() = default;
JsonValue::JsonValue(bool v) : value_(v) {}
JsonValue::JsonValue(int64_t v) : value_(v) {}
JsonValue::JsonValue(double v) : value_(v) {}
JsonValue::JsonValue(std::string v) : value_(std::move(v)) {}
JsonValue::JsonValue(Array v) : value_(std::move(v)) {}
JsonValue::JsonValue(Object v) : value_(std::move(v)) {}
JsonValue::JsonValue(JsonValue&&) noexcept = default;
JsonValue& JsonValue::operator=(JsonValue&&) noexcept = default;
JsonValue::~JsonValue() = default;

std::span<const JsonValue> JsonValue::items() const { return std::get<Array>(value_); }
std::span<const JsonMember> JsonValue::members() const { return std::get<Object>(value_); }

const JsonValue* JsonValue::Find(absl::string_view name) const {
  if (kind() != JsonKind::kObject) return nullptr;
  for (const JsonMember& member : members()) {
    if (absl::string_view(member.name) == name) return &member.value;
  }
  return nullptr;
}

absl::StatusOr<JsonValue> ParseJson(absl::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat(text.size(), " bytes, at most ", limits.max_bytes));
  }
  // A byte order mark is not JSON; simdjson would read the document as if it were not there or fail
  // without a place, depending on its version.
  if (text.substr(0, 3) == "\xef\xbb\xbf") {
    return absl::InvalidArgumentError("byte 0: starts with a byte order mark");
  }
  const simdjson::padded_string padded(text.data(), text.size());
  ondemand::parser parser;
  ondemand::document document;
  if (const auto error = parser.iterate(padded).get(document)) {
    return absl::InvalidArgumentError(absl::StrCat("byte 0: ", simdjson::error_message(error)));
  }
  return TreeBuilder(limits, padded.data(), padded.size()).Build(document);
}

}  // namespace millrace
