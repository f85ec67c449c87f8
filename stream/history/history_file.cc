#include "stream/history/history_file.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/status_macros.h"

namespace millrace {
namespace {

std::string QuoteJson(absl::string_view text) {
  std::string out(1, '"');
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      absl::StrAppendFormat(&out, "\\u%04x", static_cast<unsigned char>(c));
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
  return out;
}

bool IsNumber(absl::string_view text) {
  double value;
  return !text.empty() && (absl::ascii_isdigit(text[0]) || text[0] == '-') &&
         absl::SimpleAtod(text, &value);
}

// A cell as JSON; what does not look like its type stays a string, which the decoder rejects.
std::string CellJson(const std::string& text, Type type) {
  switch (type) {
    case Type::kBool: return text == "true" || text == "false" ? text : QuoteJson(text);
    case Type::kInt:
    case Type::kDouble:
    case Type::kTimestamp:
    case Type::kDuration: return IsNumber(text) ? text : QuoteJson(text);
    case Type::kList:
    case Type::kVector: return !text.empty() && text[0] == '[' ? text : QuoteJson(text);
    case Type::kMap: return !text.empty() && text[0] == '{' ? text : QuoteJson(text);
    default: return QuoteJson(text);
  }
}

}  // namespace

DecoderOptions HistoryDecoderOptions(DecoderOptions topic, HistoryFormat format) {
  topic.format = RecordFormat::kJson;
  topic.framing = Framing::kNone;
  topic.envelope = Envelope::kNone;
  topic.record_schema = nullptr;
  topic.registry = nullptr;
  if (format == HistoryFormat::kCsv) {
    for (Field& field : topic.schema.fields) field.path.clear();
  }
  return topic;
}

HistoryFile::HistoryFile(std::string path, HistoryFormat format, const DecoderOptions& options)
    : path_(std::move(path)), format_(format), options_(options), in_(path_, std::ios::binary) {}

absl::StatusOr<std::unique_ptr<HistoryFile>> HistoryFile::Open(const std::string& path,
                                                               HistoryFormat format,
                                                               const DecoderOptions& options) {
  auto file = std::unique_ptr<HistoryFile>(new HistoryFile(path, format, options));
  if (!file->in_) return absl::NotFoundError(absl::StrCat(path, " cannot be read"));
  if (format == HistoryFormat::kCsv) RETURN_IF_ERROR(file->ReadNames());
  return file;
}

bool HistoryFile::ReadLine() {
  if (!std::getline(in_, line_)) return false;
  if (!line_.empty() && line_.back() == '\r') line_.pop_back();
  return true;
}

absl::Status HistoryFile::ReadNames() {
  if (!ReadCells()) {
    return absl::InvalidArgumentError(absl::StrCat(path_, " has no line of column names"));
  }
  for (const Cell& cell : cells_) {
    Column& column = columns_.emplace_back();
    const int field = options_.schema.Find(cell.text);
    const bool is_time = options_.time_field && *options_.time_field == cell.text;
    if (field < 0 && !is_time) continue;
    column.quoted_name = QuoteJson(cell.text);
    column.type = field >= 0 ? options_.schema.fields[static_cast<size_t>(field)].type.type
                             : Type::kTimestamp;
  }
  return absl::OkStatus();
}

bool HistoryFile::ReadCells() {
  do {
    if (!ReadLine()) return false;
  } while (line_.empty());
  cells_.assign(1, {});
  bool inside = false;  // of quotes
  std::string whole;
  while (true) {
    for (size_t i = 0; i < line_.size(); ++i) {
      const char c = line_[i];
      Cell& cell = cells_.back();
      if (inside && c == '"' && i + 1 < line_.size() && line_[i + 1] == '"') {
        cell.text.push_back('"');
        ++i;
      } else if (c == '"' && (inside || cell.text.empty())) {
        inside = !inside;
        cell.quoted = true;
      } else if (c == ',' && !inside) {
        cells_.emplace_back();
      } else {
        cell.text.push_back(c);
      }
    }
    absl::StrAppend(&whole, line_);
    if (!inside) break;
    // A line break within quotes; quotes that do not end are no record.
    if (whole.size() > options_.max_record_bytes || !ReadLine()) {
      cells_.clear();
      break;
    }
    cells_.back().text.push_back('\n');
    whole.push_back('\n');
  }
  line_ = std::move(whole);
  return true;
}

absl::StatusOr<bool> HistoryFile::Next(std::string* json) {
  bool read = false;
  if (format_ == HistoryFormat::kCsv) {
    read = ReadCells();
  } else {
    do {
      read = ReadLine();
    } while (read && absl::StripAsciiWhitespace(line_).empty());
  }
  if (!read) {
    if (in_.bad()) return absl::DataLossError(absl::StrCat(path_, " cannot be read to its end"));
    return false;
  }
  if (format_ == HistoryFormat::kJsonLines || cells_.size() != columns_.size()) {
    *json = line_;
    return true;
  }
  json->assign(1, '{');
  for (size_t i = 0; i < cells_.size(); ++i) {
    const Column& column = columns_[i];
    if (column.quoted_name.empty() || (cells_[i].text.empty() && !cells_[i].quoted)) continue;
    absl::StrAppend(json, json->size() == 1 ? "" : ",", column.quoted_name, ":",
                    CellJson(cells_[i].text, column.type));
  }
  json->push_back('}');
  return true;
}

}  // namespace millrace
