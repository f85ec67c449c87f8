// The command line as such: exit codes, what goes where, help and suggestions.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
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
        UsageCase{{}, "First steps:"},
        UsageCase{{"gte", "v", "k=1"}, "unknown command 'gte'; did you mean 'get'?"},
        UsageCase{{"frobnicate"}, "unknown command 'frobnicate'\n"},
        UsageCase{{"get", "v", "k=1", "--serevr", "x"},
                  "get: unknown option '--serevr'; did you mean '--server'?"},
        UsageCase{{"get", "--att=1"}, "get: unknown option '--att'; did you mean '--at'?"},
        UsageCase{{"--jsno", "version"}, "unknown option '--jsno'; did you mean '--json'?"},
        UsageCase{{"version", "extra"}, "version: unexpected argument 'extra'"},
        UsageCase{{"get"}, "get: name a view, a feature, or a service with --service"},
        UsageCase{{"get", "v", "origin"}, "get: 'origin' is not key=value"},
        UsageCase{{"score", "t", "a=1", "a=2"}, "score: 'a' is given twice"},
        UsageCase{{"status", "--server", "ftp://x"}, "'ftp://x' is no server"},
        UsageCase{{"tail", "t", "-o", "middle"}, "-o takes beginning, end"},
        UsageCase{{"tail", "t", "-o", "s@2024-02-30"},
                  "s@TIME of RFC 3339 (2024-05-10T12:00:00Z), a date (2024-05-10) or milliseconds "
                  "since the epoch; not 's@2024-02-30'"},
        UsageCase{{"get", "v", "k=1", "--at", "2024-02-30"},
                  "get: --at takes RFC 3339 (2024-05-10T12:00:00Z), a date (2024-05-10) or "
                  "milliseconds since the epoch, not '2024-02-30'\n"},
        UsageCase{{"validate", "--explain", "--rate", "=5"}, "validate: --rate =5 names no view"},
        UsageCase{{"validate", "--explain", "--entities", "1", "--entities", "2"},
                  "validate: --entities is given twice for all views\n"},
        UsageCase{{"get", "v", "k=1", "--known-at", "x"}, "get: --known-at takes RFC 3339"},
        UsageCase{{"score", "t", "k=1", "--at", "tomorrow"}, "score: --at takes RFC 3339"},
        UsageCase{{"tail", "t", "-c", "0"},
                  "tail: --count takes a whole number of at least 1, not '0'\n"},
        UsageCase{{"tail", "t", "-p", "x"},
                  "tail: --partition takes a whole number of at least 0, not 'x'\n"},
        UsageCase{{"produce", "t", "--rate", "abc"},
                  "produce: --rate takes a number above 0, not 'abc'\n"},
        UsageCase{{"produce", "t", "--rate", "0"},
                  "produce: --rate takes a number above 0, not '0'\n"},
        UsageCase{{"produce", "t", "-H", "nothing"}, "-H takes name=value"},
        UsageCase{{"init", "--template", "fraud"}, "fraud not in {flights,blank}"},
        UsageCase{{"version", "--set", "nothing"}, "--set takes path=value"},
        UsageCase{{"help", "erors"}, "did you mean 'errors'?"},
        UsageCase{{"help", "unheard-of"}, "\n  dead-letters "},
        UsageCase{{"help", "errors", "9999"}, "there is no error MILLRACE-9999"},
        UsageCase{{"help", "get", "put"}, "only `help errors` takes a second word"}));

constexpr const char* kCommands[] = {"demo",    "features", "get",      "help",   "infer",  "init",
                                     "produce", "schema",   "score",    "serve",  "status", "tail",
                                     "test",    "topics",   "validate", "version"};

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
  const std::string topics = RunProgram(directory, {"help"}).out;
  const std::string promised = RunProgram(directory, {"help", "cli"}).out;
  for (const char* page :
       {"configuration", "expressions", "windows", "learners", "http", "cli", "concepts", "metrics",
        "grpc", "dead-letters", "test-features", "kafka"}) {
    EXPECT_THAT(topics, HasSubstr(std::string("\n  ") + page));
    EXPECT_THAT(promised, HasSubstr(std::string("`") + page + "`"));
    EXPECT_THAT(RunProgram(directory, {"help", page}).out, HasSubstr("# ")) << page;
    const ProgramResult json = RunProgram(directory, {"help", page, "--json"});
    EXPECT_TRUE(ParseJson(json.out).ok()) << page;
  }
}

TEST(Help, ComesInGroupsWithTheFirstSteps) {
  const ProgramDirectory directory;
  for (const std::vector<std::string>& line :
       std::vector<std::vector<std::string>>{{"help"}, {"--help"}}) {
    const ProgramResult help = RunProgram(directory, line);
    EXPECT_EQ(help.code, 0);
    EXPECT_THAT(help.out, AllOf(HasSubstr("First steps:\n  millrace demo flights"),
                                HasSubstr("\nAsk it:\n  get "), Not(HasSubstr("SUBCOMMAND"))));
    EXPECT_EQ(help.out.find("  -C,--chdir") != std::string::npos, line[0] == "--help");
  }
}

TEST(Version, HasAFlagToo) {
  const ProgramDirectory directory;
  const ProgramResult version = RunProgram(directory, {"version"});
  for (const char* flag : {"--version", "-V"}) {
    const ProgramResult result = RunProgram(directory, {flag});
    EXPECT_EQ(result.code, 0);
    EXPECT_EQ(result.out, version.out);
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

TEST(ABrokenConfiguration, IsToldByWhatAsksItsServer) {
  const ProgramDirectory directory;
  directory.Write("millrace.yaml", "version: 1\nproject: [\n");
  for (const std::vector<std::string>& line : std::vector<std::vector<std::string>>{
           {"status"}, {"get", "v", "k=1"}, {"score", "t", "f=1"}, {"topics"}, {"tail", "t"}}) {
    const ProgramResult result = RunProgram(directory, line);
    EXPECT_EQ(result.code, 78) << line[0];
    EXPECT_THAT(result.out, IsEmpty());
    EXPECT_THAT(result.err, HasSubstr("millrace.yaml:"));
    std::vector<std::string> told = line;
    told.insert(told.end(), {"--server", "http://127.0.0.1:1"});
    EXPECT_EQ(RunProgram(directory, told).code, 69) << "--server needs no configuration";
  }
}

TEST(Validate, PrintsOneObjectWhateverTheConfiguration) {
  const ProgramDirectory directory;
  directory.Write("millrace.yaml", "version: 1\nproject: p\nlgo: {}\n\x1b: \x01\n");
  const ProgramResult bad = RunProgram(directory, {"validate", "--json"});
  EXPECT_EQ(bad.code, 78);
  EXPECT_THAT(bad.err, IsEmpty());
  EXPECT_TRUE(ParseJson(bad.out).ok()) << bad.out;
  EXPECT_THAT(bad.out,
              HasSubstr(R"({"valid":false,"project":null,"errors":[{"file":"millrace.yaml",)"));
  ASSERT_EQ(RunProgram(directory, {"init", "good"}).code, 0);
  const ProgramResult good =
      RunProgram(directory, {"validate", "-f", "good/millrace.yaml", "--json"});
  EXPECT_EQ(good.code, 0);
  EXPECT_EQ(good.out, R"({"valid":true,"project":"good","errors":[],"warnings":[]})"
                      "\n");
}

TEST(Validate, LocatesEachErrorInJson) {
  const ProgramDirectory directory;
  ASSERT_EQ(RunProgram(directory, {"init"}).code, 0);
  std::string text = directory.Read("millrace.yaml");
  text.replace(text.find("count:"), 6, "cuont:");
  directory.Write("millrace.yaml", text);
  EXPECT_THAT(RunProgram(directory, {"validate", "--json"}).out,
              AllOf(HasSubstr(R"("column":19,"code":"MILLRACE-2107",)"),
                    HasSubstr(R"("suggestion":"did you mean 'count'?","known":["count",)")));
}

TEST(Kafka, ThatCannotBeReachedIsSaidFirst) {
  const ProgramDirectory directory;
  directory.Write("millrace.yaml",
                  "version: 1\nproject: k\nlog: {kafka: {brokers: \"localhost:1\"}}\n"
                  "state: {path: ./state}\n"
                  "sources: {a: {topic: a, time: {field: at, unit: ms}, schema: {x: int}}}\n");
  const ProgramResult result = RunProgram(directory, {"topics"});
  EXPECT_EQ(result.code, 69);
  EXPECT_THAT(result.err, HasSubstr("millrace: topics: cannot reach Kafka at localhost:1\n"));
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

TEST(Init, KeepsDataOutOfGitAndQuotesWhatAShellWouldSplit) {
  const ProgramDirectory directory;
  const ProgramResult made = RunProgram(directory, {"init", "my own"});
  EXPECT_EQ(made.code, 0) << made.err;
  EXPECT_THAT(made.err, AllOf(HasSubstr("a small example"),
                              HasSubstr("Next: millrace -C 'my own' validate;")));
  EXPECT_THAT(directory.Read("my own/.gitignore"), HasSubstr("\ndata/\n"));
  const ProgramResult valid = RunProgram(directory, {"validate", "-f", "my own/millrace.yaml"});
  EXPECT_THAT(valid.out, HasSubstr("is valid: 1 source, 1 view with 2 features, 0 tasks\n"));
  directory.Write(".gitignore", "mine");
  EXPECT_EQ(RunProgram(directory, {"init"}).code, 0);
  EXPECT_EQ(directory.Read(".gitignore"), "mine");
}

// What its comments say: without "# " the task is there.
TEST(Init, HasATaskToUncomment) {
  const ProgramDirectory directory;
  ASSERT_EQ(RunProgram(directory, {"init"}).code, 0);
  std::string text;
  bool in_task = false;
  const std::vector<std::string> lines = absl::StrSplit(directory.Read("millrace.yaml"), '\n');
  for (std::string line : lines) {
    in_task = line == "# tasks:" || (in_task && !line.empty());
    if (in_task) line = line.substr(2);
    if (line.substr(0, 4) == "  # ") line = "  " + line.substr(4);
    absl::StrAppend(&text, line, "\n");
  }
  directory.Write("millrace.yaml", text);
  const ProgramResult valid = RunProgram(directory, {"validate"});
  EXPECT_EQ(valid.code, 0) << valid.err;
  EXPECT_THAT(valid.out, HasSubstr("2 sources, 1 view with 2 features, 1 task\n"));
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
  EXPECT_THAT(all.out, HasSubstr(R"("feature":"origin_due.due_6h")"));
  EXPECT_THAT(all.out, HasSubstr(R"("meaning":"count(*) over 6h, 30m ago")"));
  const ProgramResult one = RunProgram(directory, {"features", "tail_last"});
  EXPECT_EQ(one.code, 0) << one.err;
  EXPECT_THAT(one.out, AllOf(HasSubstr("sources       arrivals (topics flights.arrivals)\n"),
                             HasSubstr("tail_last.last_delay  double  last(arr_delay) over 1d"),
                             Not(HasSubstr("origin_out"))));
  const ProgramResult feature = RunProgram(directory, {"features", "tail_last.last_delay"});
  EXPECT_THAT(feature.out, AllOf(HasSubstr("entity        tail (tailnum: string)\n"),
                                 HasSubstr("tasks         delayed\n")));
  const ProgramResult json = RunProgram(directory, {"features", "tail_last.last_delay", "--json"});
  EXPECT_THAT(json.out, testing::StartsWith(R"({"feature":"tail_last.last_delay",)"));
  EXPECT_TRUE(ParseJson(json.out).ok());
}

TEST(Features, OfAnUnknownNameAreRefusedWithASuggestion) {
  const ProgramDirectory directory;
  ASSERT_EQ(RunProgram(directory, {"init", "--template", "flights"}).code, 0);
  for (const char* name : {"tail_lats", "tail_last.last_delya"}) {
    const ProgramResult none = RunProgram(directory, {"features", name});
    EXPECT_EQ(none.code, 64);
    EXPECT_THAT(none.err, HasSubstr("did you mean 'tail_last"));
    EXPECT_THAT(none.out, IsEmpty());
  }
}

TEST(Validate, ExplainsWhatViewsCost) {
  const ProgramDirectory directory;
  ASSERT_EQ(RunProgram(directory, {"init", "--template", "flights"}).code, 0);
  const ProgramResult text = RunProgram(directory, {"validate", "--explain"});
  EXPECT_EQ(text.code, 0) << text.err;
  EXPECT_THAT(text.out, AllOf(HasSubstr(" is valid: "), HasSubstr("view origin_out of origin"),
                              HasSubstr("merges"), HasSubstr("after 5 records")));
  const ProgramResult json = RunProgram(directory, {"validate", "--explain", "--json"});
  const auto root = ParseJson(json.out);
  ASSERT_TRUE(root.ok()) << json.out;
  EXPECT_TRUE(root->Find("valid")->bool_value());
  EXPECT_GE(root->Find("views")->items().size(), 4u);
  EXPECT_EQ(RunProgram(directory, {"validate", "--rate", "2"}).code, 64) << "without --explain";
}

TEST(Validate, RefusesWhatIsOverTheDiskBudget) {
  const ProgramDirectory directory;
  ASSERT_EQ(RunProgram(directory, {"init", "--template", "flights"}).code, 0);
  const std::vector<std::string> load = {"validate",   "--explain", "--rate", "1",
                                         "--entities", "1000000",   "--set",  "state.disk=1GiB"};
  const ProgramResult refused = RunProgram(directory, load);
  EXPECT_EQ(refused.code, 78);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("error[MILLRACE-2211]"), HasSubstr("millrace.yaml:")));
  EXPECT_THAT(refused.out, HasSubstr("view origin_out"));
  std::vector<std::string> enough = load;
  enough.back() = "state.disk=100TiB";
  EXPECT_EQ(RunProgram(directory, enough).code, 0);
}

TEST(Validate, TakesALoadForEachView) {
  const ProgramDirectory directory;
  ASSERT_EQ(RunProgram(directory, {"init", "--template", "flights"}).code, 0);
  const auto with = [&](const std::string& rate, const std::string& entities) {
    return RunProgram(directory, {"validate", "--explain", "--rate", rate, "--entities", entities});
  };
  const ProgramResult one = with("origin_out=0.25", "origin_out=400");
  EXPECT_EQ(one.code, 0) << one.err;
  EXPECT_THAT(one.out, HasSubstr("\n400 entities of origin_out at 0.25/s: "));
  const ProgramResult unknown = with("1", "origin_oot=400");
  EXPECT_EQ(unknown.code, 64);
  EXPECT_THAT(unknown.err, HasSubstr("no view 'origin_oot'; did you mean 'origin_out'?"));
  EXPECT_EQ(with("origin_out=fast", "1").code, 64);
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
