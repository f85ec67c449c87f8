// sources.*: let, where, each.

#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "app/config/compile.h"
#include "app/config/suggest.h"
#include "core/type_words.h"
#include "stream/expr/expression.h"

namespace millrace {
namespace {

class DerivationReader {
 public:
  DerivationReader(const Section& source, std::set<std::string>* broken, ProjectDraft* draft,
                   SourceSpec* spec)
      : source_(source), broken_(*broken), draft_(*draft), spec_(*spec) {}

  std::shared_ptr<Derivation> Read() {
    ReadLet();
    ReadWhere();
    ReadEach();
    const bool changes = !made_.let.empty() || made_.where != nullptr || made_.each;
    return changes ? std::make_shared<Derivation>(std::move(made_)) : nullptr;
  }

 private:
  Diagnostic& Fail(ConfigErrorCode code, const TextPlace& place, std::string message) {
    return draft_.sink->Error(code, place, std::move(message));
  }

  void ReadLet() {
    const Section let = source_.At("let");
    if (!let.present()) return;
    for (const ConfigMember& member : let.map()->members) {
      if (!ReadLetField(member)) broken_.insert(member.key.text);
    }
  }

  bool ReadLetField(const ConfigMember& member) {
    const std::string& name = member.key.text;
    if (member.key.bad || member.value.bad) return false;
    if (IsExpressionFunction(name)) {
      Fail(ConfigErrorCode::kInvalidName, member.key.place,
           absl::StrCat("the field '", name, "' would hide the function of that name"));
      return false;
    }
    if (spec_.schema.Find(name) >= 0 || broken_.contains(name)) {
      Fail(ConfigErrorCode::kDuplicate, member.key.place,
           absl::StrCat("the field '", name, "' exists already"));
      return false;
    }
    auto value = CompileExpression(member.value, ScopeOf(spec_.schema), broken_, "", draft_.sink);
    if (value == nullptr) return false;
    if (value->type() == Type::kNull) {
      Fail(ConfigErrorCode::kExpressionType, member.value.place,
           absl::StrCat("the field '", name, "' would always be null"));
      return false;
    }
    absl::StrAppend(&spec_.shape_text, " ", name, "=(", member.value.text, ")");
    spec_.schema.fields.push_back({name, value->value_type(), std::nullopt, std::nullopt});
    made_.let.push_back(std::move(value));
    return true;
  }

  void ReadWhere() {
    const ConfigNode* node = source_.Find("where");
    if (node == nullptr) return;
    absl::StrAppend(&spec_.shape_text, " where(", node->text, ")");
    made_.where = CompileExpression(*node, ScopeOf(spec_.schema), broken_, "", draft_.sink);
    if (made_.where == nullptr || made_.where->type() == Type::kBool) return;
    Fail(ConfigErrorCode::kExpressionType, node->place,
         absl::StrCat("'where' must be a bool, not ", AValueType(made_.where->value_type())));
  }

  void ReadEach() {
    const ConfigNode* node = source_.Find("each");
    if (node == nullptr || broken_.contains(node->text)) return;
    absl::StrAppend(&spec_.shape_text, " each=", node->text);
    const int field = spec_.schema.Find(node->text);
    if (field < 0) {
      Diagnostic& d =
          Fail(ConfigErrorCode::kUnknownReference, node->place,
               absl::StrCat("the source '", spec_.name, "' has no field '", node->shown, "'"));
      for (const Field& known : spec_.schema.fields) d.known.push_back(known.name);
      d.suggestion = DidYouMean(node->text, d.known);
      return;
    }
    ValueType& type = spec_.schema.fields[static_cast<size_t>(field)].type;
    if (type.type != Type::kList) {
      Fail(ConfigErrorCode::kExpressionType, node->place,
           absl::StrCat("'each' needs a list, and '", node->shown, "' is ", ValueTypeName(type)));
      broken_.insert(node->text);
      return;
    }
    made_.each = field;
    type = type.element;
  }

  const Section& source_;
  std::set<std::string>& broken_;
  ProjectDraft& draft_;
  SourceSpec& spec_;
  Derivation made_;
};

}  // namespace

std::shared_ptr<Derivation> ReadDerivation(const Section& source, const Schema& base,
                                           std::set<std::string>* broken, ProjectDraft* draft,
                                           SourceSpec* spec) {
  spec->schema = base;
  std::shared_ptr<Derivation> made = DerivationReader(source, broken, draft, spec).Read();
  if (made == nullptr) return nullptr;
  made->columns.resize(base.fields.size());
  std::iota(made->columns.begin(), made->columns.end(), 0);
  return made;
}

}  // namespace millrace
