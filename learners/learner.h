// Learner: a mutable incremental algorithm, and Model: an immutable snapshot of one.
//
// Laws that hold for every learner (tests/learners/learner_laws.h): scoring changes nothing; a
// batch equals its single steps; Save, Load and going on equals never having stopped, bit for bit;
// what is not finite changes no weight and is counted; scores are always finite.

#ifndef MILLRACE_LEARNERS_LEARNER_H_
#define MILLRACE_LEARNERS_LEARNER_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/value.h"

namespace millrace {

// A raw, typed input of a task. Encoding and scaling belong to the learner.
struct InputField {
  std::string name;
  Type type = Type::kNull;
};

// One part of a raw score: Explain's contributions and the intercept (empty input) sum to it.
struct Contribution {
  std::string input;
  double value = 0;
};

// An immutable snapshot. Thread-safe. Scoring allocates nothing once its thread is warm.
class Model {
 public:
  virtual ~Model() = default;
  // The prediction: a probability in (0, 1) for binary tasks. Always finite.
  // REQUIRES: `inputs` follow the InputFields the learner was made for (values may be null).
  virtual double Score(std::span<const Value> inputs) const = 0;
  // Contributions to the raw score (log odds for binary tasks); they sum to it within 1e-6.
  virtual std::vector<Contribution> Explain(std::span<const Value> inputs) const = 0;
  // Appends the model's bytes: equal models give equal bytes.
  virtual void Save(std::string* out) const = 0;
};

struct LearnResult {
  double score = 0;              // before learning (progressive validation)
  bool skipped = false;          // the example was not finite or out of range; nothing changed
  uint32_t rejected_inputs = 0;  // not null, but NaN, infinite or beyond 1e15: counted as missing
};

// Owned by one thread.
class Learner {
 public:
  virtual ~Learner() = default;
  // As Model::Score, with the current weights. Changes nothing.
  virtual double Score(std::span<const Value> inputs) const = 0;
  // Scores, then learns. label: 0 or 1 for binary tasks. weight > 0.
  virtual LearnResult Learn(std::span<const Value> inputs, double label, double weight) = 0;
  // Number of examples learned.
  virtual uint64_t Step() const = 0;
  virtual std::shared_ptr<const Model> Publish() const = 0;
  // Appends the complete state: weights, optimizer, scaler. Equal states give equal bytes.
  virtual void Save(std::string* out) const = 0;
  // Replaces the state by a saved one. DataLoss when the bytes are not what Save wrote for a
  // learner of this type, these options and inputs; the learner is then unchanged.
  virtual absl::Status Load(absl::string_view bytes) = 0;
};

}  // namespace millrace

#endif  // MILLRACE_LEARNERS_LEARNER_H_
