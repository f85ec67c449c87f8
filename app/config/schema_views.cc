// The keys views and services.

#include "app/config/schema_table.h"

namespace millrace {
namespace {

using enum ValueKind;

constexpr KeySpec kKeys[] = {
    May("views", kNone, "", "Features computed from sources, by name."),
    May("views.*", kNone, "", "A view: features of one entity."),
    Must("views.*.from", kName, "Source, or several, whose records count."),
    May("views.*.from[]", kName, "", "A source."),
    Must("views.*.entity", kName, "Entity the features are about."),
    May("views.*.ttl", kDuration, "",
        "Age of the entity's newest record beyond which features are expired."),
    May("views.*.freshness", kNone, "", "How old the view's data may be."),
    NotYet("views.*.freshness.warn_after", "Age at which an alert is raised."),
    May("views.*.freshness.error_after", kDuration, "",
        "Age of an entity's newest record beyond which its features are shown as stale."),
    May("views.*.accuracy", kNone, "auto", "How exactly window edges are kept.")
        .Words("auto|exact|tiled"),
    May("views.*.as_of", kDuration, "1h", "How far back reads as of a past time stay exact."),
    May("views.*.known_at", kName, "",
        "Field of every source, a timestamp or an int of milliseconds, that says when a record "
        "became known, or `appended`; for reads of what was known at a time.")
        .Words("appended"),
    May("views.*.while_warming", kNone, "null",
        "What learners see of a window that the data do not reach back to: nothing, or the value "
        "so far.")
        .Words("null|use"),
    Must("views.*.features", kNone, "The features, by name."),
    May("views.*.features.*", kNone, "", "A feature: one aggregation over one window."),
    May("views.*.features.*.expr", kExpression, "",
        "Expression over other features of the view and the request's own values (fields of the "
        "view's first source), in place of an aggregation."),
    May("views.*.features.*.window", kDuration, "",
        "Span of event time before the read, `lifetime`, or a window of another kind.")
        .Words("lifetime"),
    May("views.*.features.*.window.session", kNone, "",
        "A run of records that follow each other closely."),
    Must("views.*.features.*.window.session.gap", kDuration,
         "A longer pause between records ends a session."),
    May("views.*.features.*.window.session.max_length", kDuration, "",
        "A record later than this after the first one starts a new session."),
    May("views.*.features.*.window.session.which", kNone, "current",
        "The session at the read time, or the last one that has ended.")
        .Words("current|complete"),
    May("views.*.features.*.window.tumbling", kDuration, "",
        "Length of fixed windows side by side."),
    May("views.*.features.*.window.origin", kAny, "0",
        "A time at which one of the tumbling windows begins, or how long after 1970 began: `5h`."),
    May("views.*.features.*.window.which", kNone, "current",
        "The tumbling window at the read time, or the whole one before it.")
        .Words("current|complete"),
    May("views.*.features.*.window.hopping", kDuration, "",
        "Length of windows that move on by `hop`."),
    May("views.*.features.*.window.hop", kDuration, "", "Step of hopping windows."),
    May("views.*.features.*.window.events", kInt, "", "The newest so many records."),
    May("views.*.features.*.lag", kDuration, "0s", "How long before the read the window ends."),
    May("views.*.features.*.bounds", kNone, "[)", "Which ends of the window belong to it.")
        .Words("[)|(]|[]|()"),
    May("views.*.features.*.where", kExpression, "",
        "Records for which it is not true are skipped."),
    May("views.*.features.*.by", kExpression, "", "Category by which the feature becomes a map."),
    May("views.*.features.*.default", kTyped, "",
        "Shown in place of a missing value, and of the feature's type."),
    May("views.*.features.*.with_request", kBool, "false",
        "Counts the request's own values as a record at the read time."),
    May("views.*.features.*.exclude_current", kNone, "",
        "Of a window that takes in the read time: leaves out all records at it, or the "
        "deciding one.")
        .Words("time|row"),
    May("views.*.features.*.q", kNumber, "", "Which quantile, 0 to 1."),
    May("views.*.features.*.k", kInt, "", "How many values; of `nth` which one."),
    May("views.*.features.*.p", kInt, "", "Precision of `approx_count_distinct`, 8 to 16."),
    May("views.*.features.*.half_life", kDuration, "",
        "Time in which a record's weight halves, of the decaying aggregations."),
    May("views.*.features.*.alpha", kNumber, "", "Weight of the newest value in `ew_mean`."),
    May("views.*.features.*.order_by", kExpression, "",
        "What `arg_max`, `arg_min`, `top_k` and `bottom_k` rank by."),
    May("views.*.features.*.with", kExpression, "",
        "Second value of `cov_pop`, `cov_samp` and `corr`."),
    May("views.*.features.*.max_values", kInt, "",
        "Most different values that `distinct` and `count_distinct` keep."),
    May("views.*.features.*.max_keys", kInt, "",
        "Most values that frequencies are kept of, or categories of `by`."),
    May("views.*.features.*.max_events", kInt, "", "Newest records that the window is limited to."),
    May("views.*.features.*.top", kInt, "", "Shows only so many categories of `by`."),
    May("views.*.features.*.top_by", kNone, "value",
        "Shows the categories with the largest values, or the largest keys.")
        .Words("value|key"),
    May("views.*.features.*.elementwise", kBool, "false", "Aggregates vectors element by element."),
    May("views.*.features.*.dim", kInt, "", "Length of the vectors, to be checked."),
    May("views.*.features.*.description", kString, "",
        "What it is, for people: the catalog shows it."),
    May("views.*.description", kString, "", "What it is, for people: the catalog shows it."),
    May("views.*.owner", kString, "", "Who answers for it."),

    May("services", kNone, "", "Lists of features that are read together, by name."),
    May("services.*", kNone, "",
        "A feature service, or one version of it as `NAME@2`; versions stand side by side, and a "
        "read that names none gets the newest.")
        .Versioned(),
    Must("services.*.features", kNone, "Features, as `view.feature` or `view.*`."),
    May("services.*.features[]", kName, "", "A feature, or all of a view."),
    May("services.*.version", kInt, "1", "Version of the list, if its name does not say it."),
    May("services.*.description", kString, "", "What it is, for people: the catalog shows it."),
    May("services.*.owner", kString, "", "Who answers for it."),
};

}  // namespace

std::span<const KeySpec> ViewKeys() { return kKeys; }

}  // namespace millrace
