#include "tests/featurestore/kept_limit_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "app/config/load.h"
#include "core/hashing.h"
#include "core/status_macros.h"
#include "tests/oracle/random_cases.h"
#include "tests/oracle/store_values.h"

namespace millrace {
namespace {

constexpr int32_t kShards = 4;

// Valid as long as the fields.
Value KeyOf(const oracle::DatumMap& fields) {
  return Value::String(*fields.at("k").As<std::string>());
}

}  // namespace

absl::StatusOr<std::unique_ptr<KeptLimitStore>> KeptLimitStore::Open(const KeptLimitCase& c) {
  LoadOptions options;
  options.text = absl::StrCat("version: 1\nproject: kept\nlog: {embedded: {path: log}}\n",
                              "state: {path: state}\n", oracle::ConfigYaml(c.view, c.sources));
  const LoadResult loaded = Load(options);
  if (!loaded.project) {
    std::string problems = *options.text;
    for (const Diagnostic& d : loaded.diagnostics) absl::StrAppend(&problems, d.message, "\n");
    return absl::InvalidArgumentError(problems);
  }
  auto view = std::make_shared<ViewSpec>(*loaded.project->views.at(0));
  view->accuracy = c.accuracy;
  view->as_of_ms = c.as_of_ms;
  view->retention_ms = c.retention_ms;
  view->stale_after_ms = c.stale_after_ms;
  for (ViewInput& input : view->inputs) input.retracts = c.retracts;
  std::unique_ptr<KeptLimitStore> store(
      new KeptLimitStore(c, loaded.project->sources[0].schema, std::move(view)));
  RETURN_IF_ERROR(store->Reopen());
  return store;
}

absl::Status KeptLimitStore::Reopen() {
  store_.reset();
  ASSIGN_OR_RETURN(
      store_, OnlineStore::Open(state_, {view_}, {.shards = kShards, .cache_bytes = cache_bytes_}));
  return absl::OkStatus();
}

absl::StatusOr<KeptLimitStore::Applied> KeptLimitStore::Apply(const oracle::Record& record) {
  Event event;
  event.event_time_ms = record.order.event_time_ms;
  event.append_ms = event.known_ms = record.appended_ms;
  event.source = record.order.source;
  event.partition = record.order.partition;
  event.offset = record.order.offset;
  if (record.change == oracle::Change::kDelete) {
    event.change = Change::kDelete;
    const Value key = KeyOf(record.fields);
    const uint64_t before = store_->LateDeletions(0);
    RETURN_IF_ERROR(store_->Delete(0, {&key, 1}, event));
    return store_->LateDeletions(0) == before ? Applied::kDone : Applied::kLate;
  }
  const oracle::Row row = oracle::RowOf(schema_, record.fields);
  event.fields = row.views;
  const bool retracts = record.change == oracle::Change::kRetract;
  event.change = retracts ? Change::kRetract : Change::kInsert;
  event.fingerprint = Xxh3(oracle::Fingerprint(record));
  RETURN_IF_ERROR(store_->Apply(event));
  return Applied::kDone;
}

absl::Status KeptLimitStore::Commit(int32_t shard, bool succeeds) {
  StateBatch batch;
  RETURN_IF_ERROR(store_->AddCommit(shard, &batch));
  if (succeeds) RETURN_IF_ERROR(state_.Commit(batch));
  store_->Committed(shard, succeeds);
  return absl::OkStatus();
}

absl::Status KeptLimitStore::Disturb(Random* random) {
  for (int32_t shard = 0; shard < kShards; ++shard) {
    if (random->Chance(0.3)) RETURN_IF_ERROR(Commit(shard, false));
    RETURN_IF_ERROR(Commit(shard, true));
  }
  return random->Chance(0.3) ? absl::OkStatus() : Reopen();
}

absl::Status KeptLimitStore::Read(const oracle::Read& read, const std::vector<int>& features,
                                  std::vector<FeatureValue>* values) const {
  const Value key = KeyOf(read.key);
  ReadOptions options;
  options.known_ms = read.known_ms;
  values->assign(features.size(), FeatureValue());
  return store_->Read(0, {&key, 1}, read.at_ms, features, options, *values);
}

}  // namespace millrace
