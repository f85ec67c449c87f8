#include "tests/oracle/random_keys.h"

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <map>

#include "tests/oracle/random_records.h"

namespace millrace::oracle {
namespace {

// Values of each key field of the schema (RandomSchema).
const std::map<std::string, std::vector<Datum>>& Parts() {
  constexpr int64_t kSmallest = std::numeric_limits<int64_t>::min();
  constexpr int64_t kLargest = std::numeric_limits<int64_t>::max();
  const auto bytes = [](std::initializer_list<char> text) { return Datum(std::string(text)); };
  const auto number = [](int64_t v) { return Datum(v); };
  static const auto* const kParts = new std::map<std::string, std::vector<Datum>>{
      {"k", {Datum("a"), Datum("ab"), Datum("abc"), Datum(""), Datum("a|b"), Datum("k0")}},
      {"k2", {Datum("bc"), Datum("c"), Datum(""), Datum("abc"), Datum("b|c"), Datum("|c")}},
      {"num",
       {number(-1), number(1), number(0), number(-256), number(255), number(10), number(kSmallest),
        number(kLargest)}},
      {"raw",
       {bytes({}), bytes({0}), bytes({0, 0}), bytes({'a'}), bytes({'a', 0}), bytes({0, 'a'}),
        bytes({'\xff'})}},
      {"g", {Datum(false), Datum(true)}},
      {"known", {number(0), number(-1), number(1'700'000'000'000)}}};
  return *kParts;
}

}  // namespace

RandomKeys MakeRandomKeys(Random* random) {
  static const std::vector<std::vector<std::string>> kKeys = {
      {"k", "k2"},  {"k2", "k"}, {"k", "num"},       {"num", "k"},       {"raw", "k"},
      {"num"},      {"raw"},     {"num", "raw"},     {"k", "num", "k2"}, {"k", "k2", "raw"},
      {"g", "num"}, {"known"},   {"k", "g", "known"}};
  RandomKeys keys;
  keys.names = random->Chance(0.5) ? std::vector<std::string>{"k"} : OneOf(random, kKeys);
  const size_t wanted = random->Below(keys.names.size() == 1 ? 3 : 5) + 1;
  for (size_t tries = 0; keys.entities.size() < wanted && tries < 20; ++tries) {
    // Mostly a neighbour of one there is.
    DatumMap entity;
    if (!keys.entities.empty()) entity = OneOf(random, keys.entities);
    for (const std::string& name : keys.names) {
      if (entity.contains(name) && random->Chance(0.5)) continue;
      entity[name] = OneOf(random, Parts().at(name));
    }
    if (std::find(keys.entities.begin(), keys.entities.end(), entity) == keys.entities.end()) {
      keys.entities.push_back(entity);
    }
  }
  return keys;
}

DatumMap Mixed(Random* random, const RandomKeys& keys) {
  DatumMap entity;
  for (const std::string& name : keys.names) {
    if (random->Chance(0.1)) continue;
    entity[name] = OneOf(random, keys.entities).at(name);
  }
  return entity;
}

}  // namespace millrace::oracle
