#include "app/state_fit.h"

#include <string>

#include "featurestore/memory_state_store.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

using ::testing::HasSubstr;

Project MakeProject(const std::string& spending, const std::string& others = "") {
  Project project;
  project.state.path = "data/state";
  project.meaning["sources.payments"] = "topic=payments";
  project.meaning["views.spending"] = "from payments; key card:string; accuracy=0" + spending;
  if (!others.empty()) project.meaning["views.others"] = others;
  return project;
}

std::string Refusal(const Project& before, const Project& after) {
  MemoryStateStore state;
  EXPECT_TRUE(CheckStateFits(before, "log 1", &state).ok());
  EXPECT_TRUE(CheckStateFits(before, "log 1", &state).ok()) << "what it signed itself";
  const absl::Status status = CheckStateFits(after, "log 1", &state);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  return std::string(status.message());
}

TEST(StateFit, NamesTheFeatureThatDiffers) {
  const Project before = MakeProject("; sum=sum(amount); n=count(*)");
  EXPECT_EQ(Refusal(before, MakeProject("; sum=sum(amount) window=1h; n=count(*)")),
            "the state in data/state was built with another configuration (changed: "
            "views.spending.sum)\n  hint: use the earlier configuration, or another state.path: it "
            "is filled by reading the log again from where that begins, and data/state may be "
            "deleted");
  EXPECT_THAT(Refusal(before, MakeProject("; sum=sum(amount); mean=mean(amount)")),
              HasSubstr("(new: views.spending.mean; gone: views.spending.n)"));
  EXPECT_THAT(Refusal(before, MakeProject(" as_of=5; sum=sum(amount); n=count(*)")),
              HasSubstr("(changed: views.spending)"));
  EXPECT_THAT(Refusal(before, MakeProject("; sum=sum(amount); n=count(*)",
                                          "from a; key b:int; accuracy=1; sum=sum(x)")),
              HasSubstr("(new: views.others)"));
}

TEST(StateFit, RefusesTheStateOfAnotherLog) {
  MemoryStateStore state;
  const Project project = MakeProject("");
  ASSERT_TRUE(CheckStateFits(project, "log 1", &state).ok());
  EXPECT_THAT(std::string(CheckStateFits(project, "log 2", &state).message()),
              HasSubstr("belongs to another log (log 1, this is log 2)\n  hint: use that log, or "
                        "another state.path"));
}

TEST(StateFit, DamagedStateComesWithTheWayOut) {
  const Project project = MakeProject("");
  const absl::Status damaged =
      WithStateAdvice(absl::DataLossError("state: get: Corruption: checksum mismatch"), project);
  EXPECT_EQ(damaged.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(damaged.message()),
              HasSubstr("mismatch\n  hint: the state in data/state is damaged: name another"));
  const absl::Status log = absl::DataLossError("embedded log: Corruption");
  EXPECT_EQ(WithStateAdvice(log, project), log) << "the log cannot be read again";
}

}  // namespace
}  // namespace millrace
