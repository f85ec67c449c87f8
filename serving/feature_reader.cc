#include "serving/feature_reader.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "serving/errors.h"
#include "serving/kept_time.h"
#include "serving/row_fields.h"

namespace millrace {
namespace {

std::vector<Value> ViewsOf(const std::vector<OwnedValue>& values) {
  std::vector<Value> views;
  for (const OwnedValue& value : values) views.push_back(value.view());
  return views;
}

}  // namespace

FeatureReader::FeatureReader(const OnlineStore& store, LogPositions& positions,
                             FeatureReaderOptions options)
    : store_(store), positions_(positions), gate_(positions), options_(std::move(options)) {}

bool FeatureReader::MayBlock(const FeaturesRequest& request) const {
  return request.patience > absl::ZeroDuration() && gate_.Holds(request.min_offsets);
}

absl::Status FeatureReader::CheckRequest(const FeaturesRequest& request,
                                         const FeatureColumns& columns) const {
  const size_t rows = request.keys.size();
  if (rows == 0) {
    return RequestFault(ErrorCode::kBadField, "keys", "'keys' is missing or has no row");
  }
  if (rows > options_.max_rows) {
    return RequestFault(ErrorCode::kBadField, "keys",
                        absl::StrCat(rows, " keys, at most ", options_.max_rows));
  }
  if (columns.names.size() * rows > options_.max_values) {
    return RequestFault(ErrorCode::kBadField, "keys",
                        absl::StrCat(rows, " keys of ", columns.names.size(),
                                     " features are more than ", options_.max_values, " values"));
  }
  if (request.request.size() > 1 && request.request.size() != rows) {
    return RequestFault(
        ErrorCode::kBadField, "request",
        absl::StrCat("'keys' has ", rows, " rows and 'request' has ", request.request.size()));
  }
  for (const ViewRead& read : columns.reads) {
    const ViewSpec& view = *store_.views()[static_cast<size_t>(read.view)];
    if (!request.known_at_ms || view.keeps_known_time) continue;
    return RequestFault(ErrorCode::kBadField, "known_at",
                        absl::StrCat("view '", view.name,
                                     "' does not keep when its records became known: it "
                                     "declares no 'known_at'"));
  }
  return CheckFieldNames(columns.reads, store_.views(), request.keys, request.request);
}

// Working space, reused from row to row.
struct FeatureReader::Scratch {
  // By view that is read.
  std::vector<std::vector<OwnedValue>> keys;
  std::vector<std::vector<Value>> key_views;
  std::vector<ViewEntity> entities;
  std::vector<FeatureValue> values;
};

absl::Status FeatureReader::MakeKeys(const FeaturesRequest& request,
                                     const std::vector<ViewRead>& reads, size_t row,
                                     Scratch* scratch) const {
  scratch->keys.resize(reads.size());
  scratch->key_views.resize(reads.size());
  scratch->entities.clear();
  for (size_t i = 0; i < reads.size(); ++i) {
    const ViewSpec& view = *store_.views()[static_cast<size_t>(reads[i].view)];
    RETURN_IF_ERROR(
        MakeKey(view, request.keys[row], row, options_.max_key_bytes, &scratch->keys[i]));
    scratch->key_views[i].clear();
    for (const OwnedValue& part : scratch->keys[i]) {
      scratch->key_views[i].push_back(part.view());
    }
    scratch->entities.push_back({reads[i].view, scratch->key_views[i]});
  }
  return absl::OkStatus();
}

absl::Status FeatureReader::ReadView(const FeaturesRequest& request, const ViewRead& read,
                                     std::span<const Value> key, size_t row_index, int64_t at_ms,
                                     Scratch* scratch, FeatureRow* row) const {
  const ViewSpec& view = *store_.views()[static_cast<size_t>(read.view)];
  ReadOptions options;
  options.known_ms = request.known_at_ms;
  std::vector<OwnedValue> brought;
  std::vector<Value> brought_views;
  if (!request.request.empty()) {
    const size_t from = request.request.size() == 1 ? 0 : row_index;
    ASSIGN_OR_RETURN(brought, MakeRequest(view, request.request[from], from));
    brought_views = ViewsOf(brought);
    options.request = brought_views;
  }
  std::vector<FeatureValue>& values = scratch->values;
  values.assign(read.features.size(), FeatureValue());
  const absl::Status status = store_.Read(read.view, key, at_ms, read.features, options, values);
  if (!status.ok()) return ExplainRead(status, store_, read.view, at_ms);
  for (size_t i = 0; i < values.size(); ++i) {
    FeatureValue& value = values[i];
    if (request.max_age_ms && value.age_ms && *value.age_ms > *request.max_age_ms) {
      return RequestFault(
          ErrorCode::kTooOld, "max_age_ms",
          absl::StrCat(view.name, ".", view.features[static_cast<size_t>(read.features[i])].name,
                       " of keys[", row_index, "] is ", *value.age_ms, " ms old, at most ",
                       *request.max_age_ms, " was asked for"));
    }
    row->values[read.columns[i]] = std::move(value);
  }
  return absl::OkStatus();
}

void FeatureReader::TellOffsets(const std::vector<ViewRead>& reads,
                                FeaturesResponse* response) const {
  std::vector<size_t> partitions;
  for (const ViewRead& read : reads) {
    const auto view = static_cast<size_t>(read.view);
    if (view >= options_.partitions.size()) continue;
    const std::vector<size_t>& fed_by = options_.partitions[view];
    partitions.insert(partitions.end(), fed_by.begin(), fed_by.end());
  }
  std::sort(partitions.begin(), partitions.end());
  partitions.erase(std::unique(partitions.begin(), partitions.end()), partitions.end());
  response->offsets.reserve(partitions.size());
  int64_t watermark_ms = kEndOfTime;
  for (const size_t partition : partitions) {
    const LogPositions::Position position = positions_.At(partition);
    response->offsets.push_back(
        {&positions_.partitions()[partition], position.applied, position.durable});
    watermark_ms = std::min(watermark_ms, position.event_time_ms);
  }
  if (watermark_ms != kEndOfTime && watermark_ms != kNoTime) response->watermark_ms = watermark_ms;
}

absl::StatusOr<FeaturesResponse> FeatureReader::ReadFeatures(const FeaturesRequest& request) {
  ASSIGN_OR_RETURN(FeatureColumns columns, ChooseColumns(request, store_.views(), options_.services,
                                                         options_.max_features));
  RETURN_IF_ERROR(CheckRequest(request, columns));
  RETURN_IF_ERROR(gate_.Pass(request.min_offsets, request.patience));
  FeaturesResponse response;
  response.generation = options_.generation;
  response.metadata = request.metadata;
  TellOffsets(columns.reads, &response);  // before the read, which may see more
  response.at_ms = request.at_ms ? *request.at_ms : options_.now_ms();
  response.rows.resize(request.keys.size());
  Scratch scratch;
  for (size_t r = 0; r < request.keys.size(); ++r) {
    response.rows[r].values.resize(columns.names.size());
    RETURN_IF_ERROR(MakeKeys(request, columns.reads, r, &scratch));
    if (columns.reads.size() > 1) store_.Prefetch(scratch.entities);
    for (size_t i = 0; i < columns.reads.size(); ++i) {
      RETURN_IF_ERROR(ReadView(request, columns.reads[i], scratch.key_views[i], r, response.at_ms,
                               &scratch, &response.rows[r]));
    }
  }
  response.names = std::move(columns.names);
  response.service = std::move(columns.service);
  response.service_version = columns.service_version;
  return response;
}

}  // namespace millrace
