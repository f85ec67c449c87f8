#include "core/status_macros.h"

#include <memory>

#include "gtest/gtest.h"

namespace millrace {
namespace {

absl::Status Pass(absl::Status status, int* reached) {
  RETURN_IF_ERROR(status);
  ++*reached;
  RETURN_IF_ERROR(absl::OkStatus());
  return absl::OkStatus();
}

absl::StatusOr<int> Sum(absl::StatusOr<std::unique_ptr<int>> a, absl::StatusOr<int> b) {
  ASSIGN_OR_RETURN(const std::unique_ptr<int> first, std::move(a));
  int second = 0;
  ASSIGN_OR_RETURN(second, b);
  return *first + second;
}

TEST(ReturnIfError, ReturnsErrorsAndFallsThroughOnOk) {
  int reached = 0;
  EXPECT_TRUE(Pass(absl::OkStatus(), &reached).ok());
  EXPECT_EQ(reached, 1);
  EXPECT_EQ(Pass(absl::DataLossError("x"), &reached), absl::DataLossError("x"));
  EXPECT_EQ(reached, 1);
}

TEST(AssignOrReturn, AssignsMovedValuesAndReturnsErrors) {
  EXPECT_EQ(*Sum(std::make_unique<int>(1), 2), 3);
  EXPECT_EQ(Sum(absl::NotFoundError("a"), 2).status(), absl::NotFoundError("a"));
  EXPECT_EQ(Sum(std::make_unique<int>(1), absl::InternalError("b")).status(),
            absl::InternalError("b"));
}

}  // namespace
}  // namespace millrace
