// Files of CSV that stand for a topic's records: what is no row is given to the decoder all the
// same, nothing is made up, and cells come out as they were written.

#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "core/check.h"
#include "stream/decode/json_document.h"
#include "stream/expr/utf8.h"
#include "stream/history/history_file.h"
#include "tests/fuzz/decoded_record.h"

namespace millrace {
namespace {

// A file in memory, whose content is replaced.
class MemoryFile {
 public:
  MemoryFile() : file_(memfd_create("history", 0)) { CHECK(file_ >= 0); }
  std::string path() const { return absl::StrCat("/proc/self/fd/", file_); }
  void Replace(absl::string_view bytes) const {
    CHECK(ftruncate(file_, 0) == 0);
    CHECK(pwrite(file_, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  }

 private:
  const int file_;
};

DecoderOptions Options() {
  DecoderOptions options;
  options.schema = {{{"n", Type::kInt},
                     {"x", Type::kDouble},
                     {"s", Type::kString},
                     {"b", Type::kBool},
                     {"l", {Type::kList, Type::kInt}}}};
  options.time_field = "at";
  options.max_record_bytes = 4'096;
  return HistoryDecoderOptions(std::move(options), HistoryFormat::kCsv);
}

std::string Quoted(absl::string_view cell) {
  return absl::StrCat("\"", absl::StrReplaceAll(cell, {{"\"", "\"\""}}), "\"");
}

// Any text as a cell is read back as that text.
void CheckCell(const MemoryFile& file, const DecoderOptions& options, absl::string_view cell) {
  // A line feed within quotes is kept; a carriage return before it is the line's end.
  if (ValidUtf8Prefix(cell) != cell.size() || cell.find('\r') != absl::string_view::npos) return;
  const std::string line = absl::StrCat(Quoted(cell), ",", Quoted(cell), "\n");
  if (line.size() > options.max_record_bytes) return;
  file.Replace(absl::StrCat("s,other\n", line));
  const auto history = HistoryFile::Open(file.path(), HistoryFormat::kCsv, options);
  CHECK(history.ok());
  std::string json;
  const auto read = (*history)->Next(&json);
  CHECK(read.ok() && *read);
  const auto row = ParseJson(json);
  CHECK(row.ok());
  CHECK(row->members().size() == 1);
  CHECK(row->Find("s")->string_value() == cell);
}

}  // namespace

Verdict FuzzTarget(absl::string_view input) {
  static const auto& options = *new DecoderOptions(Options());
  static const auto& file = *new MemoryFile;
  static Decoder& decoder = *MakeDecoder(options).release();
  CheckCell(file, options, input);
  file.Replace(input);
  const auto history = HistoryFile::Open(file.path(), HistoryFormat::kCsv, options);
  if (!history.ok()) {
    CHECK(absl::IsInvalidArgument(history.status()));
    return Verdict::kRefused;
  }
  const auto lines = static_cast<size_t>(std::count(input.begin(), input.end(), '\n')) + 1;
  Verdict verdict = Verdict::kRefused;
  std::string json;
  for (size_t records = 0;; ++records) {
    CHECK(records < lines);
    const auto read = (*history)->Next(&json);
    CHECK(read.ok());
    if (!*read) break;
    Record record;
    record.value = json;
    DecodedRecord out;
    if (CheckDecode(options.schema, record, &decoder, &out) == Verdict::kAccepted) {
      verdict = Verdict::kAccepted;
    }
  }
  CHECK(!*(*history)->Next(&json));
  return verdict;
}

}  // namespace millrace
