// FeatureReader: one entry of a view's `features:`, checked and bound: its aggregation with inputs
// and options, its window, its condition and default. Reports what is wrong where it stands.
// Thread-compatible.

#ifndef MILLRACE_APP_CONFIG_FEATURE_READER_H_
#define MILLRACE_APP_CONFIG_FEATURE_READER_H_

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "app/config/compile.h"
#include "app/config/section.h"
#include "stream/aggregations/aggregation_table.h"
#include "stream/aggregations/bind.h"
#include "stream/view_spec.h"

namespace millrace {

// The window of a feature, its lag, bounds and limits. False after reporting what is wrong.
bool ReadWindow(const Section& feature, Accuracy accuracy, DiagnosticSink* sink, Window* window);

class FeatureReader {
 public:
  // The view's inputs are known. REQUIRES: both outlive this.
  FeatureReader(const ViewSpec& view, ProjectDraft* draft) : view_(view), draft_(draft) {}

  // False after reporting what is wrong.
  bool Read(const Section& feature, FeatureSpec* spec);
  // A feature that is computed at the read (`expr`) from others and from the request. `known` are
  // indices into the view's features, `broken` names whose own mistake was reported.
  bool ReadComputed(const Section& feature, const std::vector<int>& known,
                    const std::set<std::string>& broken, FeatureSpec* spec);

 private:
  DiagnosticSink* sink() { return draft_->sink; }
  const SourceSpec& SourceOf(const ViewInput& input) const {
    return draft_->project.sources[static_cast<size_t>(input.source)];
  }
  std::string Context(const ViewInput& input) const;

  const ConfigNode* FindAggregation(const Section& feature);
  bool CompileForAll(const ConfigNode& node,
                     std::vector<std::shared_ptr<const Expression>>* expressions, ValueType* type);
  bool ReadInput(const ConfigNode& node, bool needs_value, FeatureSpec* spec);
  bool ReadBeside(const Section& feature, const std::string& key, std::string* text,
                  std::vector<std::shared_ptr<const Expression>>* expressions, ValueType* type);
  bool ReadCategory(const Section& feature, FeatureSpec* spec);
  bool ReadSecond(const Section& feature, FeatureSpec* spec);
  void ReportMissing(const Section& feature, absl::string_view key, absl::string_view example);
  bool ReadOption(const AggregationOption& option, const Section& feature, FeatureSpec* spec,
                  AggregationOptions* options);
  bool ReadOptions(const Section& feature, FeatureSpec* spec, AggregationOptions* options);
  bool ReadBy(const Section& feature, FeatureSpec* spec, AggregationRequest* request);
  bool ReadElementwise(const Section& feature, FeatureSpec* spec, AggregationRequest* request);
  bool ReadWhere(const Section& feature, FeatureSpec* spec);
  void ReportUnbound(const Section& feature, const ConfigNode& input, const FeatureSpec& spec,
                     const AggregationRequest& request, std::string message);
  bool ReadDefault(const Section& feature, FeatureSpec* spec);

  const ViewSpec& view_;
  ProjectDraft* const draft_;
  const AggregationType* type_ = nullptr;  // of the feature being read
};

}  // namespace millrace

#endif  // MILLRACE_APP_CONFIG_FEATURE_READER_H_
