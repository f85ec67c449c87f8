// Deployment: which models of a task answer and which only score. An immutable value: every answer
// takes one Deployment and is computed by exactly one whole model version, however often a newer
// one is published meanwhile.
//
//   Snapshot<Deployment> live;
//   live.Publish(WithModel(live.Read(), …));      // the node, after a publish cut
//   std::shared_ptr<const Deployment> d = live.Read();  // a reader
//
// Thread-safe once made.

#ifndef MILLRACE_SERVING_DEPLOYMENT_H_
#define MILLRACE_SERVING_DEPLOYMENT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "learners/learner.h"

namespace millrace {

enum class LearnerRole : uint8_t {
  kChampion,   // answers
  kShadow,     // scores and learns
  kCandidate,  // a shadow that may be promoted
  kBaseline,   // always runs, as a yardstick
};
// "champion", "shadow", …
absl::string_view LearnerRoleName(LearnerRole role);

struct DeployedModel {
  std::string learner;  // "ftrl"
  LearnerRole role = LearnerRole::kShadow;
  uint32_t generation = 0;
  uint64_t step = 0;
  std::shared_ptr<const Model> model;           // never null
  std::optional<int64_t> cut_time_ms;           // event time of the publish cut; absent: untrained
  std::optional<int64_t> newest_label_time_ms;  // event time of the newest label learned
};

struct Deployment {
  std::string task;
  std::vector<DeployedModel> models;  // in configuration order; never empty
  int champion = 0;                   // index into models

  const DeployedModel& champion_model() const { return models[champion]; }
  // Index of the learner, or -1.
  int Find(absl::string_view learner) const;
};

}  // namespace millrace

#endif  // MILLRACE_SERVING_DEPLOYMENT_H_
