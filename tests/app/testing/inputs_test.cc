// The test files about what happens to records before they count (docs/sources.md) hold.

#include <filesystem>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/app/testing/test_file_run.h"

namespace millrace {
namespace {

TEST(InputTestFiles, Hold) {
  int files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(MILLRACE_SOURCE_DIR "/tests/app/testing/inputs")) {
    ++files;
    const TestFileRun run = RunLoaded({.path = entry.path().string()});
    EXPECT_TRUE(run.ok) << entry.path() << "\n" << run.text;
  }
  EXPECT_GE(files, 5);
}

TEST(InputTestFiles, ARecordIsNotGivenToADerivedSource) {
  const TestFileRun run = RunLoaded({.path = "t.yaml", .text = R"(
sources:
  a: {topic: a, time: {field: at}, schema: {k: int}}
  b: {from: a}
cases:
  - records: [{source: b, value: {at: 1, k: 1}}]
    expect: [{source: b, counts: {read: 1}}]
)"});
  EXPECT_THAT(run.text,
              testing::HasSubstr("the source 'b' is derived: records are given to what it is"));
}

TEST(InputTestFiles, ADerivedSourceHasNoDeadLetters) {
  const TestFileRun run = RunLoaded({.path = "t.yaml", .text = R"(
sources:
  a: {topic: a, time: {field: at}, schema: {k: int}}
  b: {from: a}
cases:
  - records: []
    expect: [{dead_letters: b, records: []}]
)"});
  EXPECT_THAT(run.text, testing::HasSubstr("the source 'b' is derived and rejects nothing"));
}

}  // namespace
}  // namespace millrace
