// sources.*: let, where, each, and the sources derived from others.

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
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

// A record becomes an event on every way from its source, so there are not many.
constexpr size_t kMaxDepth = 16;
constexpr int kMaxWays = 64;

// Reads the derived sources, each after those it is derived from.
class DerivedSources {
 public:
  DerivedSources(const Section& root, ProjectDraft* draft)
      : sections_(root.At("sources").Named()),
        draft_(*draft),
        progress_(sections_.size()),
        ways_(sections_.size(), 1),
        depth_(sections_.size(), 0) {}

  void ReadAll() {
    for (size_t i = 0; i < sections_.size(); ++i) Read(i);
  }

 private:
  enum class Progress : uint8_t { kToDo, kBegun, kDone };

  void Read(size_t index) {
    const Section& section = sections_[index];
    if (!section.Has("from") || progress_[index] != Progress::kToDo) return;
    progress_[index] = Progress::kBegun;
    path_.push_back(section.name());
    RefuseForeignKeys(section);
    SourceSpec spec;
    spec.name = section.name();
    spec.documentation = ReadDocumentation(section);
    bool known = section.Find("from") != nullptr;
    for (const ConfigNode* from : section.Items("from")) known = ReadBase(*from, &spec) && known;
    known = known && !spec.bases.empty() && CountWays(index, section, spec);
    if (known) Finish(index, section, std::move(spec));
    path_.pop_back();
    progress_[index] = Progress::kDone;
  }

  void RefuseForeignKeys(const Section& section) {
    for (const absl::string_view key :
         {"topic", "format", "schema_file", "message", "message_indices", "envelope", "time", "id",
          "dedup", "retract", "schema", "history", "lateness", "on_error"}) {
      if (!section.Has(key)) continue;
      for (const ConfigMember& member : section.map()->members) {
        if (member.key.text != key) continue;
        draft_.sink->Error(ConfigErrorCode::kConflict, member.key.place,
                           absl::StrCat("'", key, "' cannot stand beside 'from': what '",
                                        section.name(), "' is derived from says it"));
      }
    }
  }

  bool ReadBase(const ConfigNode& from, SourceSpec* spec) {
    const int base = draft_.FindSource(from);
    if (base < 0) return false;
    for (const SourceBase& other : spec->bases) {
      if (other.source != base) continue;
      draft_.sink->Error(ConfigErrorCode::kDuplicate, from.place,
                         absl::StrCat("the source '", from.shown, "' is listed twice"));
      return false;
    }
    if (progress_[static_cast<size_t>(base)] == Progress::kBegun) {
      const auto first = std::find(path_.begin(), path_.end(), from.text);
      draft_.sink->Error(
          ConfigErrorCode::kConflict, from.place,
          absl::StrCat("the source '", from.shown, "' would be derived from itself: ",
                       absl::StrJoin(first, path_.end(), " from "), " from ", from.shown));
      return false;
    }
    const bool to_read = sections_[static_cast<size_t>(base)].Has("from") &&
                         progress_[static_cast<size_t>(base)] == Progress::kToDo;
    if (to_read && path_.size() == kMaxDepth) return FailTooDeep(from);
    Read(static_cast<size_t>(base));
    spec->bases.push_back({base, nullptr});
    return !draft_.broken_source[static_cast<size_t>(base)];
  }

  bool FailTooDeep(const ConfigNode& from) {
    draft_.sink->Error(
        ConfigErrorCode::kOutOfRange, from.place,
        absl::StrCat("more than ", kMaxDepth, " sources, each derived from the next"));
    return false;
  }

  // On how many ways records of topics come to the source, and how far.
  bool CountWays(size_t index, const Section& section, const SourceSpec& spec) {
    ways_[index] = 0;
    for (const SourceBase& base : spec.bases) {
      ways_[index] += ways_[static_cast<size_t>(base.source)];
      depth_[index] = std::max(depth_[index], depth_[static_cast<size_t>(base.source)] + 1);
    }
    if (depth_[index] > kMaxDepth) return FailTooDeep(*section.Items("from")[0]);
    if (ways_[index] <= kMaxWays) return true;
    draft_.sink->Error(
        ConfigErrorCode::kOutOfRange, section.Find("from")->place,
        absl::StrCat("records come to '", section.name(), "' on more than ", kMaxWays, " ways"));
    return false;
  }

  // The fields that all bases have, with one type.
  Schema CommonFields(const SourceSpec& spec) const {
    Schema common = SourceOf(spec.bases[0]).schema;
    std::erase_if(common.fields, [&](const Field& field) {
      return std::any_of(spec.bases.begin(), spec.bases.end(), [&](const SourceBase& base) {
        const Schema& schema = SourceOf(base).schema;
        const int found = schema.Find(field.name);
        return found < 0 || schema.fields[static_cast<size_t>(found)].type != field.type;
      });
    });
    return common;
  }

  void Finish(size_t index, const Section& section, SourceSpec spec) {
    std::set<std::string> broken;
    for (const SourceBase& base : spec.bases) {
      const SourceSpec& source = SourceOf(base);
      const std::set<std::string>& of_base = draft_.broken_fields[static_cast<size_t>(base.source)];
      broken.insert(of_base.begin(), of_base.end());
      spec.retracts = spec.retracts || source.retracts;
      spec.retention_ms = &base == spec.bases.data()
                              ? source.retention_ms
                              : std::max(spec.retention_ms, source.retention_ms);
    }
    const Schema common = CommonFields(spec);
    const std::shared_ptr<Derivation> made =
        ReadDerivation(section, common, &broken, &draft_, &spec);
    for (SourceBase& base : spec.bases) {
      const Schema& schema = SourceOf(base).schema;
      Derivation of_base = made == nullptr ? Derivation() : *made;
      of_base.columns.clear();
      for (const Field& field : common.fields) of_base.columns.push_back(schema.Find(field.name));
      base.derivation = std::make_shared<const Derivation>(std::move(of_base));
    }
    draft_.broken_fields[index] = std::move(broken);
    draft_.broken_source[index] = false;
    draft_.project.sources[index] = std::move(spec);
  }

  const SourceSpec& SourceOf(const SourceBase& base) const {
    return draft_.project.sources[static_cast<size_t>(base.source)];
  }

  const std::vector<Section> sections_;
  ProjectDraft& draft_;
  std::vector<Progress> progress_;
  std::vector<std::string> path_;
  // By source; of those with topics one and none.
  std::vector<int> ways_;
  std::vector<size_t> depth_;
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

void ReadDerivedSources(const Section& root, ProjectDraft* draft) {
  DerivedSources(root, draft).ReadAll();
}

}  // namespace millrace
