// The rules find what they are for: each is given a small tree with a planted violation.

#include "tests/architecture/rules.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace::architecture {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

SourceTree TreeOf(const std::map<std::string, std::string>& texts) {
  SourceTree tree;
  for (const auto& [path, text] : texts) {
    if (path.ends_with("CMakeLists.txt")) {
      tree.cmake_lists[path] = text;
    } else {
      tree.files[path] = {path, text, IncludesOf(text)};
    }
  }
  return tree;
}

TEST(WithoutComments, BlanksCommentsAndLiteralsButKeepsLines) {
  EXPECT_EQ(WithoutComments("a // b\nc", Literals::kKeep), "a     \nc");
  EXPECT_EQ(WithoutComments("a /* b\nc */ d", Literals::kKeep), "a     \n     d");
  EXPECT_EQ(WithoutComments(R"(f("// x", '"'); // y)", Literals::kKeep), R"(f("// x", '"');     )");
  EXPECT_EQ(WithoutComments(R"(f("x\"y", 'q');)", Literals::kBlank), R"(f("    ", ' ');)");
  EXPECT_EQ(WithoutComments("R\"z(a)\" // )z\" + b", Literals::kBlank), "R\"           \" + b");
  EXPECT_EQ(WithoutComments("1'000 + rand()", Literals::kBlank), "1'000 + rand()");
}

TEST(IncludesOf, FindsBothFormsWithTheirLines) {
  const auto includes = IncludesOf("// #include \"no.h\"\n#include <a/b.h>\n  # include \"c.h\"\n");
  ASSERT_THAT(includes, SizeIs(2));
  EXPECT_EQ(includes[0].target, "a/b.h");
  EXPECT_EQ(includes[0].line, 2);
  EXPECT_FALSE(includes[0].quoted);
  EXPECT_EQ(includes[1].target, "c.h");
  EXPECT_TRUE(includes[1].quoted);
}

TEST(LayerViolations, NamesTheIncludeThatPointsUp) {
  EXPECT_THAT(LayerViolations(TreeOf({{"core/a.cc", "\n#include \"stream/b.h\"\n"},
                                      {"stream/c.cc", "#include \"featurestore/d.h\"\n"},
                                      {"learners/e.h", "#include \"stream/f.h\"\n"},
                                      {"serving/g.h", "#include \"app/h.h\"\n"},
                                      {"app/i.cc", "#include \"tests/j.h\"\n"}})),
              ElementsAre("app/i.cc:1: app may not include tests/j.h",
                          "core/a.cc:2: core may not include stream/b.h",
                          "learners/e.h:1: learners may not include stream/f.h",
                          "serving/g.h:1: serving may not include app/h.h",
                          "stream/c.cc:1: stream may not include featurestore/d.h"));
}

TEST(LayerViolations, AllowsTheLayersBelow) {
  EXPECT_THAT(LayerViolations(TreeOf({{"app/a.cc", "#include \"core/b.h\"\n"},
                                      {"serving/c.cc", "#include \"learners/d.h\"\n"},
                                      {"featurestore/e.h", "#include \"stream/f.h\"\n"},
                                      {"core/g.h", "#include \"schemas/h.pb.h\"\n"},
                                      {"tests/app/i.cc", "#include \"app/j.h\"\n"}})),
              IsEmpty());
}

TEST(FenceViolations, NamesEveryLibraryOutsideItsFolder) {
  EXPECT_THAT(FenceViolations(TreeOf({{"stream/a.cc", "#include <librdkafka/rdkafkacpp.h>\n"},
                                      {"stream/b.cc", "#include \"rocksdb/db.h\"\n"},
                                      {"stream/c.cc", "#include <simdjson.h>\n"},
                                      {"serving/d.cc", "#include <grpcpp/grpcpp.h>\n"},
                                      {"serving/e.cc", "#include \"serving/grpc/api.grpc.pb.h\"\n"},
                                      {"app/f.cc", "#include <boost/beast.hpp>\n"},
                                      {"stream/g.cc", "#include <Eigen/Core>\n"},
                                      {"app/h.cc", "#include \"yaml-cpp/yaml.h\"\n"},
                                      {"serving/i.cc", "#include <CLI/CLI.hpp>\n"}})),
              SizeIs(9));
}

TEST(FenceViolations, AllowsLibrariesInsideTheirFenceAndInTests) {
  EXPECT_THAT(FenceViolations(TreeOf({{"stream/kafka/a.cc", "#include <librdkafka/rdkafkacpp.h>\n"},
                                      {"stream/embedded/b.h", "#include <rocksdb/db.h>\n"},
                                      {"learners/linear/c.h", "#include <Eigen/Core>\n"},
                                      {"tests/serving/d.cc", "#include <grpcpp/grpcpp.h>\n"}})),
              IsEmpty());
}

TEST(FenceViolations, FollowsHeadersThroughHeaders) {
  EXPECT_THAT(FenceViolations(TreeOf({{"featurestore/rocks/a.h", "#include <rocksdb/db.h>\n"},
                                      {"featurestore/b.h", "#include \"featurestore/rocks/a.h\"\n"},
                                      {"app/c.cc", "#include \"featurestore/rocks/a.h\"\n"}})),
              ElementsAre("featurestore/b.h:1: this header reaches RocksDB through "
                          "featurestore/rocks/a.h -> rocksdb/db.h"));
}

TEST(IncludePathViolations, WantsFullPathsOfFilesThatExist) {
  EXPECT_THAT(
      IncludePathViolations(TreeOf({{"core/a.h", ""},
                                    {"core/b.cc", "#include \"a.h\"\n"},
                                    {"core/c.cc", "#include <core/a.h>\n"},
                                    {"core/d.cc", "#include \"core/gone.h\"\n"},
                                    {"core/e.cc", "#include \"core/a.h\"\n"},
                                    {"core/f.cc", "#include \"xxhash.h\"\n"},
                                    {"app/g.cc", "#include \"schemas/x.pb.h\"\n"}})),
      ElementsAre("core/b.cc:1: a.h: include our files by their full path",
                  "core/c.cc:1: core/a.h in quotes", "core/d.cc:1: core/gone.h does not exist"));
}

TEST(ClockViolations, FindsEveryWayToReadTimeSleepOrRoll) {
  for (const std::string line :
       {"auto t = absl::Now();", "return Now();", "std::chrono::system_clock::now();",
        "using C = std::chrono::steady_clock;", "absl::SleepFor(d);",
        "std::this_thread::sleep_for(d);", "usleep(1);", "sleep(1);", "x = time(nullptr);",
        "std::time(0);", "clock_gettime(CLOCK_MONOTONIC, &t);", "gpr_now(GPR_CLOCK_REALTIME);",
        "std::random_device d;", "int i = rand() % 6;", "srand(1);", "absl::BitGen gen;"}) {
    EXPECT_THAT(ClockViolations(TreeOf({{"app/a.cc", "\n" + line + "\n"}})), SizeIs(1)) << line;
    EXPECT_THAT(ClockViolations(TreeOf({{"tests/a.cc", line}})), SizeIs(1)) << line;
    EXPECT_THAT(ClockViolations(TreeOf({{"bench/a.cc", line}, {"core/clock.cc", line}})),
                IsEmpty());
  }
}

TEST(ClockViolations, AllowsThePortAndInnocentWords) {
  for (const std::string line :
       {"const absl::Time now = clock.Now();", "clock_->Now()", "absl::Time Now() override;",
        "absl::Time SimulatedClock::Now() {", "clock.SleepFor(d);", "// sleep(1)", "f(\"rand()\");",
        "event.time()", "operand(1)", "SetTime(nullptr_t);", "Random random(7);",
        "std::mt19937_64 random(7);", "random() % 2", "event_time(record);", "1'000; Unow();"}) {
    EXPECT_THAT(ClockViolations(TreeOf({{"app/a.cc", line}})), IsEmpty()) << line;
  }
}

TEST(UnlistedSources, NamesTheFileNoBuildKnows) {
  EXPECT_THAT(
      UnlistedSources(TreeOf({{"core/CMakeLists.txt", "millrace_library(core SRCS a.cc # b.cc\n)"},
                              {"core/a.cc", ""},
                              {"core/b.cc", ""},
                              {"core/c.h", ""},
                              {"tests/app/CMakeLists.txt", "f(deep/d_test.cc)"},
                              {"tests/app/deep/d_test.cc", ""},
                              {"tests/app/deep/e_test.cc", ""}})),
      ElementsAre("core/b.cc:1: not listed in a CMakeLists.txt",
                  "tests/app/deep/e_test.cc:1: not listed in a CMakeLists.txt"));
}

TEST(NameViolations, RefusesNamesThatNameNothing) {
  EXPECT_THAT(NameViolations(TreeOf({{"core/string_utils.h", ""},
                                     {"core/common/a.h", ""},
                                     {"app/model_manager.cc", ""},
                                     {"tests/helpers.cc", ""},
                                     {"core/community.h", ""},
                                     {"core/utility_function.h", ""}})),
              SizeIs(4));
}

TEST(UndocumentedMetrics, NamesTheMissingOnesWithTheirLine) {
  const SourceTree tree = TreeOf({{"serving/a.cc",
                                   "// \"millrace_comment_total\"\n"
                                   "r.GetCounter(\"millrace_known_total\", h);\n"
                                   "r.GetCounter(\"millrace_new_total\", h);\n"},
                                  {"tests/b.cc", "\"millrace_test_total\""}});
  EXPECT_THAT(UndocumentedMetrics(tree, "| `millrace_known_total` | c |"),
              ElementsAre("serving/a.cc:3: millrace_new_total is not in "
                          "docs/reference/metrics.md"));
}

}  // namespace
}  // namespace millrace::architecture
