#include "tests/oracle/store_engine.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "app/config/load.h"
#include "core/hashing.h"
#include "core/status_macros.h"
#include "featurestore/memory_state_store.h"
#include "featurestore/online_store.h"
#include "tests/oracle/random_cases.h"
#include "tests/oracle/store_values.h"

namespace millrace::oracle {
namespace {

class StoreEngine final : public Engine {
 public:
  StoreEngine(Project project, std::shared_ptr<const ViewSpec> view, View spec)
      : project_(std::move(project)), view_(std::move(view)), spec_(std::move(spec)) {}

  absl::Status Open() {
    ASSIGN_OR_RETURN(store_, OnlineStore::Open(state_, {view_}, {.shards = 4}));
    return absl::OkStatus();
  }

  absl::Status Apply(const Record& record) override {
    const auto source = static_cast<size_t>(record.order.source);
    // A decoder rejects records with vectors of the wrong size.
    for (const auto& [field, size] : spec_.vectors) {
      const auto found = record.fields.find(field);
      if (found == record.fields.end()) continue;
      const DatumVector* v = found->second.As<DatumVector>();
      if (v != nullptr && v->size() != size) return absl::OkStatus();
    }
    const Row row = RowOf(project_.sources[source].schema, record.fields);
    Event event;
    event.event_time_ms = record.order.event_time_ms;
    event.append_ms = event.known_ms = record.appended_ms;
    event.source = record.order.source;
    event.partition = record.order.partition;
    event.offset = record.order.offset;
    if (record.change == oracle::Change::kDelete) {
      event.change = millrace::Change::kDelete;
      return store_->Delete(0, KeyOf(record.fields).views, event);
    }
    event.fields = row.views;
    event.change = record.change == oracle::Change::kRetract ? millrace::Change::kRetract
                                                             : millrace::Change::kInsert;
    event.fingerprint = Xxh3(Fingerprint(record));
    return store_->Apply(event);
  }

  absl::Status Restart() override {
    for (int32_t shard = 0; shard < 4; ++shard) {
      StateBatch batch;
      RETURN_IF_ERROR(store_->AddCommit(shard, &batch));
      RETURN_IF_ERROR(state_.Commit(batch));
      store_->Committed(shard, true);
    }
    return Open();
  }

  absl::StatusOr<std::vector<EngineAnswer>> At(const Read& read) override {
    const Row key = KeyOf(read.key);
    std::vector<int> features;
    for (size_t i = 0; i < view_->features.size(); ++i) features.push_back(static_cast<int>(i));
    std::vector<FeatureValue> values(features.size());
    ReadOptions options;
    options.known_ms = read.known_ms;
    Row request;
    if (read.request) {
      request = RowOf(project_.sources[0].schema, *read.request);
      options.request = request.views;
    }
    if (read.deciding) {
      options.current = EventOrder{read.deciding->event_time_ms, read.deciding->source,
                                   read.deciding->partition, read.deciding->offset};
    }
    RETURN_IF_ERROR(store_->Read(0, key.views, read.at_ms, features, options, values));
    std::vector<EngineAnswer> answers;
    for (const FeatureValue& value : values) {
      EngineAnswer answer;
      answer.status = ToStatus(value.status);
      answer.value = ToDatum(value.value.view());
      answer.age_ms = value.age_ms;
      answers.push_back(std::move(answer));
    }
    return answers;
  }

 private:
  Row KeyOf(const DatumMap& fields) const {
    Row key;
    for (size_t i = 0; i < view_->key_names.size(); ++i) {
      const auto found = fields.find(view_->key_names[i]);
      key.owned.push_back(found == fields.end() ? OwnedValue()
                                                : ToValue(found->second, view_->key_types[i]));
    }
    for (const OwnedValue& part : key.owned) key.views.push_back(part.view());
    return key;
  }

  const Project project_;
  const std::shared_ptr<const ViewSpec> view_;
  const View spec_;
  MemoryStateStore state_;
  std::unique_ptr<OnlineStore> store_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Engine>> MakeStoreEngine(const View& view, int sources) {
  LoadOptions options;
  options.text = absl::StrCat("version: 1\nproject: oracle\nlog: {embedded: {path: log}}\n",
                              "state: {path: state}\n", ConfigYaml(view, sources));
  LoadResult loaded = Load(options);
  if (!loaded.project) {
    std::string problems;
    for (const Diagnostic& d : loaded.diagnostics) absl::StrAppend(&problems, d.message, "\n");
    return absl::InvalidArgumentError(absl::StrCat(problems, *options.text));
  }
  auto spec = std::make_shared<ViewSpec>(*loaded.project->views.at(0));
  spec->accuracy = Accuracy::kExact;
  spec->as_of_ms = spec->retention_ms = int64_t{100} * 366 * 86'400'000;
  for (ViewInput& input : spec->inputs) input.retracts = true;
  auto engine = std::make_unique<StoreEngine>(*std::move(loaded.project), std::move(spec), view);
  RETURN_IF_ERROR(engine->Open());
  return engine;
}

}  // namespace millrace::oracle
