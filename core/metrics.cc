#include "core/metrics.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "core/check.h"
#include "core/double_text.h"

namespace millrace {
namespace {

// [a-zA-Z_][a-zA-Z0-9_]*: valid for metrics and for labels (we use no colons).
bool IsName(absl::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

// `a="x",b="y"`, sorted by label name so that one set of labels has one rendering.
std::string Render(Labels labels) {
  std::sort(labels.begin(), labels.end());
  return absl::StrJoin(labels, ",", [](std::string* out, const auto& label) {
    CHECK(IsName(label.first));
    absl::StrAppend(
        out, label.first, "=\"",
        absl::StrReplaceAll(label.second, {{"\\", "\\\\"}, {"\"", "\\\""}, {"\n", "\\n"}}), "\"");
  });
}

void AppendSample(std::string* out, absl::string_view name, absl::string_view suffix,
                  absl::string_view labels, const absl::AlphaNum& value) {
  absl::StrAppend(out, name, suffix);
  if (!labels.empty()) absl::StrAppend(out, "{", labels, "}");
  absl::StrAppend(out, " ", value, "\n");
}

void AppendHistogram(std::string* out, absl::string_view name, absl::string_view labels,
                     const Histogram& histogram) {
  const absl::string_view comma = labels.empty() ? "" : ",";
  const auto bounds = histogram.bounds();
  // Read in order of the bounds while others observe: a later, larger bucket may have grown
  // meanwhile, never shrunk; taking the maximum keeps the written buckets cumulative.
  uint64_t count = 0;
  for (size_t i = 0; i <= bounds.size(); ++i) {
    count = std::max(count, histogram.CumulativeCount(i));
    const std::string bound = i < bounds.size() ? DoubleText(bounds[i]) : "+Inf";
    AppendSample(out, name, "_bucket", absl::StrCat(labels, comma, "le=\"", bound, "\""), count);
  }
  AppendSample(out, name, "_sum", labels, DoubleText(histogram.sum()));
  AppendSample(out, name, "_count", labels, count);
}

}  // namespace

Histogram::Histogram(std::vector<double> bounds)
    : bounds_(std::move(bounds)), counts_(bounds_.size() + 1) {
  CHECK(std::is_sorted(bounds_.begin(), bounds_.end()));
}

void Histogram::Observe(double v) {
  const auto bound = std::lower_bound(bounds_.begin(), bounds_.end(), v);
  counts_[static_cast<size_t>(bound - bounds_.begin())].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(v, std::memory_order_relaxed);
}

uint64_t Histogram::CumulativeCount(size_t i) const {
  CHECK(i < counts_.size());
  uint64_t count = 0;
  for (size_t j = 0; j <= i; ++j) count += counts_[j].load(std::memory_order_relaxed);
  return count;
}

std::vector<double> LatencyBounds() {
  return {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
          0.05,   0.1,     0.25,   0.5,   1,      2.5,   5,    10};
}

Registry::Family& Registry::GetFamily(absl::string_view name, absl::string_view help, Kind kind) {
  CHECK(IsName(name));
  auto [it, inserted] = families_.try_emplace(std::string(name));
  Family& family = it->second;
  if (inserted) {
    family.kind = kind;
    family.help = std::string(help);
  }
  CHECK(family.kind == kind);
  CHECK(family.help == help);
  return family;
}

Counter& Registry::GetCounter(absl::string_view name, absl::string_view help,
                              const Labels& labels) {
  absl::MutexLock lock(&mutex_);
  auto& counter = GetFamily(name, help, Kind::kCounter).counters[Render(labels)];
  if (counter == nullptr) counter = std::make_unique<Counter>();
  return *counter;
}

Gauge& Registry::GetGauge(absl::string_view name, absl::string_view help, const Labels& labels) {
  absl::MutexLock lock(&mutex_);
  auto& gauge = GetFamily(name, help, Kind::kGauge).gauges[Render(labels)];
  if (gauge == nullptr) gauge = std::make_unique<Gauge>();
  return *gauge;
}

Histogram& Registry::GetHistogram(absl::string_view name, absl::string_view help,
                                  std::vector<double> bounds, const Labels& labels) {
  absl::MutexLock lock(&mutex_);
  auto& histogram = GetFamily(name, help, Kind::kHistogram).histograms[Render(labels)];
  if (histogram == nullptr) histogram = std::make_unique<Histogram>(std::move(bounds));
  return *histogram;
}

std::string Registry::Text() const {
  absl::MutexLock lock(&mutex_);
  std::string out;
  for (const auto& [name, family] : families_) {
    const absl::string_view type = family.kind == Kind::kCounter ? "counter"
                                   : family.kind == Kind::kGauge ? "gauge"
                                                                 : "histogram";
    absl::StrAppend(&out, "# HELP ", name, " ",
                    absl::StrReplaceAll(family.help, {{"\\", "\\\\"}, {"\n", "\\n"}}), "\n# TYPE ",
                    name, " ", type, "\n");
    for (const auto& [labels, counter] : family.counters) {
      AppendSample(&out, name, "", labels, counter->value());
    }
    for (const auto& [labels, gauge] : family.gauges) {
      AppendSample(&out, name, "", labels, DoubleText(gauge->value()));
    }
    for (const auto& [labels, histogram] : family.histograms) {
      AppendHistogram(&out, name, labels, *histogram);
    }
  }
  return out;
}

}  // namespace millrace
