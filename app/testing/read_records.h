// RecordReader: the records of a test case, from YAML or from JSON lines, with what they leave out
// filled in: partition 0, the next offset, the append time. One per case: offsets count from 0 in
// each. Thread-compatible; reads files, which may block.

#ifndef MILLRACE_APP_TESTING_READ_RECORDS_H_
#define MILLRACE_APP_TESTING_READ_RECORDS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "app/config/node.h"
#include "app/project.h"
#include "app/testing/node_reader.h"
#include "app/testing/test_file.h"
#include "stream/decode/decoder.h"

namespace millrace {

class RecordReader {
 public:
  // `directory`: where relative paths start. REQUIRES: the project and the reader outlive this.
  RecordReader(const Project& project, std::string directory, NodeReader* reader);

  // `defaults: {source: {…}}`: values of records that lack them. The later call wins.
  void AddDefaults(const ConfigNode& defaults);

  // Each reports what is wrong; a record that is wrong is left out.
  // `records:`, a list or the name of a file of JSON lines.
  void ReadAll(const ConfigNode& records, std::vector<TestStep>* steps);
  void ReadOne(const ConfigNode& node, std::vector<TestStep>* steps);

  // The sources of which records said `retract: true`.
  const std::set<int32_t>& retracting() const { return retracting_; }

 private:
  void ReadFile(const ConfigNode& name, std::vector<TestStep>* steps);
  // The bytes of key, value and headers.
  bool ReadContent(const ConfigNode& node, TestRecord* record);
  bool ReadHeaders(const ConfigNode& headers, TestRecord* record);
  bool ReadPosition(const ConfigNode& node, TestRecord* record);
  // Event time as the source sees it, and the append time.
  bool ReadTimes(const ConfigNode& node, TestRecord* record);
  std::string ValueJson(const ConfigNode& value, int32_t source) const;

  const Project& project_;
  const std::string directory_;
  NodeReader& read_;
  std::vector<std::string> source_names_;
  std::vector<ConfigNode> defaults_;                // by source
  std::vector<std::unique_ptr<Decoder>> decoders_;  // by source; null: derived
  std::set<int32_t> retracting_;
  std::map<std::pair<int32_t, int32_t>, int64_t> next_offset_;  // by source and partition
  // Of the records read so far.
  std::optional<int64_t> newest_appended_ms_;
};

}  // namespace millrace

#endif  // MILLRACE_APP_TESTING_READ_RECORDS_H_
