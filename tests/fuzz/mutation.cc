#include "tests/fuzz/mutation.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_split.h"

namespace millrace {

std::vector<std::string> DictionaryWords(absl::string_view dictionary) {
  std::vector<std::string> words;
  for (const absl::string_view line : absl::StrSplit(dictionary, '\n')) {
    const size_t begin = line.find('"'), end = line.rfind('"');
    if (line.empty() || line.front() == '#' || begin == absl::string_view::npos || begin == end) {
      continue;
    }
    std::string word;
    if (absl::CUnescape(line.substr(begin + 1, end - begin - 1), &word)) words.push_back(word);
  }
  return words;
}

std::string Mutation::Next() {
  std::string bytes = AnyOf(inputs_);
  for (uint64_t n = 1 + random_.Below(4); n > 0; --n) Change(&bytes);
  return bytes;
}

char Mutation::AnyByte() {
  // Those at which numbers, lengths and texts tend to break.
  constexpr unsigned char kSpecial[] = {0,   1,   2,   0x7f, 0x80, 0xff, 0xfe, ' ', '\n',
                                        '"', ',', '{', '}',  '[',  ']',  ':',  '-', '0'};
  return static_cast<char>(random_.Chance(0.5) ? random_.Below(256)
                                               : kSpecial[random_.Below(std::size(kSpecial))]);
}

void Mutation::Change(std::string* bytes) {
  const size_t at = random_.Below(bytes->size() + 1);
  switch (random_.Below(8)) {
    case 0:
      if (at < bytes->size()) (*bytes)[at] = AnyByte();
      break;
    case 1: bytes->insert(at, 1 + random_.Below(10), AnyByte()); break;
    case 2: bytes->erase(at, 1 + random_.Below(4)); break;
    case 3: bytes->resize(at); break;
    case 4:
      bytes->insert(at, bytes->substr(random_.Below(bytes->size() + 1), random_.Below(32)));
      break;
    case 5:
      if (!words_.empty()) bytes->insert(at, AnyOf(words_));
      break;
    case 6: {
      const std::string& other = AnyOf(inputs_);
      bytes->replace(at, std::string::npos, other, std::min(at, other.size()));
      break;
    }
    default: {
      const auto digit = std::find_if(bytes->begin() + static_cast<std::ptrdiff_t>(at),
                                      bytes->end(), absl::ascii_isdigit);
      if (digit == bytes->end()) break;
      const auto number = static_cast<int64_t>(random_.Bits()) >> random_.Below(64);
      bytes->replace(static_cast<size_t>(digit - bytes->begin()), 1, std::to_string(number));
    }
  }
}

}  // namespace millrace
