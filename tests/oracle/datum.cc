#include "tests/oracle/datum.h"

#include <array>
#include <cmath>
#include <cstdio>

#include "core/check.h"

namespace millrace::oracle {
namespace {

std::string DoubleText(double v) {
  if (std::isnan(v)) return ".nan";
  if (std::isinf(v)) return v > 0 ? ".inf" : "-.inf";
  char text[40];
  std::snprintf(text, sizeof(text), "%.17g", v);
  std::string out = text;
  if (out.find_first_of(".e") == std::string::npos) out += ".0";
  return out;
}

std::string Quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < ' ') {
      std::array<char, 5> escaped;
      std::snprintf(escaped.data(), escaped.size(), "\\x%02x", static_cast<unsigned>(c));
      out += escaped.data();
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

struct Writer {
  std::string operator()(Null) const { return "null"; }
  std::string operator()(bool v) const { return v ? "true" : "false"; }
  std::string operator()(int64_t v) const { return std::to_string(v); }
  std::string operator()(double v) const { return DoubleText(v); }
  std::string operator()(const std::string& v) const { return Quoted(v); }
  std::string operator()(const DatumList& v) const {
    std::string out = "[";
    for (const Datum& item : v) out += (out.size() > 1 ? ", " : "") + ToText(item);
    return out + "]";
  }
  std::string operator()(const DatumMap& v) const {
    std::string out = "{";
    for (const auto& [key, item] : v) {
      out += (out.size() > 1 ? ", " : "") + Quoted(key) + ": " + ToText(item);
    }
    return out + "}";
  }
  std::string operator()(const DatumVector& v) const {
    std::string out = "[";
    for (const double item : v) out += (out.size() > 1 ? ", " : "") + DoubleText(item);
    return out + "]";
  }
};

}  // namespace

Datum::Datum() = default;
Datum::~Datum() = default;
Datum::Datum(const Datum& other) = default;
Datum::Datum(Datum&& other) noexcept = default;
Datum& Datum::operator=(const Datum& other) = default;
Datum& Datum::operator=(Datum&& other) noexcept = default;

bool operator==(const Datum& a, const Datum& b) { return a.value == b.value; }

bool Less(const Datum& a, const Datum& b) {
  CHECK(a.value.index() == b.value.index());
  if (const auto* v = a.As<int64_t>()) return *v < *b.As<int64_t>();
  if (const auto* v = a.As<double>()) return *v < *b.As<double>();
  if (const auto* v = a.As<bool>()) return *v < *b.As<bool>();
  return *a.As<std::string>() < *b.As<std::string>();
}

Datum Normalised(const Datum& datum) {
  const double* v = datum.As<double>();
  if (v == nullptr) return datum;
  if (!std::isfinite(*v)) return Datum();
  return Datum(*v == 0.0 ? 0.0 : *v);
}

std::string MapKey(const Datum& scalar) {
  if (const auto* text = scalar.As<std::string>()) return *text;
  return ToText(scalar);
}

std::string ToText(const Datum& datum) { return std::visit(Writer(), datum.value); }

}  // namespace millrace::oracle
