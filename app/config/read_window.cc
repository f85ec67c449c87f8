// The window of a feature.

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "app/config/check.h"
#include "app/config/durations.h"
#include "app/config/feature_reader.h"
#include "stream/tile_ladder.h"

namespace millrace {
namespace {

Bounds BoundsOfWord(absl::string_view word) {
  if (word == "(]") return Bounds::kOpenClosed;
  if (word == "[]") return Bounds::kClosedClosed;
  if (word == "()") return Bounds::kOpenOpen;
  return Bounds::kClosedOpen;
}

class WindowParser {
 public:
  WindowParser(const Section& feature, Accuracy accuracy, DiagnosticSink* sink, Window* window)
      : feature_(feature), accuracy_(accuracy), sink_(sink), window_(window) {}

  bool Read() {
    window_->bounds = BoundsOfWord(feature_.Text("bounds"));
    if (!Length("lag", feature_, 0, &window_->lag_ms)) return false;
    const std::string exclude = feature_.Text("exclude_current");
    window_->exclude_current = exclude == "time"  ? ExcludeCurrent::kTime
                               : exclude == "row" ? ExcludeCurrent::kRow
                                                  : ExcludeCurrent::kNothing;
    window_->with_request = feature_.Text("with_request") == "true";
    const ConfigNode* node = feature_.Find("window");
    if (node == nullptr) {
      if (!feature_.Has("window") && !feature_.incomplete()) {
        sink_
            ->Error(ConfigErrorCode::kMissingKey, feature_.place(),
                    absl::StrCat("'", feature_.name(), "' lacks 'window'"))
            .suggestion = "add window: 1h, or window: lifetime";
      }
      return false;
    }
    return (node->is_map() ? ReadMap(feature_.At("window"), *node) : ReadScalar(*node)) &&
           ReadLimit() && CheckTiles(*node) && CheckRequest() && CheckExclusion();
  }

 private:
  bool Fail(ConfigErrorCode code, const TextPlace& place, std::string message) {
    sink_->Error(code, place, std::move(message));
    return false;
  }

  // A duration of at least `least` ms.
  bool Length(const char* key, const Section& section, int64_t least, int64_t* ms) {
    const ConfigNode* node = section.Find(key);
    if (node == nullptr) return !section.Has(key);
    *ms = section.DurationMs(key);
    if (*ms < least) {
      return Fail(ConfigErrorCode::kOutOfRange, node->place,
                  absl::StrCat("'", key, "' must be longer than 0"));
    }
    return true;
  }

  bool ReadScalar(const ConfigNode& node) {
    if (node.text == "lifetime") {
      window_->kind = WindowKind::kLifetime;
      return true;
    }
    return Length("window", feature_, 1, &window_->size_ms);
  }

  bool ReadMap(const Section& window, const ConfigNode& node) {
    constexpr const char* kKinds[] = {"session", "tumbling", "hopping", "events"};
    const char* kind = nullptr;
    for (const char* name : kKinds) {
      if (!window.Has(name)) continue;
      if (kind != nullptr) {
        return Fail(ConfigErrorCode::kConflict, window.KeyPlace(name),
                    absl::StrCat("a window has one kind, and '", kind, "' is given already"));
      }
      kind = name;
    }
    if (window.incomplete()) return false;
    const std::string name = kind == nullptr ? "" : kind;
    for (const auto& [key, owner] :
         {std::pair{"origin", "tumbling"}, {"which", "tumbling"}, {"hop", "hopping"}}) {
      if (!window.Has(key) || name == owner) continue;
      const bool in_session = name == "session" && absl::string_view(key) == "which";
      Diagnostic& d = sink_->Error(ConfigErrorCode::kConflict, window.KeyPlace(key),
                                   name.empty() ? absl::StrCat("'", key, "' needs '", owner, "'")
                                                : absl::StrCat("'", key, "' goes with '", owner,
                                                               "', not with '", name, "'"));
      if (in_session) {
        d.suggestion = "that of a session is written inside: session: {gap: …, which: …}";
      }
      return false;
    }
    if (kind == nullptr) {
      sink_->Error(ConfigErrorCode::kConflict, node.place, "the window has no kind").known = {
          "session", "tumbling", "hopping", "events"};
      return false;
    }
    if (name == "session") return ReadSession(window.At("session"));
    if (name == "tumbling") return ReadTumbling(window);
    return name == "hopping" ? ReadHopping(window) : ReadEvents(window);
  }

  bool NoBounds(const char* kind) {
    if (!feature_.Has("bounds")) return true;
    return Fail(ConfigErrorCode::kConflict, feature_.KeyPlace("bounds"),
                absl::StrCat("a ", kind, " window has no 'bounds': they are fixed"));
  }

  bool ReadSession(const Section& session) {
    window_->kind = WindowKind::kSession;
    if (!NoBounds("session")) return false;
    if (session.incomplete() || session.Find("gap") == nullptr) return false;
    if (!Length("gap", session, 1, &window_->gap_ms) ||
        !Length("max_length", session, 1, &window_->max_length_ms)) {
      return false;
    }
    if (window_->max_length_ms > 0 && window_->max_length_ms < window_->gap_ms) {
      return Fail(ConfigErrorCode::kOutOfRange, session.Find("max_length")->place,
                  "'max_length' must be at least 'gap'");
    }
    if (session.Text("which") == "complete") window_->which = Which::kComplete;
    return true;
  }

  bool ReadTumbling(const Section& window) {
    window_->kind = WindowKind::kTumbling;
    if (!NoBounds("tumbling") || !Length("tumbling", window, 1, &window_->size_ms)) return false;
    if (window.Text("which") == "complete") window_->which = Which::kComplete;
    const ConfigNode* origin = window.Find("origin");
    if (origin == nullptr) return !window.Has("origin");
    absl::Time time;
    std::string error;
    if (absl::SimpleAtoi(origin->text, &window_->origin_ms)) return true;
    if (const std::optional<int64_t> ms = ParseDuration(origin->text)) {
      window_->origin_ms = *ms;
      return true;
    }
    if (absl::ParseTime(absl::RFC3339_full, origin->text, &time, &error)) {
      window_->origin_ms = absl::ToUnixMillis(time);
      return true;
    }
    sink_
        ->Error(ConfigErrorCode::kWrongType, origin->place,
                absl::StrCat("'origin' must be a time, found ", Describe(*origin)))
        .suggestion = "write 2024-01-01T05:00:00Z, or 5h after midnight UTC";
    return false;
  }

  bool ReadHopping(const Section& window) {
    window_->kind = WindowKind::kHopping;
    if (!window.Has("hop")) {
      sink_
          ->Error(ConfigErrorCode::kMissingKey, window.KeyPlace("hopping"),
                  "'hopping' needs 'hop', by which the windows move on")
          .suggestion = "add hop: 10m";
      return false;
    }
    if (!NoBounds("hopping") || !Length("hopping", window, 1, &window_->size_ms) ||
        !Length("hop", window, 1, &window_->hop_ms)) {
      return false;
    }
    if (window_->hop_ms <= window_->size_ms) return true;
    return Fail(ConfigErrorCode::kOutOfRange, window.Find("hop")->place,
                "'hop' must not be longer than the window: records between two windows would be in "
                "none");
  }

  bool ReadEvents(const Section& window) {
    window_->kind = WindowKind::kEvents;
    const ConfigNode* events = window.Find("events");
    return events != nullptr && ReadCount(*events, "events");
  }

  bool ReadCount(const ConfigNode& node, const char* key) {
    if (absl::SimpleAtoi(node.text, &window_->max_events) && window_->max_events >= 1 &&
        window_->max_events <= kMaxWindowEvents) {
      return true;
    }
    return Fail(
        ConfigErrorCode::kOutOfRange, node.place,
        absl::StrCat("'", key, "' must be from 1 to ", kMaxWindowEvents, ", not ", node.shown));
  }

  bool ReadLimit() {
    if (window_->kind == WindowKind::kEvents && accuracy_ == Accuracy::kTiled) {
      return Fail(ConfigErrorCode::kConflict, feature_.KeyPlace("window"),
                  "the view has 'accuracy: tiled', which keeps no records to count the newest of");
    }
    const ConfigNode* limit = feature_.Find("max_events");
    if (limit == nullptr) return !feature_.Has("max_events");
    const TextPlace& place = feature_.KeyPlace("max_events");
    if (window_->kind == WindowKind::kEvents || window_->kind == WindowKind::kLifetime) {
      sink_->Error(ConfigErrorCode::kConflict, place, "'max_events' limits a window of time")
          .suggestion = "for the newest N records write window: {events: N}";
      return false;
    }
    if (window_->kind == WindowKind::kSession) {
      return Fail(ConfigErrorCode::kConflict, place,
                  "'max_events' limits a window of time, and a session has its 'max_length'");
    }
    if (accuracy_ == Accuracy::kTiled) {
      return Fail(ConfigErrorCode::kConflict, place,
                  "the view has 'accuracy: tiled', which keeps no records to count the newest of");
    }
    return ReadCount(*limit, "max_events");
  }

  // `accuracy: tiled` has tiles only, and they must be as fine as the window needs.
  bool CheckTiles(const ConfigNode& window) {
    if (accuracy_ != Accuracy::kTiled) return true;
    const bool session = window_->kind == WindowKind::kSession;
    const bool fine = session ? window_->gap_ms >= kTileSizesMs[0]
                              : window_->size_ms == 0 || TailTier(window_->size_ms) >= 0;
    if (fine) return true;
    sink_
        ->Error(ConfigErrorCode::kConflict, window.place,
                absl::StrCat(
                    "the view has 'accuracy: tiled', and no tile is fine enough for a ",
                    session ? "session with a gap shorter than 10ms" : "window shorter than 1.28s"))
        .suggestion = "accuracy: auto keeps records for it";
    return false;
  }

  // A request's own values are a record at the read time.
  bool CheckRequest() {
    if (!window_->with_request) return true;
    const char* const what = window_->lag_ms > 0                     ? "one with 'lag'"
                             : window_->which == Which::kComplete    ? "a complete one"
                             : window_->kind == WindowKind::kHopping ? "a hopping one"
                                                                     : nullptr;
    if (what == nullptr) return true;
    return Fail(ConfigErrorCode::kConflict, feature_.KeyPlace("with_request"),
                absl::StrCat("'with_request' needs a window that ends at the read, not ", what));
  }

  // Nothing can be left out of a window at a time that it does not take in.
  bool CheckExclusion() {
    if (window_->exclude_current == ExcludeCurrent::kNothing) return true;
    const bool row = window_->exclude_current == ExcludeCurrent::kRow;
    Window whole = *window_;
    whole.exclude_current = ExcludeCurrent::kNothing;
    const bool lags = row && window_->lag_ms > 0;
    if (TakesEnd(whole) && !lags) return true;
    sink_
        ->Error(ConfigErrorCode::kConflict, feature_.KeyPlace("exclude_current"),
                absl::StrCat("'exclude_current: ", row ? "row" : "time",
                             "' has nothing to leave out of a window that ends before the ",
                             row ? "deciding record" : "read time"))
        .suggestion = lags ? "leave it out, or the 'lag'"
                           : "leave it out: only windows with bounds \"[]\" or \"(]\" need it";
    return false;
  }

  const Section& feature_;
  const Accuracy accuracy_;
  DiagnosticSink* sink_;
  Window* window_;
};

}  // namespace

bool ReadWindow(const Section& feature, Accuracy accuracy, DiagnosticSink* sink, Window* window) {
  return WindowParser(feature, accuracy, sink, window).Read();
}

}  // namespace millrace
