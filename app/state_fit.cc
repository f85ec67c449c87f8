#include "app/state_fit.h"

#include <algorithm>
#include <iterator>
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

// Whether the names that are in both lists are in the same order there.
bool SameOrder(absl::string_view before, absl::string_view after) {
  const std::vector<std::string> first = absl::StrSplit(before, ' ');
  const std::vector<std::string> second = absl::StrSplit(after, ' ');
  const auto common = [](const std::vector<std::string>& names,
                         const std::vector<std::string>& others) {
    std::vector<std::string> kept;
    std::copy_if(names.begin(), names.end(), std::back_inserter(kept),
                 [&](const std::string& name) {
                   return std::find(others.begin(), others.end(), name) != others.end();
                 });
    return kept;
  };
  return common(first, second) == common(second, first);
}

bool IsOrder(absl::string_view part) { return absl::StrContains(part, Project::kOrderOf); }

// The parts of `meaning` that `other` lacks; of a view that it lacks, not its features as well.
std::vector<std::string> OnlyIn(const Meaning& meaning, const Meaning& other) {
  std::vector<std::string> parts;
  for (const auto& [part, text] : meaning) {
    if (other.contains(part) || IsOrder(part)) continue;
    if (!parts.empty() && absl::StartsWith(part, parts.back() + ".")) continue;
    parts.push_back(part);
  }
  return parts;
}

// "changed: sources.arrivals; new: views.x.mean; gone: views.y", or empty.
std::string Difference(const Meaning& stored, const Meaning& wanted) {
  std::vector<std::string> changed;
  for (const auto& [part, text] : wanted) {
    const auto it = stored.find(part);
    if (it == stored.end() || it->second == text) continue;
    if (!IsOrder(part) || !SameOrder(it->second, text)) changed.push_back(part);
  }
  const std::vector<std::string> added = OnlyIn(wanted, stored), gone = OnlyIn(stored, wanted);
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
  const std::string differs = Difference(DecodeMeaning(stored), project.meaning);
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

absl::Status WithSuccessorAdvice(const absl::Status& status, const Project& project) {
  if (!absl::IsFailedPrecondition(status)) return status;
  return absl::FailedPreconditionError(
      absl::StrCat("the state in ", project.state.path, " was left: ", status.message(),
                   "\n  hint: use the newer state, or ", WayOut(project)));
}

absl::Status WithStateAdvice(const absl::Status& status, const Project& project) {
  const absl::string_view message = status.message();
  if (!absl::StartsWith(message, "state") && !absl::StartsWith(message, "feature state")) {
    return status;
  }
  if (absl::IsDataLoss(status)) {
    return absl::DataLossError(absl::StrCat(message, "\n  hint: the state in ", project.state.path,
                                            " is damaged: name ", WayOut(project)));
  }
  if (absl::IsFailedPrecondition(status)) {
    return absl::FailedPreconditionError(
        absl::StrCat(message, "\n  hint: the state in ", project.state.path,
                     " is of another release: use that, or name ", WayOut(project)));
  }
  return status;
}

}  // namespace millrace
