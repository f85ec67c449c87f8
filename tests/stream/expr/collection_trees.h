// Random expressions over lists, maps and strings: each tree knows its text and finds its own value
// by collection_datum.h, apart from stream/expr.

#ifndef MILLRACE_TESTS_STREAM_EXPR_COLLECTION_TREES_H_
#define MILLRACE_TESTS_STREAM_EXPR_COLLECTION_TREES_H_

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "stream/expr/expression.h"
#include "tests/stream/expr/collection_datum.h"

namespace millrace {

// Fields, then the variables of the macros around.
struct Environment {
  std::vector<Datum> fields;
  std::vector<Datum> variables;
};

struct CollectionTree {
  std::string text;
  std::function<Datum(Environment&)> value;
};

// Makes trees and the fields they read. Owned by one thread.
class CollectionMaker {
 public:
  explicit CollectionMaker(uint64_t seed) : random_(seed) {}

  static Scope MakeScope();
  // Parallel to the scope; some null.
  std::vector<Datum> MakeFields();

  DatumKind AnyKind();
  CollectionTree Make(DatumKind kind, int depth);

 private:
  // The body of a macro over a list, and its variable's name.
  struct Loop {
    CollectionTree list;
    std::string name;
    CollectionTree body;
  };

  bool Chance(int percent) { return random_() % 100 < static_cast<uint64_t>(percent); }
  uint64_t Pick(uint64_t n) { return random_() % n; }
  Datum Int();
  Datum Text();
  Datum Items(DatumKind kind);
  Datum Entries();

  static CollectionTree Field(const char* name, size_t index);
  static CollectionTree Literal(const Datum& value);
  // A variable of the kind, if a macro around has one.
  bool Variable(DatumKind kind, CollectionTree* out);
  CollectionTree IntLeaf();
  CollectionTree TextLeaf();
  // In parentheses.
  CollectionTree Receiver(DatumKind kind, int depth);

  // Operations by what they give (collection_operations.cc).
  CollectionTree MakeBool(int depth);
  CollectionTree MakeInt(int depth);
  CollectionTree MakeText(int depth);
  CollectionTree MakeInts(int depth);
  CollectionTree MakeTexts(int depth);
  CollectionTree Item(DatumKind kind, int depth);
  CollectionTree Concatenation(DatumKind kind, int depth);

  // Not empty: an empty list has no type of its own.
  CollectionTree LiteralList(DatumKind item, int depth);
  Loop MakeLoop(DatumKind list, DatumKind body, int depth);
  static Datum In(Environment& e, const CollectionTree& body, const Datum& item);
  CollectionTree Filter(DatumKind kind, int depth);
  CollectionTree Map(DatumKind from, DatumKind to, int depth);
  CollectionTree Quantifier(int depth);

  std::mt19937_64 random_;
  std::vector<DatumKind> variables_;  // kinds of the macros' around, v0 first
};

}  // namespace millrace

#endif  // MILLRACE_TESTS_STREAM_EXPR_COLLECTION_TREES_H_
