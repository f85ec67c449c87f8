#include "stream/embedded/retention_filter.h"

#include <algorithm>
#include <utility>

#include "absl/strings/string_view.h"
#include "core/coding.h"

namespace millrace {
namespace {

class RetentionFilter final : public rocksdb::CompactionFilter {
 public:
  explicit RetentionFilter(LogBegins::ByPrefix begins) : begins_(std::move(begins)) {}

  bool Filter(int, const rocksdb::Slice& key, const rocksdb::Slice&, std::string*,
              bool*) const override {
    if (key.size() != kPartitionPrefixBytes + 8 || key[0] != 'b') return false;
    absl::string_view rest(key.data(), key.size());
    const auto it = begins_.find(rest.substr(0, kPartitionPrefixBytes));
    if (it == begins_.end()) return false;
    rest.remove_prefix(kPartitionPrefixBytes);
    uint64_t offset;
    return GetBig64(&rest, &offset) && static_cast<int64_t>(offset) < it->second;
  }
  const char* Name() const override { return "millrace.EmbeddedLogRetention"; }

 private:
  const LogBegins::ByPrefix begins_;
};

class RetentionFilterFactory final : public rocksdb::CompactionFilterFactory {
 public:
  explicit RetentionFilterFactory(std::shared_ptr<const LogBegins> begins)
      : begins_(std::move(begins)) {}

  std::unique_ptr<rocksdb::CompactionFilter> CreateCompactionFilter(
      const rocksdb::CompactionFilter::Context&) override {
    return std::make_unique<RetentionFilter>(begins_->Copy());
  }
  const char* Name() const override { return "millrace.EmbeddedLogRetention"; }

 private:
  const std::shared_ptr<const LogBegins> begins_;
};

}  // namespace

void LogBegins::Set(const std::string& prefix, int64_t begin) {
  absl::MutexLock lock(&mutex_);
  int64_t& known = begins_[prefix];
  known = std::max(known, begin);
}

LogBegins::ByPrefix LogBegins::Copy() const {
  absl::MutexLock lock(&mutex_);
  return begins_;
}

std::shared_ptr<rocksdb::CompactionFilterFactory> MakeRetentionFilterFactory(
    std::shared_ptr<const LogBegins> begins) {
  return std::make_shared<RetentionFilterFactory>(std::move(begins));
}

}  // namespace millrace
