#include "app/descriptors.h"

#include "gtest/gtest.h"

namespace millrace {
namespace {

TEST(ConnectionsWithin, LeavesTheDatabasesTheirs) {
  const ConnectionLimits plenty = ConnectionsWithin(65536);
  EXPECT_EQ(plenty.http, ConnectionLimits().http);
  EXPECT_EQ(plenty.grpc, ConnectionLimits().grpc);
  for (const size_t descriptors : {1400u, 1500u, 2000u, 2700u}) {
    const ConnectionLimits limits = ConnectionsWithin(descriptors);
    EXPECT_LE(limits.http + 2 * limits.grpc + 1280, descriptors);
  }
  EXPECT_EQ(ConnectionsWithin(256).http, 8u);
  EXPECT_EQ(ConnectionsWithin(256).grpc, 8u);
}

}  // namespace
}  // namespace millrace
