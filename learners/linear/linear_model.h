// LinearModel: a snapshot of a linear binary learner: P(y = 1) = logistic(w·x), x as
// encode/input_encoding.h makes it. Immutable, thread-safe; scoring never allocates.

#ifndef MILLRACE_LEARNERS_LINEAR_LINEAR_MODEL_H_
#define MILLRACE_LEARNERS_LINEAR_LINEAR_MODEL_H_

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "learners/encode/category_table.h"
#include "learners/encode/input_encoding.h"
#include "learners/learner.h"

namespace millrace {

// What scoring reads. Views of the members of a model or of a learner.
struct LinearForm {
  std::span<const FieldEncoding> encodings;
  std::span<const Standardizer> standardizers;
  const CategoryTable* categories;
  std::span<const double> weights;

  // The raw score (log odds): the intercept, then the coordinates in input order, summed from left
  // to right. A category not seen before adds nothing.
  double RawScore(std::span<const Value> inputs) const;
};

class LinearModel final : public Model {
 public:
  struct Parts {
    std::shared_ptr<const std::vector<EncodedField>> fields;
    std::vector<Standardizer> standardizers;  // one an input
    std::shared_ptr<const CategoryTable> categories;
    std::vector<double> weights;  // by coordinate
  };
  // REQUIRES: as many standardizers as fields; weights of every coordinate.
  explicit LinearModel(Parts parts);

  double Score(std::span<const Value> inputs) const override;
  std::vector<Contribution> Explain(std::span<const Value> inputs) const override;
  void Save(std::string* out) const override;

  // Reads what Save wrote; DataLoss when it did not.
  static absl::StatusOr<std::shared_ptr<const Model>> Load(absl::string_view bytes);

 private:
  LinearForm Form() const;

  Parts parts_;
  std::vector<FieldEncoding> encodings_;
};

}  // namespace millrace

#endif  // MILLRACE_LEARNERS_LINEAR_LINEAR_MODEL_H_
