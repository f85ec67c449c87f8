// A transactional producer, such as an application of somebody else's may be, on the shared broker.
// What fails fails the test.

#ifndef MILLRACE_TESTS_INTEGRATION_TRANSACTIONS_H_
#define MILLRACE_TESTS_INTEGRATION_TRANSACTIONS_H_

#include <cstdint>
#include <string>

extern "C" {
struct rd_kafka_s;
}

namespace millrace {

// Owned by one thread.
class Transactions {
 public:
  Transactions();
  ~Transactions();
  Transactions(const Transactions&) = delete;
  Transactions& operator=(const Transactions&) = delete;

  void Begin();
  void Produce(const std::string& topic, const std::string& value);
  // Returns when what was produced is in the log.
  void Flush();
  void Commit();
  void Abort();

  // Deletes the records of partition 0 before `offset`.
  void DeleteBefore(const std::string& topic, int64_t offset);

 private:
  rd_kafka_s* rk_;
};

}  // namespace millrace

#endif  // MILLRACE_TESTS_INTEGRATION_TRANSACTIONS_H_
