// `millrace test` as it is run: output, exit code, several files.

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/app/commands/program.h"

namespace millrace {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string TestFile(const std::string& expected_rows) {
  return R"(
sources: {ev: {topic: t, time: {field: at}, schema: {k: string}}}
entities: {k: {key: [k]}}
views: {f: {from: ev, entity: k, features: {rows: {count: "*", window: 1h}}}}
cases:
  - name: one record
    records: [{value: {at: 1, k: a}}]
    expect: [{view: f, key: {k: a}, at: 2, values: {rows: )" +
         expected_rows + "}}]\n";
}

TEST(TestCommand, ExitsWithZeroWhenAllHolds) {
  const ProgramDirectory directory;
  directory.Write("good.yaml", TestFile("1"));
  const ProgramResult result = RunProgram(directory, {"test", "good.yaml"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.out, "ok    one record\n1 passed, 0 failed in 1 file\n");
}

TEST(TestCommand, ExitsWithOneAndTheDifferenceWhenACaseFails) {
  const ProgramDirectory directory;
  directory.Write("bad.yaml", TestFile("2"));
  const ProgramResult result = RunProgram(directory, {"test", "bad.yaml"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.out, HasSubstr("FAIL  one record\n      bad.yaml:8: f {k: a} at "));
  EXPECT_THAT(result.out, HasSubstr("\n        rows: expected 2, got 1\n"));
  EXPECT_THAT(result.out, HasSubstr("0 passed, 1 failed in 1 file\n"));
}

TEST(TestCommand, RunsTheOtherFilesWhenOneCannotBeRead) {
  const ProgramDirectory directory;
  directory.Write("good.yaml", TestFile("1"));
  directory.Write("wrong.yaml", "cases: {}\nsauces: {}\n");
  const ProgramResult result =
      RunProgram(directory, {"test", "wrong.yaml", "good.yaml", "none.yaml"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.out, HasSubstr("ok    one record\n"));
  EXPECT_THAT(result.out, HasSubstr("1 passed, 0 failed in 3 files, 2 of them could not be run"));
  EXPECT_THAT(result.err, AllOf(HasSubstr("wrong.yaml:2:1: error"),
                                HasSubstr("did you mean 'sources'?"), HasSubstr("none.yaml")));
}

TEST(TestCommand, PrintsOneObjectAsJson) {
  const ProgramDirectory directory;
  directory.Write("bad.yaml", TestFile("2"));
  const ProgramResult result = RunProgram(directory, {"test", "bad.yaml", "--json"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.out, HasSubstr(R"({"ok":false,"passed":0,"failed":1)"));
  EXPECT_THAT(result.out, HasSubstr(R"("expected":"2","actual":"1")"));
}

}  // namespace
}  // namespace millrace
