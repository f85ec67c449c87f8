// EncodeState and DecodeState of aggregate_state.h.

#include <bit>
#include <cmath>

#include "core/coding.h"
#include "stream/aggregate_state.h"
#include "stream/exact_sum.h"
#include "stream/expansion_words.h"

namespace millrace {
namespace {

constexpr size_t kMaxComponents = 64;

void PutVarint128(std::string* out, unsigned __int128 v) {
  while (v >= 0x80) {
    out->push_back(static_cast<char>(static_cast<unsigned char>(v) | 0x80));
    v >>= 7;
  }
  out->push_back(static_cast<char>(v));
}

bool GetVarint128(absl::string_view* in, unsigned __int128* v) {
  *v = 0;
  for (unsigned shift = 0; shift < 128; shift += 7) {
    if (in->empty()) return false;
    const auto byte = static_cast<unsigned char>(in->front());
    in->remove_prefix(1);
    if (shift == 126 && byte > 3) return false;
    *v |= static_cast<unsigned __int128>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return true;
  }
  return false;
}

void PutIntSum(const uint64_t* word, std::string* out) {
  const auto v = static_cast<unsigned __int128>(word[1]) << 64 | word[0];
  const bool negative = word[1] >> 63 != 0;
  PutVarint128(out, (v << 1) ^ (negative ? ~static_cast<unsigned __int128>(0) : 0));
}

bool GetIntSum(absl::string_view* in, uint64_t* word) {
  unsigned __int128 zigzag;
  if (!GetVarint128(in, &zigzag)) return false;
  const unsigned __int128 v =
      (zigzag >> 1) ^ ((zigzag & 1) != 0 ? ~static_cast<unsigned __int128>(0) : 0);
  word[0] = static_cast<uint64_t>(v);
  word[1] = static_cast<uint64_t>(v >> 64);
  return true;
}

void PutDoubleSum(const uint64_t* word, const BlobList& blobs, std::string* out) {
  PutVarint(out, word[0]);
  Expansion sum;
  LoadExpansion(word, blobs, &sum);
  PutVarint(out, sum.size());
  for (const double component : sum) PutDouble(out, component);
}

bool GetDoubleSum(absl::string_view* in, uint64_t* word, BlobList* blobs) {
  uint64_t components;
  if (!GetVarint(in, &word[0]) || !GetVarint(in, &components)) return false;
  if (components > kMaxComponents) return false;
  Expansion sum(components);
  for (double& component : sum) {
    // Sums stay far below the largest double; whatever does not is damage.
    if (!GetDouble(in, &component) || !(std::fabs(component) < 0x1p1023)) return false;
  }
  StoreExpansion(sum, word, blobs);
  return true;
}

bool GetBlob(absl::string_view* in, uint64_t* word, BlobList* blobs) {
  absl::string_view bytes;
  if (!GetLengthPrefixed(in, &bytes)) return false;
  blobs->emplace_back(bytes.data(), bytes.size());
  *word = blobs->size();
  return true;
}

void PutNumber(uint64_t word, Type type, std::string* out) {
  if (type == Type::kDouble) {
    PutBig64(out, word);
  } else {
    PutSignedVarint(out, static_cast<int64_t>(word));
  }
}

bool GetNumber(absl::string_view* in, Type type, uint64_t* word) {
  if (type == Type::kDouble) return GetBig64(in, word);
  int64_t v;
  if (!GetSignedVarint(in, &v)) return false;
  *word = static_cast<uint64_t>(v);
  return true;
}

void PutTime(uint64_t time, int64_t base_ms, std::string* out) {
  PutSignedVarint(out, static_cast<int64_t>(time) - base_ms);
}
bool GetTime(absl::string_view* in, int64_t base_ms, uint64_t* time) {
  int64_t relative;
  if (!GetSignedVarint(in, &relative)) return false;
  *time = static_cast<uint64_t>(relative) + static_cast<uint64_t>(base_ms);
  return true;
}

}  // namespace

void EncodeState(const StateLayout& layout, const uint64_t* words, const BlobList& blobs,
                 int64_t base_ms, std::string* out) {
  PutVarint(out, words[0]);
  if (words[0] == 0) return;
  PutTime(words[1], base_ms, out);
  PutTime(words[2], base_ms, out);
  for (int f = 1; f < layout.filters(); ++f) {
    const uint64_t* word = words + layout.filter_word(f);
    PutVarint(out, word[0]);
    if (word[0] != 0) PutTime(word[1], base_ms, out);
  }
  for (size_t c = 0; c < layout.columns().size(); ++c) {
    PutVarint(out, words[layout.column_word(static_cast<int>(c))]);
  }
  for (const StateOp& op : layout.ops()) {
    if (op.kind == StateOpKind::kColumn || op.kind == StateOpKind::kFilter) break;
    if (words[op.n_word] == 0) continue;
    const uint64_t* word = words + op.word;
    const Type type = layout.columns()[op.index].type;
    switch (op.kind) {
      case StateOpKind::kIntSum: PutIntSum(word, out); break;
      case StateOpKind::kDoubleSum: PutDoubleSum(word, blobs, out); break;
      case StateOpKind::kMinBytes:
      case StateOpKind::kMaxBytes: PutLengthPrefixed(out, blobs[*word - 1]); break;
      case StateOpKind::kLast:
      case StateOpKind::kLastBytes:
        PutTime(word[0], base_ms, out);
        PutVarint(out, word[1] >> 32);
        PutVarint(out, word[1] & 0xffffffffu);
        PutSignedVarint(out, static_cast<int64_t>(word[2]));
        if (op.kind == StateOpKind::kLast) {
          PutNumber(word[3], type, out);
        } else {
          PutLengthPrefixed(out, blobs[word[3] - 1]);
        }
        break;
      default: PutNumber(*word, type, out);
    }
  }
}

bool DecodeState(const StateLayout& layout, int64_t base_ms, absl::string_view* in, uint64_t* words,
                 BlobList* blobs) {
  ResetState(layout, words);
  if (!GetVarint(in, &words[0])) return false;
  if (words[0] == 0) return true;
  if (!GetTime(in, base_ms, &words[1]) || !GetTime(in, base_ms, &words[2])) return false;
  for (int f = 1; f < layout.filters(); ++f) {
    uint64_t* word = words + layout.filter_word(f);
    if (!GetVarint(in, &word[0])) return false;
    if (word[0] != 0 && !GetTime(in, base_ms, &word[1])) return false;
  }
  for (size_t c = 0; c < layout.columns().size(); ++c) {
    if (!GetVarint(in, &words[layout.column_word(static_cast<int>(c))])) return false;
  }
  for (const StateOp& op : layout.ops()) {
    if (op.kind == StateOpKind::kColumn || op.kind == StateOpKind::kFilter) break;
    if (words[op.n_word] == 0) continue;
    uint64_t* word = words + op.word;
    const Type type = layout.columns()[op.index].type;
    bool ok = false;
    switch (op.kind) {
      case StateOpKind::kIntSum: ok = GetIntSum(in, word); break;
      case StateOpKind::kDoubleSum: ok = GetDoubleSum(in, word, blobs); break;
      case StateOpKind::kMinBytes:
      case StateOpKind::kMaxBytes: ok = GetBlob(in, word, blobs); break;
      case StateOpKind::kLast:
      case StateOpKind::kLastBytes: {
        uint64_t source, partition;
        int64_t offset;
        ok = GetTime(in, base_ms, &word[0]) && GetVarint(in, &source) && source <= 0x7fffffff &&
             GetVarint(in, &partition) && partition <= 0x7fffffff && GetSignedVarint(in, &offset);
        if (!ok) return false;
        word[1] = source << 32 | partition;
        word[2] = static_cast<uint64_t>(offset);
        ok = op.kind == StateOpKind::kLast ? GetNumber(in, type, &word[3])
                                           : GetBlob(in, &word[3], blobs);
        break;
      }
      default: ok = GetNumber(in, type, word);
    }
    if (!ok) return false;
  }
  return true;
}

}  // namespace millrace
