// Records for tests of inference: a sample of values, all at one time of the log unless said.

#ifndef MILLRACE_TESTS_APP_INFERENCE_SAMPLED_H_
#define MILLRACE_TESTS_APP_INFERENCE_SAMPLED_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "app/inference/record_sample.h"

namespace millrace {

inline constexpr int64_t kLogMs = 1'700'000'000'000;

inline Record RecordOf(const std::string& value, std::span<const Header> headers = {}) {
  Record record;
  record.value = value;
  record.headers = headers;
  record.timestamp_ms = record.append_ms = kLogMs;
  return record;
}

inline RecordSample SampleOf(const std::vector<std::string>& values) {
  RecordSample sample;
  for (const std::string& value : values) sample.Add(RecordOf(value));
  return sample;
}

}  // namespace millrace

#endif  // MILLRACE_TESTS_APP_INFERENCE_SAMPLED_H_
