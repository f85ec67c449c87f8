// The window of a feature.

#include <limits>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "app/config/check.h"
#include "app/config/durations.h"
#include "app/config/feature_reader.h"

namespace millrace {
namespace {

// Longest window, lag or gap: a thousand years, far within what times can be.
constexpr int64_t kLongestMs = int64_t{1000} * 366 * 86'400'000;

Bounds BoundsOfWord(absl::string_view word) {
  if (word == "(]") return Bounds::kOpenClosed;
  if (word == "[]") return Bounds::kClosedClosed;
  if (word == "()") return Bounds::kOpenOpen;
  return Bounds::kClosedOpen;
}

class WindowParser {
 public:
  WindowParser(const Section& feature, DiagnosticSink* sink, Window* window)
      : feature_(feature), sink_(sink), window_(window) {}

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
        sink_->Error(ConfigErrorCode::kMissingKey, feature_.place(),
                     absl::StrCat("'", feature_.name(), "' lacks 'window'"));
      }
      return false;
    }
    return (node->is_map() ? ReadMap(feature_.At("window"), *node) : ReadScalar(*node)) &&
           ReadLimit();
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
    if (*ms > kLongestMs) {
      return Fail(ConfigErrorCode::kOutOfRange, node->place,
                  absl::StrCat("'", key, "' is longer than a thousand years"));
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
        return Fail(ConfigErrorCode::kConflict, node.Find(name)->place,
                    absl::StrCat("a window has one kind, and '", kind, "' is given already"));
      }
      kind = name;
    }
    if (window.incomplete()) return false;
    if (kind == nullptr) {
      sink_->Error(ConfigErrorCode::kConflict, node.place, "the window has no kind").known = {
          "session", "tumbling", "hopping", "events"};
      return false;
    }
    const std::string name = kind;
    const auto only = [&](const char* key, absl::string_view owner) {
      if (!window.Has(key) || name == owner) return true;
      return Fail(ConfigErrorCode::kConflict, node.Find(key)->place,
                  absl::StrCat("'", key, "' goes with '", owner, "', not with '", name, "'"));
    };
    if (!only("origin", "tumbling") || !only("which", "tumbling") || !only("hop", "hopping")) {
      return false;
    }
    if (name == "session") return ReadSession(window.At("session"));
    if (name == "tumbling") return ReadTumbling(window);
    return name == "hopping" ? ReadHopping(window, node) : ReadEvents(window);
  }

  bool NoBounds(const char* kind) {
    if (!feature_.Has("bounds")) return true;
    return Fail(ConfigErrorCode::kConflict, feature_.map()->Find("bounds")->place,
                absl::StrCat("a ", kind, " window has fixed bounds"));
  }

  bool ReadSession(const Section& session) {
    window_->kind = WindowKind::kSession;
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
    if (const std::optional<int64_t> offset_ms = ParseDuration(origin->text)) {
      window_->origin_ms = *offset_ms;
      return true;
    }
    if (absl::ParseTime(absl::RFC3339_full, origin->text, &time, &error)) {
      window_->origin_ms = absl::ToUnixMillis(time);
      return true;
    }
    sink_
        ->Error(ConfigErrorCode::kWrongType, origin->place,
                absl::StrCat("'origin' must be a time or a length, found ", Describe(*origin)))
        .suggestion = "write 5h, 2024-01-01T05:00:00Z, or milliseconds since 1970";
    return false;
  }

  bool ReadHopping(const Section& window, const ConfigNode& node) {
    window_->kind = WindowKind::kHopping;
    if (!window.Has("hop")) {
      return Fail(ConfigErrorCode::kMissingKey, node.place, "'hopping' needs 'hop'");
    }
    if (!NoBounds("hopping") || !Length("hopping", window, 1, &window_->size_ms) ||
        !Length("hop", window, 1, &window_->hop_ms)) {
      return false;
    }
    if (window_->hop_ms <= window_->size_ms) return true;
    return Fail(ConfigErrorCode::kOutOfRange, window.Find("hop")->place,
                "'hop' must not be longer than the window: records between would count nowhere");
  }

  bool ReadEvents(const Section& window) {
    window_->kind = WindowKind::kEvents;
    return ReadCount(*window.Find("events"), "events");
  }

  bool ReadCount(const ConfigNode& node, const char* key) {
    if (absl::SimpleAtoi(node.text, &window_->max_events) && window_->max_events >= 1 &&
        window_->max_events <= kMaxWindowEvents) {
      return true;
    }
    return Fail(ConfigErrorCode::kOutOfRange, node.place,
                absl::StrCat("'", key, "' must be 1 to ", kMaxWindowEvents));
  }

  bool ReadLimit() {
    const ConfigNode* limit = feature_.Find("max_events");
    if (limit == nullptr) return !feature_.Has("max_events");
    if (window_->kind == WindowKind::kEvents || window_->kind == WindowKind::kLifetime) {
      return Fail(ConfigErrorCode::kConflict, limit->place,
                  "'max_events' limits a window of time; for the newest N records write "
                  "window: {events: N}");
    }
    return ReadCount(*limit, "max_events");
  }

  const Section& feature_;
  DiagnosticSink* sink_;
  Window* window_;
};

}  // namespace

bool ReadWindow(const Section& feature, DiagnosticSink* sink, Window* window) {
  return WindowParser(feature, sink, window).Read();
}

}  // namespace millrace
