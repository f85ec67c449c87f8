#include "serving/deployment.h"

namespace millrace {

absl::string_view LearnerRoleName(LearnerRole role) {
  switch (role) {
    case LearnerRole::kChampion: return "champion";
    case LearnerRole::kShadow: return "shadow";
    case LearnerRole::kCandidate: return "candidate";
    case LearnerRole::kBaseline: return "baseline";
  }
  return "shadow";
}

int Deployment::Find(absl::string_view learner) const {
  for (size_t i = 0; i < models.size(); ++i) {
    if (models[i].learner == learner) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace millrace
