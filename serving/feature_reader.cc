#include "serving/feature_reader.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/closest_name.h"
#include "core/status_macros.h"
#include "serving/errors.h"
#include "serving/kept_time.h"
#include "serving/typed_value.h"

namespace millrace {
namespace {

absl::Status BadKey(size_t row, absl::string_view name, std::string detail,
                    std::string did_you_mean = "") {
  ApiError error;
  error.code = ErrorCode::kBadKey;
  error.detail = std::move(detail);
  error.field =
      name.empty() ? absl::StrCat("keys[", row, "]") : absl::StrCat("keys[", row, "].", name);
  error.did_you_mean = std::move(did_you_mean);
  return error.ToStatus();
}

absl::Status BadField(std::string field, std::string detail) {
  ApiError error;
  error.code = ErrorCode::kBadField;
  error.detail = std::move(detail);
  error.field = std::move(field);
  return error.ToStatus();
}

int FindFeature(const ViewSpec& view, absl::string_view name) {
  for (size_t i = 0; i < view.features.size(); ++i) {
    if (absl::string_view(view.features[i].name) == name) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace

FeatureReader::FeatureReader(const OnlineStore& store, FeatureReaderOptions options)
    : store_(store), options_(std::move(options)) {}

absl::Status FeatureReader::AddFeature(int32_t view, int feature, int64_t at_ms, Plan* plan) const {
  const ViewSpec& spec = *store_.views()[static_cast<size_t>(view)];
  auto read = std::find_if(plan->reads.begin(), plan->reads.end(),
                           [&](const ViewRead& r) { return r.view == view; });
  if (read == plan->reads.end()) {
    read = plan->reads.insert(read, ViewRead{.view = view, .features = {}, .columns = {}});
  }
  // Named twice ("v.f" and "v.*"): one column.
  if (std::find(read->features.begin(), read->features.end(), feature) != read->features.end()) {
    return absl::OkStatus();
  }
  if (plan->names.size() == options_.max_features) {
    return BadField("features", absl::StrCat("more than ", options_.max_features, " features"));
  }
  read->features.push_back(feature);
  read->columns.push_back(plan->names.size());
  const FeatureSpec& named = spec.features[static_cast<size_t>(feature)];
  plan->names.push_back(absl::StrCat(spec.name, ".", named.name));
  plan->asked.push_back(SpanAt(named.window, at_ms));
  return absl::OkStatus();
}

absl::Status FeatureReader::AddName(absl::string_view name, int64_t at_ms, Plan* plan) const {
  const size_t dot = name.find('.');
  if (dot == absl::string_view::npos || dot == 0 || dot + 1 == name.size()) {
    return BadField("features",
                    absl::StrCat("'", name, "' is not of the form view.feature or view.*"));
  }
  const absl::string_view view_name = name.substr(0, dot);
  const absl::string_view feature_name = name.substr(dot + 1);
  const auto& views = store_.views();
  for (size_t v = 0; v < views.size(); ++v) {
    const ViewSpec& view = *views[v];
    if (absl::string_view(view.name) != view_name) continue;
    if (feature_name == "*") {
      for (size_t f = 0; f < view.features.size(); ++f) {
        RETURN_IF_ERROR(AddFeature(static_cast<int32_t>(v), static_cast<int>(f), at_ms, plan));
      }
      return absl::OkStatus();
    }
    const int feature = FindFeature(view, feature_name);
    if (feature >= 0) return AddFeature(static_cast<int32_t>(v), feature, at_ms, plan);
    std::vector<std::string> known;
    for (const FeatureSpec& f : view.features) known.push_back(f.name);
    ApiError error;
    error.code = ErrorCode::kUnknownFeature;
    error.detail = absl::StrCat(view_name, " has no feature '", feature_name, "'");
    error.field = "features";
    error.did_you_mean = ClosestName(feature_name, known);
    return error.ToStatus();
  }
  std::vector<std::string> known;
  for (const auto& view : views) known.push_back(view->name);
  ApiError error;
  error.code = ErrorCode::kUnknownView;
  error.detail = absl::StrCat("there is no view '", view_name, "'");
  error.field = "features";
  error.did_you_mean = ClosestName(view_name, known);
  return error.ToStatus();
}

absl::StatusOr<FeatureReader::Plan> FeatureReader::MakePlan(const FeaturesRequest& request,
                                                            int64_t at_ms) const {
  if (request.features.empty() == request.service.empty()) {
    return BadField("features", "exactly one of 'features' and 'service' must be given");
  }
  Plan plan;
  if (request.service.empty()) {
    for (const std::string& name : request.features) {
      RETURN_IF_ERROR(AddName(name, at_ms, &plan));
    }
    return plan;
  }
  const auto service = options_.services.find(request.service);
  if (service == options_.services.end()) {
    std::vector<std::string> known;
    for (const auto& [name, features] : options_.services) known.push_back(name);
    ApiError error;
    error.code = ErrorCode::kUnknownService;
    error.detail = absl::StrCat("there is no service '", request.service, "'");
    error.field = "service";
    error.did_you_mean = ClosestName(request.service, known);
    return error.ToStatus();
  }
  for (const std::string& name : service->second) RETURN_IF_ERROR(AddName(name, at_ms, &plan));
  return plan;
}

absl::Status FeatureReader::CheckKeyNames(const Plan& plan, const NamedValues& fields,
                                          size_t row) const {
  for (const NamedValue& field : fields) {
    bool known = false;
    std::vector<std::string> names;
    for (const ViewRead& read : plan.reads) {
      for (const std::string& name : store_.views()[static_cast<size_t>(read.view)]->key_names) {
        known = known || name == field.name;
        names.push_back(name);
      }
    }
    if (!known) {
      return BadKey(row, field.name,
                    absl::StrCat("'", field.name, "' is no key of the views asked for"),
                    ClosestName(field.name, names));
    }
  }
  return absl::OkStatus();
}

absl::Status FeatureReader::MakeKey(const ViewSpec& view, const NamedValues& fields, size_t row,
                                    std::vector<OwnedValue>* key) const {
  key->clear();
  size_t bytes = 0;
  for (size_t k = 0; k < view.key_names.size(); ++k) {
    const std::string& name = view.key_names[k];
    const auto field = std::find_if(fields.begin(), fields.end(),
                                    [&](const NamedValue& f) { return f.name == name; });
    if (field == fields.end()) {
      return BadKey(row, "", absl::StrCat("view '", view.name, "' needs the key '", name, "'"));
    }
    const Value value = field->value.view();
    std::optional<OwnedValue> typed = FitValue(value, view.key_types[k]);
    if (!typed) {
      return BadKey(row, name,
                    absl::StrCat("the key '", name, "' of view '", view.name, "' is ",
                                 TypeName(view.key_types[k]), ", not ", TypeName(value.type())));
    }
    if (value.type() == Type::kString) bytes += value.string_value().size();
    key->push_back(*std::move(typed));
  }
  if (bytes > options_.max_key_bytes) {
    return BadKey(row, "",
                  absl::StrCat("the key has ", bytes, " bytes, at most ", options_.max_key_bytes));
  }
  return absl::OkStatus();
}

absl::StatusOr<FeaturesResponse> FeatureReader::ReadFeatures(const FeaturesRequest& request) {
  const int64_t at_ms = request.at_ms ? *request.at_ms : options_.now_ms();
  if (request.keys.size() > options_.max_rows) {
    return BadField("keys",
                    absl::StrCat(request.keys.size(), " keys, at most ", options_.max_rows));
  }
  ASSIGN_OR_RETURN(Plan plan, MakePlan(request, at_ms));
  if (plan.names.size() * request.keys.size() > options_.max_values) {
    return BadField("keys",
                    absl::StrCat(request.keys.size(), " keys of ", plan.names.size(),
                                 " features are more than ", options_.max_values, " values"));
  }
  ReadOptions options;
  options.known_ms = request.known_at_ms;
  for (const ViewRead& read : plan.reads) {
    const ViewSpec& view = *store_.views()[static_cast<size_t>(read.view)];
    if (!request.known_at_ms || view.keeps_known_time) continue;
    return BadField("known_at", absl::StrCat("view '", view.name,
                                             "' does not keep when its records became known: it "
                                             "declares no 'known_at'"));
  }
  FeaturesResponse response;
  response.at_ms = at_ms;
  response.rows.resize(request.keys.size());
  std::vector<OwnedValue> key;
  std::vector<Value> key_views;
  std::vector<FeatureValue> values;
  for (size_t r = 0; r < request.keys.size(); ++r) {
    const NamedValues& fields = request.keys[r];
    RETURN_IF_ERROR(CheckKeyNames(plan, fields, r));
    FeatureRow& row = response.rows[r];
    row.values.resize(plan.names.size());
    for (const ViewRead& read : plan.reads) {
      const ViewSpec& view = *store_.views()[static_cast<size_t>(read.view)];
      RETURN_IF_ERROR(MakeKey(view, fields, r, &key));
      key_views.clear();
      for (const OwnedValue& part : key) key_views.push_back(part.view());
      values.assign(read.features.size(), FeatureValue());
      if (const absl::Status status =
              store_.Read(read.view, key_views, at_ms, read.features, options, values);
          !status.ok()) {
        return ExplainRead(status, store_, read.view, at_ms);
      }
      for (size_t i = 0; i < values.size(); ++i) {
        FeatureValue& value = values[i];
        if (request.max_age_ms && value.age_ms && *value.age_ms > *request.max_age_ms) {
          ApiError error;
          error.code = ErrorCode::kTooOld;
          error.detail =
              absl::StrCat(plan.names[read.columns[i]], " of keys[", r, "] is ", *value.age_ms,
                           " ms old, at most ", *request.max_age_ms, " was asked for");
          error.field = "max_age_ms";
          return error.ToStatus();
        }
        row.values[read.columns[i]] = std::move(value);
      }
    }
  }
  response.names = std::move(plan.names);
  response.asked = std::move(plan.asked);
  return response;
}

}  // namespace millrace
