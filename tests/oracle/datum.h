// Datum: a field or an answer as the oracle sees it: a plain variant that shares nothing with the
// product's Value, so that a mistake there is not repeated here. A value type; thread-compatible.

#ifndef MILLRACE_TESTS_ORACLE_DATUM_H_
#define MILLRACE_TESTS_ORACLE_DATUM_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace millrace::oracle {

struct Null {
  friend bool operator==(const Null&, const Null&) = default;
};
struct Datum;
using DatumList = std::vector<Datum>;
using DatumMap = std::map<std::string, Datum>;
// Doubles in fixed number; a null inside is a NaN.
using DatumVector = std::vector<double>;

struct Datum {
  std::variant<Null, bool, int64_t, double, std::string, DatumList, DatumMap, DatumVector> value;

  // Defined in datum.cc: inlined, GCC 12 takes a moved-from variant for an uninitialised one.
  Datum();
  ~Datum();
  Datum(const Datum& other);
  Datum(Datum&& other) noexcept;
  Datum& operator=(const Datum& other);
  Datum& operator=(Datum&& other) noexcept;
  // One constructor per type, so that no literal converts to the wrong one.
  explicit Datum(bool v) : value(v) {}
  explicit Datum(int64_t v) : value(v) {}
  explicit Datum(double v) : value(v) {}
  explicit Datum(std::string v) : value(std::move(v)) {}
  explicit Datum(const char* v) : value(std::string(v)) {}
  explicit Datum(DatumList v) : value(std::move(v)) {}
  explicit Datum(DatumMap v) : value(std::move(v)) {}
  explicit Datum(DatumVector v) : value(std::move(v)) {}

  bool is_null() const { return std::holds_alternative<Null>(value); }
  template <typename T>
  const T* As() const {
    return std::get_if<T>(&value);
  }
  friend bool operator==(const Datum& a, const Datum& b);
};

// Scalars of one type in ascending order: false before true, numbers by size, strings bytewise.
// REQUIRES: scalars of one type, not null.
bool Less(const Datum& a, const Datum& b);

struct DatumLess {
  bool operator()(const Datum& a, const Datum& b) const { return Less(a, b); }
};

// As the engine must see an input: NaN and infinities are null, -0.0 is 0.0.
Datum Normalised(const Datum& datum);

// A scalar as the key of a map: "12", "true", the string itself.
std::string MapKey(const Datum& scalar);

// For messages, readable as YAML flow text. Doubles with 17 digits, strings in double quotes.
std::string ToText(const Datum& datum);

}  // namespace millrace::oracle

#endif  // MILLRACE_TESTS_ORACLE_DATUM_H_
