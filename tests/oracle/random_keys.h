// Random keys of entities: of one to three fields and mixed types, made to be mistaken for one
// another ("a" + "bc" and "ab" + "c", negative integers, empty strings, bytes with zeros).

#ifndef MILLRACE_TESTS_ORACLE_RANDOM_KEYS_H_
#define MILLRACE_TESTS_ORACLE_RANDOM_KEYS_H_

#include <string>
#include <vector>

#include "core/random.h"
#include "tests/oracle/datum.h"

namespace millrace::oracle {

// The entities of a case, by their key fields.
struct RandomKeys {
  std::vector<std::string> names;
  std::vector<DatumMap> entities;  // never empty; all different
};
RandomKeys MakeRandomKeys(Random* random);

// An entity that may have no records: with parts of several others, or with a null.
DatumMap Mixed(Random* random, const RandomKeys& keys);

}  // namespace millrace::oracle

#endif  // MILLRACE_TESTS_ORACLE_RANDOM_KEYS_H_
