// The order in which sources and views are read.

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "app/config/compile.h"
#include "app/config/derived_sources.h"
#include "core/check.h"

namespace millrace {
namespace {

class SourcesAndViews {
 public:
  SourcesAndViews(const Section& root, ProjectDraft* draft)
      : sources_(root.At("sources").Named()),
        views_(root.At("views").Named()),
        draft_(*draft),
        derived_(sources_, draft) {}

  void ReadAll() {
    for (const Section& source : sources_) Declare(source);
    for (const Section& view : views_) draft_.view_names.push_back(view.name());
    for (size_t s = 0; s < sources_.size(); ++s) {
      if (!sources_[s].Has("from") && !sources_[s].Has("lookup")) ReadWithTopic(s);
    }
    for (size_t s = 0; s < sources_.size(); ++s) NeedSource(s);
    for (size_t v = 0; v < views_.size(); ++v) NeedView(v);
    PutViewsInOrder();
  }

 private:
  // A source or a view on the way from one that needs it.
  struct Step {
    std::string name;
    absl::string_view kind;
    const ConfigNode* looks_in = nullptr;  // where a source names the view that is needed next
  };

  void Declare(const Section& section) {
    SourceSpec source;
    source.name = section.name();
    if (!section.Has("from")) source.topic = section.Text("topic");
    draft_.project.sources.push_back(std::move(source));
    draft_.broken_source.push_back(true);
    draft_.broken_fields.emplace_back();
  }

  void ReadWithTopic(size_t index) {
    ReadSource(sources_[index], static_cast<int32_t>(index), &draft_);
    done_.insert(sources_[index].name());
  }

  void NeedSource(size_t index) {
    const Section& source = sources_[index];
    if (source.Has("from")) {
      std::set<size_t> seen;
      NeedLookupsBelow(index, &seen);
      derived_.Read(index);
      return;
    }
    if (done_.contains(source.name()) || IsOnTheWay(source.name(), "source")) return;
    way_.push_back({source.name(), "source", nullptr});
    for (const Section& lookup : source.At("lookup").Named()) {
      const ConfigNode* view = lookup.Find("view");
      if (view == nullptr) continue;
      way_.back().looks_in = view;
      for (size_t v = 0; v < views_.size(); ++v) {
        if (views_[v].name() == view->text) NeedView(v);
      }
    }
    way_.pop_back();
    ReadWithTopic(index);
  }

  // The sources with lookups that a derived one comes from.
  void NeedLookupsBelow(size_t index, std::set<size_t>* seen) {
    if (!seen->insert(index).second) return;
    if (!sources_[index].Has("from")) return NeedSource(index);
    for (const ConfigNode* from : sources_[index].Items("from")) {
      for (size_t s = 0; s < sources_.size(); ++s) {
        if (sources_[s].name() == from->text) NeedLookupsBelow(s, seen);
      }
    }
  }

  void NeedView(size_t index) {
    const Section& view = views_[index];
    if (read_views_.contains(view.name()) || IsOnTheWay(view.name(), "view")) return;
    way_.push_back({view.name(), "view", nullptr});
    for (const ConfigNode* from : view.Items("from")) {
      for (size_t s = 0; s < sources_.size(); ++s) {
        if (sources_[s].name() == from->text) NeedSource(s);
      }
    }
    way_.pop_back();
    ReadView(view, &draft_);
    read_views_.insert(view.name());
  }

  // True, and reported, when it would need itself.
  bool IsOnTheWay(const std::string& name, absl::string_view kind) {
    const auto first = std::find_if(way_.begin(), way_.end(), [&](const Step& step) {
      return step.name == name && step.kind == kind;
    });
    if (first == way_.end()) return false;
    std::vector<std::string> names;
    const ConfigNode* place = nullptr;
    for (auto step = first; step != way_.end(); ++step) {
      names.push_back(step->name);
      if (step->looks_in != nullptr) place = step->looks_in;
    }
    CHECK(place != nullptr);  // without a lookup no source needs a view
    names.push_back(name);
    draft_.sink->Error(ConfigErrorCode::kConflict, place->place,
                       absl::StrCat("the ", kind, " '", name, "' would be computed from itself: ",
                                    absl::StrJoin(names, " from ")));
    return true;
  }

  // They are known by their place in the configuration.
  void PutViewsInOrder() {
    auto& views = draft_.project.views;
    const auto place = [this](const std::shared_ptr<const ViewSpec>& view) {
      return std::find_if(views_.begin(), views_.end(),
                          [&](const Section& section) { return section.name() == view->name; });
    };
    std::sort(views.begin(), views.end(),
              [&](const auto& a, const auto& b) { return place(a) < place(b); });
    for (SourceSpec& source : draft_.project.sources) {
      for (SourceLookup& lookup : source.lookups) lookup.view = draft_.FindView(lookup.view_name);
    }
  }

  const std::vector<Section> sources_;
  const std::vector<Section> views_;
  ProjectDraft& draft_;
  DerivedSources derived_;
  std::set<std::string> done_;  // sources with topics
  std::set<std::string> read_views_;
  std::vector<Step> way_;
};

}  // namespace

void ReadSourcesAndViews(const Section& root, ProjectDraft* draft) {
  SourcesAndViews(root, draft).ReadAll();
}

}  // namespace millrace
