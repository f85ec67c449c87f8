// status, get, score and the tail of a task, asked of a running server of the flights template.

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "app/commands/http_client.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "stream/decode/json_document.h"
#include "tests/app/commands/program.h"

namespace millrace {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

// One server for all tests, which only add records.
class ServerCommands : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    directory_ = new ProgramDirectory();
    ASSERT_EQ(RunProgram(*directory_, {"init", "--template", "flights"}).code, 0);
    server_ = new ServerProgram(*directory_);
    ASSERT_FALSE(server_->url().empty());
    const ProgramResult produced = Run(
        {"produce", "flights.departures"},
        R"({"at":1357038000000,"flight_id":1,"carrier":"AA","origin":"JFK","dest":"BOS","dep_delay":40.0})"
        "\n");
    ASSERT_EQ(produced.code, 0) << produced.err;
    AwaitDeparture();
  }

  static void TearDownTestSuite() {
    const ProgramResult stopped = server_->Stop();
    EXPECT_EQ(stopped.code, 0) << stopped.err;
    delete server_;
    delete directory_;
  }

  static ProgramResult Run(std::vector<std::string> arguments, const std::string& input = "") {
    arguments.insert(arguments.end(), {"--server", server_->url()});
    return RunProgram(*directory_, arguments, input);
  }

  // Ingest is asynchronous: asks until the departure counts.
  static void AwaitDeparture() {
    constexpr int kTries = 500;
    for (int i = 0; i < kTries; ++i) {
      const ProgramResult status = Run({"status", "--json"});
      if (status.out.find(R"("topic":"flights.departures","partition":0,"applied_offset":1)") !=
          std::string::npos) {
        return;
      }
    }
    FAIL() << "the departure was not applied";
  }

  static ProgramDirectory* directory_;
  static ServerProgram* server_;
};

ProgramDirectory* ServerCommands::directory_ = nullptr;
ServerProgram* ServerCommands::server_ = nullptr;

// Whether the server's metrics have the text; they are brought up to date now and then.
bool SeesMetric(const std::string& url, const std::string& text) {
  constexpr int kLooks = 100'000;
  const auto http = HttpClient::Make(url);
  if (!http.ok()) return false;
  for (int i = 0; i < kLooks; ++i) {
    const absl::StatusOr<HttpReply> reply = (*http)->Get("/metrics", absl::Seconds(10));
    if (!reply.ok()) return false;
    if (reply->body.find(text) != std::string::npos) return true;
  }
  return false;
}

TEST_F(ServerCommands, StatusSumsUpWhatTheServerTells) {
  const ProgramResult text = Run({"status"});
  EXPECT_EQ(text.code, 0) << text.err;
  EXPECT_THAT(text.out, AllOf(HasSubstr("project flights  log embedded  ready"),
                              HasSubstr("origin_out"), HasSubstr("task delayed"),
                              HasSubstr("source departures stands at 2013-01-01T11:00:00Z: its "
                                        "records are history; `lateness: {idle: clock}` lets")));
  const ProgramResult json = Run({"status", "--json"});
  EXPECT_TRUE(ParseJson(json.out).ok());
  EXPECT_THAT(json.err, IsEmpty());
  EXPECT_TRUE(SeesMetric(server_->url(),
                         R"(millrace_watermark_holdback_info{partition="0",reason="history",)"
                         R"(source="departures",topic="flights.departures"} 1)"));
}

TEST_F(ServerCommands, GetPrintsATableOfFeatures) {
  const ProgramResult result =
      Run({"get", "origin_out", "origin=JFK", "--at", "2013-01-01T11:30:00Z"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("feature"), HasSubstr("origin_out.delay_max_3h"),
                                HasSubstr("warming  30 min")));
  EXPECT_THAT(result.err, HasSubstr("origin=JFK at 2013-01-01T11:30:00.000Z"));
}

TEST_F(ServerCommands, GetPrintsTheServersAnswerAsJson) {
  const ProgramResult one =
      Run({"get", "origin_out.delay_max_3h", "origin=JFK", "--at", "1357048800000", "--json"});
  EXPECT_THAT(
      one.out,
      HasSubstr(
          R"({"rows":[{"features":{"origin_out.delay_max_3h":{"value":40.0,"status":"present","age_ms":10800000}}}],"at":1357048800000,"generation":1,)"
          R"("offsets":[{"topic":"flights.departures","partition":0,"applied":1,"durable":)"));
  EXPECT_THAT(one.err, IsEmpty());
  const ProgramResult service =
      Run({"get", "airport", "origin=JFK", "--at", "1357038060000", "--json"});
  EXPECT_EQ(service.code, 0) << service.err;
  EXPECT_THAT(service.out, HasSubstr(R"("origin_out.left_6h":{"value":1,)"));
  EXPECT_THAT(service.out, HasSubstr(R"("service":"airport","service_version":1,)"));
}

TEST_F(ServerCommands, GetReadsVersionsOfServices) {
  for (const char* const name : {"airport", "airport@1"}) {
    const ProgramResult service =
        Run({"get", "--service", name, "origin=JFK", "--at", "1357038060000"});
    EXPECT_EQ(service.code, 0) << service.err;
    EXPECT_THAT(service.out, HasSubstr("origin_out.left_6h"));
    EXPECT_THAT(service.err, HasSubstr("airport@1 of origin=JFK at 2013-01-01T11:01:00.000Z"));
  }
  for (const ProgramResult& unknown : {Run({"get", "--service", "airport@2", "origin=JFK"}),
                                       Run({"get", "airport@2", "origin=JFK"})}) {
    EXPECT_EQ(unknown.code, 64);
    EXPECT_THAT(unknown.err, HasSubstr("has no version '2'; did you mean 'airport@1'?"));
  }
}

TEST_F(ServerCommands, GetWaitsForTheRecordsItShouldSee) {
  const ProgramResult seen =
      Run({"get", "origin_out", "origin=JFK", "--min-offset", "flights.departures:0:0"});
  EXPECT_EQ(seen.code, 0) << seen.err;
  const ProgramResult unseen = Run({"get", "origin_out", "origin=JFK", "--min-offset",
                                    "flights.departures:0:999", "--wait", "1ms"});
  EXPECT_EQ(unseen.code, 75);
  EXPECT_THAT(unseen.err, AllOf(HasSubstr("is not applied yet: 1 is next [MILLRACE-4020]"),
                                HasSubstr("`--wait`")));
  EXPECT_EQ(Run({"get", "origin_out", "origin=JFK", "--min-offset", "flights.departures:0"}).code,
            64);
  const ProgramResult unknown =
      Run({"get", "origin_out", "origin=JFK", "--min-offset", "flights.departure:0:0"});
  EXPECT_EQ(unknown.code, 64);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean 'flights.departures'?"));
}

TEST_F(ServerCommands, GetShowsWhatAValueIsOfWhenAsked) {
  const ProgramResult result = Run({"get", "origin_out.delay_max_3h", "origin=JFK", "--at",
                                    "2013-01-01T11:30:00Z", "--metadata"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("records"), HasSubstr("completeness"),
                                HasSubstr("2013-01-01T11:00:00.000Z … 2013-01-01T11:30:00.000Z")));
}

TEST_F(ServerCommands, MetricsTellWhatBecomesOfViews) {
  ASSERT_EQ(Run({"get", "carrier_out", "carrier=AA"}).code, 0);
  for (const char* const metric :
       {"\nmillrace_feature_updates_total{view=\"carrier_out\"} 1\n",
        "\nmillrace_view_reads_total{view=\"carrier_out\"} ",
        "\nmillrace_view_read_windows_total{view=\"carrier_out\"} ",
        "\nmillrace_view_read_merges_total{view=\"carrier_out\"} ",
        "\nmillrace_view_read_merges_max{view=\"carrier_out\"} ",
        "\nmillrace_view_read_loads_total{view=\"carrier_out\"} 0\n",
        "\nmillrace_feature_expired_total{view=\"carrier_out\"} 0\n",
        "\nmillrace_retract_unmatched_total{view=\"carrier_out\"} 0\n",
        "\nmillrace_state_bytes{view=\"carrier_out\"} ",
        "\nmillrace_log_lag_records{partition=\"0\",topic=\"flights.departures\"} 0\n",
        "\nmillrace_log_lag_seconds{partition=\"0\",topic=\"flights.departures\"} 0\n"}) {
    EXPECT_TRUE(SeesMetric(server_->url(), metric)) << metric;
  }
}

TEST_F(ServerCommands, MetricsCountRejectedRecordsByReason) {
  ASSERT_EQ(Run({"produce", "flights.arrivals"}, "no json\n{}\nno json\n").code, 0);
  for (const char* const metric :
       {"\nmillrace_decode_errors_total{reason=\"malformed\",topic=\"flights.arrivals\"} 2\n",
        "\nmillrace_dlq_records_total{reason=\"malformed\",topic=\"flights.arrivals\"} 2\n",
        "\nmillrace_decode_errors_total{reason=\"time\",topic=\"flights.arrivals\"} 1\n"}) {
    EXPECT_TRUE(SeesMetric(server_->url(), metric)) << metric;
  }
}

TEST_F(ServerCommands, ReadsAreInTheMetricsAtOnce) {
  const auto http = HttpClient::Make(server_->url());
  ASSERT_TRUE(http.ok());
  const auto reads = [&] {
    const absl::StatusOr<HttpReply> reply = (*http)->Get("/metrics", absl::Seconds(10));
    const std::string name = "\nmillrace_view_reads_total{view=\"tail_last\"} ";
    int count = -1;
    if (reply.ok() && reply->body.find(name) != std::string::npos) {
      const size_t at = reply->body.find(name) + name.size();
      EXPECT_TRUE(
          absl::SimpleAtoi(reply->body.substr(at, reply->body.find('\n', at) - at), &count));
    }
    return count;
  };
  const int before = reads();
  ASSERT_GE(before, 0);
  ASSERT_EQ(Run({"get", "tail_last", "tailnum=N1"}).code, 0);
  EXPECT_EQ(reads(), before + 1);
}

TEST_F(ServerCommands, GetTakesWhatTheRequestBringsAlong) {
  const std::vector<std::string> read = {"get", "origin_out", "origin=JFK", "--request"};
  const auto with = [&](const std::string& field) {
    std::vector<std::string> words = read;
    words.push_back(field);
    return Run(words);
  };
  EXPECT_EQ(with("dep_delay=12.5").code, 0);
  // Text, whatever it reads as, where the field is text.
  EXPECT_EQ(with("dest=5").code, 0);
  const ProgramResult unknown = with("dep_dela=12.5");
  EXPECT_EQ(unknown.code, 65);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean 'dep_delay'?"));
}

TEST_F(ServerCommands, FeaturesAreThoseOfTheServer) {
  const ProgramResult there = Run({"features", "--json"});
  EXPECT_EQ(there.code, 0) << there.err;
  const ProgramResult here = RunProgram(*directory_, {"features", "--json"});
  EXPECT_EQ(there.out, here.out);
  const ProgramResult one = Run({"features", "origin_out.left_6h"});
  EXPECT_THAT(one.out, HasSubstr("meaning       count(*) over 6h\n"));
}

TEST_F(ServerCommands, InferReadsTheServersLog) {
  const ProgramResult result = Run({"infer", "flights.departures"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("# From 1 records"), HasSubstr("dep_delay: double")));
}

TEST_F(ServerCommands, ValuesThatReadAsNumbersBecomeTextWhereTheKeyIsText) {
  const ProgramResult result = Run({"get", "origin_out", "origin=5", "--json"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(Run({"get", "route_in", "origin=true", "dest=null", "--json"}).code, 0);
  EXPECT_EQ(Run({"get", "route_in", "origin=\"1\"", "dest=2", "--json"}).code, 0);
}

TEST_F(ServerCommands, ProblemsAreToldWithSuggestionsAndExitCodesByMeaning) {
  const struct {
    std::vector<std::string> arguments;
    int code;
    std::string said;
  } kCases[] = {
      {{"get", "origin_oot", "origin=JFK"},
       64,
       "get: there is no view 'origin_oot'; did you mean 'origin_out'?"},
      {{"get", "origin_out.left_6", "origin=JFK"}, 64, "did you mean 'left_6h'?"},
      {{"get", "origin_out", "orign=JFK"}, 65, "did you mean 'origin'?"},
      {{"score", "dealyed", "origin=JFK"},
       64,
       "score: there is no task 'dealyed'; did you mean 'delayed'?"},
      {{"score", "delayed", "distance=far"}, 65, "'distance' is a double, not a string"},
      {{"produce", "millrace.flights.models.delayed"}, 77, "written by Millrace alone"},
  };
  for (const auto& test : kCases) {
    const ProgramResult result = Run(test.arguments, "x\n");
    EXPECT_EQ(result.code, test.code) << test.said;
    EXPECT_THAT(result.out, IsEmpty());
    EXPECT_THAT(result.err, HasSubstr(test.said));
  }
}

TEST_F(ServerCommands, ScoreShowsModelFeaturesAndContributions) {
  const std::vector<std::string> ask = {"score",    "delayed",      "origin=JFK", "carrier=AA",
                                        "dest=BOS", "distance=187", "--explain"};
  const ProgramResult text = Run(ask);
  EXPECT_EQ(text.code, 0) << text.err;
  EXPECT_THAT(text.out,
              AllOf(HasSubstr("delayed = 0."), HasSubstr("model delayed.adagrad@champion"),
                    HasSubstr("origin_out.late_share_1h"), HasSubstr("(intercept)")));
  std::vector<std::string> as_json = ask;
  as_json.push_back("--json");
  EXPECT_TRUE(ParseJson(Run(as_json).out).ok());
  EXPECT_EQ(Run({"score", "delayed.ftrl", "origin=JFK"}).code, 0);
}

TEST_F(ServerCommands, ScoreSaysWhenADecisionWasNotRecorded) {
  const ProgramResult result = Run({"score", "delayed", "origin=JFK", "--record", "r1"});
  EXPECT_EQ(result.code, 64);
  EXPECT_THAT(result.err, AllOf(HasSubstr("scored, but not recorded: the decisions of task "
                                          "'delayed' are the records of its source"),
                                HasSubstr("leave out --record")));
}

TEST_F(ServerCommands, AServerOfAnotherProjectIsNotAsked) {
  const ProgramDirectory elsewhere;
  ASSERT_EQ(RunProgram(elsewhere, {"init"}).code, 0);
  const std::string address = absl::StrCat("server.http=", server_->url().substr(7));
  for (const std::vector<std::string>& line : std::vector<std::vector<std::string>>{
           {"status"}, {"get", "spending", "customer=c"}, {"score", "delayed", "origin=JFK"}}) {
    std::vector<std::string> here = line;
    here.insert(here.end(), {"--set", address});
    const ProgramResult other = RunProgram(elsewhere, here);
    EXPECT_EQ(other.code, 69) << line[0];
    EXPECT_THAT(other.out, IsEmpty());
    EXPECT_THAT(other.err,
                AllOf(HasSubstr(server_->url() + " serves project 'flights', not 'millrace_"),
                      HasSubstr("'; name yours with --server URL")));
  }
  EXPECT_EQ(RunProgram(*directory_, {"status", "--set", address}).code, 0);
}

TEST_F(ServerCommands, AnAddressInUseComesWithAWayOut) {
  const ProgramDirectory elsewhere;
  ASSERT_EQ(RunProgram(elsewhere, {"init"}).code, 0);
  const ProgramResult result =
      RunProgram(elsewhere, {"serve", "--set", "server.http=" + server_->url().substr(7), "--set",
                             "server.grpc=127.0.0.1:0"});
  EXPECT_EQ(result.code, 69);
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("Address already in use"), HasSubstr("or take other ports")));
}

// A project of its own: the flights example decides by records.
TEST(Requests, AreRecordedOnceAndRepeatsSaySo) {
  const ProgramDirectory directory;
  directory.Write("millrace.yaml", R"(version: 1
project: shop
log: {embedded: {path: ./data/log}}
state: {path: ./data/state}
sources:
  returns: {topic: returns, time: {field: at, unit: ms}, schema: {order_id: string}}
tasks:
  returned:
    kind: binary
    decide: {trigger: request, id: order_id, request: {order_id: string, amount: double}}
    label: {any: "true", from: returns, id: order_id, within: 1d}
    inputs: [amount]
    learners: {logistic: {type: logistic}}
)");
  ServerProgram server(directory);
  ASSERT_FALSE(server.url().empty());
  const auto score = [&](const std::string& amount) {
    return RunProgram(directory,
                      {"score", "returned", amount, "--record", "i1", "--server", server.url()});
  };
  const ProgramResult first = score("amount=5");
  EXPECT_EQ(first.code, 0) << first.err;
  EXPECT_THAT(first.out, AllOf(HasSubstr("status ok  recorded as i1"), HasSubstr("model ")));
  const ProgramResult second = score("amount=6");
  EXPECT_EQ(second.code, 0) << second.err;
  EXPECT_THAT(second.out, HasSubstr("already recorded as i1; this is its first answer"));

  ASSERT_EQ(RunProgram(directory, {"produce", "returns", "--server", server.url()},
                       "{\"at\":1357038000000}\n")
                .code,
            0);
  constexpr int kTries = 500;  // ingest is asynchronous
  std::string status;
  for (int i = 0; i < kTries && status.find("without id") == std::string::npos; ++i) {
    status = RunProgram(directory, {"status", "--server", server.url()}).out;
  }
  EXPECT_THAT(status, HasSubstr("  1 records without id\n"));
  EXPECT_TRUE(
      SeesMetric(server.url(), "\nmillrace_task_rejected_ids_total{task=\"returned\"} 1\n"));
}

TEST_F(ServerCommands, TailOfATaskShowsPredictionsAsJson) {
  RunningProgram tail(*directory_, {"tail", "delayed", "-c", "1", "--server", server_->url()});
  const ProgramResult produced = Run(
      {"produce", "flights.upcoming"},
      R"({"at":1357039800000,"flight_id":77,"carrier":"AA","origin":"JFK","dest":"BOS","tailnum":"N1","distance":187.0,"sched_dep":1357041600000})"
      "\n");
  ASSERT_EQ(produced.code, 0) << produced.err;
  const ProgramResult result = tail.Wait();
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_TRUE(ParseJson(result.out).ok()) << result.out;
  EXPECT_THAT(result.out,
              AllOf(HasSubstr(R"({"task":"delayed","id":77,"decision_time":1357039800000,)"),
                    HasSubstr(R"("champion":"adagrad")"),
                    HasSubstr(R"("carrier":{"value":"AA","status":"present"})")));
  const ProgramResult json = Run({"tail", "predictions.delayed", "-c", "1", "--json"});
  EXPECT_THAT(json.out, AllOf(HasSubstr(R"("topic":"millrace.flights.predictions.delayed")"),
                              HasSubstr(R"("key":77,"payload":{"task":"delayed")")));
}

}  // namespace
}  // namespace millrace
