// How libFuzzer calls a target.

#include <cstddef>
#include <cstdint>

#include "tests/fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  millrace::FuzzTarget({reinterpret_cast<const char*>(data), size});
  return 0;
}
