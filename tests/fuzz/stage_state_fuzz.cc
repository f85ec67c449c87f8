// What stages keep in the state beside rows: the label join, the outbox, the ids that were applied,
// the deletions. The input: a byte that chooses the stage, then key (behind that of the stage) and
// value of each entry, each with its size in two bytes. Damage is lost data; what opens goes on,
// and opens again after it was written.

#include <string>

#include "core/check.h"
#include "featurestore/deletions.h"
#include "featurestore/memory_state_store.h"
#include "stream/applied_ids.h"
#include "stream/label_join.h"
#include "stream/outbox.h"
#include "stream/state_keys.h"
#include "tests/fuzz/input_parts.h"
#include "tests/fuzz/target.h"

namespace millrace {
namespace {

constexpr int64_t kNowMs = 1'357'016'400'000;
constexpr int64_t kHourMs = 3'600'000;

// Does what CheckStage does with what it opened, and says what it changed. DataLoss when it does
// not open.
using Stage = absl::Status (*)(const StateStore&, StateBatch*);

absl::Status JoinLabels(const StateStore& state, StateBatch* batch) {
  LabelRule rule;
  rule.within_ms = kHourMs;
  rule.empty = OwnedValue(Value::Int(0));
  auto join = LabelJoin::Open(state, std::string(1, kJoinPrefix), rule);
  if (!join.ok()) return join.status();
  (*join)->Decide("7", kNowMs, "body");
  (*join)->Label("7", kNowMs + 1, Value::Int(1));
  (*join)->Label("8", kNowMs + 2, Value::Int(1));
  (*join)->AddCommit(batch);
  (*join)->AdvanceDecisions(INT64_MAX);
  (*join)->AdvanceLabels(INT64_MAX);
  CHECK((*join)->pending() == 0);
  CHECK((*join)->NextDueMs() == INT64_MAX);
  return absl::OkStatus();
}

absl::Status TakeOutbox(const StateStore& state, StateBatch* batch) {
  const auto outbox = Outbox::Open(state);
  if (!outbox.ok()) return outbox.status();
  const int channel = (*outbox)->Channel("c", {"topic", 0});
  const uint64_t last = (*outbox)->LastNumber(channel);
  if (last != UINT64_MAX) CHECK((*outbox)->Emit(channel, {}) == last + 1);
  std::vector<OutboxEntry> to_ship;
  (*outbox)->AddCommit(batch, &to_ship);
  for (const OutboxEntry& entry : (*outbox)->TakeUnshipped()) CHECK(entry.channel >= 0);
  return absl::OkStatus();
}

absl::Status JudgeIds(const StateStore& state, StateBatch* batch) {
  AppliedIds ids("source", kHourMs);
  if (absl::Status loaded = ids.Load(state); !loaded.ok()) return loaded;
  const AppliedIds::Copy copy = {kNowMs, 17, 0, 5};
  if (ids.Judge("7", copy) == AppliedIds::Verdict::kFirst) ids.Add("7", copy);
  ids.AddCommit(batch);
  ids.Forget(INT64_MAX);
  StateBatch forgotten;
  ids.AddCommit(&forgotten);
  return absl::OkStatus();
}

absl::Status FindDeletions(const StateStore& state, StateBatch* batch) {
  constexpr int32_t kShards = 2;
  const std::string key = std::string(1, kFeaturePrefix) + std::string(2, '\0') + "entity";
  Deletions deletions(kShards);
  if (absl::Status loaded = deletions.Load(state); !loaded.ok()) return loaded;
  const EventOrder place = {kNowMs, 0, 0, 3};
  deletions.Add(0, key, place, Deletions::Kind::kBeginsLife);
  const auto newest = deletions.NewestBefore(0, key, {kNowMs, 0, 0, 4});
  CHECK(newest.has_value() && *newest >= place);
  deletions.LateBefore(0, key, place);
  deletions.AddCommit(0, batch);
  return absl::OkStatus();
}

struct KeyedStage {
  char prefix;
  Stage run;
};
constexpr KeyedStage kStages[] = {{kJoinPrefix, JoinLabels},
                                  {kOutboxPrefix, TakeOutbox},
                                  {kChannelPrefix, TakeOutbox},
                                  {kIdPrefix, JudgeIds},
                                  {kDeletionPrefix, FindDeletions}};

}  // namespace

Verdict FuzzTarget(absl::string_view input) {
  InputParts parts(input);
  const KeyedStage& stage = kStages[parts.Byte() % std::size(kStages)];
  MemoryStateStore store;
  StateBatch given;
  while (!parts.empty()) {
    const absl::string_view key = parts.Sized();
    given.Put(std::string(1, stage.prefix) + std::string(key), std::string(parts.Sized()));
  }
  CHECK(store.Commit(given).ok());
  StateBatch changed, again;
  if (const absl::Status opened = stage.run(store, &changed); !opened.ok()) {
    CHECK(absl::IsDataLoss(opened));
    return Verdict::kRefused;
  }
  CHECK(store.Commit(changed).ok());
  CHECK(stage.run(store, &again).ok());
  return Verdict::kAccepted;
}

}  // namespace millrace
