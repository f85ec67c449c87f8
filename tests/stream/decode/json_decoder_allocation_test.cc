// Replaces the process's operator new, in all its forms, to count what a warm decoder asks for.

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "stream/decode/decoder.h"

namespace {

std::atomic<int64_t> allocations{0};

void* Allocate(size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return std::malloc(size == 0 ? 1 : size);
}

void* AllocateOrAbort(size_t size) {
  if (void* memory = Allocate(size)) return memory;
  std::abort();
}

}  // namespace

void* operator new(size_t size) { return AllocateOrAbort(size); }
void* operator new[](size_t size) { return AllocateOrAbort(size); }
void* operator new(size_t size, const std::nothrow_t&) noexcept { return Allocate(size); }
void* operator new[](size_t size, const std::nothrow_t&) noexcept { return Allocate(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t) noexcept { std::free(memory); }

namespace millrace {
namespace {

TEST(JsonDecoder, DecodesWithoutAllocatingOnceWarm) {
  DecoderOptions options;
  options.schema = {{{"i", Type::kInt},
                     {"x", Type::kDouble},
                     {"s", Type::kString},
                     {"at", Type::kTimestamp},
                     {"raw", Type::kBytes}}};
  options.time_field = "ts";
  options.time_unit = TimeUnit::kRfc3339;
  const auto decoder = MakeDecoder(std::move(options));
  const std::string text =
      R"({"ts": "2013-01-01T10:00:00.5Z", "i": 1, "x": 2.5, "s": "a string with \u00e9 escapes",
          "at": "2013-01-01T10:00:00Z", "raw": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYX", "o": [1, {}]})";
  Record record;
  record.value = text;
  DecodedRecord out;
  ASSERT_FALSE(decoder->Decode(record, &out).has_value());
  ASSERT_FALSE(decoder->Decode(record, &out).has_value());
  const int64_t before = allocations.load();
  for (int i = 0; i < 100; ++i) ASSERT_FALSE(decoder->Decode(record, &out).has_value());
  EXPECT_EQ(allocations.load(), before);
}

}  // namespace
}  // namespace millrace
