// Bytes made by tools that are not ours: golden/make_golden.py says by which, and makes them again.

#ifndef MILLRACE_TESTS_STREAM_DECODE_GOLDEN_BYTES_H_
#define MILLRACE_TESTS_STREAM_DECODE_GOLDEN_BYTES_H_

#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/escaping.h"

namespace millrace {

inline std::string Bytes(const char* hex) { return absl::HexStringToBytes(hex); }

// A schema beside make_golden.py.
inline std::string GoldenFile(const std::string& name) {
  std::ifstream in(std::string(MILLRACE_SOURCE_DIR) + "/tests/stream/decode/golden/" + name,
                   std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

inline constexpr char kAvroFull[] =
    "026e02026d000d1800000000000004400000003f0102085a6fc3ab0400ff02f6a5edd8fe4e0280a9f095e68de904b4"
    "f50180b8fbde1b06ed29790000000000003a984838393739313736322d323333362d343138362d393637342d323939"
    "623930613830326532060202610002026200040278027900060000803f000000bf0000404000040279000000000000"
    "00400278000000000000f83f0002084265726e0252";
inline constexpr char kAvroNulls[] =
    "026e02026d000d1800000000000004400000003f01000400ff02f6a5edd8fe4e00b4f50180b8fbde1b06ed29790000"
    "000000003a984838393739313736322d323333362d343138362d393637342d32393962393061383032653200040278"
    "02790006000000000000000000000000000000";
inline constexpr char kAvroChange[] = "02020208416e6e65d00f020200d00f0275020a";
inline constexpr char kAvroDeletion[] = "02020208416e6e65d00f00026400";
inline constexpr char kProtoFull[] =
    "08f9ffffffffffffffff01100c190000000000000440250000003f280132045a6fc3ab3a0200ff40014a0b08a0e78a"
    "870510959aef3a521608ffffffffffffffffff011080b6ca91feffffffff0158ffffffffffffffff7f600569050000"
    "000000000075faffffff7a0082010161820101628a010d01ffffffffffffffffff01ac02920118000000000000f03f"
    "000000000000e0bf00000000000008409a010c0a01791100000000000000409a010c0a017811000000000000f83fa2"
    "01100a044265726e10291a060a0464656570aa010476697361c201020100c20c0a6e6f742077616e746564";

}  // namespace millrace

#endif  // MILLRACE_TESTS_STREAM_DECODE_GOLDEN_BYTES_H_
