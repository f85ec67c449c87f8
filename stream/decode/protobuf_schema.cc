// Protobuf schemas, parsed by libprotobuf into a pool of descriptors.

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/status_macros.h"
#include "google/protobuf/compiler/importer.h"
#include "google/protobuf/compiler/parser.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/descriptor_database.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "stream/decode/protobuf_plan.h"
#include "stream/decode/protobuf_reader.h"
#include "stream/decode/record_schema.h"

namespace millrace {
namespace {

namespace pb = google::protobuf;

constexpr size_t kMaxSchemaBytes = 4 << 20;
constexpr int kMaxIncludedSchemas = 1000;

// libprotobuf's parser uses stack for every brace that is open, and nested names make it quadratic:
// what is deeper than any honest file is not shown to it.
bool IsNestedTooDeep(absl::string_view text) {
  constexpr int kMaxBraces = 64;
  int braces = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"' || c == '\'') {
      for (++i; i < text.size() && text[i] != c && text[i] != '\n'; ++i) {
        if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] != '\n') ++i;
      }
    } else if (text.substr(i, 2) == "//") {
      i = std::min(text.find('\n', i), text.size());
    } else if (text.substr(i, 2) == "/*") {
      i = std::min(text.find("*/", i + 2), text.size() - 2) + 1;
    } else if (c == '{') {
      if (++braces > kMaxBraces) return true;
    } else if (c == '}') {
      braces = std::max(braces - 1, 0);
    }
  }
  return false;
}

// Files in memory, for the importer.
class TextTree final : public pb::compiler::SourceTree {
 public:
  TextTree(const NamedText& file, std::span<const NamedText> imports)
      : texts_(imports.begin(), imports.end()) {
    texts_.push_back(file);
  }

  pb::io::ZeroCopyInputStream* Open(const std::string& name) override {
    for (const NamedText& text : texts_) {
      if (text.name != name) continue;
      // The importer owns the stream.
      return new pb::io::ArrayInputStream(text.text.data(), static_cast<int>(text.text.size()));
    }
    return nullptr;
  }
  std::string GetLastErrorMessage() override { return "is not among the files given"; }

 private:
  std::vector<NamedText> texts_;
};

// Keeps the first complaint.
class Complaint final : public pb::compiler::MultiFileErrorCollector,
                        public pb::DescriptorPool::ErrorCollector {
 public:
  void AddError(const std::string& file, int line, int column, const std::string& text) override {
    if (!text_.empty()) return;
    text_ = line < 0 ? absl::StrCat(file, ": ", text)
                     : absl::StrCat(file, ":", line + 1, ":", column + 1, ": ", text);
  }
  void AddError(const std::string& file, const std::string& element, const pb::Message*,
                ErrorLocation, const std::string& text) override {
    if (text_.empty()) text_ = absl::StrCat(file, ": ", element, ": ", text);
  }
  absl::Status status() const {
    return absl::InvalidArgumentError(text_.empty() ? "is no Protobuf schema" : text_);
  }

 private:
  std::string text_;
};

// Whatever the descriptors of a schema live in.
struct Descriptors {
  Complaint complaint;
  pb::DescriptorPoolDatabase known{*pb::DescriptorPool::generated_pool()};
  std::unique_ptr<TextTree> tree;
  std::unique_ptr<pb::DescriptorDatabase> files;
  std::unique_ptr<pb::DescriptorDatabase> files_and_known;
  std::unique_ptr<pb::DescriptorPool> pool;
  std::vector<const pb::FileDescriptor*> own;  // those whose messages records may be
};

class ProtobufSchema final : public RecordSchema {
 public:
  explicit ProtobufSchema(std::shared_ptr<const Descriptors> descriptors)
      : descriptors_(std::move(descriptors)) {}

  absl::StatusOr<CompiledReader> MakeReader(const Projection& projection,
                                            const MessageChoice& message,
                                            const DecoderOptions& options) const override {
    ASSIGN_OR_RETURN(const pb::Descriptor* const descriptor, Choose(message));
    CompiledReader compiled;
    ASSIGN_OR_RETURN(std::vector<ProtobufPlan> plans,
                     CompileProtobuf(*descriptor, projection, &compiled.faults));
    compiled.reader =
        std::make_unique<OwningReader>(descriptors_, MakeProtobufReader(std::move(plans), options));
    return compiled;
  }

 private:
  // Keeps the descriptors that the reader points into.
  class OwningReader final : public FieldReader {
   public:
    OwningReader(std::shared_ptr<const Descriptors> descriptors,
                 std::unique_ptr<FieldReader> reader)
        : descriptors_(std::move(descriptors)), reader_(std::move(reader)) {}
    bool Read(const Payload& payload, SlotWriter* to) override {
      return reader_->Read(payload, to);
    }

   private:
    const std::shared_ptr<const Descriptors> descriptors_;
    const std::unique_ptr<FieldReader> reader_;
  };

  absl::StatusOr<const pb::Descriptor*> Choose(const MessageChoice& choice) const {
    if (const auto* path = std::get_if<std::vector<int>>(&choice)) return ByPath(*path);
    const auto& name = std::get<std::string>(choice);
    std::vector<std::string> names;
    const pb::Descriptor* only = nullptr;
    for (const pb::FileDescriptor* file : descriptors_->own) {
      for (int i = 0; i < file->message_type_count(); ++i) {
        only = file->message_type(i);
        names.push_back(only->full_name());
      }
    }
    if (name.empty() && names.size() == 1) return only;
    if (!name.empty()) {
      const pb::Descriptor* found = descriptors_->pool->FindMessageTypeByName(name);
      if (found != nullptr) return found;
    }
    std::sort(names.begin(), names.end());
    return absl::InvalidArgumentError(
        absl::StrCat(name.empty() ? "which message the records are must be said"
                                  : absl::StrCat("there is no message '", name, "'"),
                     "; the schema has: ", names.empty() ? "none" : absl::StrJoin(names, ", ")));
  }

  absl::StatusOr<const pb::Descriptor*> ByPath(const std::vector<int>& path) const {
    const pb::FileDescriptor& file = *descriptors_->own[0];
    const pb::Descriptor* message = nullptr;
    for (const int index : path) {
      const int count =
          message == nullptr ? file.message_type_count() : message->nested_type_count();
      if (index >= count) {
        return absl::InvalidArgumentError(
            absl::StrCat("has no message of the indices ", absl::StrJoin(path, ".")));
      }
      message = message == nullptr ? file.message_type(index) : message->nested_type(index);
    }
    return message;
  }

  const std::shared_ptr<const Descriptors> descriptors_;
};

}  // namespace

std::vector<std::string> ProtoImports(absl::string_view text) {
  if (IsNestedTooDeep(text)) return {};
  pb::io::ArrayInputStream stream(text.data(), static_cast<int>(text.size()));
  pb::io::Tokenizer tokens(&stream, nullptr);
  pb::FileDescriptorProto file;
  pb::compiler::Parser parser;
  if (!parser.Parse(&tokens, &file)) return {};
  std::vector<std::string> imports;
  for (const std::string& name : file.dependency()) {
    if (!absl::StartsWith(name, "google/protobuf/")) imports.push_back(name);
  }
  return imports;
}

absl::StatusOr<std::shared_ptr<const RecordSchema>> ParseProtoFile(
    const NamedText& file, std::span<const NamedText> imports) {
  size_t bytes = file.text.size();
  for (const NamedText& import : imports) bytes += import.text.size();
  if (bytes > kMaxSchemaBytes || imports.size() > kMaxIncludedSchemas) {
    return absl::InvalidArgumentError("the schema is larger than 4 MiB or has over 1000 imports");
  }
  const bool deep = IsNestedTooDeep(file.text) ||
                    std::any_of(imports.begin(), imports.end(), [](const NamedText& import) {
                      return IsNestedTooDeep(import.text);
                    });
  if (deep) return absl::InvalidArgumentError("the schema is nested too deep");
  auto descriptors = std::make_shared<Descriptors>();
  descriptors->tree = std::make_unique<TextTree>(file, imports);
  auto files = std::make_unique<pb::compiler::SourceTreeDescriptorDatabase>(descriptors->tree.get(),
                                                                            &descriptors->known);
  files->RecordErrorsTo(&descriptors->complaint);
  descriptors->pool =
      std::make_unique<pb::DescriptorPool>(files.get(), files->GetValidationErrorCollector());
  descriptors->files = std::move(files);
  const pb::FileDescriptor* found = descriptors->pool->FindFileByName(file.name);
  if (found == nullptr) return descriptors->complaint.status();
  descriptors->own.push_back(found);
  return std::make_shared<ProtobufSchema>(std::move(descriptors));
}

absl::StatusOr<std::shared_ptr<const RecordSchema>> ParseDescriptorSet(absl::string_view bytes) {
  pb::FileDescriptorSet set;
  if (bytes.size() > kMaxSchemaBytes ||
      !set.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || set.file().empty()) {
    return absl::InvalidArgumentError("is no FileDescriptorSet, or one of more than 4 MiB");
  }
  auto descriptors = std::make_shared<Descriptors>();
  auto files = std::make_unique<pb::SimpleDescriptorDatabase>();
  for (const pb::FileDescriptorProto& file : set.file()) {
    if (!files->Add(file)) {
      return absl::InvalidArgumentError(absl::StrCat(file.name(),
                                                     ": stands twice, or defines what "
                                                     "another file does"));
    }
  }
  descriptors->files_and_known =
      std::make_unique<pb::MergedDescriptorDatabase>(files.get(), &descriptors->known);
  descriptors->files = std::move(files);
  descriptors->pool = std::make_unique<pb::DescriptorPool>(descriptors->files_and_known.get(),
                                                           &descriptors->complaint);
  for (const pb::FileDescriptorProto& file : set.file()) {
    const pb::FileDescriptor* found = descriptors->pool->FindFileByName(file.name());
    if (found == nullptr) return descriptors->complaint.status();
    if (absl::StartsWith(file.package(), "google.protobuf")) continue;
    descriptors->own.push_back(found);
  }
  return std::make_shared<ProtobufSchema>(std::move(descriptors));
}

}  // namespace millrace
