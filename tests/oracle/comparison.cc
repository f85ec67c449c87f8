#include "tests/oracle/comparison.h"

#include <algorithm>
#include <set>
#include <span>
#include <vector>

namespace millrace::oracle {
namespace {

std::string MetadataDifference(const Answer& expected, const EngineAnswer& actual) {
  if (actual.count && *actual.count != expected.count) {
    return "expected count " + std::to_string(expected.count) + ", got " +
           std::to_string(*actual.count);
  }
  if (actual.age_ms && expected.age_ms && *actual.age_ms != *expected.age_ms) {
    return "expected age_ms " + std::to_string(*expected.age_ms) + ", got " +
           std::to_string(*actual.age_ms);
  }
  return "";
}

// The case as far as a read.
RandomCase Excerpt(const RandomCase& whole, const TimedRead& timed) {
  RandomCase part = whole;
  part.arrivals.resize(timed.after);
  part.reads = {timed};
  std::erase_if(part.restarts, [&](size_t before) { return before > timed.after; });
  return part;
}

// What two features that share a state have in common.
std::string StateOf(const Feature& feature) {
  return feature.aggregation + "(" + feature.input + "," + feature.with + "," + feature.order_by +
         ") by " + feature.by + " where " + (feature.where ? feature.where->text : "");
}

bool SharesState(const View& view, const Feature& feature) {
  return std::any_of(view.features.begin(), view.features.end(), [&](const Feature& other) {
    return other.name != feature.name && StateOf(other) == StateOf(feature) &&
           ToYaml(other) != ToYaml(feature);
  });
}

// The entity was deleted before the time of the read.
bool IsAfterDeletion(const RandomCase& whole, const TimedRead& timed) {
  const auto end = whole.arrivals.begin() + static_cast<std::ptrdiff_t>(timed.after);
  return std::any_of(whole.arrivals.begin(), end, [&](const Record& record) {
    return record.change == Change::kDelete && record.fields == timed.read.key &&
           record.order.event_time_ms < timed.read.at_ms;
  });
}

// One run of a case through an engine.
class Run {
 public:
  Run(const RandomCase& random_case, Report* report) : case_(random_case), report_(report) {
    if (report_ == nullptr) return;
    for (const Feature& feature : case_.view.features) {
      if (SharesState(case_.view, feature)) sharing_.insert(feature.name);
    }
  }

  std::optional<Counterexample> Go(const EngineFactory& factory) {
    auto engine = factory(case_.view, case_.sources);
    if (!engine.ok()) return Broken("cannot start: ", engine.status());
    auto restart = case_.restarts.begin();
    size_t next = 0;
    for (const TimedRead& timed : case_.reads) {
      for (; next < timed.after; ++next) {
        for (; restart != case_.restarts.end() && *restart <= next; ++restart) {
          if (absl::Status status = (*engine)->Restart(); !status.ok()) {
            return Broken("cannot restart: ", status);
          }
        }
        if (absl::Status status = (*engine)->Apply(case_.arrivals[next]); !status.ok()) {
          return Broken("cannot apply: ", status);
        }
      }
      if (auto difference = CheckRead(timed, engine->get())) return difference;
    }
    return std::nullopt;
  }

 private:
  std::optional<Counterexample> Broken(const std::string& what, const absl::Status& status) const {
    return Counterexample{case_, what + status.ToString()};
  }

  std::optional<Counterexample> CheckRead(const TimedRead& timed, Engine* engine) {
    const FeatureOracle oracle(case_.view, std::span(case_.arrivals).first(timed.after));
    const std::vector<Answer> expected = oracle.At(timed.read);
    const bool deleted = IsAfterDeletion(case_, timed);
    const auto answers = engine->At(timed.read);
    if (!answers.ok()) return Broken("cannot read: ", answers.status());
    if (answers->size() != case_.view.features.size()) {
      return Counterexample{case_, "answers of another number of features"};
    }
    for (size_t i = 0; i < answers->size(); ++i) {
      const Feature& feature = case_.view.features[i];
      const EngineAnswer& actual = (*answers)[i];
      std::string why = Difference(expected[i], actual.status, actual.value);
      if (why.empty()) why = MetadataDifference(expected[i], actual);
      if (!why.empty()) return Counterexample{Excerpt(case_, timed), feature.name + ": " + why};
      Count(feature, timed, deleted, expected[i]);
    }
    return std::nullopt;
  }

  void Count(const Feature& feature, const TimedRead& timed, bool deleted, const Answer& expected) {
    if (report_ == nullptr) return;
    ++report_->pairs;
    ++report_->pairs_by_aggregation[feature.aggregation];
    if (expected.match == Match::kIllPosed) ++report_->ill_posed;
    const auto count_if = [&](const char* kind, bool is) {
      report_->pairs_by_kind[kind] += is ? 1 : 0;
    };
    count_if("composite key", case_.view.key.size() > 1);
    count_if("known at", timed.read.known_ms.has_value());
    count_if("after a deletion", deleted);
    count_if("one state, several windows", sharing_.contains(feature.name));
    count_if("estimate", expected.match != Match::kValue && expected.match != Match::kIllPosed);
  }

  const RandomCase& case_;
  Report* const report_;
  std::set<std::string> sharing_;  // names of features
};

// The case without arrivals [from, to).
RandomCase Without(const RandomCase& whole, size_t from, size_t to) {
  RandomCase part = whole;
  part.arrivals.erase(part.arrivals.begin() + static_cast<std::ptrdiff_t>(from),
                      part.arrivals.begin() + static_cast<std::ptrdiff_t>(to));
  for (TimedRead& timed : part.reads) timed.after = part.arrivals.size();
  for (size_t& before : part.restarts) {
    if (before > from) before = std::max(from, before - std::min(before, to - from));
  }
  return part;
}

}  // namespace

std::optional<Counterexample> Check(const RandomCase& random_case, const EngineFactory& factory,
                                    Report* report) {
  return Run(random_case, report).Go(factory);
}

// A counterexample is made smaller in so many runs at most: one of thousands of records takes long.
constexpr int kMostRuns = 2000;

Counterexample Minimised(const Counterexample& found, const EngineFactory& factory) {
  // A read before it may have left something behind that makes the difference: then nothing is
  // dropped.
  std::optional<Counterexample> alone = Check(found.random_case, factory, nullptr);
  if (!alone) return found;
  Counterexample smallest = *alone;
  int runs = 0;
  const auto keep_if_different = [&](const RandomCase& candidate) {
    if (++runs > kMostRuns) return false;
    std::optional<Counterexample> smaller = Check(candidate, factory, nullptr);
    if (smaller) smallest = *smaller;
    return smaller.has_value();
  };
  for (size_t i = smallest.random_case.view.features.size(); i > 0; --i) {
    if (smallest.random_case.view.features.size() == 1) break;
    RandomCase without_feature = smallest.random_case;
    without_feature.view.features.erase(without_feature.view.features.begin() +
                                        static_cast<std::ptrdiff_t>(i - 1));
    keep_if_different(without_feature);
  }
  size_t before = 0;
  do {
    before = smallest.random_case.arrivals.size();
    for (size_t length = std::max<size_t>(1, before / 2); length > 0; length /= 2) {
      for (size_t from = 0; from + length <= smallest.random_case.arrivals.size();) {
        const RandomCase candidate = Without(smallest.random_case, from, from + length);
        if (!keep_if_different(candidate)) from += length;
      }
    }
  } while (smallest.random_case.arrivals.size() < before);
  for (const auto& [field, type] : RandomSchema()) {
    RandomCase without_field = smallest.random_case;
    for (Record& record : without_field.arrivals) record.fields.erase(field);
    keep_if_different(without_field);
  }
  RandomCase without_restarts = smallest.random_case;
  without_restarts.restarts.clear();
  keep_if_different(without_restarts);
  return smallest;
}

Report Compare(uint64_t first_seed, int64_t pairs, const CaseOptions& options,
               const EngineFactory& factory) {
  Report report;
  for (uint64_t seed = first_seed; report.pairs < pairs; ++seed) {
    const RandomCase random_case = MakeCase(seed, options);
    std::optional<Counterexample> found = Check(random_case, factory, &report);
    ++report.cases;
    if (found) {
      report.counterexample = Minimised(*found, factory);
      break;
    }
  }
  return report;
}

std::string ToText(const Counterexample& counterexample) {
  const RandomCase& random_case = counterexample.random_case;
  std::string restarts;
  for (const size_t before : random_case.restarts) restarts += " " + std::to_string(before);
  return "seed " + std::to_string(random_case.seed) + ": " + counterexample.difference +
         (restarts.empty() ? "" : "\nrestarts before records" + restarts) + "\n" +
         TestFileYaml(random_case);
}

}  // namespace millrace::oracle
