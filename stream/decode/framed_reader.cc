#include "stream/decode/framed_reader.h"

#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "core/check.h"
#include "core/status_macros.h"
#include "stream/decode/confluent_framing.h"
#include "stream/decode/record_schema.h"
#include "stream/decode/schema_registry.h"

namespace millrace {
namespace {

// Beyond this many schemas of one source all are forgotten: a bound, not a working size.
constexpr size_t kMaxReaders = 1024;

absl::string_view LanguageName(SchemaLanguage language) {
  switch (language) {
    case SchemaLanguage::kAvro: return "Avro";
    case SchemaLanguage::kProtobuf: return "Protobuf";
    case SchemaLanguage::kJson: return "JSON Schema";
  }
  return "another";
}

absl::StatusOr<std::shared_ptr<const RecordSchema>> Parse(const RegisteredSchema& schema) {
  if (schema.language == SchemaLanguage::kAvro) {
    return ParseAvroSchema(schema.text, schema.references);
  }
  return ParseProtoFile({"registered.proto", schema.text}, schema.references);
}

class FramedReader final : public FieldReader {
 public:
  FramedReader(const Projection& projection, const DecoderOptions& options)
      : projection_(projection), options_(options) {
    if (options_.format == RecordFormat::kJson) {
      json_ = MakeJsonReader(projection.root, options);
    } else {
      CHECK(options_.registry != nullptr);
    }
  }

  bool Read(const Payload& payload, SlotWriter* to) override {
    if (auto rejection =
            ParseConfluentFrame(payload, options_.format, options_.message_indices, &frame_)) {
      return to->Reject(std::move(*rejection));
    }
    if (json_ != nullptr) return json_->Read({frame_.data, {}}, to);
    if (last_ == nullptr || frame_.identity != last_identity_) {
      if (!FindReader(to)) return false;
    }
    if (last_->reader == nullptr) return to->Reject(last_->rejection);
    return last_->reader->Read({frame_.data, {}}, to);
  }

 private:
  struct Entry {
    std::unique_ptr<FieldReader> reader;  // null: all its records are rejected
    Rejection rejection;
  };

  // Makes last_ the entry of the frame's schema.
  bool FindReader(SlotWriter* to) {
    const auto found = entries_.find(frame_.identity);
    if (found != entries_.end()) {
      last_ = found->second.get();
      last_identity_ = found->first;
      return true;
    }
    const SchemaId id = SchemaIdOf(frame_.identity);
    const auto schema = options_.registry->Fetch(id);
    if (!schema.ok() && !absl::IsInvalidArgument(schema.status())) {
      Rejection rejection = {
          RejectCode::kUnknownSchema,
          absl::StrCat("schema ", SchemaIdText(id), ": ", schema.status().message())};
      rejection.transient = !absl::IsNotFound(schema.status());
      return to->Reject(std::move(rejection));
    }
    if (entries_.size() >= kMaxReaders) entries_.clear();
    auto entry = std::make_unique<Entry>();
    const absl::Status made = schema.ok() ? MakeReader(**schema, entry.get()) : schema.status();
    if (!made.ok()) {
      entry->rejection = {RejectCode::kSchema,
                          absl::StrCat("schema ", SchemaIdText(id), ": ", made.message())};
    }
    const auto added = entries_.emplace(std::string(frame_.identity), std::move(entry)).first;
    last_ = added->second.get();
    last_identity_ = added->first;
    return true;
  }

  absl::Status MakeReader(const RegisteredSchema& registered, Entry* entry) const {
    const SchemaLanguage wanted =
        options_.format == RecordFormat::kAvro ? SchemaLanguage::kAvro : SchemaLanguage::kProtobuf;
    if (registered.language != wanted) {
      return absl::InvalidArgumentError(absl::StrCat("is in ", LanguageName(registered.language),
                                                     ", the source in ", LanguageName(wanted)));
    }
    ASSIGN_OR_RETURN(const std::shared_ptr<const RecordSchema> schema, Parse(registered));
    ASSIGN_OR_RETURN(CompiledReader compiled,
                     schema->MakeReader(projection_, frame_.message, options_));
    // A field that this version of the schema does not have is null; one of another type cannot be.
    for (const SlotFault& fault : compiled.faults) {
      if (fault.kind == SlotFault::Kind::kWrongType) {
        return absl::InvalidArgumentError(fault.message);
      }
    }
    entry->reader = std::move(compiled.reader);
    return absl::OkStatus();
  }

  const Projection& projection_;
  const DecoderOptions options_;
  std::unique_ptr<FieldReader> json_;
  absl::flat_hash_map<std::string, std::unique_ptr<Entry>> entries_;  // by identity
  ConfluentFrame frame_;
  std::string last_identity_;
  Entry* last_ = nullptr;
};

}  // namespace

std::unique_ptr<FieldReader> MakeFramedReader(const Projection& projection,
                                              const DecoderOptions& options) {
  return std::make_unique<FramedReader>(projection, options);
}

}  // namespace millrace
