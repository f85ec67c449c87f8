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
#include "core/type_words.h"

namespace millrace {
std::string FeatureReader::Context(const ViewInput& input) const {
  return view_.inputs.size() < 2 ? "" : absl::StrCat("in source '", SourceOf(input).name, "'");
}

bool FeatureReader::Read(const Section& feature, FeatureSpec* spec) {
  if (!feature.present()) return false;
  const bool window = ReadWindow(feature, view_.accuracy, sink(), &spec->window);
  const ConfigNode* input = FindAggregation(feature);
  const bool where = ReadWhere(feature, spec);
  if (input == nullptr) return false;
  spec->aggregation_name = std::string(type_->name.data(), type_->name.size());
  AggregationRequest request;
  request.type = type_;
  const bool options = ReadOptions(feature, spec, &request.input.options);
  const bool by = ReadBy(feature, spec, &request);
  const bool needs_value = type_->every_record == EveryRecord::kRefused ||
                           type_->every_record == EveryRecord::kAsValues ||
                           (type_->every_record == EveryRecord::kCounted && request.by.has_value());
  if (!ReadInput(*input, needs_value, spec) || !ReadCategory(feature, spec) ||
      !ReadSecond(feature, spec) || !ReadElementwise(feature, spec, &request) || !options || !by ||
      !window || !where) {
    return false;
  }
  if (type_->every_record == EveryRecord::kOnly && !feature.Has("where")) {
    ReportMissing(feature, "where", "CONDITION");
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
    ReportUnbound(feature, *input, *spec, request, std::string(bound.status().message()));
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
    static constexpr absl::string_view kOwn[] = {"expr", "default", "description"};
    if (member.key.bad ||
        std::find(std::begin(kOwn), std::end(kOwn), member.key.text) != std::end(kOwn)) {
      continue;
    }
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
  // What is no feature is the request's.
  for (size_t i = 0; i < view_.request.fields.size(); ++i) {
    const Field& field = view_.request.fields[i];
    const bool hidden = broken.contains(field.name) ||
                        std::any_of(scope.begin(), scope.begin() + static_cast<int>(known.size()),
                                    [&](const ScopeField& f) { return f.name == field.name; });
    if (hidden) continue;
    scope.push_back({field.name, field.type});
    spec->request_fields.push_back(static_cast<int>(i));
  }
  std::set<std::string> reported = broken;
  const auto& fields = draft_->broken_fields[static_cast<size_t>(view_.inputs.front().source)];
  reported.insert(fields.begin(), fields.end());
  spec->expression = CompileExpression(*node, scope, reported, "", sink());
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

// Says `message` where the mistake is: at a modifier without which the rest would do, else at the
// input.
void FeatureReader::ReportUnbound(const Section& feature, const ConfigNode& input,
                                  const FeatureSpec& spec, const AggregationRequest& request,
                                  std::string message) {
  const auto would_bind = [&request](auto change) {
    AggregationRequest other = request;
    change(&other);
    return BindAggregationTo(other).ok();
  };
  TextPlace place = input.place;
  if (request.by && would_bind([](AggregationRequest* r) { r->by.reset(); })) {
    place = feature.KeyPlace("by");
  } else if (would_bind([](AggregationRequest* r) { r->input.window_ms = 1; })) {
    place = feature.KeyPlace("window");
  }
  Diagnostic& d = sink()->Error(ConfigErrorCode::kExpressionType, place, std::move(message));
  if (spec.input_type == Type::kBool &&
      would_bind([](AggregationRequest* r) { r->input.value = Type::kDouble; })) {
    d.suggestion = absl::StrCat("write ", input.shown, " ? 1.0 : 0.0");
  } else if (spec.input_type == Type::kVector && !request.elementwise &&
             would_bind([](AggregationRequest* r) { r->elementwise = true; })) {
    d.suggestion = "add elementwise: true";
  }
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
                    absl::StrCat("'", node.shown, "' is ", AValueType(*type), " in source '",
                                 SourceOf(view_.inputs.front()).name, "' and ",
                                 AValueType(expression->value_type()), " in source '",
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
    sink()
        ->Error(ConfigErrorCode::kExpressionType, node.place,
                absl::StrCat("'", type_->name,
                             "' does not take \"*\": name a field, or write an expression"))
        .suggestion = "count: \"*\" counts records";
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
  return CompileForAll(*node, expressions, type);
}

bool FeatureReader::ReadCategory(const Section& feature, FeatureSpec* spec) {
  if (!ReadBeside(feature, "by", &spec->by_text, &spec->by, &spec->by_type)) return false;
  const Type type = spec->by_type.type;
  if (spec->by.empty() || type == Type::kString || type == Type::kInt || type == Type::kBool) {
    return true;
  }
  sink()->Error(
      ConfigErrorCode::kExpressionType, feature.Find("by")->place,
      absl::StrCat("'by' must be a string, an int or a bool, not ", AValueType(spec->by_type)));
  return false;
}

// `with` or `order_by`.
bool FeatureReader::ReadSecond(const Section& feature, FeatureSpec* spec) {
  const std::string own(type_->second_input.data(), type_->second_input.size());
  if (own.empty()) return true;
  if (type_->second_required && !feature.Has(own)) {
    ReportMissing(feature, own, "FIELD");
    return false;
  }
  if (!ReadBeside(feature, own, &spec->other_text, &spec->other, &spec->other_type)) return false;
  const Type type = spec->other_type.type;
  const bool ranks = own == "order_by";
  if (spec->other.empty() ||
      (ranks ? !IsCollection(type) : type == Type::kInt || type == Type::kDouble)) {
    return true;
  }
  sink()->Error(ConfigErrorCode::kExpressionType, feature.Find(own)->place,
                absl::StrCat("'", own, "' of '", type_->name, "' must be ",
                             ranks ? "a single value" : "an int or a double", ", not ",
                             AValueType(spec->other_type)));
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
                  absl::StrCat("'where' must be a bool, not ", AValueType(type)));
    return false;
  }
  spec->where = std::move(compiled);
  return true;
}

}  // namespace millrace
