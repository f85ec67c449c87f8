#include "stream/expr/scratch.h"

#include <algorithm>
#include <cstring>

namespace millrace {

Scratch::Scratch(std::string* bytes) : bytes_(bytes) {
  constexpr size_t kLeastBytes = 64;
  const size_t size = std::max(bytes_->capacity(), kLeastBytes);
  if (bytes_->size() != size) bytes_->resize(size);
  base_ = bytes_->data();
}

char* Scratch::Take(size_t size) {
  if (size > bytes_->size() - used_) {
    wanted_ = used_ + size;
    return nullptr;
  }
  char* const place = top();
  used_ += size;
  return place;
}

absl::string_view Scratch::Copy(absl::string_view text) {
  char* const place = Take(text.size());
  if (place == nullptr) return {};
  if (!text.empty()) std::memcpy(place, text.data(), text.size());
  return {place, text.size()};
}

bool Scratch::Grow() {
  if (wanted_ > kMaxBytes) return false;
  bytes_->resize(std::min(kMaxBytes, std::max(wanted_, 4 * bytes_->size())));
  base_ = bytes_->data();
  used_ = 0;
  wanted_ = 0;
  return true;
}

}  // namespace millrace
