// ConfigNode: a YAML text as a tree that knows where each part stands. Plain values; what yaml-cpp
// is needed for ends here.

#ifndef MILLRACE_APP_CONFIG_NODE_H_
#define MILLRACE_APP_CONFIG_NODE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "app/config/diagnostics.h"

namespace millrace {

struct ConfigMember;

struct ConfigNode {
  enum class Kind { kNull, kScalar, kList, kMap };

  Kind kind = Kind::kNull;
  TextPlace place;
  bool quoted = false;        // a scalar in quotes, or a block scalar
  bool interpolated = false;  // `text` is not what stands in the file
  bool bad = false;           // reported already: whoever depends on it keeps silent
  std::string text;           // of a scalar, after interpolation
  std::string shown;          // `text` as messages may show it: without secrets
  std::vector<ConfigNode> items;
  std::vector<ConfigMember> members;  // in file order, keys unique

  bool is_scalar() const { return kind == Kind::kScalar; }
  bool is_list() const { return kind == Kind::kList; }
  bool is_map() const { return kind == Kind::kMap; }
  // The value of a key, or null.
  const ConfigNode* Find(absl::string_view key) const;
  ConfigMember* FindMember(absl::string_view key);
};

struct ConfigMember {
  ConfigNode key;  // a scalar
  ConfigNode value;
};

inline const ConfigNode* ConfigNode::Find(absl::string_view key) const {
  for (const ConfigMember& member : members) {
    if (member.key.text == key) return &member.value;
  }
  return nullptr;
}

inline ConfigMember* ConfigNode::FindMember(absl::string_view key) {
  for (ConfigMember& member : members) {
    if (member.key.text == key) return &member;
  }
  return nullptr;
}

}  // namespace millrace

#endif  // MILLRACE_APP_CONFIG_NODE_H_
