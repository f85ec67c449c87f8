// millrace topics: the topics of the log and how many records they hold.

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "app/commands/command.h"
#include "app/commands/log_access.h"
#include "app/commands/text_table.h"
#include "core/status_macros.h"
#include "serving/json.h"

namespace millrace {
namespace {

// Each partition is one question to the log: beyond this many the records are not counted.
constexpr int kMaxCountedPartitions = 512;

const char* ContentName(TopicContent content) {
  switch (content) {
    case TopicContent::kRecords: return "records";
    case TopicContent::kDeadLetters: return "dead letters";
    case TopicContent::kPredictions: return "predictions";
    case TopicContent::kExamples: return "examples";
    case TopicContent::kModels: return "models";
    case TopicContent::kOther: return "internal";
  }
  return "";
}

struct CountedTopic {
  NamedTopic topic;
  int64_t records = -1;  // kept now, by offsets; -1: not counted
};

absl::StatusOr<std::vector<CountedTopic>> CountTopics(Log& log) {
  ASSIGN_OR_RETURN(const std::vector<TopicInfo> infos, log.Topics());
  std::vector<CountedTopic> topics;
  int partitions = 0;
  for (const TopicInfo& info : infos) {
    CountedTopic& topic = topics.emplace_back(CountedTopic{DescribeTopic(info)});
    partitions += info.partitions;
    if (partitions > kMaxCountedPartitions) continue;
    topic.records = 0;
    for (int32_t p = 0; p < info.partitions; ++p) {
      ASSIGN_OR_RETURN(const OffsetRange range, log.Offsets({info.name, p}));
      topic.records += range.end - range.begin;
    }
  }
  return topics;
}

std::string TopicsJson(const std::vector<CountedTopic>& topics) {
  std::string out;
  JsonWriter json(&out);
  json.BeginObject().Key("topics").BeginArray();
  for (const CountedTopic& topic : topics) {
    json.BeginObject().Key("name").String(topic.topic.info.name);
    json.Key("partitions").Int(topic.topic.info.partitions);
    json.Key("records");
    topic.records < 0 ? json.Null() : json.Int(topic.records);
    json.Key("content").String(ContentName(topic.topic.content)).EndObject();
  }
  json.EndArray().EndObject();
  return out + "\n";
}

// The records of a topic of examples are not all examples: its cuts say which of them a published
// model has learned.
const char* ContentText(TopicContent content) {
  return content == TopicContent::kExamples ? "examples and cuts" : ContentName(content);
}

std::string TopicsText(const std::vector<CountedTopic>& topics) {
  TextTable table({"topic", ">partitions", ">records", "content"});
  for (const CountedTopic& topic : topics) {
    table.Add({topic.topic.info.name, absl::StrCat(topic.topic.info.partitions),
               topic.records < 0 ? "-" : CountText(topic.records),
               ContentText(topic.topic.content)});
  }
  return table.ToString();
}

int Topics(const GlobalOptions& global) {
  LogAccess access;
  const int opened = OpenLogAccess(global, "topics", LogUse::kRead, &access);
  if (opened != kExitOk) return opened;
  const absl::StatusOr<std::vector<CountedTopic>> topics = CountTopics(*access.log);
  if (!topics.ok()) return FailLog("topics", access, topics.status());
  std::fputs((global.json ? TopicsJson(*topics) : TopicsText(*topics)).c_str(), stdout);
  return kExitOk;
}

}  // namespace

void AddTopics(CLI::App& app, const GlobalOptions& global, Run* run) {
  CLI::App* topics = app.add_subcommand("topics", "List the topics of the log");
  topics->footer("Example: millrace topics -f millrace.yaml");
  topics->callback([&global, run] { *run = [&global] { return Topics(global); }; });
}

}  // namespace millrace
