#include "stream/expr/utf8.h"

namespace millrace {
namespace {

// Length of the sequence at the front of `text`, or 0 when it is not valid. REQUIRES: not empty.
size_t SequenceLength(absl::string_view text) {
  const auto byte = [text](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  // The second byte's range excludes overlong forms, surrogates and what is beyond U+10FFFF.
  unsigned low = 0x80;
  unsigned high = 0xbf;
  size_t length;
  if (first >= 0xc2 && first <= 0xdf) {
    length = 2;
  } else if (first >= 0xe0 && first <= 0xef) {
    length = 3;
    if (first == 0xe0) low = 0xa0;
    if (first == 0xed) high = 0x9f;
  } else if (first >= 0xf0 && first <= 0xf4) {
    length = 4;
    if (first == 0xf0) low = 0x90;
    if (first == 0xf4) high = 0x8f;
  } else {
    return 0;
  }
  if (text.size() < length || byte(1) < low || byte(1) > high) return 0;
  for (size_t i = 2; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  return length;
}

}  // namespace

size_t ValidUtf8Prefix(absl::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    const size_t length = SequenceLength(text.substr(at));
    if (length == 0) return at;
    at += length;
  }
  return at;
}

int64_t CountCodePoints(absl::string_view text) {
  int64_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  return count;
}

bool AppendUtf8(uint32_t code_point, std::string* out) {
  const auto put = [out](uint32_t byte) { out->push_back(static_cast<char>(byte)); };
  const auto tail = [&](int shift) { put(0x80 | ((code_point >> shift) & 0x3f)); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xc0 | (code_point >> 6));
    tail(0);
  } else if (code_point < 0x10000) {
    if (code_point >= 0xd800 && code_point <= 0xdfff) return false;
    put(0xe0 | (code_point >> 12));
    tail(6);
    tail(0);
  } else if (code_point <= 0x10ffff) {
    put(0xf0 | (code_point >> 18));
    tail(12);
    tail(6);
    tail(0);
  } else {
    return false;
  }
  return true;
}

}  // namespace millrace
