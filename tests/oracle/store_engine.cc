#include "tests/oracle/store_engine.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "app/config/load.h"
#include "core/collection.h"
#include "core/hashing.h"
#include "core/status_macros.h"
#include "featurestore/memory_state_store.h"
#include "featurestore/online_store.h"
#include "tests/oracle/random_cases.h"

namespace millrace::oracle {
namespace {

// A field of a record as the store gets it from a decoder.
OwnedValue ToValue(const Datum& datum, const ValueType& type) {
  if (const bool* v = datum.As<bool>()) return OwnedValue(Value::Bool(*v));
  if (const int64_t* v = datum.As<int64_t>()) {
    if (type == Type::kDouble) return OwnedValue(Value::Double(static_cast<double>(*v)));
    if (type == Type::kTimestamp) return OwnedValue(Value::Timestamp(*v));
    if (type == Type::kDuration) return OwnedValue(Value::Duration(*v));
    return OwnedValue(Value::Int(*v));
  }
  if (const double* v = datum.As<double>()) return OwnedValue(Value::Double(*v));
  if (const std::string* v = datum.As<std::string>()) {
    return OwnedValue(type == Type::kBytes ? Value::Bytes(*v) : Value::String(*v));
  }
  if (const DatumList* v = datum.As<DatumList>()) {
    ListBuilder list;
    for (const Datum& item : *v) list.Add(ToValue(item, type.element).view());
    return OwnedValue(list.value());
  }
  if (const DatumMap* v = datum.As<DatumMap>()) {
    MapBuilder map;
    for (const auto& [key, item] : *v) map.Add(key, ToValue(item, type.element).view());
    return OwnedValue(map.Finish());
  }
  if (const DatumVector* v = datum.As<DatumVector>()) {
    std::string bytes;
    return OwnedValue(MakeVector(*v, &bytes));
  }
  return OwnedValue();
}

Datum ToDatum(const Value& value) {
  switch (value.type()) {
    case Type::kNull: return Datum();
    case Type::kBool: return Datum(value.bool_value());
    case Type::kInt:
    case Type::kTimestamp:
    case Type::kDuration: return Datum(value.int_value());
    case Type::kDouble: return Datum(value.double_value());
    case Type::kString:
    case Type::kBytes: return Datum(std::string(value.string_value()));
    case Type::kList: {
      DatumList list;
      ForEachItem(value, [&list](const Value& item) { list.push_back(ToDatum(item)); });
      return Datum(std::move(list));
    }
    case Type::kMap: {
      DatumMap map;
      ForEachEntry(value, [&map](absl::string_view key, const Value& item) {
        map[std::string(key)] = ToDatum(item);
      });
      return Datum(std::move(map));
    }
    case Type::kVector: {
      DatumVector vector;
      ForEachItem(value, [&vector](const Value& item) { vector.push_back(item.double_value()); });
      return Datum(std::move(vector));
    }
  }
  return Datum();
}

Status ToStatus(FeatureStatus status) {
  switch (status) {
    case FeatureStatus::kNull: return Status::kNull;
    case FeatureStatus::kMissing: return Status::kMissing;
    case FeatureStatus::kExpired: return Status::kExpired;
    case FeatureStatus::kTruncated: return Status::kTruncated;
    case FeatureStatus::kOverflow: return Status::kOverflow;
    default: return Status::kPresent;
  }
}

struct Row {
  std::vector<OwnedValue> owned;
  std::vector<Value> views;
};

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
    const Row row = RowOf(source, record.fields);
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
      request = RowOf(0, *read.request);
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

  Row RowOf(size_t source, const DatumMap& fields) const {
    Row row;
    for (const Field& field : project_.sources[source].schema.fields) {
      const auto found = fields.find(field.name);
      row.owned.push_back(found == fields.end() ? OwnedValue()
                                                : ToValue(found->second, field.type));
    }
    for (const OwnedValue& value : row.owned) row.views.push_back(value.view());
    return row;
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
