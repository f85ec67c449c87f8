#include "stream/request_fields.h"

#include <algorithm>
#include <memory>
#include <set>

namespace millrace {
namespace {

struct Use {
  std::set<int> fields;
  bool counts_request = false;
};

void Collect(const ViewSpec& view, int feature, Use* use) {
  const FeatureSpec& spec = view.features[static_cast<size_t>(feature)];
  if (!spec.computed()) {
    if (!spec.window.with_request) return;
    use->counts_request = true;
    for (const auto* by_input : {&spec.input, &spec.other, &spec.by, &spec.where}) {
      if (by_input->empty() || by_input->front() == nullptr) continue;
      const std::vector<int>& used = by_input->front()->used_fields();
      use->fields.insert(used.begin(), used.end());
    }
    return;
  }
  for (const int field : spec.expression->used_fields()) {
    const FeatureSpec::Operand operand = spec.OperandOf(field);
    if (operand.feature >= 0) {
      Collect(view, operand.feature, use);
    } else {
      use->fields.insert(operand.request_field);
    }
  }
}

Use UseOf(const ViewSpec& view, int feature) {
  Use use;
  Collect(view, feature, &use);
  return use;
}

}  // namespace

std::vector<int> RequestFieldsOf(const ViewSpec& view, int feature) {
  const Use use = UseOf(view, feature);
  return {use.fields.begin(), use.fields.end()};
}

bool UsesRequest(const ViewSpec& view, int feature) {
  const Use use = UseOf(view, feature);
  return use.counts_request || !use.fields.empty();
}

}  // namespace millrace
