#include "tests/featurestore/kept_limit_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "app/config/load.h"
#include "core/hashing.h"
#include "core/status_macros.h"
#include "tests/oracle/random_cases.h"

namespace millrace {
namespace {

constexpr int32_t kShards = 4;

// A field as a decoder gives it; valid as long as the record.
Value FieldOf(const oracle::Record& record, const std::string& name) {
  const auto found = record.fields.find(name);
  if (found == record.fields.end()) return Value::Null();
  if (const auto* v = found->second.As<int64_t>()) return Value::Int(*v);
  if (const auto* v = found->second.As<double>()) return Value::Double(*v);
  return Value::String(*found->second.As<std::string>());
}

}  // namespace

absl::StatusOr<std::unique_ptr<KeptLimitStore>> KeptLimitStore::Open(const KeptLimitCase& c) {
  LoadOptions options;
  options.text = absl::StrCat("version: 1\nproject: kept\nlog: {embedded: {path: log}}\n",
                              "state: {path: state}\n", oracle::ConfigYaml(c.view, 1));
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
  view->inputs[0].retracts = c.retracts;
  std::unique_ptr<KeptLimitStore> store(
      new KeptLimitStore(loaded.project->sources[0].schema, std::move(view)));
  RETURN_IF_ERROR(store->Reopen());
  return store;
}

absl::Status KeptLimitStore::Reopen() {
  store_.reset();
  ASSIGN_OR_RETURN(
      store_, OnlineStore::Open(state_, {view_}, {.shards = kShards, .cache_bytes = cache_bytes_}));
  return absl::OkStatus();
}

absl::Status KeptLimitStore::Apply(const oracle::Record& record) {
  std::vector<Value> fields;
  for (const Field& field : schema_.fields) fields.push_back(FieldOf(record, field.name));
  Event event;
  event.event_time_ms = event.append_ms = record.order.event_time_ms;
  event.source = record.order.source;
  event.partition = record.order.partition;
  event.offset = record.order.offset;
  event.fields = fields;
  const bool retracts = record.change == oracle::Change::kRetract;
  event.change = retracts ? Change::kRetract : Change::kInsert;
  event.fingerprint = Xxh3(oracle::Fingerprint(record));
  return store_->Apply(event);
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
  if (random->Chance(0.3)) return absl::OkStatus();
  cache_bytes_ = random->Chance(0.5) ? 1 : size_t{64} << 20;
  return Reopen();
}

absl::Status KeptLimitStore::Read(const std::string& key, int64_t at_ms,
                                  std::vector<FeatureValue>* values) const {
  const Value key_value = Value::String(key);
  std::vector<int> features;
  for (size_t f = 0; f < view_->features.size(); ++f) features.push_back(static_cast<int>(f));
  values->assign(features.size(), FeatureValue());
  return store_->Read(0, {&key_value, 1}, at_ms, features, {}, *values);
}

}  // namespace millrace
