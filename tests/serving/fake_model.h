// FakeModel: a model whose score is chosen by hand plus its first input, if that is a number.

#ifndef MILLRACE_TESTS_SERVING_FAKE_MODEL_H_
#define MILLRACE_TESTS_SERVING_FAKE_MODEL_H_

#include <memory>
#include <string>
#include <vector>

#include "learners/learner.h"
#include "serving/deployment.h"

namespace millrace {

class FakeModel final : public Model {
 public:
  explicit FakeModel(double base) : base_(base) {}
  double Score(std::span<const Value> inputs) const override {
    return !inputs.empty() && inputs[0].type() == Type::kDouble ? base_ + inputs[0].double_value()
                                                                : base_;
  }
  std::vector<Contribution> Explain(std::span<const Value>) const override {
    return {{"first", base_}, {"", 0.5}};
  }
  void Save(std::string* out) const override { out->push_back('m'); }

 private:
  double base_;
};

inline DeployedModel Deployed(std::string learner, double base, uint64_t step) {
  DeployedModel model;
  model.learner = std::move(learner);
  model.generation = 13;
  model.step = step;
  model.model = std::make_shared<FakeModel>(base);
  model.cut_time_ms = 900;
  model.newest_label_time_ms = 800;
  return model;
}

}  // namespace millrace

#endif  // MILLRACE_TESTS_SERVING_FAKE_MODEL_H_
