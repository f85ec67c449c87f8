// Processes that die: whatever dies at whatever moment, what is there in the end is what an
// untouched run leaves. A world is a log and a state that outlive processes:
//   std::string RunUntil(CrashPoint&)   a process that lives so long; what it thinks it has done
//   Emitted()                           what the log has of ours
// `make` makes a new one with its records, as a pointer.

#ifndef MILLRACE_TESTS_APP_WORKERS_CRASH_RUNS_H_
#define MILLRACE_TESTS_APP_WORKERS_CRASH_RUNS_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/random.h"
#include "gtest/gtest.h"
#include "tests/app/workers/crash_point.h"

namespace millrace {

inline constexpr int64_t kNever = int64_t{1} << 60;

// Dies once, after each of the run's effects in turn. There must be more effects, and more that is
// emitted, than the least that is worth dying for.
template <typename Make>
void ExpectDyingOnceChangesNothing(Make make, int64_t least_effects, size_t least_emitted) {
  const auto untouched = make();
  CrashPoint counting(kNever);
  const std::string expected = untouched->RunUntil(counting);
  const int64_t effects = counting.Passed(kNever);
  ASSERT_GT(effects, least_effects);
  ASSERT_GT(untouched->Emitted().size(), least_emitted) << expected;
  for (int64_t last = 0; last <= effects; ++last) {
    SCOPED_TRACE(absl::StrCat("died after effect ", last, " of ", effects));
    const auto again = make();
    CrashPoint crash(last), never(kNever);
    again->RunUntil(crash);
    ASSERT_EQ(again->RunUntil(never), expected);
    ASSERT_EQ(again->Emitted(), untouched->Emitted());
  }
}

// Dies eight times, each after at most `longest` effects.
template <typename Make>
void ExpectDyingOverAndOverChangesNothing(Make make, uint64_t seed, int64_t longest) {
  const auto untouched = make(), again = make();
  CrashPoint never(kNever), at_last(kNever);
  const std::string expected = untouched->RunUntil(never);
  Random random(seed);
  for (int crashes = 0; crashes < 8; ++crashes) {
    CrashPoint crash(random.Between(0, longest));
    again->RunUntil(crash);
  }
  ASSERT_EQ(again->RunUntil(at_last), expected);
  ASSERT_EQ(again->Emitted(), untouched->Emitted());
}

}  // namespace millrace

#endif  // MILLRACE_TESTS_APP_WORKERS_CRASH_RUNS_H_
