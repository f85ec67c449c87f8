// HistoryFile: the records of one file, one after another, as the JSON values that a topic would
// have held. Of JSON lines those are the lines; of CSV (RFC 4180, with a line of names) objects of
// the columns that the schema names, written as the types of their fields ask. An empty cell that
// is not quoted is null. What cannot be such an object is given as it stands, for the decoder to
// reject. Owned by one thread; reading blocks.

#ifndef MILLRACE_STREAM_HISTORY_HISTORY_FILE_H_
#define MILLRACE_STREAM_HISTORY_HISTORY_FILE_H_

#include <cstdint>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "stream/decode/decoder.h"

namespace millrace {

enum class HistoryFormat : uint8_t { kJsonLines, kCsv };

// How the records of a file are decoded that stand for those of a topic: as plain rows of JSON,
// whatever the topic holds. A column of CSV is called as its field, wherever a topic has it.
DecoderOptions HistoryDecoderOptions(DecoderOptions topic, HistoryFormat format);

class HistoryFile {
 public:
  // NotFound when it cannot be read; InvalidArgument when a CSV file has no line of names.
  // REQUIRES: the options outlive this.
  static absl::StatusOr<std::unique_ptr<HistoryFile>> Open(const std::string& path,
                                                           HistoryFormat format,
                                                           const DecoderOptions& options);

  // Puts the next record's value into *json; false at the end. DataLoss when reading fails.
  absl::StatusOr<bool> Next(std::string* json);

 private:
  struct Column {
    std::string quoted_name;  // as JSON; empty: not read
    Type type = Type::kString;
  };
  struct Cell {
    std::string text;
    bool quoted = false;
  };

  HistoryFile(std::string path, HistoryFormat format, const DecoderOptions& options);
  absl::Status ReadNames();
  // The cells of the next line that is not empty; its text stays in line_. False at the end.
  bool ReadCells();
  bool ReadLine();

  const std::string path_;
  const HistoryFormat format_;
  const DecoderOptions& options_;
  std::ifstream in_;
  std::vector<Column> columns_;
  std::string line_;
  std::vector<Cell> cells_;
};

}  // namespace millrace

#endif  // MILLRACE_STREAM_HISTORY_HISTORY_FILE_H_
