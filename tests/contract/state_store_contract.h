// The contract of stream/state_store.h as a test suite. Every implementation of StateStore runs it:
//
//   INSTANTIATE_TEST_SUITE_P(Memory, StateStoreContract, ::testing::Values(StateStoreCase{…}),
//                            StateStoreCaseName());
//
// in a test target whose SRCS name state_store_contract.cc beside its own file.

#ifndef MILLRACE_TESTS_CONTRACT_STATE_STORE_CONTRACT_H_
#define MILLRACE_TESTS_CONTRACT_STATE_STORE_CONTRACT_H_

#include <functional>
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "stream/state_store.h"

namespace millrace {

// One store as a test sees it. Owned by one thread.
class StateStoreUnderTest {
 public:
  virtual ~StateStoreUnderTest() = default;
  // Valid until Reopen or destruction.
  virtual StateStore& store() = 0;
  // Closes the store and opens it again on what it stored.
  virtual void Reopen() = 0;
};

struct StateStoreCase {
  std::string name;  // letters and digits
  std::function<std::unique_ptr<StateStoreUnderTest>()> make;
};

struct StateStoreCaseName {
  std::string operator()(const ::testing::TestParamInfo<StateStoreCase>& info) const {
    return info.param.name;
  }
};

class StateStoreContract : public ::testing::TestWithParam<StateStoreCase> {
 protected:
  void SetUp() override { subject_ = GetParam().make(); }
  StateStore& store() { return subject_->store(); }

  std::unique_ptr<StateStoreUnderTest> subject_;
};

}  // namespace millrace

#endif  // MILLRACE_TESTS_CONTRACT_STATE_STORE_CONTRACT_H_
