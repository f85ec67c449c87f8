// ViewLoads: the loads that `millrace validate --explain` is asked about, of all views and of
// single ones: "0.1", "spending=20". Thread-compatible.

#ifndef MILLRACE_APP_COMMANDS_VIEW_LOADS_H_
#define MILLRACE_APP_COMMANDS_VIEW_LOADS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "app/catalog/view_explanation.h"

namespace millrace {

class ViewLoads {
 public:
  // Of the words "N" or "VIEW=N" of --rate and of --entities. InvalidArgument when one names an
  // empty view, or two of one option are for the same. REQUIRES: the numbers are of the kind.
  static absl::StatusOr<ViewLoads> Parse(const std::vector<std::string>& rates,
                                         const std::vector<std::string>& entities);

  EntityLoad Of(absl::string_view view) const;
  // The views that were named, ascending, each once.
  std::vector<std::string> names() const;

 private:
  // By view; "" for all others.
  std::map<std::string, double> rates_;
  std::map<std::string, int64_t> entities_;
};

}  // namespace millrace

#endif  // MILLRACE_APP_COMMANDS_VIEW_LOADS_H_
