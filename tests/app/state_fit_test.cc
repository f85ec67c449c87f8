#include "app/state_fit.h"

#include <string>
#include <utility>
#include <vector>

#include "featurestore/memory_state_store.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

using ::testing::HasSubstr;

using Features = std::vector<std::pair<std::string, std::string>>;

void AddView(const std::string& name, const std::string& view, const Features& features,
             Project* project) {
  const std::string part = "views." + name;
  project->meaning[part] = view;
  std::string order;
  for (const auto& [feature, text] : features) {
    project->meaning[part + "." + feature] = text;
    order += feature + " ";
  }
  project->meaning[part + ".order of features"] = order;
}

Project MakeProject(const Features& features, const std::string& view = "from payments") {
  Project project;
  project.state.path = "data/state";
  project.meaning["sources.payments"] = "topic=payments";
  AddView("spending", view, features, &project);
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
  const Project before = MakeProject({{"sum", "sum(amount)"}, {"n", "count(*)"}});
  EXPECT_EQ(Refusal(before,
                    MakeProject({{"sum", "sum(amount) where(c == \"; n=1\")"}, {"n", "count(*)"}})),
            "the state in data/state was built with another configuration (changed: "
            "views.spending.sum)\n  hint: use the earlier configuration, or another state.path: it "
            "is filled by reading the log again from where that begins, and data/state may be "
            "deleted");
  EXPECT_THAT(Refusal(before, MakeProject({{"mean", "mean(amount)"}, {"sum", "sum(amount)"}})),
              HasSubstr("(new: views.spending.mean; gone: views.spending.n)"));
  EXPECT_THAT(Refusal(before, MakeProject({{"n", "count(*)"}, {"sum", "sum(amount)"}})),
              HasSubstr("(changed: views.spending.order of features)"));
  EXPECT_THAT(Refusal(before, MakeProject({{"sum", "sum(amount)"}, {"n", "count(*)"}},
                                          "from payments as_of=5")),
              HasSubstr("(changed: views.spending)"));
}

TEST(StateFit, OfAViewThatIsNewTheFeaturesAreNotNamed) {
  const Project before = MakeProject({{"sum", "sum(amount)"}});
  Project after = before;
  AddView("others", "from a", {{"sum", "sum(x)"}, {"n", "count(*)"}}, &after);
  EXPECT_THAT(Refusal(before, after), HasSubstr("(new: views.others)"));
  EXPECT_THAT(Refusal(after, before), HasSubstr("(gone: views.others)"));
}

TEST(StateFit, RefusesTheStateOfAnotherLog) {
  MemoryStateStore state;
  const Project project = MakeProject({});
  ASSERT_TRUE(CheckStateFits(project, "log 1", &state).ok());
  EXPECT_THAT(std::string(CheckStateFits(project, "log 2", &state).message()),
              HasSubstr("belongs to another log (log 1, this is log 2)\n  hint: use that log, or "
                        "another state.path"));
}

TEST(StateFit, AStateThatWasLeftComesWithTheWayOut) {
  const Project project = MakeProject({});
  EXPECT_EQ(WithSuccessorAdvice(absl::FailedPreconditionError("topic t (epoch 2)"), project),
            absl::FailedPreconditionError(
                "the state in data/state was left: topic t (epoch 2)\n  hint: use the newer state, "
                "or another state.path: it is filled by reading the log again from where that "
                "begins, and data/state may be deleted"));
  const absl::Status away = absl::UnavailableError("cannot reach the log");
  EXPECT_EQ(WithSuccessorAdvice(away, project), away);
}

TEST(StateFit, DamagedStateComesWithTheWayOut) {
  const Project project = MakeProject({});
  const absl::Status damaged =
      WithStateAdvice(absl::DataLossError("state: get: Corruption: checksum mismatch"), project);
  EXPECT_EQ(damaged.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(damaged.message()),
              HasSubstr("mismatch\n  hint: the state in data/state is damaged: name another"));
  EXPECT_THAT(
      std::string(WithStateAdvice(absl::DataLossError("feature state: x"), project).message()),
      HasSubstr("x\n  hint: the state in data/state is damaged"));
  const absl::Status log = absl::DataLossError("embedded log: Corruption");
  EXPECT_EQ(WithStateAdvice(log, project), log) << "the log cannot be read again";
}

TEST(StateFit, AStateOfAnotherReleaseComesWithTheWayOut) {
  const absl::Status other = WithStateAdvice(
      absl::FailedPreconditionError("feature state has another format version"), MakeProject({}));
  EXPECT_EQ(other.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(other.message()),
              HasSubstr("version\n  hint: the state in data/state is of another release: use that, "
                        "or name another state.path"));
}

}  // namespace
}  // namespace millrace
