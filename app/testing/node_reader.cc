#include "app/testing/node_reader.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "app/config/check.h"
#include "app/config/suggest.h"
#include "app/config/value_of.h"
#include "core/collection.h"
#include "core/double_text.h"
#include "serving/json.h"

namespace millrace {
namespace {

// The number grammar of RFC 8259, section 6, which YAML's is wider than.
bool IsJsonNumber(absl::string_view text) {
  size_t i = 0;
  const auto digits = [&] {
    const size_t from = i;
    while (i < text.size() && absl::ascii_isdigit(text[i])) ++i;
    return i > from;
  };
  if (i < text.size() && text[i] == '-') ++i;
  const size_t integer = i;
  if (!digits() || (text[integer] == '0' && i > integer + 1)) return false;
  if (i < text.size() && text[i] == '.') {
    ++i;
    if (!digits()) return false;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (!digits()) return false;
  }
  return i == text.size();
}

void AppendJson(const ConfigNode& node, std::string* out) {
  switch (node.kind) {
    case ConfigNode::Kind::kNull: out->append("null"); return;
    case ConfigNode::Kind::kList:
      out->push_back('[');
      for (const ConfigNode& item : node.items) {
        if (out->back() != '[') out->push_back(',');
        AppendJson(item, out);
      }
      out->push_back(']');
      return;
    case ConfigNode::Kind::kMap:
      out->push_back('{');
      for (const ConfigMember& member : node.members) {
        if (out->back() != '{') out->push_back(',');
        AppendJsonString(member.key.text, out);
        out->push_back(':');
        AppendJson(member.value, out);
      }
      out->push_back('}');
      return;
    case ConfigNode::Kind::kScalar: break;
  }
  int64_t integer = 0;
  double real = 0;
  if (IsBool(node) || (IsNumber(node) && IsJsonNumber(node.text))) {
    out->append(node.text);
  } else if (IsInt(node) && absl::SimpleAtoi(node.text, &integer)) {
    absl::StrAppend(out, integer);
  } else if (IsNumber(node) && absl::SimpleAtod(node.text, &real)) {
    out->append(DoubleText(real));
  } else {
    AppendJsonString(node.text, out);
  }
}

}  // namespace

void NodeReader::Fail(const ConfigNode& node, std::string message) {
  if (!node.bad) sink_->Error(ConfigErrorCode::kWrongType, node.place, std::move(message));
}

bool NodeReader::CheckMap(const ConfigNode& node, absl::string_view what,
                          const std::vector<std::string>& known,
                          const std::vector<std::string>& later) {
  if (!node.is_map()) {
    Fail(node, absl::StrCat(what, " must be a map, found ", Describe(node)));
    return false;
  }
  bool good = !node.bad;
  for (const ConfigMember& member : node.members) {
    const std::string& key = member.key.text;
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    good = false;
    if (std::find(later.begin(), later.end(), key) != later.end()) {
      sink_->Error(ConfigErrorCode::kNotSupported, member.key.place,
                   absl::StrCat("'", key, "' of ", what, " is not supported yet"));
      continue;
    }
    Diagnostic& d = sink_->Error(ConfigErrorCode::kUnknownKey, member.key.place,
                                 absl::StrCat("unknown key '", key, "' of ", what));
    d.known = known;
    d.suggestion = DidYouMean(key, known);
  }
  return good;
}

std::optional<int64_t> NodeReader::Int(const ConfigNode& node, absl::string_view what) {
  int64_t value = 0;
  if (node.is_scalar() && IsInt(node) && absl::SimpleAtoi(node.text, &value)) return value;
  Fail(node, absl::StrCat("'", what, "' must be a whole number, found ", Describe(node)));
  return std::nullopt;
}

std::optional<double> NodeReader::Number(const ConfigNode& node, absl::string_view what) {
  double value = 0;
  if (node.is_scalar() && IsNumber(node) && absl::SimpleAtod(node.text, &value)) return value;
  Fail(node, absl::StrCat("'", what, "' must be a number, found ", Describe(node)));
  return std::nullopt;
}

std::optional<bool> NodeReader::Bool(const ConfigNode& node, absl::string_view what) {
  if (node.is_scalar() && IsBool(node)) return node.text == "true";
  Fail(node, absl::StrCat("'", what, "' must be true or false, found ", Describe(node)));
  return std::nullopt;
}

std::optional<std::string> NodeReader::Text(const ConfigNode& node, absl::string_view what) {
  if (node.is_scalar()) return node.text;
  Fail(node, absl::StrCat("'", what, "' must be a string, found ", Describe(node)));
  return std::nullopt;
}

std::optional<int64_t> NodeReader::Time(const ConfigNode& node, absl::string_view what) {
  const std::optional<int64_t> time = ParseTestTime(node);
  if (!time) {
    Fail(node, absl::StrCat("'", what,
                            "' must be a time: milliseconds since the epoch or RFC 3339, found ",
                            Describe(node)));
  }
  return time;
}

int NodeReader::Find(const ConfigNode& node, absl::string_view what,
                     const std::vector<std::string>& names) {
  if (!node.is_scalar()) {
    Fail(node, absl::StrCat("expected the name of a ", what, ", found ", Describe(node)));
    return -1;
  }
  const auto it = std::find(names.begin(), names.end(), node.text);
  if (it != names.end()) return static_cast<int>(it - names.begin());
  Diagnostic& d = sink_->Error(ConfigErrorCode::kUnknownReference, node.place,
                               absl::StrCat("unknown ", what, " '", node.text, "'"));
  d.known = names;
  d.suggestion = DidYouMean(node.text, names);
  return -1;
}

std::optional<int64_t> ParseTestTime(const ConfigNode& node) {
  int64_t ms = 0;
  if (!node.is_scalar()) return std::nullopt;
  if (IsInt(node) && absl::SimpleAtoi(node.text, &ms)) return ms;
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, node.text, &time, &error)) return std::nullopt;
  return absl::ToUnixMillis(time);
}

std::optional<OwnedValue> TestValueOf(const ConfigNode& node, Type type) {
  if (node.kind == ConfigNode::Kind::kNull) return OwnedValue();
  if (!node.is_scalar()) return std::nullopt;
  if (type == Type::kTimestamp) {
    const std::optional<int64_t> ms = ParseTestTime(node);
    if (!ms) return std::nullopt;
    return OwnedValue(Value::Timestamp(*ms));
  }
  if (type == Type::kBytes) return OwnedValue(Value::Bytes(node.text));
  return ValueOf(node, type);
}

OwnedValue PlainScalarOf(const ConfigNode& node) {
  if (node.kind == ConfigNode::Kind::kNull) return OwnedValue();
  for (const Type type : {Type::kBool, Type::kInt, Type::kDouble}) {
    if (const std::optional<OwnedValue> value = TestValueOf(node, type)) return *value;
  }
  return OwnedValue(Value::String(node.text));
}

std::optional<OwnedValue> PlainValueOf(const ConfigNode& node) {
  const auto is_single = [](const ConfigNode& item) { return !item.is_list() && !item.is_map(); };
  if (node.is_list()) {
    ListBuilder list;
    for (const ConfigNode& item : node.items) {
      if (!is_single(item)) return std::nullopt;
      list.Add(PlainScalarOf(item).view());
    }
    return OwnedValue(list.value());
  }
  if (node.is_map()) {
    MapBuilder map;
    for (const ConfigMember& member : node.members) {
      if (!is_single(member.value)) return std::nullopt;
      map.Add(member.key.text, PlainScalarOf(member.value).view());
    }
    return OwnedValue(map.Finish());
  }
  return PlainScalarOf(node);
}

std::string JsonOf(const ConfigNode& node) {
  std::string out;
  AppendJson(node, &out);
  return out;
}

std::string FlowText(const ConfigNode& node) {
  std::string out;
  if (node.is_list()) {
    for (const ConfigNode& item : node.items) {
      absl::StrAppend(&out, out.empty() ? "" : ", ", FlowText(item));
    }
    return absl::StrCat("[", out, "]");
  }
  if (node.is_map()) {
    for (const ConfigMember& member : node.members) {
      absl::StrAppend(&out, out.empty() ? "" : ", ", member.key.text, ": ", FlowText(member.value));
    }
    return absl::StrCat("{", out, "}");
  }
  if (node.kind == ConfigNode::Kind::kNull) return "null";
  return node.quoted ? absl::StrCat("\"", node.text, "\"") : node.text;
}

}  // namespace millrace
