#include "core/metrics.h"

#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

using ::testing::HasSubstr;

TEST(Metrics, TextIsPrometheusFormatInAStableOrder) {
  Registry registry;
  registry.GetGauge("millrace_b_age_seconds", "Age.").Set(1.5);
  registry.GetCounter("millrace_a_records_total", "Records.", {{"topic", "z"}}).Add(3);
  registry.GetCounter("millrace_a_records_total", "Records.", {{"topic", "a"}}).Add();
  Histogram& histogram =
      registry.GetHistogram("millrace_c_seconds", "Time.", {0.5, 2}, {{"path", "x"}});
  histogram.Observe(0.5);  // a bound belongs to its bucket
  histogram.Observe(1);
  histogram.Observe(7);
  EXPECT_EQ(registry.Text(),
            "# HELP millrace_a_records_total Records.\n"
            "# TYPE millrace_a_records_total counter\n"
            "millrace_a_records_total{topic=\"a\"} 1\n"
            "millrace_a_records_total{topic=\"z\"} 3\n"
            "# HELP millrace_b_age_seconds Age.\n"
            "# TYPE millrace_b_age_seconds gauge\n"
            "millrace_b_age_seconds 1.5\n"
            "# HELP millrace_c_seconds Time.\n"
            "# TYPE millrace_c_seconds histogram\n"
            "millrace_c_seconds_bucket{path=\"x\",le=\"0.5\"} 1\n"
            "millrace_c_seconds_bucket{path=\"x\",le=\"2\"} 2\n"
            "millrace_c_seconds_bucket{path=\"x\",le=\"+Inf\"} 3\n"
            "millrace_c_seconds_sum{path=\"x\"} 8.5\n"
            "millrace_c_seconds_count{path=\"x\"} 3\n");
}

TEST(Metrics, HistogramWithoutLabelsHasOnlyTheBound) {
  Registry registry;
  registry.GetHistogram("millrace_c_seconds", "Time.", {1}).Observe(0);
  EXPECT_THAT(registry.Text(), HasSubstr("millrace_c_seconds_bucket{le=\"1\"} 1\n"));
  EXPECT_THAT(registry.Text(), HasSubstr("\nmillrace_c_seconds_count 1\n"));
}

TEST(Metrics, EscapesLabelValuesAndHelp) {
  Registry registry;
  registry.GetGauge("millrace_x", "Two\nlines \\ one", {{"k", "a\"b\\c\nd"}});
  EXPECT_EQ(registry.Text(),
            "# HELP millrace_x Two\\nlines \\\\ one\n"
            "# TYPE millrace_x gauge\n"
            "millrace_x{k=\"a\\\"b\\\\c\\nd\"} 0\n");
}

TEST(Metrics, SameNameAndLabelsAreTheSameObjectInAnyLabelOrder) {
  Registry registry;
  Counter& first = registry.GetCounter("millrace_x_total", "X.", {{"a", "1"}, {"b", "2"}});
  Counter& again = registry.GetCounter("millrace_x_total", "X.", {{"b", "2"}, {"a", "1"}});
  Counter& other = registry.GetCounter("millrace_x_total", "X.", {{"a", "1"}, {"b", "3"}});
  EXPECT_EQ(&first, &again);
  EXPECT_NE(&first, &other);
}

TEST(Metrics, CountersAndHistogramsLoseNothingBetweenThreads) {
  Registry registry;
  Counter& counter = registry.GetCounter("millrace_x_total", "X.");
  Histogram& histogram = registry.GetHistogram("millrace_x_seconds", "X.", {1, 2});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10000; ++i) {
        counter.Add();
        histogram.Observe(i % 4);
      }
    });
  }
  const std::string during = registry.Text();  // never torn, whatever it catches
  for (auto& thread : threads) thread.join();
  EXPECT_THAT(during, HasSubstr("millrace_x_seconds_count "));
  EXPECT_EQ(counter.value(), 40000u);
  EXPECT_EQ(histogram.CumulativeCount(0), 20000u);
  EXPECT_EQ(histogram.CumulativeCount(1), 30000u);
  EXPECT_EQ(histogram.CumulativeCount(2), 40000u);
  EXPECT_EQ(histogram.sum(), 60000.0);
}

TEST(Metrics, LatencyBoundsAscendFrom100MicrosecondsTo10Seconds) {
  const std::vector<double> bounds = LatencyBounds();
  EXPECT_EQ(bounds.front(), 1e-4);
  EXPECT_EQ(bounds.back(), 10);
  EXPECT_TRUE(std::is_sorted(bounds.begin(), bounds.end()));
}

TEST(MetricsDeathTest, OneNameHasOneKindAndOneHelp) {
  Registry registry;
  registry.GetCounter("millrace_x_total", "X.");
  EXPECT_DEATH(registry.GetGauge("millrace_x_total", "X."), "broken invariant");
  EXPECT_DEATH(registry.GetCounter("millrace_x_total", "Y."), "broken invariant");
  EXPECT_DEATH(registry.GetCounter("millrace-x", "X."), "broken invariant");
}

}  // namespace
}  // namespace millrace
