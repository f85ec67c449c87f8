// The one decoder: limits, CloudEvents, the format's reader, Debezium, event time, retraction.

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/check.h"
#include "core/status_macros.h"
#include "stream/decode/cloud_events.h"
#include "stream/decode/debezium.h"
#include "stream/decode/decoder.h"
#include "stream/decode/field_reader.h"
#include "stream/decode/framed_reader.h"
#include "stream/decode/projection.h"
#include "stream/decode/record_schema.h"
#include "stream/decode/slot_writer.h"
#include "stream/expr/time_text.h"

namespace millrace {
namespace {

// The wanted fields of a source's records, and where each is.
struct Layout {
  explicit Layout(const DecoderOptions& options) {
    if (options.envelope == Envelope::kDebezium) {
      change = AddDebezium(options, &projection.root, &projection);
      return;
    }
    row = AddRow(options.schema, options.time_field, &projection.root, &projection);
    if (options.envelope == Envelope::kAuto) {
      event = AddCloudEvent(projection.root, &event_root, &projection);
    }
  }

  Projection projection;
  RowSlots row;                         // without Debezium
  std::optional<DebeziumSlots> change;  // with it
  std::optional<CloudEventSlots> event;
  ProjectionNode event_root;  // a structured CloudEvent around projection.root
};

std::unique_ptr<FieldReader> MakeReader(const Projection& projection,
                                        const DecoderOptions& options) {
  if (options.framing == Framing::kConfluent) return MakeFramedReader(projection, options);
  if (options.format == RecordFormat::kJson) return MakeJsonReader(projection.root, options);
  CHECK(options.record_schema != nullptr);
  auto compiled = options.record_schema->MakeReader(projection, options.message, options);
  CHECK(compiled.ok());
  return std::move(compiled->reader);
}

class RecordDecoder final : public Decoder {
 public:
  explicit RecordDecoder(DecoderOptions options)
      : options_(std::move(options)),
        layout_(options_),
        reader_(MakeReader(layout_.projection, options_)),
        written_(layout_.projection.slots, options_.time_unit, options_.max_items) {
    if (layout_.event.has_value()) event_reader_ = MakeJsonReader(layout_.event_root, options_);
  }

  std::optional<Rejection> Decode(const Record& record, DecodedRecord* out) override {
    out->inserts = out->retracts = false;
    out->id.reset();
    event_time_ms_ = record.timestamp_ms;
    if (!record.value.has_value()) {
      if (record.key.has_value() || layout_.change.has_value()) return std::nullopt;
      return Rejection{RejectCode::kMalformed, "neither value nor key"};
    }
    if (record.value->size() > options_.max_record_bytes) {
      return Rejection{
          RejectCode::kTooLarge,
          absl::StrCat(record.value->size(), " bytes; the limit is ", options_.max_record_bytes)};
    }
    written_.Clear();
    if (auto rejection = Read(record, out)) return rejection;
    if (auto rejection = TakeRows(out)) return rejection;
    if (SaysRetract(record.headers)) {
      std::swap(out->inserts, out->retracts);
      std::swap(out->row, out->before);
    }
    return std::nullopt;
  }

 private:
  static bool SaysRetract(std::span<const Header> headers) {
    for (const Header& header : headers) {
      if (header.name == kRetractHeader) return absl::EqualsIgnoreCase(header.value, "true");
    }
    return false;
  }

  std::optional<Rejection> Read(const Record& record, DecodedRecord* out) {
    const CloudEventMode mode = layout_.event.has_value() && !record.headers.empty()
                                    ? CloudEventModeOf(record.headers)
                                    : CloudEventMode::kNone;
    switch (mode) {
      case CloudEventMode::kNone: return ReadPlain({*record.value, record.headers});
      case CloudEventMode::kBinary:
        if (auto rejection = TakeEvent(AttributesOf(record.headers), out)) return rejection;
        return ReadPlain({*record.value, record.headers});
      case CloudEventMode::kStructured: return ReadStructured(record, out);
      case CloudEventMode::kUnsupported: break;
    }
    return Rejection{RejectCode::kMalformed,
                     "CloudEvents are read one a record, in JSON or with their attributes in "
                     "headers; the content-type says otherwise"};
  }

  std::optional<Rejection> ReadPlain(const Payload& payload) {
    if (reader_->Read(payload, &written_)) return std::nullopt;
    return written_.rejection();
  }

  std::optional<Rejection> ReadStructured(const Record& record, DecodedRecord* out) {
    if (!event_reader_->Read({*record.value, record.headers}, &written_)) {
      return written_.rejection();
    }
    if (auto rejection = TakeEvent(AttributesOf(*layout_.event, written_), out)) return rejection;
    const bool data = !written_.value(layout_.event->data).is_null();
    const Value base64 = written_.value(layout_.event->data_base64);
    if (data == !base64.is_null()) {
      return Rejection{RejectCode::kMalformed,
                       data ? "the CloudEvent has both 'data' and 'data_base64'"
                            : "the CloudEvent has no 'data'"};
    }
    if (data) return std::nullopt;
    return ReadPlain({base64.string_value(), {}});
  }

  std::optional<Rejection> TakeEvent(const CloudEventAttributes& attributes, DecodedRecord* out) {
    std::optional<int64_t> time_ms;
    if (auto rejection = JudgeCloudEvent(attributes, &id_, &time_ms)) return rejection;
    if (time_ms.has_value()) event_time_ms_ = *time_ms;
    out->id = id_;
    return std::nullopt;
  }

  std::optional<Rejection> TakeRows(DecodedRecord* out) {
    if (!layout_.change.has_value()) {
      out->inserts = true;
      return TakeRow(layout_.row, "", &out->row);
    }
    const DebeziumSlots& slots = *layout_.change;
    const auto state = [this](int slot) {
      return written_.value(slot).is_null() ? RowState::kAbsent : RowState::kPresent;
    };
    RowChange change;
    if (auto rejection = JudgeChange(written_.value(slots.op), state(slots.has_before),
                                     state(slots.has_after), &change)) {
      return rejection;
    }
    if (change.inserts) {
      if (auto rejection = TakeRow(slots.after, " of 'after'", &out->row)) return rejection;
    }
    if (change.retracts) {
      if (auto rejection = TakeRow(slots.before, " of 'before'", &out->before)) return rejection;
    }
    out->inserts = change.inserts;
    out->retracts = change.retracts;
    return std::nullopt;
  }

  std::optional<Rejection> TakeRow(const RowSlots& slots, absl::string_view where,
                                   DecodedRow* row) {
    const auto count = static_cast<int>(options_.schema.fields.size());
    row->fields.resize(static_cast<size_t>(count));
    for (int i = 0; i < count; ++i) {
      row->fields[static_cast<size_t>(i)] = written_.value(slots.first + i);
    }
    if (slots.event_time < 0) {
      row->event_time_ms = event_time_ms_;
      if (event_time_ms_ >= kMinTimestampMs && event_time_ms_ <= kMaxTimestampMs) {
        return std::nullopt;
      }
      return Rejection{RejectCode::kTime, "the record's timestamp is outside the years 1 to 9999"};
    }
    const Value time = written_.value(slots.event_time);
    row->event_time_ms = time.int_value();
    if (!time.is_null()) return std::nullopt;
    return Rejection{RejectCode::kTime, absl::StrCat("event time '", *options_.time_field, "'",
                                                     where, " is missing or null")};
  }

  const DecoderOptions options_;
  const Layout layout_;
  const std::unique_ptr<FieldReader> reader_;
  std::unique_ptr<FieldReader> event_reader_;  // of structured CloudEvents
  SlotWriter written_;
  std::string id_;
  int64_t event_time_ms_ = 0;  // of rows that do not say theirs
};

}  // namespace

absl::StatusOr<std::vector<FieldFault>> CheckRecordSchema(const DecoderOptions& options) {
  std::vector<FieldFault> faults;
  if (options.record_schema == nullptr) return faults;
  const Layout layout(options);
  ASSIGN_OR_RETURN(const CompiledReader compiled,
                   options.record_schema->MakeReader(layout.projection, options.message, options));
  const auto& slots = layout.projection.slots;
  for (const SlotFault& fault : compiled.faults) {
    const std::string& field = slots[static_cast<size_t>(fault.slot)].field.name;
    // A row that stands twice, before and after, is one fault.
    const bool known = std::any_of(faults.begin(), faults.end(), [&field](const FieldFault& other) {
      return other.field == field;
    });
    if (!known) faults.push_back({field, fault.message});
  }
  return faults;
}

std::unique_ptr<Decoder> MakeDecoder(DecoderOptions options) {
  return std::make_unique<RecordDecoder>(std::move(options));
}

}  // namespace millrace
