// tasks.*.learners and the champion.

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "app/config/check.h"
#include "app/config/compile.h"
#include "app/config/suggest.h"
#include "app/config/value_of.h"
#include "learners/option_values.h"

namespace millrace {
namespace {

// Types that are no better than counting: one of them always runs beside, to compare with.
constexpr absl::string_view kBaselines[] = {"constant", "rate_table", "no_change",
                                            "majority", "mean",       "prior"};

class LearnerReader {
 public:
  LearnerReader(const Section& section, const TaskSpec& task, bool inputs_known,
                ProjectDraft* draft)
      : section_(section), task_(task), inputs_known_(inputs_known), draft_(draft) {}

  // False when the learner cannot be made; its name counts all the same.
  bool Read(TaskLearner* learner) {
    learner->name = section_.name();
    const ConfigNode* type = section_.Find("type");
    if (type == nullptr) return false;
    learner->type = FindLearnerType(type->text);
    if (learner->type == nullptr) {
      Diagnostic& d =
          draft_->sink->Error(ConfigErrorCode::kLearner, type->place,
                              absl::StrCat("unknown type of learner '", type->shown, "'"));
      for (const LearnerType& known : LearnerTypes()) d.known.push_back(known.name);
      d.suggestion = DidYouMean(type->text, d.known);
      return false;
    }
    bool complete = true;
    for (const ConfigMember& member : section_.map()->members) {
      if (member.key.text == "type") continue;
      complete = ReadOption(*learner->type, member, &learner->options) && complete;
    }
    CheckOptions(*learner->type, learner->options);
    return complete;
  }

 private:
  // A key of the map: an option, a map of options, a key of the language, or a mistake.
  bool ReadOption(const LearnerType& type, const ConfigMember& member, LearnerOptions* options) {
    const std::string& key = member.key.text;
    std::vector<std::string> known;
    bool is_option = false;
    for (const OptionSpec& option : type.options) {
      const std::string first = option.name.substr(0, option.name.find('.'));
      if (std::find(known.begin(), known.end(), first) == known.end()) known.push_back(first);
      is_option = is_option || first == key;
    }
    if (is_option) {
      Flatten(type, key, member.key, member.value, options);
      return true;
    }
    const SchemaNode* row = section_.schema().Find(key);
    if (row != nullptr) {
      draft_->sink->Error(
          ConfigErrorCode::kNotSupported, member.key.place,
          absl::StrCat("'", key, "' is not supported yet by learners of type '", type.name, "'"));
      return false;
    }
    Diagnostic& d =
        draft_->sink->Error(ConfigErrorCode::kLearner, member.key.place,
                            absl::StrCat("'", type.name, "' has no option '", key, "'"));
    d.suggestion = DidYouMean(key, known);
    d.known = std::move(known);
    return false;
  }

  void Flatten(const LearnerType& type, const std::string& path, const ConfigNode& key,
               const ConfigNode& value, LearnerOptions* options) {
    if (value.bad && !value.is_map()) return;
    places_[path] = value.place;
    if (value.is_map()) {
      for (const ConfigMember& member : value.members) {
        places_[path] = key.place;
        Flatten(type, absl::StrCat(path, ".", member.key.text), member.key, member.value, options);
      }
    } else if (value.is_list()) {
      for (size_t i = 0; i < value.items.size(); ++i) {
        Flatten(type, absl::StrCat(path, ".", i), value.items[i], value.items[i], options);
      }
    } else if (value.is_scalar()) {
      const OptionSpec* option = FindOptionSpec(type.options, path);
      const std::optional<OwnedValue> typed =
          option == nullptr ? std::nullopt : ValueOf(value, option->type);
      // A wrong one is passed as it looks, for CheckLearnerOptions to tell what is right.
      (*options)[path] = typed ? *typed : ValueOf(value);
    }
  }

  void CheckOptions(const LearnerType& type, const LearnerOptions& options) {
    std::vector<InputField> inputs = task_.InputFields();
    for (const OptionError& error : CheckLearnerOptions(type, options, inputs)) {
      // Without inputs only what does not depend on them can be told.
      if (!inputs_known_ && absl::StrContains(error.message, "input")) continue;
      const auto place = places_.find(error.option);
      // The learners' own suggestion goes where all others are shown.
      const std::vector<std::string> parts =
          absl::StrSplit(error.message, absl::MaxSplits("; did you mean ", 1));
      Diagnostic& d =
          draft_->sink->Error(ConfigErrorCode::kLearner,
                              place == places_.end() ? section_.place() : place->second, parts[0]);
      if (parts.size() == 2) d.suggestion = absl::StrCat("did you mean ", parts[1]);
    }
  }

  const Section& section_;
  const TaskSpec& task_;
  const bool inputs_known_;
  ProjectDraft* const draft_;
  std::map<std::string, TextPlace> places_;  // by option
};

void ReadChampion(const Section& task, const std::vector<std::string>& names, ProjectDraft* draft,
                  TaskSpec* spec) {
  const Section serve = task.At("serve");
  const ConfigNode* champion = serve.Find("champion");
  if (champion == nullptr) {
    if (names.size() > 1 && !serve.Has("champion")) {
      Diagnostic& d = draft->sink->Error(ConfigErrorCode::kMissingKey,
                                         serve.present() ? serve.place() : task.place(),
                                         "'serve.champion' must say which of the learners answers");
      d.known = names;
    }
    return;
  }
  for (size_t i = 0; i < spec->learners.size(); ++i) {
    if (spec->learners[i].name == champion->text) {
      spec->champion = static_cast<int>(i);
      return;
    }
  }
  if (std::find(names.begin(), names.end(), champion->text) != names.end()) {
    return;  // broken, reported
  }
  Diagnostic& d = draft->sink->Error(
      ConfigErrorCode::kLearner, champion->place,
      absl::StrCat("the champion '", champion->shown, "' is none of the learners"));
  d.known = names;
  d.suggestion = DidYouMean(champion->text, names);
}

// A task without baseline gets one, after all others.
void AddBaseline(const Section& learners, const std::vector<std::string>& names,
                 ProjectDraft* draft, TaskSpec* spec) {
  for (const TaskLearner& learner : spec->learners) {
    if (std::find(std::begin(kBaselines), std::end(kBaselines), learner.type->name) !=
        std::end(kBaselines)) {
      return;
    }
  }
  TaskLearner baseline;
  baseline.name = "constant";
  while (std::find(names.begin(), names.end(), baseline.name) != names.end()) {
    absl::StrAppend(&baseline.name, "_baseline");
  }
  baseline.type = FindLearnerType("constant");
  if (baseline.type == nullptr) {
    draft->sink->Error(ConfigErrorCode::kLearner, learners.place(),
                       "this build has no baseline of type 'constant'");
    return;
  }
  spec->learners.push_back(std::move(baseline));
}

}  // namespace

void ReadLearners(const Section& task, bool inputs_known, ProjectDraft* draft, TaskSpec* spec) {
  const Section learners = task.At("learners");
  if (!learners.present()) return;
  std::vector<std::string> names;
  for (const Section& section : learners.Named()) {
    names.push_back(section.name());
    TaskLearner learner;
    if (section.present() && LearnerReader(section, *spec, inputs_known, draft).Read(&learner)) {
      spec->learners.push_back(std::move(learner));
    }
  }
  if (names.empty() && !learners.incomplete()) {
    draft->sink->Error(ConfigErrorCode::kMissingKey, learners.place(), "a task needs a learner");
  }
  AddBaseline(learners, names, draft, spec);
  ReadChampion(task, names, draft, spec);
}

}  // namespace millrace
