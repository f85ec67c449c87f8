// topics, tail and produce on an embedded log that no server has open, then through a server.

#include <algorithm>
#include <csignal>
#include <memory>
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

// Port 1 is never a server of ours, so the log is opened directly.
constexpr char kConfig[] = R"(version: 1
project: cli_test
log: {embedded: {path: ./data/log, partitions: 2}}
state: {path: ./data/state}
sources:
  orders:
    topic: orders
    time: {field: at, unit: ms}
    schema: {customer: string, amount: double}
entities: {customer: {key: [customer]}}
views:
  spending:
    from: orders
    entity: customer
    features: {orders_1h: {count: "*", window: 1h}, most: {max: amount, window: 1h}}
server: {http: "127.0.0.1:1", grpc: "127.0.0.1:2"}
)";

std::vector<std::string> Lines(const std::string& text) {
  return absl::StrSplit(text, '\n', absl::SkipEmpty());
}

class LogCommands : public testing::Test {
 protected:
  LogCommands() { directory_.Write("millrace.yaml", kConfig); }

  ProgramResult Run(const std::vector<std::string>& arguments, const std::string& input = "") {
    return RunProgram(directory_, arguments, input);
  }

  ProgramDirectory directory_;
};

TEST_F(LogCommands, RoundTripWithoutAServer) {
  const std::string input = "{\"at\":1,\"customer\":\"a\"}\n\n{\"at\":2}";
  const ProgramResult produced = Run({"produce", "orders", "-p", "1"}, input);
  EXPECT_EQ(produced.code, 0) << produced.err;
  EXPECT_THAT(produced.out, IsEmpty());
  EXPECT_THAT(produced.err, HasSubstr("2 records are in orders"));
  const ProgramResult tailed = Run({"tail", "orders", "-e"});
  EXPECT_EQ(tailed.code, 0) << tailed.err;
  EXPECT_EQ(tailed.out, "{\"at\":1,\"customer\":\"a\"}\n{\"at\":2}\n");
  EXPECT_THAT(tailed.err, IsEmpty());
}

TEST_F(LogCommands, TailShowsWhatKcatShowsAsJson) {
  ASSERT_EQ(
      Run({"produce", "orders", "-K", ":", "-Z", "-H", "a=b", "-p", "0"}, "k:v\nk2:\nk3:\xff\n")
          .code,
      0);
  const std::vector<std::string> lines = Lines(Run({"tail", "orders", "-e", "--json"}).out);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_THAT(lines[0], AllOf(HasSubstr(R"({"topic":"orders","partition":0,"offset":0,"tstype":)"),
                              HasSubstr(R"("headers":["a","b"],"key":"k","payload":"v"})")));
  EXPECT_THAT(lines[1], HasSubstr(R"("key":"k2","payload":null})"));
  EXPECT_THAT(lines[2], HasSubstr(R"("payload_base64":"/w=="})"));
  for (const std::string& line : lines) EXPECT_TRUE(ParseJson(line).ok()) << line;
}

TEST_F(LogCommands, TailBeginsWhereItIsTold) {
  std::string input;
  for (int i = 0; i < 10; ++i) absl::StrAppend(&input, i, "\n");
  directory_.Write("lines", input);
  const ProgramResult produced = Run({"produce", "orders", "lines", "-p", "0", "--json"});
  EXPECT_EQ(
      produced.out,
      R"({"topic":"orders","records":10,"partitions":[{"partition":0,"first_offset":0,"last_offset":9}]})"
      "\n");
  EXPECT_EQ(Run({"tail", "orders", "-e", "-o", "-2"}).out, "8\n9\n");
  EXPECT_EQ(Run({"tail", "orders", "-e", "-o", "7"}).out, "7\n8\n9\n");
  EXPECT_EQ(Run({"tail", "orders", "-e", "-o", "end"}).out, "");
  EXPECT_EQ(Run({"tail", "orders", "-c", "2"}).out, "0\n1\n");
  EXPECT_EQ(Run({"tail", "orders", "-e", "-o", "s@1970-01-01T00:00:00Z", "-c", "1"}).out, "0\n");
  EXPECT_EQ(Run({"tail", "orders", "-e", "-o", "s@253402300799999"}).out, "");
  EXPECT_EQ(Run({"tail", "orders", "-e", "-p", "1"}).out, "");
  EXPECT_EQ(Run({"tail", "orders", "-p", "2"}).code, 64);
}

TEST_F(LogCommands, KeysGoToThePartitionTheyBelongTo) {
  std::string input;
  for (int i = 0; i < 50; ++i) absl::StrAppend(&input, "k", i % 5, "|", i, "\n");
  ASSERT_EQ(Run({"produce", "orders", "-K", "|"}, input).code, 0);
  std::vector<std::string> all;
  for (const std::string partition : {"0", "1"}) {
    std::vector<std::string> lines =
        Lines(Run({"tail", "orders", "-e", "-K", "|", "-p", partition}).out);
    all.insert(all.end(), lines.begin(), lines.end());
  }
  std::vector<std::string> expected = Lines(input);
  std::sort(all.begin(), all.end());
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(all, expected);
}

TEST_F(LogCommands, ProduceAtARateWritesAllLines) {
  std::string input;
  for (int i = 0; i < 100; ++i) absl::StrAppend(&input, i, "\n");
  EXPECT_THAT(Run({"produce", "orders", "--rate", "2000", "-p", "0"}, input).err,
              HasSubstr("100 records"));
  EXPECT_EQ(Run({"tail", "orders", "-e"}).out, input);
}

TEST_F(LogCommands, ALineWithoutItsKeyIsBadDataAndWhatWentBeforeIsCounted) {
  const ProgramResult result = Run({"produce", "orders", "-K", ":"}, "a:1\nb\n");
  EXPECT_EQ(result.code, 65);
  EXPECT_THAT(result.err, HasSubstr("line 2 has no key"));
}

TEST_F(LogCommands, AnInputThatIsNoFileIsToldAsSuch) {
  const ProgramResult absent = Run({"produce", "orders", "absent.jsonl"});
  EXPECT_EQ(absent.code, 66);
  EXPECT_THAT(absent.err, HasSubstr("cannot open absent.jsonl: No such file"));
  const ProgramResult directory = Run({"produce", "orders", "."});
  EXPECT_EQ(directory.code, 66);
  EXPECT_THAT(directory.err, AllOf(HasSubstr(". is a directory"), Not(HasSubstr("serve"))));
  EXPECT_FALSE(directory_.Has("data"));
}

TEST_F(LogCommands, InterruptedProduceSaysHowManyRecordsAreIn) {
  ServerProgram server(directory_);
  ASSERT_FALSE(server.url().empty());
  const std::vector<std::string> read = {"tail", "orders", "-c", "1", "--server", server.url()};
  // The first record goes at once, the second would after a quarter of an hour.
  RunningProgram produce(
      directory_, {"produce", "orders", "--rate", "0.001", "--server", server.url()}, "1\n2\n");
  EXPECT_EQ(Run(read).out, "1\n");
  produce.Signal(SIGINT);
  const ProgramResult result = produce.Wait();
  EXPECT_EQ(result.code, 130);
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("1 record is in orders\n"), HasSubstr("interrupted before the end")));
}

TEST_F(LogCommands, ALineBeyondWhatTheLogTakesIsBadDataWithItsNumber) {
  constexpr size_t kLimit = 16 << 20;
  const std::string fits = std::string(kLimit - 1024, 'y') + "\n";
  const std::string input = "1\n" + fits + std::string(kLimit + 1, 'x') + "\n4\n";
  ServerProgram server(directory_);
  ASSERT_FALSE(server.url().empty());
  const ProgramResult remote =
      Run({"produce", "orders", "-p", "0", "--server", server.url()}, input);
  EXPECT_EQ(remote.code, 65);
  EXPECT_THAT(remote.err, AllOf(HasSubstr("line 3: has 16777217 bytes; the log takes"),
                                HasSubstr("2 records are in orders")));
  EXPECT_TRUE(Run({"tail", "orders", "-e", "--server", server.url()}).out == "1\n" + fits);
  EXPECT_EQ(server.Stop().code, 0);
  const ProgramResult direct = Run({"produce", "orders", "-p", "0"}, input);
  EXPECT_EQ(direct.code, 65);
  EXPECT_EQ(direct.err, remote.err);
}

TEST_F(LogCommands, ADeadLetterIsShownWithItsReasonAndOrigin) {
  ASSERT_EQ(Run({"produce", "orders.dlq", "-H", "millrace-error-code=range", "-H",
                 "millrace-error-message=$.amount: too large", "-H", "millrace-source-topic=orders",
                 "-H", "millrace-source-partition=1", "-H", "millrace-source-offset=17"},
                "{}\n")
                .code,
            0);
  EXPECT_EQ(Run({"tail", "orders.dlq", "-e"}).out,
            "range  orders[1]@17  $.amount: too large  {}\n");
}

TEST_F(LogCommands, UnknownTopicsComeWithASuggestion) {
  ASSERT_EQ(Run({"produce", "orders"}, "1\n").code, 0);
  const ProgramResult tail = Run({"tail", "ordres"});
  EXPECT_EQ(tail.code, 64);
  EXPECT_THAT(tail.err, HasSubstr("did you mean 'orders'?"));
  EXPECT_EQ(Run({"produce", "nothing"}, "1\n").code, 64);
}

TEST_F(LogCommands, ReadingNeverMakesALog) {
  for (const std::string command : {"topics", "tail"}) {
    std::vector<std::string> arguments = {command};
    if (command == "tail") arguments.push_back("orders");
    const ProgramResult result = Run(arguments);
    EXPECT_EQ(result.code, 69);
    EXPECT_THAT(result.err, HasSubstr("there is no log in"));
  }
  EXPECT_FALSE(directory_.Has("data"));
}

TEST_F(LogCommands, TopicsCountsRecords) {
  ASSERT_EQ(Run({"produce", "orders"}, "1\n2\n3\n").code, 0);
  const ProgramResult text = Run({"topics"});
  EXPECT_THAT(text.out, HasSubstr("orders               2        3  records"));
  const ProgramResult json = Run({"topics", "--json"});
  EXPECT_TRUE(ParseJson(json.out).ok());
  EXPECT_THAT(json.out,
              HasSubstr(R"({"name":"orders","partitions":2,"records":3,"content":"records"})"));
}

TEST_F(LogCommands, AWrongConfigurationIsToldAsSuch) {
  directory_.Write("millrace.yaml", "version: 1\nproject: [\n");
  const ProgramResult result = Run({"tail", "orders"});
  EXPECT_EQ(result.code, 78);
  EXPECT_THAT(result.err, HasSubstr("millrace.yaml:"));
  const ProgramResult directory = Run({"validate", "-f", "."});
  EXPECT_EQ(directory.code, 78);
  EXPECT_THAT(directory.err, HasSubstr("this is a directory, not a file"));
  const ProgramResult absent = Run({"validate", "-f", "other.yaml"});
  EXPECT_EQ(absent.code, 78);
  EXPECT_THAT(absent.err, HasSubstr("the file does not exist"));
}

TEST_F(LogCommands, AServerMakesTheFoldersOfItsStateAndSaysWhatIsInTheWay) {
  directory_.Write("file", "text");
  const std::string blocked = "state.path=file/state";
  const ProgramResult refused = Run({"serve", "--until-caught-up", "--set", blocked});
  EXPECT_EQ(refused.code, 69);
  EXPECT_THAT(refused.err, HasSubstr("file/state: Not a directory"));
  const ProgramResult made =
      Run({"serve", "--until-caught-up", "--set", "state.path=./new/folders/state"});
  EXPECT_EQ(made.code, 0) << made.err;
  EXPECT_TRUE(directory_.Has("new/folders/state"));
}

TEST_F(LogCommands, ALogInUseIsToldWithAWayOut) {
  ServerProgram server(directory_);
  ASSERT_FALSE(server.url().empty());
  const ProgramResult result = Run({"tail", "orders", "-e"});
  EXPECT_EQ(result.code, 75);
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("in use by another process (pid "), HasSubstr("--server URL")));
  const ProgramResult second = Run({"serve"});
  EXPECT_EQ(second.code, 75);
  EXPECT_THAT(second.err, AllOf(HasSubstr("in use by another process (pid "),
                                HasSubstr("hint: stop that process first")));
}

TEST_F(LogCommands, TheSameThroughAServer) {
  ServerProgram server(directory_);
  ASSERT_FALSE(server.url().empty());
  const std::string& url = server.url();
  const ProgramResult produced =
      Run({"produce", "orders", "-K", ":", "-H", "a=b", "-p", "1", "--server", url, "--json"},
          "k:v\nk2:\xff\n");
  EXPECT_EQ(produced.code, 0) << produced.err;
  EXPECT_EQ(
      produced.out,
      R"({"topic":"orders","records":2,"partitions":[{"partition":1,"first_offset":0,"last_offset":1}]})"
      "\n");
  const std::vector<std::string> lines =
      Lines(Run({"tail", "orders", "-e", "--json", "--server", url}).out);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_THAT(lines[0], AllOf(HasSubstr(R"("tstype":"logappend")"),
                              HasSubstr(R"("headers":["a","b"],"key":"k","payload":"v"})")));
  EXPECT_THAT(lines[1], HasSubstr(R"("payload_base64":"/w==")"));
  EXPECT_EQ(
      Run({"tail", "orders", "-o", "-1", "-K", "=", "-c", "1", "-p", "1", "--server", url}).out,
      "k2=\xff\n");
  EXPECT_THAT(Run({"topics", "--server", url}).out, HasSubstr("orders.dlq"));
  EXPECT_EQ(Run({"tail", "ordres", "--server", url}).code, 64);
  EXPECT_EQ(Run({"tail", "orders", "-e", "-o", "s@0", "-c", "1", "--server", url, "-p", "1"}).out,
            "v\n");
}

TEST_F(LogCommands, ManyLinesThroughAServerComeInOrder) {
  ServerProgram server(directory_);
  ASSERT_FALSE(server.url().empty());
  std::string input;
  for (int i = 0; i < 2500; ++i) absl::StrAppend(&input, i, " ", std::string(1000, 'x'), "\n");
  const ProgramResult produced =
      Run({"produce", "orders", "-p", "0", "--server", server.url()}, input);
  EXPECT_EQ(produced.code, 0) << produced.err;
  EXPECT_EQ(Run({"tail", "orders", "-e", "--server", server.url()}).out, input);
}

TEST_F(LogCommands, TailFollowsWhatComes) {
  ServerProgram server(directory_);
  ASSERT_FALSE(server.url().empty());
  RunningProgram tail(directory_, {"tail", "orders", "-c", "3", "--server", server.url()});
  ASSERT_EQ(Run({"produce", "orders", "-p", "0", "--server", server.url()}, "1\n2\n").code, 0);
  ASSERT_EQ(Run({"produce", "orders", "-p", "1", "--server", server.url()}, "3\n").code, 0);
  const ProgramResult result = tail.Wait();
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(Lines(result.out).size(), 3u);
}

TEST_F(LogCommands, InferProposesASourceThatValidates) {
  std::string input;
  for (int i = 0; i < 40; ++i) {
    absl::StrAppend(&input, "{\"at\":", 1'357'038'000'000 + i, ",\"customer\":\"c", i % 3,
                    "\",\"amount\":", i, ".5}\n");
  }
  ASSERT_EQ(Run({"produce", "orders"}, input).code, 0);
  const ProgramResult inferred = Run({"infer", "orders"});
  EXPECT_EQ(inferred.code, 0) << inferred.err;
  EXPECT_THAT(inferred.out, AllOf(HasSubstr("time: {field: at, unit: ms}"),
                                  HasSubstr("customer: {key: [customer]}"), Not(HasSubstr("c1"))));
  const ProgramDirectory other;
  other.Write("millrace.yaml",
              "version: 1\nproject: mine\nlog: {embedded: {path: ./log}}\n"
              "state: {path: ./state}\n" +
                  inferred.out);
  const ProgramResult valid = RunProgram(other, {"validate"});
  EXPECT_EQ(valid.code, 0) << valid.err << inferred.out;
  const ProgramResult json = Run({"infer", "orders", "--json", "--limit", "10", "--samples"});
  const auto root = ParseJson(json.out);
  ASSERT_TRUE(root.ok()) << json.out;
  EXPECT_EQ(root->Find("records")->int_value(), 10);
}

TEST_F(LogCommands, InferSaysWhatItCannotJudge) {
  ASSERT_EQ(Run({"produce", "orders"}, "no json\n").code, 0);
  const ProgramResult result = Run({"infer", "orders"});
  EXPECT_EQ(result.code, 65);
  EXPECT_THAT(result.err, HasSubstr("topic orders: 1 of 1 records are no objects in JSON"));
  EXPECT_EQ(Run({"infer", "ordres"}).code, 64);
  EXPECT_THAT(Run({"infer", "ordres"}).err, HasSubstr("did you mean 'orders'?"));
}

}  // namespace
}  // namespace millrace
