// FeatureAnswers: the answers of the features of one view for one entity at one time: windows are
// folded once each, features that are computed from others are evaluated over their answers.
// Lives for one read; owned by its thread. The row must not be written meanwhile.

#ifndef MILLRACE_FEATURESTORE_FEATURE_ANSWERS_H_
#define MILLRACE_FEATURESTORE_FEATURE_ANSWERS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "featurestore/online_store.h"
#include "featurestore/window_reader.h"

namespace millrace {

// Working space, reused from read to read so that a warm one allocates nothing.
struct AnswerScratch {
  std::vector<WindowFold> folds;    // by window of the view
  std::vector<uint64_t> folded_at;  // number of the read that filled it
  uint64_t read = 0;
  Answer answer;
  // Of the windows that the read has folded.
  struct Cost {
    uint64_t windows = 0;
    uint64_t merges = 0;
    uint64_t most_merges = 0;  // for one of them
  };
  Cost cost;
};

class FeatureAnswers {
 public:
  // `row` may be null: an entity never seen. Windows that reach before `available_from_ms` warm.
  FeatureAnswers(const ViewLayout& layout, const EntityRow* row, const Horizon& horizon,
                 int64_t at_ms, const FoldOptions& options, int64_t available_from_ms,
                 AnswerScratch* scratch);
  FeatureAnswers(const FeatureAnswers&) = delete;
  FeatureAnswers& operator=(const FeatureAnswers&) = delete;

  // REQUIRES: 0 <= feature < features of the view.
  void Answer(int feature, FeatureValue* out);
  // Nothing as old as what was asked for is kept.
  bool all_gone() const { return all_gone_; }

 private:
  const WindowFold& FoldOf(int window);
  const WindowFold* FoldInside(const WindowPlan& window) const;
  void Aggregated(const FeatureSpec& spec, const FeaturePlan& plan, FeatureValue* out);
  void Computed(const FeatureSpec& spec, FeatureValue* out);

  const ViewLayout& layout_;
  const EntityRow* row_;
  const Horizon& horizon_;
  const int64_t at_ms_;
  const FoldOptions& options_;
  const int64_t available_from_ms_;
  AnswerScratch* scratch_;
  // What was known of the entity, where the read asks for that; and from when on that is told.
  std::optional<EntityRow> known_row_;
  int64_t known_from_ms_ = kBeginningOfTime;
  // The entity's newest record before the read, where that is older than the view's ttl.
  std::optional<int64_t> expired_since_ms_;
  bool stale_ = false;        // beyond `freshness.error_after`
  bool age_unknown_ = false;  // perhaps beyond one of them: tiles do not tell
  bool all_gone_ = true;
};

}  // namespace millrace

#endif  // MILLRACE_FEATURESTORE_FEATURE_ANSWERS_H_
