#include "app/commands/embedded_text.h"

#include <cstddef>

extern "C" {
extern const char millrace_blank_config[], millrace_blank_config_end[];
extern const char millrace_flights_test[], millrace_flights_test_end[];
extern const char millrace_page_cli[], millrace_page_cli_end[];
extern const char millrace_page_sources[], millrace_page_sources_end[];
extern const char millrace_page_aggregations[], millrace_page_aggregations_end[];
extern const char millrace_page_formats[], millrace_page_formats_end[];
extern const char millrace_page_expressions[], millrace_page_expressions_end[];
extern const char millrace_page_windows[], millrace_page_windows_end[];
extern const char millrace_page_learners[], millrace_page_learners_end[];
extern const char millrace_page_http[], millrace_page_http_end[];
extern const char millrace_page_concepts[], millrace_page_concepts_end[];
extern const char millrace_page_metrics[], millrace_page_metrics_end[];
extern const char millrace_page_grpc[], millrace_page_grpc_end[];
extern const char millrace_page_dead_letters[], millrace_page_dead_letters_end[];
extern const char millrace_page_test_features[], millrace_page_test_features_end[];
extern const char millrace_page_kafka[], millrace_page_kafka_end[];
}

namespace millrace {
namespace {

absl::string_view Between(const char* begin, const char* end) {
  return {begin, static_cast<size_t>(end - begin)};
}

}  // namespace

absl::string_view BlankConfig() {
  return Between(millrace_blank_config, millrace_blank_config_end);
}
absl::string_view FlightsTest() {
  return Between(millrace_flights_test, millrace_flights_test_end);
}

std::span<const HelpPage> HelpPages() {
  static const HelpPage kPages[] = {
      {"cli", "the command line: vocabulary, exit codes",
       Between(millrace_page_cli, millrace_page_cli_end)},
      {"sources", "topics as sources: formats, time, tables, derived sources",
       Between(millrace_page_sources, millrace_page_sources_end)},
      {"aggregations", "what a feature can compute",
       Between(millrace_page_aggregations, millrace_page_aggregations_end)},
      {"formats", "how records of each format are read",
       Between(millrace_page_formats, millrace_page_formats_end)},
      {"expressions", "the language of expr, where and label",
       Between(millrace_page_expressions, millrace_page_expressions_end)},
      {"windows", "which records a feature covers",
       Between(millrace_page_windows, millrace_page_windows_end)},
      {"learners", "the types of learners and their options",
       Between(millrace_page_learners, millrace_page_learners_end)},
      {"http", "the HTTP API", Between(millrace_page_http, millrace_page_http_end)},
      {"concepts", "what the words of Millrace mean",
       Between(millrace_page_concepts, millrace_page_concepts_end)},
      {"metrics", "the metrics of GET /metrics",
       Between(millrace_page_metrics, millrace_page_metrics_end)},
      {"grpc", "the gRPC API", Between(millrace_page_grpc, millrace_page_grpc_end)},
      {"dead-letters", "records that a source cannot take",
       Between(millrace_page_dead_letters, millrace_page_dead_letters_end)},
      {"test-features", "test files: records in, answers out",
       Between(millrace_page_test_features, millrace_page_test_features_end)},
      {"kafka", "Millrace on a Kafka cluster",
       Between(millrace_page_kafka, millrace_page_kafka_end)},
  };
  return kPages;
}

}  // namespace millrace
