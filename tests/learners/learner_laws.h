// The laws of learners/learner.h as one parameterised suite. A learner type joins by one LawCase;
// learner_laws_test.cc fails for a registered type that has none.

#ifndef MILLRACE_TESTS_LEARNERS_LEARNER_LAWS_H_
#define MILLRACE_TESTS_LEARNERS_LEARNER_LAWS_H_

#include <cstdint>
#include <limits>
#include <memory>
#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "core/check.h"
#include "core/hashing.h"
#include "core/random.h"
#include "gtest/gtest.h"
#include "learners/registry.h"

namespace millrace {

inline Value Text(absl::string_view text) { return Value::String(text); }

struct LawCase {
  std::string name;
  std::string type;
  LearnerOptions options;

  friend void PrintTo(const LawCase& law_case, std::ostream* out) { *out << law_case.name; }
};

inline const std::vector<InputField>& LawInputs() {
  static const auto& inputs = *new std::vector<InputField>{
      {"carrier", Type::kString},  {"origin", Type::kBytes},       {"hour", Type::kInt},
      {"distance", Type::kDouble}, {"delay", Type::kDouble},       {"wet", Type::kBool},
      {"at", Type::kTimestamp},    {"turnaround", Type::kDuration}};
  return inputs;
}

// An example whose strings it owns.
struct LawExample {
  std::vector<OwnedValue> inputs;
  double label = 0;
  double weight = 1;

  std::vector<Value> Values() const {
    std::vector<Value> values;
    for (const OwnedValue& input : inputs) values.push_back(input.view());
    return values;
  }
};

// As a stream of flights could be, with nulls, and a label that depends on carrier and delay.
inline LawExample TameExample(Random& random) {
  const auto maybe = [&](Value value) { return OwnedValue(random.Chance(0.1) ? Value() : value); };
  const std::string carrier(1, static_cast<char>('A' + random.Below(6)));
  const std::string origin(3, static_cast<char>('A' + random.Below(20)));
  const double delay = 60 * (random.Unit() + random.Unit() - 0.7);
  LawExample example;
  example.inputs = {maybe(Text(carrier)),
                    maybe(Value::Bytes(origin)),
                    maybe(Value::Int(random.Between(0, 23))),
                    maybe(Value::Double(100 + 2400 * random.Unit())),
                    maybe(Value::Double(delay)),
                    maybe(Value::Bool(random.Chance(0.3))),
                    maybe(Value::Timestamp(1'357'000'000'000 + random.Between(0, 86'400'000))),
                    maybe(Value::Duration(random.Between(0, 7'200'000)))};
  const double p = (delay > 15 ? 0.75 : 0.2) + (carrier == "B" ? 0.2 : 0.0);
  example.label = random.Chance(p) ? 1 : 0;
  example.weight = random.Chance(0.1) ? 0.25 + 4 * random.Unit() : 1;
  return example;
}

// Anything a Value can hold, of any type, under any input.
inline LawExample WildExample(Random& random) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  constexpr double kDoubles[] = {
      0.0,    -0.0,   1.0,       -1.0,       1e15,
      -1e15,  1.1e15, 1e300,     -1e300,     5e-324,
      1e-160, 1e19,   kInfinity, -kInfinity, std::numeric_limits<double>::quiet_NaN()};
  constexpr int64_t kInts[] = {0, 1, -1, INT64_MAX, INT64_MIN, 1'000'000'000'000'000};
  const auto any = [&]() -> OwnedValue {
    const int64_t integer = kInts[random.Below(std::size(kInts))];
    std::string text(random.Below(3) * random.Below(200), '\0');
    for (char& c : text) c = static_cast<char>(random.Bits());
    switch (random.Below(9)) {
      case 0: return OwnedValue();
      case 1: return OwnedValue(Value::Bool(random.Chance(0.5)));
      case 2: return OwnedValue(Value::Int(integer));
      case 3: return OwnedValue(Value::Timestamp(integer));
      case 4: return OwnedValue(Value::Duration(integer));
      case 5: return OwnedValue(Value::Bytes(text));
      case 6: return OwnedValue(Value::String(text));
      default: return OwnedValue(Value::Double(kDoubles[random.Below(std::size(kDoubles))]));
    }
  };
  LawExample example;
  for (size_t i = 0; i < LawInputs().size(); ++i) example.inputs.push_back(any());
  example.label = random.Chance(0.8) ? static_cast<double>(random.Below(2))
                                     : kDoubles[random.Below(std::size(kDoubles))];
  example.weight = random.Chance(0.8) ? 1e9 * random.Unit() * random.Unit()
                                      : kDoubles[random.Below(std::size(kDoubles))];
  return example;
}

inline std::string Bytes(const Learner& learner) {
  std::string bytes;
  learner.Save(&bytes);
  return bytes;
}
inline std::string Bytes(const Model& model) {
  std::string bytes;
  model.Save(&bytes);
  return bytes;
}

// Sets the checksum right again, so that damage reaches the reader of the content.
inline void Reseal(std::string* bytes) {
  CHECK(bytes->size() >= 4);
  const uint32_t crc = Crc32c(absl::string_view(*bytes).substr(0, bytes->size() - 4));
  for (int i = 0; i < 4; ++i) {
    (*bytes)[bytes->size() - 4 + i] = static_cast<char>(crc >> (24 - 8 * i));
  }
}

// Flips, overwrites, cuts or inserts some bytes.
inline std::string Damaged(std::string bytes, Random& random) {
  for (uint64_t times = 1 + random.Below(3); times > 0; --times) {
    const size_t at = random.Below(bytes.size());
    switch (random.Below(4)) {
      case 0: bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.Below(8))); break;
      case 1: bytes[at] = static_cast<char>(random.Bits()); break;
      case 2: bytes.resize(at + 1); break;
      default: bytes.insert(at, 1, static_cast<char>(random.Bits())); break;
    }
  }
  return bytes;
}

class LearnerLaws : public testing::TestWithParam<LawCase> {
 protected:
  const LearnerType& type() const { return *FindLearnerType(GetParam().type); }

  std::unique_ptr<Learner> Make() const {
    auto learner = type().make(GetParam().options, LawInputs());
    CHECK(learner.ok());
    return *std::move(learner);
  }

  std::unique_ptr<Learner> Taught(Random& random, int examples) const {
    std::unique_ptr<Learner> learner = Make();
    for (int i = 0; i < examples; ++i) Teach(*learner, TameExample(random));
    return learner;
  }

  static LearnResult Teach(Learner& learner, const LawExample& example) {
    return learner.Learn(example.Values(), example.label, example.weight);
  }
};

}  // namespace millrace

#endif  // MILLRACE_TESTS_LEARNERS_LEARNER_LAWS_H_
