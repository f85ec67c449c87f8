// The options and modifiers of a feature: what its aggregation has, `by`, `elementwise`, `default`.

#include <algorithm>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "app/config/check.h"
#include "app/config/durations.h"
#include "app/config/feature_reader.h"
#include "app/config/value_of.h"
#include "core/double_text.h"
#include "core/type_words.h"

namespace millrace {
namespace {

constexpr int64_t kMaxCategories = 65'536;

std::string Name(absl::string_view name) { return std::string(name.data(), name.size()); }

std::string OptionText(const AggregationOption& option, double value) {
  return option.kind == OptionKind::kDouble ? DoubleText(value)
         : option.kind == OptionKind::kInt  ? absl::StrCat(static_cast<int64_t>(value))
                                            : FormatDuration(static_cast<int64_t>(value));
}

std::string RangeText(const AggregationOption& option) {
  const std::string least = OptionText(option, option.least);
  const std::string most = OptionText(option, option.most);
  if (!option.above) return absl::StrCat("from ", least, " to ", most);
  return absl::StrCat(option.kind == OptionKind::kDuration ? "longer than " : "above ",
                      option.kind == OptionKind::kDuration ? "0" : least, " and at most ", most);
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

bool IsWithin(const AggregationOption& option, double value) {
  return value <= option.most && (option.above ? value > option.least : value >= option.least);
}

absl::string_view ExampleOf(OptionKind kind) {
  switch (kind) {
    case OptionKind::kInt: return "10";
    case OptionKind::kDouble: return "0.5";
    case OptionKind::kDuration: return "1h";
  }
  return "";
}

std::vector<std::string> OptionsOf(const AggregationType& type) {
  std::vector<std::string> names;
  for (const AggregationOption& option : type.options) names.push_back(Name(option.name));
  if (!type.second_input.empty()) names.push_back(Name(type.second_input));
  return names;
}

bool HasOption(const AggregationType& type, const std::string& key) {
  const std::vector<std::string> names = OptionsOf(type);
  return std::find(names.begin(), names.end(), key) != names.end();
}

// Aggregations that have an option of that name.
std::vector<std::string> OwnersOf(const std::string& key) {
  std::vector<std::string> owners;
  for (const AggregationType& type : AggregationTypes()) {
    if (HasOption(type, key)) owners.push_back(Name(type.name));
  }
  return owners;
}

}  // namespace

void FeatureReader::ReportMissing(const Section& feature, absl::string_view key,
                                  absl::string_view example) {
  if (feature.incomplete()) return;  // it may be what was misspelt
  sink()
      ->Error(ConfigErrorCode::kMissingKey, feature.KeyPlace(Name(type_->name)),
              absl::StrCat("'", type_->name, "' needs '", key, "'"))
      .suggestion = absl::StrCat("add ", key, ": ", example);
}

bool FeatureReader::ReadOption(const AggregationOption& option, const Section& feature,
                               FeatureSpec* spec, AggregationOptions* options) {
  const std::string name = Name(option.name);
  const ConfigNode* node = feature.Find(name);
  if (node == nullptr) {
    if (feature.Has(name)) return false;
    if (option.required) ReportMissing(feature, name, ExampleOf(option.kind));
    return !option.required;
  }
  const std::optional<double> value = OptionValue(option, *node);
  if (!value || !IsWithin(option, *value)) {
    Diagnostic& d = sink()->Error(ConfigErrorCode::kOutOfRange, node->place,
                                  absl::StrCat("'", name, "' of '", type_->name, "' must be ",
                                               RangeText(option), ", not ", node->shown));
    if (name == "q" && value && *value >= 2 && *value <= 100) {
      d.suggestion = absl::StrCat("did you mean ", DoubleText(*value / 100), "?");
    }
    return false;
  }
  options->Set(name, *value);
  absl::StrAppend(&spec->options_text, spec->options_text.empty() ? "" : " ", name, "=",
                  option.kind == OptionKind::kDuration
                      ? ToString(Value::Duration(static_cast<int64_t>(*value)))
                      : OptionText(option, *value));
  return true;
}

bool FeatureReader::ReadOptions(const Section& feature, FeatureSpec* spec,
                                AggregationOptions* options) {
  bool good = true;
  for (const AggregationOption& option : type_->options) {
    good &= ReadOption(option, feature, spec, options);
  }
  for (const ConfigMember& member : feature.map()->members) {
    const std::string& key = member.key.text;
    std::vector<std::string> owners = OwnersOf(key);
    if (owners.empty() || HasOption(*type_, key)) continue;
    if (key == "max_keys") {
      if (feature.Has("by")) continue;
      owners.emplace_back("any that has 'by'");
    }
    sink()
        ->Error(ConfigErrorCode::kConflict, member.key.place,
                absl::StrCat("'", type_->name, "' has no option '", key, "', which belongs to ",
                             absl::StrJoin(owners, ", ")))
        .known = OptionsOf(*type_);
    good = false;
  }
  return good;
}

bool FeatureReader::ReadBy(const Section& feature, FeatureSpec* spec, AggregationRequest* request) {
  bool good = true;
  const auto needs = [&](const char* key, const char* other) {
    if (!feature.Has(key) || feature.Has(other) || feature.incomplete()) return;
    sink()->Error(ConfigErrorCode::kConflict, feature.KeyPlace(key),
                  absl::StrCat("'", key, "' needs '", other, "'"));
    good = false;
  };
  needs("top", "by");
  needs("top_by", feature.Has("by") ? "top" : "by");
  if (feature.Find("by") == nullptr) return good;
  request->by.emplace();
  const auto count = [&](const char* key) -> std::optional<size_t> {
    const ConfigNode* node = feature.Find(key);
    int64_t value = 0;
    if (node == nullptr) return std::nullopt;
    if (absl::SimpleAtoi(node->text, &value) && value >= 1 && value <= kMaxCategories) {
      return static_cast<size_t>(value);
    }
    sink()->Error(
        ConfigErrorCode::kOutOfRange, node->place,
        absl::StrCat("'", key, "' must be from 1 to ", kMaxCategories, ", not ", node->shown));
    good = false;
    return std::nullopt;
  };
  request->by->top = count("top");
  if (const auto keys = count("max_keys")) request->by->max_keys = *keys;
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
  if (!request->elementwise) {
    sink()->Error(ConfigErrorCode::kConflict, feature.KeyPlace("dim"),
                  "'dim' needs 'elementwise: true'");
    return false;
  }
  if (spec->input_type != Type::kVector) return true;  // refused where it is bound
  int64_t value = 0;
  if (absl::SimpleAtoi(dim->text, &value) && value == spec->input_type.dim) return true;
  sink()->Error(ConfigErrorCode::kOutOfRange, dim->place,
                absl::StrCat("'dim' must be ", spec->input_type.dim, ", as the input is ",
                             AValueType(spec->input_type)));
  return false;
}

bool FeatureReader::ReadDefault(const Section& feature, FeatureSpec* spec) {
  const ConfigNode* node = feature.Find("default");
  if (node == nullptr || node->kind == ConfigNode::Kind::kNull) {
    return !feature.Has("default") || node != nullptr;
  }
  const ValueType& type = spec->result_type;
  spec->default_value = ValueOf(*node, type);
  if (spec->default_value) return true;
  const ConfigNode* misfit = node;
  if (IsCollection(type.type)) misfit = FindMisfit(*node, type);
  const bool inside = misfit != node;
  Diagnostic& d =
      sink()->Error(ConfigErrorCode::kWrongType, misfit->place,
                    absl::StrCat(inside ? "what is in 'default'" : "'default'", " must be ",
                                 inside ? absl::StrCat(AValueType(ElementOf(type)),
                                                       ", as the feature is ", AValueType(type))
                                        : absl::StrCat(AValueType(type), " as the feature is"),
                                 ", found ", Describe(*misfit)));
  if (type == Type::kVector && !inside) {
    d.suggestion = absl::StrCat("a list of ", type.dim, " numbers");
  }
  return false;
}

}  // namespace millrace
