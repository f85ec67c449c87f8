// Snapshot<T>: the one way what changes live (a model, a configuration, a catalog) reaches its
// readers. A writer publishes an immutable value; readers take the current one and keep it as long
// as they hold the pointer. Publishing never waits for readers. Thread-safe.

#ifndef MILLRACE_CORE_SNAPSHOT_H_
#define MILLRACE_CORE_SNAPSHOT_H_

#include <atomic>
#include <memory>
#include <utility>

namespace millrace {

template <typename T>
class Snapshot {
 public:
  Snapshot() = default;
  explicit Snapshot(std::shared_ptr<const T> initial) : current_(std::move(initial)) {}
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  void Publish(std::shared_ptr<const T> next) { current_.store(std::move(next)); }
  // Null until the first Publish.
  std::shared_ptr<const T> Read() const { return current_.load(); }

 private:
  std::atomic<std::shared_ptr<const T>> current_;
};

}  // namespace millrace

#endif  // MILLRACE_CORE_SNAPSHOT_H_
