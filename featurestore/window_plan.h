// How the windows and features of a view are folded. Plain data.

#ifndef MILLRACE_FEATURESTORE_WINDOW_PLAN_H_
#define MILLRACE_FEATURESTORE_WINDOW_PLAN_H_

#include "stream/aggregate_state.h"
#include "stream/window.h"

namespace millrace {

// One distinct window of a view.
struct WindowPlan {
  Window window;
  int tail = -1;  // position in the ladder; -1: folded from entries
  int top = -1;   // coarsest tier that covers it
  FoldPlan plan;  // what its features need
  // The longest of the shorter windows with the same end whose features need the same, where the
  // order of folding does not matter: an index into windows(); -1: there is none.
  int inner = -1;
  bool is_inner = false;  // of some other
  bool nested() const { return inner >= 0 || is_inner; }
};

struct FeaturePlan {
  int window = 0;  // index into windows(); -1: it is computed from others
  int filter = 0;
  int column = -1;
  int accumulator = -1;
  int candidates = -1;  // the column without the feature's `where`, where a share is wanted
};

}  // namespace millrace

#endif  // MILLRACE_FEATURESTORE_WINDOW_PLAN_H_
