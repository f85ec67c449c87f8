#include "app/inference/field_inference.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "app/config/check.h"
#include "stream/expr/expression.h"

namespace millrace {
namespace {

constexpr size_t kMaxFieldDepth = 4;
constexpr size_t kMaxNameBytes = 60;
// Of an object with more members than this nobody means each by its name.
constexpr size_t kMaxMembers = 64;

// The scalar that takes all scalars seen; absent when they differ in kind.
std::optional<Type> ScalarType(const FieldFacts& facts) {
  const int64_t scalars = facts.scalars();
  if (scalars == 0) return std::nullopt;
  if (facts.bools == scalars) return Type::kBool;
  if (facts.ints == scalars) return Type::kInt;
  if (facts.ints + facts.doubles == scalars) return Type::kDouble;
  if (facts.strings != scalars) return std::nullopt;
  return facts.times == scalars ? Type::kTimestamp : Type::kString;
}

// "7 int, 3 string".
std::string KindsText(const FieldFacts& facts) {
  std::vector<std::string> kinds;
  const auto add = [&kinds](int64_t count, absl::string_view kind) {
    if (count > 0) kinds.push_back(absl::StrCat(count, " ", kind));
  };
  add(facts.bools, "bool");
  add(facts.ints, "int");
  add(facts.doubles, "double");
  add(facts.strings, "string");
  add(facts.arrays, "list");
  add(facts.objects, "object");
  return absl::StrJoin(kinds, ", ");
}

// Whether the members of the objects are keys of a map rather than fields: records have some of
// many, all of one type.
bool LooksLikeMap(const FieldFacts& facts) {
  if (facts.members.empty()) return false;
  std::optional<Type> common;
  int64_t present = 0;
  for (const auto& [name, member] : facts.members) {
    const std::optional<Type> type = ScalarType(*member);
    if (!type || member->arrays + member->objects > 0 || (common && *common != *type)) return false;
    common = type;
    present += member->values();
  }
  const auto members = static_cast<int64_t>(facts.members.size());
  return facts.members.size() > kMaxMembers || 2 * present < members * facts.objects;
}

std::optional<ValueType> ListType(const FieldFacts& facts, std::string* note) {
  const FieldFacts& items = *facts.items;
  if (items.values() == 0) {
    *note = "only empty lists were seen";
    return std::nullopt;
  }
  const std::optional<Type> item = ScalarType(items);
  if (!item || items.arrays + items.objects > 0) {
    *note = absl::StrCat("no list takes its items: ", KindsText(items));
    return std::nullopt;
  }
  const bool numbers = *item == Type::kInt || *item == Type::kDouble;
  if (numbers && items.nulls == 0 && facts.fewest_items == facts.most_items &&
      facts.most_items >= 2) {
    *note = absl::StrCat("all lists are as long; or list<", TypeName(*item), ">");
    return ValueType(Type::kVector, Type::kNull, static_cast<int32_t>(facts.most_items));
  }
  return ValueType(Type::kList, *item);
}

std::optional<ValueType> MapType(const FieldFacts& facts) {
  return ValueType(Type::kMap, *ScalarType(*facts.members.front().second));
}

class FieldFinder {
 public:
  explicit FieldFinder(int64_t records) : records_(records) {}

  void AddMembers(const FieldFacts& objects, const std::string& path, size_t depth) {
    for (const auto& [name, facts] : objects.members) {
      const std::string at = path.empty() ? name : absl::StrCat(path, ".", name);
      if (facts->objects > 0 && facts->scalars() + facts->arrays == 0 && !LooksLikeMap(*facts) &&
          depth < kMaxFieldDepth && !facts->members.empty()) {
        AddMembers(*facts, at, depth + 1);
      } else {
        Add(*facts, name, at);
      }
    }
  }
  std::vector<InferredField> Take() { return std::move(fields_); }

 private:
  void Add(const FieldFacts& facts, absl::string_view own_name, const std::string& path) {
    InferredField field;
    field.name = NameFor(path);
    if (field.name != path) field.path = path;
    field.facts = &facts;
    field.without = records_ - facts.values();
    if (own_name.empty() || absl::StrContains(own_name, '.')) {
      field.note = "a source cannot name it: it has a dot, or no name at all";
    } else {
      field.type = InferType(facts, &field.note);
    }
    fields_.push_back(std::move(field));
  }

  // A name that is valid and not taken.
  std::string NameFor(const std::string& path) const {
    std::string name = path.substr(0, kMaxNameBytes);
    for (char& c : name) {
      if (!absl::ascii_isalnum(static_cast<unsigned char>(c))) c = '_';
    }
    if (!IsValidName(name) || IsExpressionFunction(name)) name.insert(0, "f_");
    std::string free = name;
    const auto taken = [this, &free] {
      return std::any_of(fields_.begin(), fields_.end(),
                         [&free](const InferredField& field) { return field.name == free; });
    };
    for (int n = 2; taken(); ++n) free = absl::StrCat(name, "_", n);
    return free;
  }

  const int64_t records_;
  std::vector<InferredField> fields_;
};

}  // namespace

std::optional<ValueType> InferType(const FieldFacts& facts, std::string* note) {
  const int64_t values = facts.values();
  if (values == 0) {
    *note = "only null was seen";
    return std::nullopt;
  }
  if (facts.arrays == values) return ListType(facts, note);
  if (facts.objects == values && LooksLikeMap(facts)) return MapType(facts);
  if (facts.scalars() == values) {
    if (const std::optional<Type> type = ScalarType(facts)) {
      if (*type == Type::kDouble && facts.ints > 0 && facts.doubles > 0) {
        *note = absl::StrCat(facts.ints, " of them without a fraction");
      }
      return *type;
    }
  }
  *note = facts.objects == values ? "its objects have too little in common"
                                  : absl::StrCat("no type takes ", KindsText(facts));
  return std::nullopt;
}

std::vector<InferredField> InferFields(const FieldFacts& rows) {
  FieldFinder finder(rows.objects);
  finder.AddMembers(rows, "", 1);
  return finder.Take();
}

}  // namespace millrace
