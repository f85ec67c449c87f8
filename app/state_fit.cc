#include "app/state_fit.h"

#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "core/coding.h"
#include "core/status_macros.h"
#include "stream/state_keys.h"

namespace millrace {
namespace {

using Meaning = std::map<std::string, std::string>;

std::string MeaningKey() { return std::string(1, kMetaPrefix) + "meaning"; }
std::string LogIdentityKey() { return std::string(1, kMetaPrefix) + "log"; }

std::string EncodeMeaning(const Meaning& meaning) {
  std::string out;
  for (const auto& [part, text] : meaning) {
    PutLengthPrefixed(&out, part);
    PutLengthPrefixed(&out, text);
  }
  return out;
}

Meaning DecodeMeaning(absl::string_view in) {
  Meaning meaning;
  absl::string_view part, text;
  while (GetLengthPrefixed(&in, &part) && GetLengthPrefixed(&in, &text)) {
    meaning.emplace(std::string(part), std::string(text));
  }
  return meaning;
}

// A meaning in which each feature of a view is a part of its own: a view is "from a; key b:string;
// accuracy=…; name=…; …".
Meaning WithFeatures(const Meaning& meaning) {
  constexpr size_t kBeforeFeatures = 3;
  Meaning parts;
  for (const auto& [part, text] : meaning) {
    if (!absl::StartsWith(part, "views.")) {
      parts[part] = text;
      continue;
    }
    const std::vector<std::string> all = absl::StrSplit(text, "; ");
    for (size_t i = 0; i < all.size(); ++i) {
      const absl::string_view feature = absl::string_view(all[i]).substr(0, all[i].find('='));
      absl::StrAppend(&parts[i < kBeforeFeatures ? part : absl::StrCat(part, ".", feature)], all[i],
                      "; ");
    }
  }
  return parts;
}

// "changed: sources.arrivals; new: views.x.mean; gone: views.y", or empty. Of a view that is new or
// gone, its features are not named.
std::string Difference(const Meaning& stored, const Meaning& wanted) {
  std::vector<std::string> changed, added, gone;
  const auto is_told = [](const std::vector<std::string>& parts, const std::string& part) {
    return !parts.empty() && absl::StartsWith(part, parts.back() + ".");
  };
  for (const auto& [part, text] : wanted) {
    const auto it = stored.find(part);
    if (it == stored.end()) {
      if (!is_told(added, part)) added.push_back(part);
    } else if (it->second != text) {
      changed.push_back(part);
    }
  }
  for (const auto& [part, text] : stored) {
    if (!wanted.contains(part) && !is_told(gone, part)) gone.push_back(part);
  }
  std::vector<std::string> said;
  if (!changed.empty()) said.push_back("changed: " + absl::StrJoin(changed, ", "));
  if (!added.empty()) said.push_back("new: " + absl::StrJoin(added, ", "));
  if (!gone.empty()) said.push_back("gone: " + absl::StrJoin(gone, ", "));
  return absl::StrJoin(said, "; ");
}

std::string WayOut(const Project& project) {
  return absl::StrCat(
      "another state.path: it is filled by reading the log again from where that begins, and ",
      project.state.path, " may be deleted");
}

}  // namespace

absl::Status CheckStateFits(const Project& project, absl::string_view log_identity,
                            StateStore* state) {
  std::string stored;
  const absl::Status found = state->Get(MeaningKey(), &stored);
  if (absl::IsNotFound(found)) {
    StateBatch batch;
    batch.Put(MeaningKey(), EncodeMeaning(project.meaning));
    batch.Put(LogIdentityKey(), std::string(log_identity));
    return state->Commit(batch);
  }
  RETURN_IF_ERROR(found);
  const std::string differs =
      Difference(WithFeatures(DecodeMeaning(stored)), WithFeatures(project.meaning));
  if (!differs.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("the state in ", project.state.path, " was built with another configuration (",
                     differs, ")\n  hint: use the earlier configuration, or ", WayOut(project)));
  }
  std::string identity;
  RETURN_IF_ERROR(state->Get(LogIdentityKey(), &identity));
  if (identity == log_identity) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("the state in ", project.state.path, " belongs to another log (", identity,
                   ", this is ", log_identity, ")\n  hint: use that log, or ", WayOut(project)));
}

absl::Status WithStateAdvice(const absl::Status& status, const Project& project) {
  if (!absl::IsDataLoss(status) || !absl::StartsWith(status.message(), "state")) return status;
  return absl::DataLossError(absl::StrCat(status.message(), "\n  hint: the state in ",
                                          project.state.path, " is damaged: name ",
                                          WayOut(project)));
}

}  // namespace millrace
