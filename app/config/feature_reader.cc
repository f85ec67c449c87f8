#include "app/config/feature_reader.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "app/config/check.h"
#include "app/config/durations.h"
#include "app/config/suggest.h"
#include "app/config/value_of.h"
#include "core/check.h"
#include "core/double_text.h"

namespace millrace {
namespace {

std::string OptionText(const AggregationOption& option, double value) {
  return option.kind == OptionKind::kDuration
             ? ToString(Value::Duration(static_cast<int64_t>(value)))
         : option.kind == OptionKind::kInt ? absl::StrCat(static_cast<int64_t>(value))
                                           : DoubleText(value);
}

std::optional<double> OptionValue(const AggregationOption& option, const ConfigNode& node) {
  double number = 0;
  if (option.kind == OptionKind::kDuration) {
    const std::optional<int64_t> ms = ParseDuration(node.text);
    return ms ? std::optional<double>(static_cast<double>(*ms)) : std::nullopt;
  }
  if (!absl::SimpleAtod(node.text, &number)) return std::nullopt;
  return number;
}

// Keys of a feature that are options of some aggregation, with the names of those it is one of.
std::vector<std::string> OwnersOf(absl::string_view key) {
  std::vector<std::string> owners;
  for (const AggregationType& type : AggregationTypes()) {
    const bool option = std::any_of(type.options.begin(), type.options.end(),
                                    [key](const AggregationOption& o) { return o.name == key; });
    if (option || type.second_input == key) owners.emplace_back(type.name.data(), type.name.size());
  }
  return owners;
}

}  // namespace

std::string FeatureReader::Context(const ViewInput& input) const {
  return view_.inputs.size() < 2 ? "" : absl::StrCat("in source '", SourceOf(input).name, "'");
}

bool FeatureReader::Read(const Section& feature, FeatureSpec* spec) {
  if (!feature.present()) return false;
  const bool window = ReadWindow(feature, sink(), &spec->window);
  const ConfigNode* input = FindAggregation(feature);
  const bool where = ReadWhere(feature, spec);
  if (input == nullptr) return false;
  spec->aggregation_name = std::string(type_->name.data(), type_->name.size());
  AggregationRequest request;
  request.type = type_;
  const bool options =
      ReadOptions(feature, spec, &request.input.options) & ReadBy(feature, spec, &request);
  const bool needs_value = type_->every_record != EveryRecord::kCounted || request.by.has_value();
  if (!ReadInput(*input, needs_value, spec) || !ReadSecond(feature, spec) ||
      !ReadElementwise(feature, spec, &request) || !options || !window || !where) {
    return false;
  }
  request.input.value = spec->input_type;
  request.input.other = spec->other_type;
  const Window& w = spec->window;
  const bool has_length = w.kind == WindowKind::kSliding || w.kind == WindowKind::kTumbling ||
                          w.kind == WindowKind::kHopping;
  request.input.window_ms = has_length ? w.size_ms : 0;
  absl::StatusOr<Aggregation> bound = BindAggregationTo(request);
  if (!bound.ok()) {
    const std::string message(bound.status().message().data(), bound.status().message().size());
    Diagnostic& d = sink()->Error(ConfigErrorCode::kExpressionType, input->place, message);
    if (spec->input_type == Type::kBool) d.suggestion = "write … ? 1.0 : 0.0";
    return false;
  }
  if (spec->window.exclude_current == ExcludeCurrent::kNothing && w.with_request &&
      (w.lag_ms > 0 || w.which == Which::kComplete || w.kind == WindowKind::kHopping)) {
    sink()->Error(ConfigErrorCode::kConflict, feature.Find("with_request")->place,
                  "'with_request' counts a record at the read time, which this window leaves out");
    return false;
  }
  spec->result_type = bound->result;
  spec->aggregation = std::make_shared<const Aggregation>(*std::move(bound));
  return ReadDefault(feature, spec) && !feature.incomplete();
}

bool FeatureReader::ReadComputed(const Section& feature, const std::vector<int>& known,
                                 const std::set<std::string>& broken, FeatureSpec* spec) {
  const ConfigNode* node = feature.Find("expr");
  if (node == nullptr) return false;
  for (const ConfigMember& member : feature.map()->members) {
    if (member.key.text == "expr" || member.key.text == "default" || member.key.bad) continue;
    sink()->Error(ConfigErrorCode::kConflict, member.key.place,
                  absl::StrCat("a feature with 'expr' is computed from others; '", member.key.text,
                               "' does not go with it"));
    return false;
  }
  Scope scope;
  for (const int index : known) {
    const FeatureSpec& other = view_.features[static_cast<size_t>(index)];
    scope.push_back({other.name, other.result_type});
  }
  spec->expression = CompileExpression(*node, scope, broken, "", sink());
  if (spec->expression == nullptr) return false;
  spec->expression_text = node->text;
  spec->operands = known;
  spec->result_type = spec->expression->value_type();
  if (spec->result_type == Type::kNull) {
    sink()->Error(ConfigErrorCode::kExpressionType, node->place, "the expression is always null");
    return false;
  }
  return ReadDefault(feature, spec) && !feature.incomplete();
}

// The one member that names an aggregation.
const ConfigNode* FeatureReader::FindAggregation(const Section& feature) {
  const ConfigMember* found = nullptr;
  bool reported = feature.incomplete();
  for (const ConfigMember& member : feature.map()->members) {
    const SchemaNode* row = feature.schema().Find(member.key.text);
    if (row == nullptr || !row->spec->aggregation) continue;
    if (found != nullptr) {
      sink()->Error(ConfigErrorCode::kConflict, member.key.place,
                    absl::StrCat("a feature has one aggregation, and '", found->key.text,
                                 "' is given already"));
      return nullptr;
    }
    found = &member;
    reported = reported || member.value.bad;
  }
  if (found == nullptr && !reported) {
    sink()
        ->Error(ConfigErrorCode::kConflict, feature.place(),
                absl::StrCat("'", feature.name(), "' has no aggregation"))
        .known = feature.schema().SupportedAggregations();
  }
  if (found == nullptr || found->value.bad) return nullptr;
  type_ = FindAggregationType(found->key.text);
  return type_ == nullptr ? nullptr : &found->value;
}

bool FeatureReader::CompileForAll(const ConfigNode& node,
                                  std::vector<std::shared_ptr<const Expression>>* expressions,
                                  ValueType* type) {
  for (const ViewInput& input : view_.inputs) {
    const auto expression = CompileExpression(
        node, ScopeOf(SourceOf(input).schema),
        draft_->broken_fields[static_cast<size_t>(input.source)], Context(input), sink());
    if (expression == nullptr) return false;
    if (!expressions->empty() && expression->value_type() != *type) {
      sink()->Error(ConfigErrorCode::kExpressionType, node.place,
                    absl::StrCat("the expression is ", ValueTypeName(*type), " in one source and ",
                                 ValueTypeName(expression->value_type()), " in '",
                                 SourceOf(input).name, "'"));
      return false;
    }
    *type = expression->value_type();
    expressions->push_back(expression);
  }
  if (*type != Type::kNull) return true;
  sink()->Error(ConfigErrorCode::kExpressionType, node.place, "the expression is always null");
  return false;
}

// `needs_value`: "*" stands for a value that every record has.
bool FeatureReader::ReadInput(const ConfigNode& node, bool needs_value, FeatureSpec* spec) {
  spec->input_text = node.text;
  if (node.text != "*") return CompileForAll(node, &spec->input, &spec->input_type);
  if (type_->every_record == EveryRecord::kRefused) {
    Diagnostic& d = sink()->Error(ConfigErrorCode::kExpressionType, node.place,
                                  absl::StrCat("'", type_->name, "' does not take \"*\""));
    for (const AggregationType& other : AggregationTypes()) {
      if (other.every_record == EveryRecord::kRefused) continue;
      d.known.emplace_back(other.name.data(), other.name.size());
    }
    return false;
  }
  spec->input.resize(view_.inputs.size());
  if (!needs_value) return true;
  const auto always = Expression::Compile("true", {});
  CHECK(always.ok());
  std::fill(spec->input.begin(), spec->input.end(), *always);
  spec->input_type = Type::kBool;
  return true;
}

// An expression beside the input; false after reporting what is wrong.
bool FeatureReader::ReadBeside(const Section& feature, const std::string& key, std::string* text,
                               std::vector<std::shared_ptr<const Expression>>* expressions,
                               ValueType* type) {
  const ConfigNode* node = feature.Find(key);
  if (node == nullptr) return !feature.Has(key);
  *text = node->text;
  if (!CompileForAll(*node, expressions, type)) return false;
  if (!IsCollection(type->type)) return true;
  sink()->Error(ConfigErrorCode::kExpressionType, node->place,
                absl::StrCat("'", key, "' does not take a ", ValueTypeName(*type)));
  return false;
}

// `with` or `order_by`, and `by`.
bool FeatureReader::ReadSecond(const Section& feature, FeatureSpec* spec) {
  if (!ReadBeside(feature, "by", &spec->by_text, &spec->by, &spec->by_type)) return false;
  const std::string own(type_->second_input.data(), type_->second_input.size());
  if (own.empty()) return true;
  if (type_->second_required && !feature.Has(own)) {
    sink()->Error(ConfigErrorCode::kMissingKey, feature.place(),
                  absl::StrCat("'", type_->name, "' needs '", own, "'"));
    return false;
  }
  return ReadBeside(feature, own, &spec->other_text, &spec->other, &spec->other_type);
}

bool FeatureReader::ReadOptions(const Section& feature, FeatureSpec* spec,
                                AggregationOptions* options) {
  bool good = true;
  for (const AggregationOption& option : type_->options) {
    const std::string name(option.name.data(), option.name.size());
    const ConfigNode* node = feature.Find(name);
    if (node == nullptr) {
      if (option.required && !feature.Has(name)) {
        sink()->Error(ConfigErrorCode::kMissingKey, feature.place(),
                      absl::StrCat("'", type_->name, "' needs '", name, "'"));
        good = false;
      }
      good &= !feature.Has(name);
      continue;
    }
    const std::optional<double> value = OptionValue(option, *node);
    if (!value || *value < option.least || *value > option.most) {
      sink()->Error(
          ConfigErrorCode::kOutOfRange, node->place,
          absl::StrCat("'", name, "' of '", type_->name, "' must be ",
                       OptionText(option, option.least), " to ", OptionText(option, option.most)));
      good = false;
      continue;
    }
    options->Set(name, *value);
    absl::StrAppend(&spec->options_text, spec->options_text.empty() ? "" : " ", name, "=",
                    OptionText(option, *value));
  }
  for (const ConfigMember& member : feature.map()->members) {
    const std::vector<std::string> owners = OwnersOf(member.key.text);
    const std::string type(type_->name.data(), type_->name.size());
    if (owners.empty() || std::find(owners.begin(), owners.end(), type) != owners.end()) continue;
    if (member.key.text == "max_keys" && (feature.Has("by"))) continue;
    sink()
        ->Error(ConfigErrorCode::kConflict, member.key.place,
                absl::StrCat("'", type_->name, "' has no option '", member.key.text, "'"))
        .known = owners;
    good = false;
  }
  return good;
}

bool FeatureReader::ReadBy(const Section& feature, FeatureSpec* spec, AggregationRequest* request) {
  bool good = true;
  if (feature.Find("by") != nullptr) request->by.emplace();
  for (const char* key : {"top", "top_by"}) {
    if (!feature.Has(key) || feature.Has("by")) continue;
    sink()->Error(ConfigErrorCode::kConflict, feature.map()->Find(key)->place,
                  absl::StrCat("'", key, "' needs 'by'"));
    good = false;
  }
  if (!request->by) return good;
  const auto count = [&](const char* key, int64_t most) -> std::optional<size_t> {
    const ConfigNode* node = feature.Find(key);
    int64_t value = 0;
    if (node == nullptr) return std::nullopt;
    if (absl::SimpleAtoi(node->text, &value) && value >= 1 && value <= most) {
      return static_cast<size_t>(value);
    }
    sink()->Error(ConfigErrorCode::kOutOfRange, node->place,
                  absl::StrCat("'", key, "' must be 1 to ", most));
    good = false;
    return std::nullopt;
  };
  request->by->top = count("top", 65'536);
  if (const auto keys = count("max_keys", 65'536)) request->by->max_keys = *keys;
  if (feature.Text("top_by") == "key") request->by->top_by = ByCategoryOptions::Rank::kKey;
  absl::StrAppend(&spec->options_text, spec->options_text.empty() ? "" : " ",
                  "max_keys=", request->by->max_keys);
  if (request->by->top) {
    absl::StrAppend(&spec->options_text, " top=", *request->by->top, " by ",
                    feature.Text("top_by"));
  }
  return good;
}

bool FeatureReader::ReadElementwise(const Section& feature, FeatureSpec* spec,
                                    AggregationRequest* request) {
  request->elementwise = feature.Text("elementwise") == "true";
  const ConfigNode* dim = feature.Find("dim");
  if (dim == nullptr) return !feature.Has("dim");
  int64_t value = 0;
  if (!request->elementwise) {
    sink()->Error(ConfigErrorCode::kConflict, dim->place, "'dim' needs 'elementwise: true'");
    return false;
  }
  if (absl::SimpleAtoi(dim->text, &value) && value == spec->input_type.dim) return true;
  sink()->Error(ConfigErrorCode::kOutOfRange, dim->place,
                absl::StrCat("'dim' must be ", spec->input_type.dim, ", as the input is ",
                             ValueTypeName(spec->input_type)));
  return false;
}

bool FeatureReader::ReadWhere(const Section& feature, FeatureSpec* spec) {
  spec->where.resize(view_.inputs.size());
  const ConfigNode* node = feature.Find("where");
  if (node == nullptr) return !feature.Has("where");
  spec->where_text = node->text;
  std::vector<std::shared_ptr<const Expression>> compiled;
  ValueType type;
  if (!CompileForAll(*node, &compiled, &type)) return false;
  if (type != Type::kBool) {
    sink()->Error(ConfigErrorCode::kExpressionType, node->place,
                  absl::StrCat("'where' must be a bool, not a ", ValueTypeName(type)));
    return false;
  }
  spec->where = std::move(compiled);
  return true;
}

bool FeatureReader::ReadDefault(const Section& feature, FeatureSpec* spec) {
  const ConfigNode* node = feature.Find("default");
  if (node == nullptr || node->kind == ConfigNode::Kind::kNull)
    return !feature.Has("default") || node != nullptr;
  spec->default_value = ValueOf(*node, spec->result_type.type);
  if (spec->default_value) return true;
  sink()->Error(ConfigErrorCode::kWrongType, node->place,
                absl::StrCat("'default' must be a ", ValueTypeName(spec->result_type),
                             " as the feature is, found ", Describe(*node)));
  return false;
}

}  // namespace millrace
