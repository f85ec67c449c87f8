#include "app/registry/confluent_registry.h"

#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "core/simulated_clock.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

constexpr char kAvro[] = R"({"schema": "{\"type\": \"record\"}"})";

// A registry that answers from a table.
struct Fixture {
  SimulatedClock clock{absl::FromUnixSeconds(1'000)};
  std::map<std::string, ConfluentRegistry::Reply> replies;
  absl::Status failure;
  std::vector<std::string> asked;
  ConfluentRegistry registry{
      [this](const std::string& path, absl::Duration) -> absl::StatusOr<ConfluentRegistry::Reply> {
        asked.push_back(path);
        if (!failure.ok()) return failure;
        const auto found = replies.find(path);
        if (found == replies.end()) return ConfluentRegistry::Reply{404, "{}"};
        return found->second;
      },
      absl::Seconds(2), &clock};
};

TEST(ConfluentRegistry, ASchemaIsFetchedOnce) {
  Fixture f;
  f.replies["/schemas/ids/7"] = {200, kAvro};
  for (int i = 0; i < 3; ++i) {
    const auto schema = f.registry.Fetch(uint32_t{7});
    ASSERT_TRUE(schema.ok()) << schema.status();
    EXPECT_EQ((*schema)->language, SchemaLanguage::kAvro);
    EXPECT_EQ((*schema)->text, R"({"type": "record"})");
  }
  EXPECT_EQ(f.asked, std::vector<std::string>{"/schemas/ids/7"});
}

TEST(ConfluentRegistry, AGuidHasAPathOfItsOwn) {
  Fixture f;
  f.replies["/schemas/guids/89791762-2336-4186-9674-299b90a802e2"] = {
      200, R"({"schemaType": "PROTOBUF", "schema": "syntax"})"};
  const auto schema = f.registry.Fetch(std::string("89791762-2336-4186-9674-299b90a802e2"));
  ASSERT_TRUE(schema.ok()) << schema.status();
  EXPECT_EQ((*schema)->language, SchemaLanguage::kProtobuf);
}

TEST(ConfluentRegistry, ReferencesComeWithItDependenciesFirst) {
  Fixture f;
  f.replies["/schemas/ids/1"] = {200, R"({"schemaType": "PROTOBUF", "schema": "top", "references": [
      {"name": "b.proto", "subject": "team b/value", "version": 2},
      {"name": "a.proto", "subject": "a", "version": 1}]})"};
  f.replies["/subjects/team%20b%2Fvalue/versions/2"] = {
      200, R"({"schema": "b", "references": [{"name": "a.proto", "subject": "a", "version": 1}]})"};
  f.replies["/subjects/a/versions/1"] = {200, R"({"schema": "a"})"};
  const auto schema = f.registry.Fetch(uint32_t{1});
  ASSERT_TRUE(schema.ok()) << schema.status();
  ASSERT_EQ((*schema)->references.size(), 2u);
  EXPECT_EQ((*schema)->references[0].name, "a.proto");
  EXPECT_EQ((*schema)->references[1].text, "b");
  EXPECT_EQ(f.asked.size(), 3u);
}

TEST(ConfluentRegistry, AnUnknownIdIsRememberedForAWhile) {
  Fixture f;
  EXPECT_TRUE(absl::IsNotFound(f.registry.Fetch(uint32_t{9}).status()));
  EXPECT_TRUE(absl::IsNotFound(f.registry.Fetch(uint32_t{9}).status()));
  EXPECT_EQ(f.asked.size(), 1u);
  // Others are not concerned.
  f.replies["/schemas/ids/7"] = {200, kAvro};
  EXPECT_TRUE(f.registry.Fetch(uint32_t{7}).ok());
  f.clock.Advance(ConfluentRegistry::kForgetUnknownAfter);
  f.replies["/schemas/ids/9"] = {200, kAvro};
  EXPECT_TRUE(f.registry.Fetch(uint32_t{9}).ok());
}

TEST(ConfluentRegistry, AfterFailuresItIsAskedLessAndLessOften) {
  Fixture f;
  f.replies["/schemas/ids/7"] = {200, kAvro};
  f.failure = absl::UnavailableError("connection refused");
  size_t asked = 0;
  for (const int wait_ms : {100, 200, 400, 800, 1600, 3200, 6400, 10'000, 10'000}) {
    EXPECT_EQ(f.registry.Fetch(uint32_t{7}).status(), f.failure);
    EXPECT_EQ(f.asked.size(), ++asked);
    f.clock.Advance(absl::Milliseconds(wait_ms - 1));
    EXPECT_EQ(f.registry.Fetch(uint32_t{7}).status(), f.failure);
    EXPECT_EQ(f.asked.size(), asked);
    f.clock.Advance(absl::Milliseconds(1));
  }
  f.failure = absl::OkStatus();
  EXPECT_TRUE(f.registry.Fetch(uint32_t{7}).ok());
  // What is kept needs no registry.
  f.failure = absl::UnavailableError("gone");
  EXPECT_TRUE(f.registry.Fetch(uint32_t{7}).ok());
}

TEST(ConfluentRegistry, WhatIsNoAnswerIsAFailureNotAnUnknownId) {
  struct Row {
    int status;
    const char* body;
    const char* message;
  };
  const Row kRows[] = {
      {500, "", "the registry answers 500"},
      {302, "", "the registry answers 302"},
      {401, "", "the registry refuses the credentials (401)"},
      {403, "", "the registry refuses the credentials (403)"},
      {200, "<html>", "what answers is no schema registry"},
      {200, "{}", "what answers is no schema registry"},
      {200, R"({"schema": "s", "references": [{"name": "r", "subject": "gone", "version": 1}]})",
       "its reference 'r': the registry does not know it"},
  };
  for (const Row& row : kRows) {
    Fixture f;
    f.replies["/schemas/ids/7"] = {row.status, row.body};
    EXPECT_EQ(f.registry.Fetch(uint32_t{7}).status(), absl::UnavailableError(row.message));
  }
  Fixture f;
  f.replies["/schemas/ids/7"] = {200, R"({"schemaType": "XSD", "schema": "s"})"};
  EXPECT_EQ(f.registry.Fetch(uint32_t{7}).status(),
            absl::InvalidArgumentError("it is of the unknown type 'XSD'"));
}

TEST(ConfluentRegistry, ReferencesInACircleEnd) {
  Fixture f;
  f.replies["/schemas/ids/1"] = {
      200, R"({"schema": "s", "references": [{"name": "a", "subject": "a", "version": 1}]})"};
  f.replies["/subjects/a/versions/1"] = f.replies["/schemas/ids/1"];
  EXPECT_TRUE(f.registry.Fetch(uint32_t{1}).ok());
  EXPECT_EQ(f.asked.size(), 2u);
}

TEST(ConfluentRegistry, ThreadsThatAskForTheSameShareOneQuestion) {
  std::atomic<int> asked = 0;
  absl::Notification answer;
  absl::BlockingCounter began(1);
  ConfluentRegistry registry(
      [&](const std::string&, absl::Duration) -> absl::StatusOr<ConfluentRegistry::Reply> {
        if (asked.fetch_add(1) == 0) began.DecrementCount();
        answer.WaitForNotification();
        return ConfluentRegistry::Reply{200, kAvro};
      },
      absl::Seconds(60), &Clock::Real());
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { good += registry.Fetch(uint32_t{7}).ok() ? 1 : 0; });
  }
  began.Wait();
  answer.Notify();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good.load(), 8);
  EXPECT_EQ(asked.load(), 1);
}

TEST(ConfluentRegistry, TheUrlMayHaveAPath) {
  EXPECT_TRUE(ConfluentRegistry::Make({.url = "http://127.0.0.1:8081/apis/ccompat/v7/"}).ok());
  EXPECT_TRUE(ConfluentRegistry::Make({.url = "https://registry"}).ok());
  for (const char* url : {"", "ftp://host", "http://", "http://user:secret@host", "http://h?x=1"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ConfluentRegistry::Make({.url = url}).status())) << url;
  }
}

}  // namespace
}  // namespace millrace
