// RocksStateStore: the durable StateStore, a RocksDB with one column family. Thread-safe.
//
// A commit is one write batch in the write-ahead log: a killed process loses none; after a loss of
// power the store is whole up to some commit (StateDurability::kProcess) or up to the last
// acknowledged one (kPowerLoss). Damaged bytes are refused, never served.

#ifndef MILLRACE_FEATURESTORE_ROCKS_ROCKS_STATE_STORE_H_
#define MILLRACE_FEATURESTORE_ROCKS_ROCKS_STATE_STORE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "stream/state_store.h"

namespace millrace {

enum class StateDurability : uint8_t {
  kProcess,    // survives the end of the process
  kPowerLoss,  // also the end of the machine: synced before it is acknowledged
};

struct RocksStateOptions {
  std::string path;  // a directory, created if need be (not its parents)
  StateDurability durability = StateDurability::kProcess;
  // What RocksDB may hold: block cache and write buffers together.
  int64_t memory_bytes = 256 << 20;
};

// The most that the directory takes for rows of so many bytes, keys and values: twice the rows, as
// what was replaced stays until files are merged; and what is new, a write-ahead log of all write
// buffers and the files that wait to be merged. Compression is left out. `memory_bytes` as above.
double MostDirectoryBytes(double row_bytes, int64_t memory_bytes);

// Errors: Aborted (in use by another process, or by this one), DataLoss (damaged),
// ResourceExhausted (no room), Unavailable (other I/O errors).
absl::StatusOr<std::unique_ptr<StateStore>> OpenRocksStateStore(const RocksStateOptions& options);

}  // namespace millrace

#endif  // MILLRACE_FEATURESTORE_ROCKS_ROCKS_STATE_STORE_H_
