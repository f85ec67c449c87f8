#include "serving/row_fields.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/closest_name.h"
#include "core/status_macros.h"
#include "serving/errors.h"
#include "serving/typed_value.h"

namespace millrace {
namespace {

std::string KeyPath(size_t row) { return absl::StrCat("keys[", row, "]"); }
std::string RequestPath(size_t row, absl::string_view name) {
  return absl::StrCat("request[", row, "].", name);
}

// The first field whose name is none of those that `each` gives to its visitor; null: there is
// none.
template <typename Each>
const NamedValue* FirstUnknown(const NamedValues& fields, const Each& each) {
  for (const NamedValue& field : fields) {
    bool known = false;
    each([&](const std::string& name) { known = known || name == field.name; });
    if (!known) return &field;
  }
  return nullptr;
}

template <typename Each>
std::string Closest(const NamedValue& field, const Each& each) {
  std::vector<std::string> names;
  each([&names](const std::string& name) { names.push_back(name); });
  return ClosestName(field.name, names);
}

}  // namespace

absl::Status CheckFieldNames(std::span<const ViewRead> reads, const ViewSpecs& views,
                             std::span<const NamedValues> keys,
                             std::span<const NamedValues> request) {
  const auto each_key = [&](const auto& visit) {
    for (const ViewRead& read : reads) {
      const ViewSpec& view = *views[static_cast<size_t>(read.view)];
      std::for_each(view.key_names.begin(), view.key_names.end(), visit);
    }
  };
  const auto each_request_field = [&](const auto& visit) {
    for (const ViewRead& read : reads) {
      for (const Field& field : views[static_cast<size_t>(read.view)]->request.fields) {
        visit(field.name);
      }
    }
  };
  for (size_t row = 0; row < keys.size(); ++row) {
    const NamedValue* const unknown = FirstUnknown(keys[row], each_key);
    if (unknown == nullptr) continue;
    return RequestFault(ErrorCode::kBadKey, absl::StrCat(KeyPath(row), ".", unknown->name),
                        absl::StrCat("'", unknown->name, "' is no key of the views asked for"),
                        Closest(*unknown, each_key));
  }
  for (size_t row = 0; row < request.size(); ++row) {
    const NamedValue* const unknown = FirstUnknown(request[row], each_request_field);
    if (unknown == nullptr) continue;
    return RequestFault(
        ErrorCode::kBadField, RequestPath(row, unknown->name),
        absl::StrCat("the records of the views asked for have no field '", unknown->name, "'"),
        Closest(*unknown, each_request_field));
  }
  return absl::OkStatus();
}

absl::Status MakeKey(const ViewSpec& view, const NamedValues& fields, size_t row, size_t max_bytes,
                     std::vector<OwnedValue>* key) {
  key->clear();
  size_t bytes = 0;
  for (size_t k = 0; k < view.key_names.size(); ++k) {
    const std::string& name = view.key_names[k];
    const auto field = std::find_if(fields.begin(), fields.end(),
                                    [&](const NamedValue& f) { return f.name == name; });
    if (field == fields.end()) {
      return RequestFault(ErrorCode::kBadKey, KeyPath(row),
                          absl::StrCat("view '", view.name, "' needs the key '", name, "'"));
    }
    const Value value = field->value.view();
    std::optional<OwnedValue> typed = FitValue(value, view.key_types[k]);
    if (!typed) {
      return RequestFault(ErrorCode::kBadKey, absl::StrCat(KeyPath(row), ".", name),
                          absl::StrCat("the key '", name, "' of view '", view.name, "' ",
                                       Misfit(value, view.key_types[k])));
    }
    if (value.type() == Type::kString) bytes += value.string_value().size();
    key->push_back(*std::move(typed));
  }
  if (bytes <= max_bytes) return absl::OkStatus();
  return RequestFault(ErrorCode::kBadKey, KeyPath(row),
                      absl::StrCat("the key has ", bytes, " bytes, at most ", max_bytes));
}

absl::StatusOr<std::vector<OwnedValue>> MakeRequest(const ViewSpec& view, const NamedValues& fields,
                                                    size_t row) {
  std::vector<OwnedValue> record;
  for (const NamedValue& field : fields) {
    const int index = view.request.Find(field.name);
    if (index < 0) continue;  // of another view
    const ValueType& type = view.request.fields[static_cast<size_t>(index)].type;
    std::optional<OwnedValue> typed = FitValue(field.value.view(), type);
    if (!typed) {
      return RequestFault(ErrorCode::kBadField, RequestPath(row, field.name),
                          absl::StrCat("'", field.name, "' of the records of view '", view.name,
                                       "' ", Misfit(field.value.view(), type)));
    }
    record.resize(view.request.fields.size());
    record[static_cast<size_t>(index)] = *std::move(typed);
  }
  return record;
}

}  // namespace millrace
