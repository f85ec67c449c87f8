#include "app/config/error_codes.h"

#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace millrace {
namespace {

constexpr ErrorCodeInfo kCodes[] = {
    {ConfigErrorCode::kUnreadable, "file cannot be read",
     "The configuration file does not exist, is not a file, or may not be read. Name another with "
     "`-f FILE`."},
    {ConfigErrorCode::kTooLarge, "file too large",
     "A configuration has at most 1 MiB. Something else was probably named by mistake."},
    {ConfigErrorCode::kSyntax, "not YAML",
     "The text is not valid YAML in UTF-8, holds more than one document, or its top is not a map. "
     "The rest of the "
     "file is not checked until this is right. Values that begin with one of `* & ! % @ { [` or "
     "hold `: ` or ` #` need quotes."},
    {ConfigErrorCode::kTab, "tab in indentation",
     "YAML is indented by spaces; a tab there has no defined width."},
    {ConfigErrorCode::kAnchor, "anchor, alias or tag",
     "YAML anchors (`&name`), aliases (`*name`) and tags (`!!str`) hide what a line means and are "
     "not accepted. Write the value out."},
    {ConfigErrorCode::kDuplicateKey, "duplicate key",
     "A map has the same key twice; readers of YAML disagree about which one counts. Remove one, "
     "or rename it."},
    {ConfigErrorCode::kBooleanWord, "YAML boolean word",
     "Some readers of YAML take the plain words `yes no on off y n` for booleans, others for "
     "strings. "
     "Quote the word where a name or a string is meant; write `true` or `false` where a boolean "
     "is."},
    {ConfigErrorCode::kInterpolation, "interpolation failed",
     "`${NAME}` takes an environment variable, `${NAME:-default}` has a default, `${file:/path}` "
     "takes the content of a "
     "file without its last line end, and `$${` stands for `${`. Inside `{ }` and `[ ]` the value "
     "must be quoted."},
    {ConfigErrorCode::kOverride, "override cannot be applied",
     "`--set path=value` and `MILLRACE_…` variables name a key of the configuration by its path, "
     "as in "
     "`--set server.http=127.0.0.1:8080` or `MILLRACE_SERVER_HTTP=127.0.0.1:8080`."},
    {ConfigErrorCode::kUnknownKey, "unknown key",
     "The map has no such key. Unknown keys are never ignored: a misspelt one would silently leave "
     "its default."},
    {ConfigErrorCode::kMissingKey, "missing key",
     "A key without default is missing, or one that the aggregation of a feature needs, such as "
     "`k` of `top_k`."},
    {ConfigErrorCode::kWrongType, "wrong type", "The value is not of the kind that the key takes."},
    {ConfigErrorCode::kNotSupported, "not supported yet",
     "The key or value belongs to the configuration language but this version of Millrace cannot "
     "do it. It is refused "
     "rather than ignored."},
    {ConfigErrorCode::kInvalidValue, "not one of the values",
     "The key takes one of a few words, and this is another."},
    {ConfigErrorCode::kOutOfRange, "value out of range",
     "The value is of the right kind but too small or too large."},
    {ConfigErrorCode::kUnknownAggregation, "unknown aggregation",
     "A feature and a label name their aggregation by a key, as in `{mean: delay, window: 1h}`."},
    {ConfigErrorCode::kInvalidName, "invalid name",
     "Names are letters, digits and `_`, do not begin with a digit, have at most 64 characters, "
     "and are no word that "
     "expressions reserve."},
    {ConfigErrorCode::kConflict, "contradictory keys",
     "Keys that exclude each other were given together, none of them was, or one without the key "
     "that it belongs to. Options belong to an aggregation, some keys to a kind of window: `hop` "
     "to "
     "`hopping`, `top` to `by`."},
    {ConfigErrorCode::kUnknownReference, "unknown reference",
     "The name is not defined in this file."},
    {ConfigErrorCode::kExpression, "error in an expression",
     "The expression cannot be read, uses a name that is not in scope, or combines types that do "
     "not mix (an int and a "
     "double do not: `double(n)`)."},
    {ConfigErrorCode::kExpressionType, "expression of the wrong type",
     "The expression is right in itself but gives a type that cannot be used here: a condition "
     "must be a bool, `sum` "
     "and `mean` take numbers, the label of a binary task is a bool or a number, and the inputs of "
     "a "
     "learner are no lists, maps or vectors. docs/reference/aggregations.md says what each "
     "aggregation takes."},
    {ConfigErrorCode::kKeyFields, "key fields do not fit",
     "The fields of an entity's key must exist, with one type, in every source of a view and in "
     "the decisions of every "
     "task that reads it."},
    {ConfigErrorCode::kDuplicate, "defined twice",
     "Two sources read the same topic, two inputs have the same name, or a list names something "
     "twice."},
    {ConfigErrorCode::kLabelLeak, "window would see the label",
     "A window whose bounds end in `]` includes the moment of the decision. Over a source that "
     "carries the task's label "
     "it could show the label to the learner. Use `[)` or `()`, or a `lag`."},
    {ConfigErrorCode::kLearner, "learner refused",
     "The type of learner, one of its options, or the champion is unknown or out of range. "
     "`millrace help learners` lists the types and the options of each."},
    {ConfigErrorCode::kDecisionId, "decision ids do not fit",
     "Labels find their decision by its id, so the id must exist, with the same type, in the "
     "decisions and in each source "
     "of the label."},
    {ConfigErrorCode::kOpenToNetwork, "open to the network",
     "Without TLS and authentication the server listens on the loopback only, unless "
     "`server.trusted_network: true` says that "
     "everyone who can reach it may use it."},
    {ConfigErrorCode::kRecordSchema, "records' schema does not fit",
     "The file in `schema_file` is no schema, has no such message, or lacks a field that the "
     "source "
     "wants or has it with another type. docs/reference/formats.md says which types fit."},
    {ConfigErrorCode::kOverDiskBudget, "over the disk budget",
     "At the rate and number of entities that `millrace validate --explain` was given, the state "
     "may take more than `state.disk`: twice the rows of the views, as what was replaced stays "
     "until files are merged, and up to 12 write buffers (a sixteenth of `state.memory` each, 4 to "
     "64 MiB) of write-ahead log and new files. `accuracy: auto` bounds the records that are kept "
     "of an entity; "
     "shorter windows and a shorter `as_of` take less."},
};

}  // namespace

std::string ErrorCodeName(ConfigErrorCode code) {
  return absl::StrCat("MILLRACE-", static_cast<int>(code));
}

std::span<const ErrorCodeInfo> ErrorCodes() { return kCodes; }

const ErrorCodeInfo* FindErrorCode(absl::string_view name) {
  constexpr absl::string_view kPrefix = "millrace-";
  if (absl::StartsWithIgnoreCase(name, kPrefix)) name.remove_prefix(kPrefix.size());
  int number = 0;
  if (!absl::SimpleAtoi(name, &number)) return nullptr;
  for (const ErrorCodeInfo& info : kCodes) {
    if (static_cast<int>(info.code) == number) return &info;
  }
  return nullptr;
}

}  // namespace millrace
