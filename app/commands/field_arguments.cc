#include "app/commands/field_arguments.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "stream/decode/json_document.h"

namespace millrace {
namespace {

// What the text is, if it is one JSON value.
absl::StatusOr<JsonValue> JsonOf(absl::string_view text) {
  absl::StatusOr<JsonValue> list = ParseJson(absl::StrCat("[", text, "]"));
  if (!list.ok()) return list.status();
  // More than one item: the text had commas.
  if (list->items().size() != 1) return absl::InvalidArgumentError("not one value");
  if (list->items()[0].kind() != JsonKind::kString) return JsonValue();  // stands as it is
  return JsonValue(std::string(list->items()[0].string_value()));
}

}  // namespace

absl::StatusOr<FieldArguments> FieldArguments::Parse(const std::vector<std::string>& words) {
  FieldArguments arguments;
  for (const std::string& word : words) {
    const size_t equals = word.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return absl::InvalidArgumentError(absl::StrCat("'", word, "' is not key=value"));
    }
    const std::string name = word.substr(0, equals);
    for (const Field& field : arguments.fields_) {
      if (field.name == name) {
        return absl::InvalidArgumentError(absl::StrCat("'", name, "' is given twice"));
      }
    }
    arguments.Add(name, absl::string_view(word).substr(equals + 1));
  }
  return arguments;
}

void FieldArguments::Add(absl::string_view name, absl::string_view text) {
  Field field{std::string(name), std::string(text)};
  if (const absl::StatusOr<JsonValue> json = JsonOf(text); json.ok()) {
    if (json->kind() == JsonKind::kString) {
      field.text = std::string(json->string_value());
    } else {
      field.literal = true;
    }
  }
  fields_.push_back(std::move(field));
}

void FieldArguments::Write(JsonWriter& json) const {
  json.BeginObject();
  for (const Field& field : fields_) {
    json.Key(field.name);
    field.literal ? json.Raw(field.text) : json.String(field.text);
  }
  json.EndObject();
}

bool FieldArguments::MakeText(absl::string_view path) {
  const size_t dot = path.rfind('.');
  const absl::string_view name = dot == absl::string_view::npos ? path : path.substr(dot + 1);
  for (Field& field : fields_) {
    if (field.name == name && field.literal) {
      field.literal = false;
      return true;
    }
  }
  return false;
}

std::string FieldArguments::ToString() const {
  std::string text;
  for (const Field& field : fields_) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", field.name, "=", field.text);
  }
  return text;
}

}  // namespace millrace
