// The inputs of an engine: where each begins after a start, and what it reads from.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "app/workers/engine.h"
#include "app/workers/source_decoder.h"
#include "app/workers/topics.h"
#include "core/log_line.h"
#include "core/status_macros.h"

namespace millrace {
namespace {

// Compaction deletes older records of a key: only what needs the newest alone may be computed.
absl::Status CheckCompacted(const Project& project, int32_t source) {
  for (const auto& view : project.views) {
    const bool reads =
        std::any_of(view->inputs.begin(), view->inputs.end(), [&](const ViewInput& input) {
          const std::vector<int32_t> of = project.TopicSources(input.source);
          return std::find(of.begin(), of.end(), source) != of.end();
        });
    if (!reads) continue;
    for (const FeatureSpec& feature : view->features) {
      if (feature.computed() || feature.aggregation_name == "last") continue;
      const SourceSpec& spec = project.sources[source];
      return absl::FailedPreconditionError(absl::StrCat(
          "source ", spec.name, ": topic ", spec.topic, " is compacted (cleanup.policy), so only ",
          "features of 'last' may be computed from it, and ", view->name, ".", feature.name,
          " is one of '", feature.aggregation_name, "'"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Engine::OpenInputs() {
  ASSIGN_OR_RETURN(const std::vector<TopicInfo> topics, deps_.log->Topics());
  RETURN_IF_ERROR(ids_.Load(*deps_.state));
  std::vector<ReadFrom> reads;
  for (int32_t s = 0; s < static_cast<int32_t>(project_.sources.size()); ++s) {
    const SourceSpec& source = project_.sources[s];
    if (!source.bases.empty()) continue;
    const auto topic = std::find_if(topics.begin(), topics.end(), [&](const TopicInfo& info) {
      return info.name == source.topic;
    });
    if (topic == topics.end()) {
      return absl::NotFoundError(
          absl::StrCat("source ", source.name, ": topic ", source.topic, " does not exist"));
    }
    ASSIGN_OR_RETURN(const bool compacted, deps_.log->IsCompacted(source.topic));
    if (compacted) RETURN_IF_ERROR(CheckCompacted(project_, s));
    if (source.partitioned_by && project_.state.shards % topic->partitions != 0) {
      return absl::FailedPreconditionError(
          absl::StrCat("source ", source.name, ": partitioned_by: topic ", source.topic, " has ",
                       topic->partitions, " partitions, which do not divide the ",
                       project_.state.shards, " shards of the state (state.shards)"));
    }
    for (int32_t p = 0; p < topic->partitions; ++p) {
      RETURN_IF_ERROR(OpenInput(s, p, source.partitioned_by ? topic->partitions : 0, &reads));
    }
  }
  std::vector<TopicPartition> partitions;
  for (const InputName& name : input_names_) partitions.push_back(name.topic_partition);
  positions_ = std::make_unique<LogPositions>(std::move(partitions), *deps_.clock);
  for (size_t i = 0; i < input_names_.size(); ++i) positions_->SetDurable(i, durable_offsets_[i]);
  TellPositions();
  ASSIGN_OR_RETURN(reader_, deps_.log->OpenReader(std::move(reads)));
  for (int32_t s = 0; s < static_cast<int32_t>(project_.sources.size()); ++s) {
    if (project_.sources[s].history) RETURN_IF_ERROR(OpenHistory(s));
  }
  lookup_sources_.resize(project_.sources.size());
  for (size_t s = 0; s < project_.sources.size(); ++s) {
    for (const SourceLookup& lookup : project_.sources[s].lookups) {
      lookup_sources_[s].resize(project_.sources.size());
      MarkSourcesOf(lookup.view, &lookup_sources_[s]);
    }
  }
  return absl::OkStatus();
}

absl::Status Engine::OpenInput(int32_t s, int32_t p, int32_t partitions,
                               std::vector<ReadFrom>* reads) {
  const SourceSpec& source = project_.sources[s];
  std::string stored;
  InputPosition position;
  ASSIGN_OR_RETURN(const OffsetRange range, deps_.log->Offsets({source.topic, p}));
  const absl::Status found = deps_.state->Get(InputPosition::Key(source, p), &stored);
  if (found.ok()) {
    ASSIGN_OR_RETURN(position, InputPosition::Decode(stored));
  } else if (!absl::IsNotFound(found)) {
    return found;
  } else {
    position.next_offset = range.begin;
  }
  if (position.next_offset < range.begin) {  // retention was faster than we were
    LogLine(LogLevel::kError, "records_gone_unread")
        .With("topic", source.topic)
        .With("partition", p)
        .With("records", range.begin - position.next_offset);
    position.next_offset = range.begin;
  }
  if (position.next_offset > range.end) {
    return absl::DataLossError(absl::StrCat("topic ", source.topic, " partition ", p,
                                            " ends at offset ", range.end,
                                            ", the state has read up to ", position.next_offset));
  }
  if (position.newest_record && position.newest_record->offset < range.begin) {
    position.newest_record.reset();  // deleted
  }
  int64_t redo_from = found.ok() ? deps_.store->LowestMark(s, p) : position.next_offset;
  if (redo_from < range.begin) {  // a shard that never committed, or records deleted since
    if (redo_from > 0) {
      LogLine(LogLevel::kWarn, "records_gone_before_redo")
          .With("topic", source.topic)
          .With("partition", p)
          .With("records", range.begin - redo_from);
    }
    redo_from = range.begin;
  }
  SourceInput::Parts parts;
  parts.decoder = MakeDecoder(source);
  parts.partitions = partitions;
  RETURN_IF_ERROR(AddInput(s, p, std::move(position), redo_from, std::move(parts)));
  ends_at_start_.push_back(range.end);
  input_names_.push_back({{source.topic, p}, s});
  reads->push_back({{source.topic, p}, inputs_.back()->start_offset()});
  return absl::OkStatus();
}

absl::Status Engine::OpenHistory(int32_t source) {
  const SourceSpec& spec = project_.sources[source];
  ASSIGN_OR_RETURN(
      SourceHistory::Opened opened,
      SourceHistory::Open(spec, *deps_.state, deps_.store->LowestMark(source, kHistoryPartition)));
  SourceInput::Parts parts;
  parts.decoder = MakeHistoryDecoder(spec);
  RETURN_IF_ERROR(AddInput(source, kHistoryPartition, std::move(opened.position), opened.redo_from,
                           std::move(parts)));
  ends_at_start_.push_back(kUnknownEnd);
  histories_.push_back(std::move(opened.history));
  return absl::OkStatus();
}

absl::Status Engine::AddInput(int32_t source, int32_t partition, InputPosition position,
                              int64_t redo_from, SourceInput::Parts parts) {
  const SourceSpec& spec = project_.sources[source];
  parts.ids = ids_.of(source);
  if (!spec.lookups.empty()) {
    parts.lookups = std::make_unique<SourceLookups>(spec, partition, *deps_.store);
    RETURN_IF_ERROR(parts.lookups->Load(*deps_.state));
  }
  const int dead_letters = DeadLetterChannel(project_, spec, *deps_.outbox);
  parts.on_reject = [this, dead_letters, source](const Record& record, const Rejection& why) {
    return RejectRecord(dead_letters, source, record, why);
  };
  durable_offsets_.push_back(position.next_offset);
  available_from_.Applied(source, position.oldest_event_ms);
  inputs_.push_back(std::make_unique<SourceInput>(
      project_.sources, source, partition, std::move(position), redo_from, std::move(parts)));
  return absl::OkStatus();
}

absl::StatusOr<bool> Engine::Peek(size_t input) {
  if (input < input_names_.size()) return inputs_[input]->Peek(*reader_, input);
  return inputs_[input]->Peek(histories_[input - input_names_.size()]->reader(), 0);
}

}  // namespace millrace
