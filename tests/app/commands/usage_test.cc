// The command line as such: exit codes, what goes where, help and suggestions.

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "stream/decode/json_document.h"
#include "tests/app/commands/program.h"

namespace millrace {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

struct UsageCase {
  std::vector<std::string> arguments;
  std::string said;
};

class WrongUsage : public testing::TestWithParam<UsageCase> {};

TEST_P(WrongUsage, ExitsWith64AndSaysWhyOnStandardError) {
  const ProgramDirectory directory;
  const ProgramResult result = RunProgram(directory, GetParam().arguments);
  EXPECT_EQ(result.code, 64);
  EXPECT_THAT(result.out, IsEmpty());
  EXPECT_THAT(result.err, HasSubstr(GetParam().said));
}

INSTANTIATE_TEST_SUITE_P(
    CommandLine, WrongUsage,
    testing::Values(
        UsageCase{{}, "Usage: millrace"},
        UsageCase{{"gte", "v", "k=1"}, "unknown command 'gte'; did you mean 'get'?"},
        UsageCase{{"frobnicate"}, "unknown command 'frobnicate'\n"},
        UsageCase{{"get", "v", "k=1", "--serevr", "x"},
                  "get: unknown option '--serevr'; did you mean '--server'?"},
        UsageCase{{"get", "--att=1"}, "get: unknown option '--att'; did you mean '--at'?"},
        UsageCase{{"--jsno", "version"}, "unknown option '--jsno'; did you mean '--json'?"},
        UsageCase{{"version", "extra"}, "version: unexpected argument 'extra'"},
        UsageCase{{"get"}, "get: VIEW is required"},
        UsageCase{{"get", "v", "origin"}, "get: 'origin' is not key=value"},
        UsageCase{{"score", "t", "a=1", "a=2"}, "score: 'a' is given twice"},
        UsageCase{{"status", "--server", "ftp://x"}, "'ftp://x' is no server"},
        UsageCase{{"tail", "t", "-o", "middle"}, "-o takes beginning, end"},
        UsageCase{{"tail", "t", "-c", "0"}, "tail: --count"},
        UsageCase{{"produce", "t", "-H", "nothing"}, "-H takes name=value"},
        UsageCase{{"produce", "t", "absent.jsonl"}, "cannot open absent.jsonl"},
        UsageCase{{"init", "--template", "fraud"}, "fraud not in {flights,blank}"},
        UsageCase{{"version", "--set", "nothing"}, "--set takes path=value"},
        UsageCase{{"help", "erors"}, "did you mean 'errors'?"},
        UsageCase{{"help", "errors", "9999"}, "there is no error MILLRACE-9999"},
        UsageCase{{"help", "get", "put"}, "only `help errors` takes a second word"}));

constexpr const char* kCommands[] = {"demo",    "features", "get",    "help",     "init",
                                     "produce", "schema",   "score",  "serve",    "status",
                                     "tail",    "test",     "topics", "validate", "version"};

TEST(Help, OfEveryCommandHasAnExample) {
  const ProgramDirectory directory;
  for (const char* command : kCommands) {
    const ProgramResult flag = RunProgram(directory, {command, "--help"});
    EXPECT_EQ(flag.code, 0) << command;
    EXPECT_THAT(flag.out, HasSubstr(std::string("Example: millrace ") + command));
    EXPECT_THAT(flag.err, IsEmpty());
    const ProgramResult word = RunProgram(directory, {"help", command});
    EXPECT_EQ(word.code, 0) << command;
    EXPECT_EQ(word.out, flag.out);
  }
}

TEST(Help, ListsEveryCommand) {
  const ProgramDirectory directory;
  const ProgramResult help = RunProgram(directory, {"help"});
  const ProgramResult page = RunProgram(directory, {"help", "cli"});
  EXPECT_EQ(help.code, 0);
  for (const char* command : kCommands) {
    EXPECT_THAT(help.out, HasSubstr(std::string("\n  ") + command));
    EXPECT_THAT(page.out, HasSubstr(std::string("| `") + command)) << "docs/reference/cli.md";
  }
}

TEST(Help, ExplainsTheCodesOfConfigurationsAndOfRequests) {
  const ProgramDirectory directory;
  EXPECT_THAT(RunProgram(directory, {"help", "errors"}).out,
              AllOf(HasSubstr("MILLRACE-2107"), HasSubstr("MILLRACE-4004")));
  EXPECT_THAT(RunProgram(directory, {"help", "errors", "MILLRACE-2107"}).out,
              HasSubstr("unknown aggregation"));
  EXPECT_THAT(RunProgram(directory, {"help", "errors", "4004"}).out, HasSubstr("Unknown feature"));
}

TEST(Help, ShowsPagesAsTextAndAsJson) {
  const ProgramDirectory directory;
  for (const char* page : {"configuration", "expressions", "windows", "learners", "http", "cli"}) {
    EXPECT_THAT(RunProgram(directory, {"help", page}).out, HasSubstr("# ")) << page;
    const ProgramResult json = RunProgram(directory, {"help", page, "--json"});
    EXPECT_TRUE(ParseJson(json.out).ok()) << page;
  }
}

TEST(GlobalOptions, StandAnywhereOnTheLine) {
  const ProgramDirectory directory;
  for (const std::vector<std::string>& line :
       std::vector<std::vector<std::string>>{{"--json", "version"}, {"version", "--json"}}) {
    const ProgramResult result = RunProgram(directory, line);
    EXPECT_EQ(result.code, 0);
    EXPECT_TRUE(ParseJson(result.out).ok()) << result.out;
  }
}

TEST(Schema, IsTheOneOfTheRepository) {
  const ProgramDirectory directory;
  const ProgramResult result = RunProgram(directory, {"schema"});
  EXPECT_EQ(result.code, 0);
  JsonLimits limits;
  limits.max_members = 4096;
  EXPECT_TRUE(ParseJson(result.out, limits).ok());
  EXPECT_THAT(result.out, HasSubstr("json-schema.org"));
}

TEST(NoServer, IsUnavailableWithAHint) {
  const ProgramDirectory directory;
  for (const std::vector<std::string>& line : std::vector<std::vector<std::string>>{
           {"status"}, {"get", "v", "k=1"}, {"score", "t", "f=1"}, {"topics"}, {"tail", "t"}}) {
    std::vector<std::string> arguments = line;
    arguments.insert(arguments.end(), {"--server", "http://127.0.0.1:1"});
    const ProgramResult result = RunProgram(directory, arguments);
    EXPECT_EQ(result.code, 69) << line[0];
    EXPECT_THAT(result.out, IsEmpty());
    EXPECT_THAT(result.err, AllOf(HasSubstr("millrace: " + line[0] + ": http://127.0.0.1:1"),
                                  HasSubstr("millrace serve")));
  }
}

TEST(Output, ThatCannotBeWrittenIsAnError) {
  const ProgramDirectory directory;
  // A directory in place of the output file cannot be opened, so this runs in a shell.
  const std::string line = std::string(MILLRACE_PROGRAM) + " version > /dev/full 2> " +
                           directory.path() + "/err; echo $? > " + directory.path() + "/code";
  ASSERT_EQ(std::system(line.c_str()), 0);
  EXPECT_EQ(directory.Read("code"), "1\n");
  EXPECT_THAT(directory.Read("err"), HasSubstr("cannot write"));
}

TEST(Init, WritesAConfigurationThatIsValid) {
  const ProgramDirectory directory;
  for (const std::string name : {"blank", "flights"}) {
    const ProgramResult made = RunProgram(directory, {"init", name, "--template", name, "--json"});
    EXPECT_EQ(made.code, 0) << made.err;
    EXPECT_TRUE(ParseJson(made.out).ok());
    const ProgramResult valid = RunProgram(directory, {"validate", "-f", name + "/millrace.yaml"});
    EXPECT_EQ(valid.code, 0) << valid.err;
    EXPECT_THAT(valid.err, IsEmpty());
  }
  EXPECT_TRUE(directory.Has("flights/tests/origin_out.yaml"));
  EXPECT_THAT(directory.Read("flights/millrace.yaml"), Not(HasSubstr("../../schemas")));
}

TEST(Init, OfFlightsHasTestsThatPass) {
  const ProgramDirectory directory;
  ASSERT_EQ(RunProgram(directory, {"init", ".", "--template", "flights"}).code, 0);
  const ProgramResult result = RunProgram(directory, {"test", "tests/origin_out.yaml"});
  EXPECT_EQ(result.code, 0) << result.out << result.err;
}

TEST(Features, AreListedWithTheirMeaningAndReaders) {
  const ProgramDirectory directory;
  ASSERT_EQ(RunProgram(directory, {"init", "--template", "flights"}).code, 0);
  const ProgramResult all = RunProgram(directory, {"features", "--json"});
  EXPECT_EQ(all.code, 0) << all.err;
  EXPECT_TRUE(ParseJson(all.out).ok());
  EXPECT_THAT(
      all.out,
      HasSubstr(R"({"feature":"origin_due.due_6h","key":"origin","type":"int","source":"upcoming",)"
                R"("meaning":"count(*) over 6h, 30m ago","tasks":["delayed"]})"));
  const ProgramResult one = RunProgram(directory, {"features", "tail_last"});
  EXPECT_THAT(
      one.out,
      AllOf(
          HasSubstr(
              "tail_last.last_delay  tailnum  double  arrivals  last(arr_delay) over 1d  delayed"),
          Not(HasSubstr("origin_out"))));
  const ProgramResult none = RunProgram(directory, {"features", "tail_lats"});
  EXPECT_EQ(none.code, 64);
  EXPECT_THAT(none.err, HasSubstr("did you mean 'tail_last'?"));
}

TEST(Init, NeverOverwrites) {
  const ProgramDirectory directory;
  directory.Write("millrace.yaml", "mine");
  const ProgramResult result = RunProgram(directory, {"init", "--template", "flights"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("millrace.yaml is there already"));
  EXPECT_EQ(directory.Read("millrace.yaml"), "mine");
  EXPECT_FALSE(directory.Has("tests"));
}

}  // namespace
}  // namespace millrace
