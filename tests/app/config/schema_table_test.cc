#include "app/config/schema_table.h"

#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "app/config/durations.h"
#include "app/config/load.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

// What the language holds, section by section, as its specification lists it.
constexpr absl::string_view kSpecified[] = {
    "version",
    "project",
    "log.embedded.path",
    "log.embedded.partitions",
    "log.kafka.brokers",
    "log.kafka.properties",
    "log.retain.sources",
    "log.retain.predictions",
    "log.retain.examples",
    "state.path",
    "state.memory",
    "state.shards",
    "state.commit_every",
    "state.checkpoint_every",
    "state.checkpoint_to",
    "state.durability",
    "sources.*.topic",
    "sources.*.from",
    "sources.*.format",
    "sources.*.envelope",
    "sources.*.time.field",
    "sources.*.time.unit",
    "sources.*.id",
    "sources.*.dedup",
    "sources.*.partitioned_by",
    "sources.*.schema.*",
    "sources.*.schema.*.type",
    "sources.*.schema.*.range",
    "sources.*.schema.*.pii",
    "sources.*.schema.*.sensitive",
    "sources.*.where",
    "sources.*.let",
    "sources.*.each",
    "sources.*.lookup",
    "sources.*.history.files",
    "sources.*.history.format",
    "sources.*.history.until",
    "sources.*.lateness.out_of_order",
    "sources.*.lateness.future_skew",
    "sources.*.lateness.retention",
    "sources.*.lateness.future",
    "sources.*.on_error",
    "entities.*.key",
    "views.*.from",
    "views.*.entity",
    "views.*.ttl",
    "views.*.freshness.warn_after",
    "views.*.freshness.error_after",
    "views.*.accuracy",
    "views.*.as_of",
    "views.*.known_at",
    "views.*.while_warming",
    "views.*.features.*.window.session",
    "views.*.features.*.window.tumbling",
    "views.*.features.*.window.hopping",
    "views.*.features.*.window.hop",
    "views.*.features.*.window.events",
    "views.*.features.*.window.origin",
    "views.*.features.*.window.which",
    "views.*.features.*.lag",
    "views.*.features.*.bounds",
    "views.*.features.*.where",
    "views.*.features.*.by",
    "views.*.features.*.default",
    "views.*.features.*.expr",
    "views.*.features.*.q",
    "views.*.features.*.k",
    "views.*.features.*.p",
    "views.*.features.*.half_life",
    "views.*.features.*.alpha",
    "views.*.features.*.order_by",
    "views.*.features.*.with",
    "views.*.features.*.max_values",
    "views.*.features.*.max_events",
    "views.*.features.*.elementwise",
    "services.*.features",
    "services.*.version",
    "tasks.*.extends",
    "tasks.*.kind",
    "tasks.*.classes.max",
    "tasks.*.classes.open",
    "tasks.*.classes.names",
    "tasks.*.decide.trigger.record",
    "tasks.*.decide.trigger.where",
    "tasks.*.decide.trigger.every",
    "tasks.*.decide.trigger.for",
    "tasks.*.decide.trigger.active",
    "tasks.*.decide.trigger.session_end",
    "tasks.*.decide.id",
    "tasks.*.decide.at",
    "tasks.*.decide.align_timeout",
    "tasks.*.decide.request",
    "tasks.*.decide.actions.field",
    "tasks.*.decide.exposed_by.from",
    "tasks.*.decide.action.from",
    "tasks.*.decide.expect_label",
    "tasks.*.decide.log",
    "tasks.*.inputs",
    "tasks.*.label.from",
    "tasks.*.label.id",
    "tasks.*.label.entity",
    "tasks.*.label.attribute",
    "tasks.*.label.within",
    "tasks.*.label.empty",
    "tasks.*.label.settle_when",
    "tasks.*.label.provisional.after",
    "tasks.*.label.provisional.value",
    "tasks.*.label.provisional.correct",
    "tasks.*.label.revise_until",
    "tasks.*.label.weight",
    "tasks.*.label.sample",
    "tasks.*.label.learn",
    "tasks.*.label.hold.below",
    "tasks.*.label.hold.over",
    "tasks.*.label.hold.vs",
    "tasks.*.learn_if",
    "tasks.*.holdout",
    "tasks.*.control",
    "tasks.*.act",
    "tasks.*.objective",
    "tasks.*.metrics",
    "tasks.*.slices",
    "tasks.*.learners.*.type",
    "tasks.*.learners.*.extends",
    "tasks.*.learners.*.import",
    "tasks.*.learners.*.start",
    "tasks.*.learners.*.learn",
    "tasks.*.learners.*.encode",
    "tasks.*.learners.*.scale",
    "tasks.*.learners.*.target",
    "tasks.*.learners.*.offset",
    "tasks.*.learners.*.heads",
    "tasks.*.learners.*.calibrate",
    "tasks.*.learners.*.interval",
    "tasks.*.learners.*.explore",
    "tasks.*.learners.*.drift",
    "tasks.*.learners.*.limits",
    "tasks.*.search.base",
    "tasks.*.search.over",
    "tasks.*.search.live",
    "tasks.*.search.budget",
    "tasks.*.publish.every",
    "tasks.*.publish.min_examples",
    "tasks.*.publish.max_delay",
    "tasks.*.keep.thin",
    "tasks.*.keep.pinned",
    "tasks.*.gate.against",
    "tasks.*.gate.calibration",
    "tasks.*.gate.worst_slice",
    "tasks.*.serve.champion",
    "tasks.*.serve.candidates",
    "tasks.*.serve.promote",
    "tasks.*.serve.experiment",
    "tasks.*.serve.canary",
    "tasks.*.serve.select",
    "tasks.*.serve.deadline",
    "tasks.*.serve.fallback",
    "tasks.*.serve.guardrails",
    "tasks.*.emit.topic",
    "tasks.*.emit.when",
    "tasks.*.emit.format",
    "server.http",
    "server.grpc",
    "server.trusted_network",
    "server.tls.cert",
    "server.tls.key",
    "server.tls.client_ca",
    "server.auth.tokens_file",
    "server.auth.mtls",
    "server.drain",
};

TEST(SchemaTable, HasEveryKeyOfTheLanguageOnce) {
  std::set<std::string> paths;
  for (const KeySpec& spec : ConfigKeys()) {
    EXPECT_TRUE(paths.insert(std::string(spec.path)).second) << spec.path;
  }
  for (absl::string_view path : kSpecified) EXPECT_TRUE(paths.contains(std::string(path))) << path;
}

TEST(SchemaTable, DocumentsEveryKeyInOneSentence) {
  for (const KeySpec& spec : ConfigKeys()) {
    EXPECT_GT(spec.description.size(), 5u) << spec.path;
    EXPECT_EQ(spec.description.back(), '.') << spec.path;
  }
}

TEST(SchemaTable, HasDefaultsOfTheirKind) {
  for (const KeySpec& spec : ConfigKeys()) {
    if (spec.default_text.empty()) continue;
    int64_t number;
    EXPECT_EQ(spec.presence, Presence::kOptional) << spec.path;
    if (spec.kind == ValueKind::kDuration) {
      EXPECT_TRUE(ParseDuration(spec.default_text)) << spec.path;
    }
    if (spec.kind == ValueKind::kSize) {
      EXPECT_TRUE(ParseSize(spec.default_text)) << spec.path;
    }
    if (spec.kind == ValueKind::kInt) {
      EXPECT_TRUE(absl::SimpleAtoi(spec.default_text, &number)) << spec.path;
    }
    if (spec.kind == ValueKind::kNone) {
      EXPECT_THAT(SplitWords(spec.words), testing::Contains(std::string(spec.default_text)))
          << spec.path;
    }
  }
}

TEST(SchemaTable, HasParentsBeforeChildren) {
  std::set<std::string> seen;
  for (const KeySpec& spec : ConfigKeys()) {
    seen.insert(std::string(spec.path));
    std::string parent(spec.path);
    for (size_t dot = parent.rfind('.'); dot != std::string::npos; dot = parent.rfind('.')) {
      parent.resize(dot);
      // Items of a list that is not supported have no row of their own.
      if (!parent.ends_with("[]")) {
        EXPECT_TRUE(seen.contains(parent)) << spec.path << " before " << parent;
      }
    }
  }
}

// Wherever a key may stand, one that is not supported yet is refused by name, never ignored.
TEST(SchemaTable, RefusesEveryKeyThatIsNotSupportedYet) {
  int checked = 0;
  for (const KeySpec& spec : ConfigKeys()) {
    if (spec.status != KeyStatus::kNotYet) continue;
    std::string path = absl::StrReplaceAll(spec.path, {{"*", "x"}});
    if (path.find("[]") != std::string::npos) continue;  // seen by the golden cases
    LoadOptions options;
    options.text = "version: 1\n";
    if (spec.path.find("learners.*.") != absl::string_view::npos) {
      options.settings.emplace_back("tasks.x.learners.x.type", "constant");
    }
    options.settings.emplace_back(path, "1");
    bool refused = false;
    for (const Diagnostic& d : Load(options).diagnostics) {
      refused = refused || d.code == ErrorCodeName(ConfigErrorCode::kNotSupported);
    }
    EXPECT_TRUE(refused) << path;
    ++checked;
  }
  EXPECT_GT(checked, 100);
}

}  // namespace
}  // namespace millrace
