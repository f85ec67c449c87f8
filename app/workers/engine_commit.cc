// What the engine commits, and when.

#include <algorithm>
#include <utility>

#include "app/workers/engine.h"
#include "core/status_macros.h"

namespace millrace {
namespace {

// Emitting stages commit this often, sooner when a request waits for it.
constexpr int64_t kCommitEveryNs = 50'000'000;

}  // namespace

absl::Status Engine::MaybeCommit() {
  const int64_t now_ns = deps_.clock->MonotonicNanos();
  if (now_ns - last_commit_ns_ < kCommitEveryNs) return absl::OkStatus();
  RETURN_IF_ERROR(deps_.committer->status());
  last_commit_ns_ = now_ns;
  // The clock alone can bring decisions and settlements about: they are emitted without a record.
  if (!HasUncommitted() && !deps_.outbox->HasUncommitted()) return absl::OkStatus();
  const int64_t every_ns = project_.state.commit_every_ms * 1'000'000;
  // Every shard's turn comes once in commit_every, and that of all when much has gathered.
  const int shards = static_cast<int>(
      std::clamp<int64_t>(project_.state.shards * kCommitEveryNs / std::max<int64_t>(every_ns, 1),
                          1, project_.state.shards));
  const bool full =
      deps_.store->DirtyBytes() > static_cast<size_t>(project_.state.memory_bytes / 8);
  const bool whole = now_ns - last_whole_ns_ >= every_ns;
  if (whole) last_whole_ns_ = now_ns;
  return CommitNow(whole ? Trainer::Scope::kWhole : Trainer::Scope::kModels,
                   full ? project_.state.shards : shards);
}

// Whether an input moved, or some shard's turn has not come since one did.
bool Engine::HasUncommitted() const {
  for (size_t i = 0; i < inputs_.size(); ++i) {
    const int64_t next = inputs_[i]->position().next_offset;
    if (next != durable_offsets_[i]) return true;
    for (const auto& [source, partition] : inputs_[i]->events().places()) {
      if (deps_.store->LowestMark(source, partition) < next) return true;
    }
  }
  return false;
}

absl::Status Engine::CommitNow(Trainer::Scope scope, int shards) {
  TakeCommittedShards();
  Commit commit;
  for (const auto& input : inputs_) {
    for (const auto& [source, partition] : input->events().places()) {
      deps_.store->AdvanceInput(source, partition, input->position().next_offset);
    }
  }
  for (int i = 0; i < shards; ++i) {
    const int shard = next_shard_;
    next_shard_ = (next_shard_ + 1) % project_.state.shards;
    if (shard_in_flight_[shard]) continue;
    shard_in_flight_[shard] = true;
    RETURN_IF_ERROR(deps_.store->AddCommit(shard, &commit.batch));
    commit.done.push_back([this, shard](const absl::Status& status) {
      absl::MutexLock lock(&mutex_);
      committed_shards_.emplace_back(shard, status.ok());
    });
  }
  for (const auto& task : tasks_) task->AddCommit(scope, &commit.batch);
  for (size_t i = 0; i < inputs_.size(); ++i) {
    SourceInput& input = *inputs_[i];
    input.MarkNewestRecord();
    InputPosition& position = input.position();
    const int64_t lowest = deps_.store->LowestMark(input.source(), input.partition());
    auto& history = position.history;
    if (history.empty() || history.back().first != position.next_offset) {
      history.emplace_back(position.next_offset, position.newest_event_ms);
    }
    while (history.size() > 1 && history[1].first <= lowest) history.pop_front();
    commit.batch.Put(InputPosition::Key(input.spec(), input.partition()), position.Encode());
    if (SourceLookups* lookups = inputs_[i]->lookups()) lookups->AddCommit(lowest, &commit.batch);
    durable_offsets_[i] = position.next_offset;
  }
  for (size_t i = input_names_.size(); i < inputs_.size(); ++i) {
    const bool over = inputs_[i]->at_end() && !inputs_[i]->has_head();
    histories_[i - input_names_.size()]->AddCommit(over, &commit.batch);
  }
  AddIdsCommit(&commit.batch);
  deps_.outbox->AddCommit(&commit.batch, &commit.ship);
  for (auto& done : std::exchange(on_commit_, {})) commit.done.push_back(std::move(done));
  commit.done.push_back([this, offsets = durable_offsets_](const absl::Status& committed) {
    if (!committed.ok()) return;
    for (size_t i = 0; i < input_names_.size(); ++i) positions_->SetDurable(i, offsets[i]);
  });
  ++commits_;
  return deps_.committer->Submit(std::move(commit));
}

void Engine::AddIdsCommit(StateBatch* batch) {
  std::vector<SourceIds::PartitionTime> times;
  for (const auto& input : inputs_) {
    const InputPosition& position = input->position();
    if (position.newest_event_ms == kNoTime) continue;
    const int64_t lowest = deps_.store->LowestMark(input->source(), input->partition());
    times.push_back({input->source(), position.NewestBefore(lowest)});
  }
  ids_.AddCommit(times, batch);
}

// Tells the store, on its owner's thread, which shards' commits are over.
void Engine::TakeCommittedShards() {
  std::vector<std::pair<int, bool>> committed;
  {
    absl::MutexLock lock(&mutex_);
    committed.swap(committed_shards_);
  }
  for (const auto& [shard, ok] : committed) {
    deps_.store->Committed(shard, ok);
    shard_in_flight_[shard] = false;
  }
}

}  // namespace millrace
