// Section: a map of the configuration, read by key with the defaults of the table. What was
// reported as wrong reads as absent, so that readers need not check again. Borrowed from the tree;
// thread-compatible.

#ifndef MILLRACE_APP_CONFIG_SECTION_H_
#define MILLRACE_APP_CONFIG_SECTION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "app/config/node.h"
#include "app/config/schema_table.h"

namespace millrace {

class Section {
 public:
  explicit Section(const ConfigNode& root) : schema_(&ConfigSchema()), map_(&root), name_(&root) {}

  // Where the section begins, for messages about what it lacks.
  const TextPlace& place() const { return name_->place; }
  const std::string& name() const { return name_->text; }
  bool present() const { return map_ != nullptr; }
  // Something in the section itself was reported: conclusions from what is absent would be wrong.
  bool incomplete() const { return map_ != nullptr && map_->bad; }

  // Given, right or wrong.
  bool Has(absl::string_view key) const;
  // Where the key stands. REQUIRES: Has(key).
  const TextPlace& KeyPlace(absl::string_view key) const;
  // The value; null when absent or wrong.
  const ConfigNode* Find(absl::string_view key) const;
  // A scalar or a list of scalars; those that are right.
  std::vector<const ConfigNode*> Items(absl::string_view key) const;
  // The map at `key`: not present (all defaults) when it is absent or no map.
  Section At(absl::string_view key) const;
  // The maps of a map of names, in file order.
  std::vector<Section> Named() const;

  // The value, or its default of the table. REQUIRES: the table has the key with that kind.
  std::string Text(absl::string_view key) const;
  int64_t Int(absl::string_view key) const;
  int64_t DurationMs(absl::string_view key) const;
  int64_t SizeBytes(absl::string_view key) const;
  bool Bool(absl::string_view key) const;

  // All members, for maps with keys that the table does not list.
  const ConfigNode* map() const { return map_; }
  const SchemaNode& schema() const { return *schema_; }

 private:
  Section(const SchemaNode* schema, const ConfigNode* map, const ConfigNode* name)
      : schema_(schema), map_(map), name_(name) {}

  const SchemaNode* schema_;
  const ConfigNode* map_;   // null: absent
  const ConfigNode* name_;  // the key it stands under; the root stands for itself
};

}  // namespace millrace

#endif  // MILLRACE_APP_CONFIG_SECTION_H_
