// count, sum, mean, ratio and rate: signed sums in exact integers, rounded once.

#include <limits>

#include "core/check.h"
#include "tests/oracle/aggregate.h"
#include "tests/oracle/exact.h"

namespace millrace::oracle {
namespace {

int64_t SignedCount(std::span<const Item> items) {
  int64_t n = 0;
  for (const Item& item : items) n += item.sign;
  return n;
}

struct SignedSum {
  Integer sum = 0;
  int exponent = 0;
  int64_t n = 0;
};

SignedSum SumOf(std::span<const Item> items) {
  std::vector<Datum> numbers;
  for (const Item& item : items) numbers.push_back(item.x);
  const Exact exact = ToExact(numbers);
  SignedSum result;
  result.exponent = exact.exponent;
  for (size_t i = 0; i < items.size(); ++i) {
    result.sum += items[i].sign * exact.values[i];
    result.n += items[i].sign;
  }
  return result;
}

Answer Sum(std::span<const Item> items) {
  const SignedSum total = SumOf(items);
  if (total.n <= 0) return Undefined();
  if (items[0].x.As<int64_t>() == nullptr) {
    return Present(Datum(Rounded(total.sum, 1, total.exponent)));
  }
  if (total.sum > std::numeric_limits<int64_t>::max() ||
      total.sum < std::numeric_limits<int64_t>::min()) {
    return Overflow();
  }
  return Present(Datum(static_cast<int64_t>(total.sum)));
}

Answer Mean(std::span<const Item> items) {
  const SignedSum total = SumOf(items);
  if (total.n <= 0) return Undefined();
  return Present(Datum(Rounded(total.sum, total.n, total.exponent)));
}

Answer Ratio(std::span<const Item> items) {
  int64_t passing = 0;
  for (const Item& item : items) passing += item.passes ? item.sign : 0;
  const int64_t all = SignedCount(items);
  if (all <= 0) return Undefined();
  return Present(Datum(Rounded(passing, all, 0)));
}

Answer Rate(const Feature& feature, std::span<const Item> items) {
  CHECK(feature.window.size_ms > 0);
  return Present(Datum(Rounded(Integer(SignedCount(items)) * 1000, feature.window.size_ms, 0)));
}

}  // namespace

Answer SumFamily(const Feature& feature, std::span<const Item> items) {
  if (feature.aggregation == "count") return Present(Datum(SignedCount(items)));
  if (feature.aggregation == "sum") return Sum(items);
  if (feature.aggregation == "mean") return Mean(items);
  if (feature.aggregation == "ratio") return Ratio(items);
  return Rate(feature, items);
}

}  // namespace millrace::oracle
