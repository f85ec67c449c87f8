// The keys sources and entities.

#include "app/config/schema_table.h"

namespace millrace {
namespace {

using enum ValueKind;

constexpr absl::string_view kTypes =
    "bool|int|double|string|bytes|timestamp|list<T>|map<T>|vector<N>";

constexpr KeySpec kKeys[] = {
    May("registry", kNone, "",
        "The schema registry of `confluent_avro` and `confluent_protobuf`, with the REST interface "
        "of Confluent's."),
    Must("registry.url", kString, "Its address, with or without a path."),
    May("registry.user", kString, "", "User of basic authentication."),
    May("registry.password", kString, "", "Password of basic authentication."),
    May("registry.token", kString, "", "Bearer token."),
    May("registry.timeout", kDuration, "2s",
        "How long a record with a new schema waits for the registry at a time."),

    Must("sources", kNone, "The topics that are read, by name."),
    May("sources.*", kNone, "", "A topic with its format, event time, schema and error policy."),
    May("sources.*.topic", kString, "", "Topic of the log; a source has one, or `from`."),
    May("sources.*.from", kName, "",
        "Source that this one is derived from, or a list of them: its records are theirs, as "
        "`let`, `where` and `each` change them."),
    May("sources.*.from[]", kName, "", "A source."),
    May("sources.*.format", kNone, "json", "Encoding of the records' values.")
        .Words("json|avro|protobuf|confluent_json|confluent_avro|confluent_protobuf"),
    May("sources.*.schema_file", kString, "",
        "Of `avro` an .avsc file; of `protobuf` a .proto file or a descriptor set of protoc; "
        "relative to this file."),
    May("sources.*.message", kString, "",
        "Of `protobuf` the message by its full name; without it the only one of the file."),
    May("sources.*.message_indices", kNone, "zigzag",
        "Of `confluent_protobuf` how producers write the message's indices: `plain` with "
        "use.deprecated.format.")
        .Words("zigzag|plain"),
    May("sources.*.envelope", kNone, "auto",
        "What stands around the values: CloudEvents where a record's headers say so (`auto`), "
        "nothing, or changes of database rows as Debezium writes them.")
        .Words("auto|none|debezium"),
    May("sources.*.time", kNone, "record",
        "Event time: `record` for the record's own timestamp, or the field that holds it.")
        .Words("record"),
    Must("sources.*.time.field", kString, "Field of the record; it needs no entry in `schema`."),
    May("sources.*.time.unit", kNone, "ms", "Unit of the field.").Words("ms|s|us|rfc3339"),
    May("sources.*.id", kExpression, "",
        "Id of a record, over the fields of `schema`; further records of one id are duplicates. A "
        "record without it is rejected."),
    May("sources.*.dedup", kDuration, "1d",
        "Event time over which records of one id are duplicates. Given without `id`, the id is "
        "that of the record's envelope."),
    May("sources.*.retract", kBool, "false",
        "Records may take back earlier ones, by the header `millrace-retract: true`."),
    May("sources.*.partitioned_by", kName, "",
        "Entity by whose key the topic is partitioned, as Java producers do it; the number of "
        "partitions divides `state.shards`, and every record is checked."),
    May("sources.*.schema", kNone, "",
        "Fields that are read, with their types; missing ones are null. A source with a topic "
        "needs it."),
    May("sources.*.schema.*", kType, "", "Type of the field.").Words(kTypes),
    Must("sources.*.schema.*.type", kType, "Type of the field.").Words(kTypes),
    May("sources.*.schema.*.path", kString, "",
        "Where the field stands, as names with dots; without it at its own name."),
    May("sources.*.schema.*.range", kNone, "",
        "Smallest and largest number; a record with another is rejected."),
    May("sources.*.schema.*.range[]", kNumber, "", "A bound, inclusive."),
    NotYet("sources.*.schema.*.pii", "Personal data."),
    NotYet("sources.*.schema.*.sensitive", "Data that is not shown."),
    May("sources.*.let", kNone, "",
        "Fields computed from those of `schema` and those before them."),
    May("sources.*.let.*", kExpression, "", "The field's value."),
    May("sources.*.where", kExpression, "",
        "Condition over all these fields; a record for which it is not true has no effect."),
    May("sources.*.each", kName, "",
        "Field that holds a list, of which each item becomes a record with the item in its place."),
    May("sources.*.lookup", kNone, "",
        "Fields that each record gets from features of views, as of its event time. `let`, `where` "
        "and `each` see them."),
    May("sources.*.lookup.*", kNone, "",
        "A field, of the feature's type; null when it is missing."),
    Must("sources.*.lookup.*.view", kName, "View to look in."),
    Must("sources.*.lookup.*.feature", kName, "Feature to take."),
    May("sources.*.lookup.*.key", kNone, "",
        "Who is looked up: expressions over the fields of `schema`, by key field of the view; "
        "without it the fields of those names."),
    May("sources.*.lookup.*.key.*", kExpression, "", "The key field's value."),
    May("sources.*.align_timeout", kDuration, "5s",
        "How long a record waits, live, until what the views it looks in are computed from has "
        "come to its event time."),
    May("sources.*.history", kNone, "", "Files that are read before the topic, by event time."),
    Must("sources.*.history.files", kString, "Pattern of file names, as a shell's."),
    Must("sources.*.history.format", kNone, "Format of the files.").Words("csv|jsonl", "parquet"),
    Must("sources.*.history.until", kString,
         "Time, as RFC 3339, at which the topic takes over: records of the topic before it, and of "
         "the files from it on, are duplicates."),
    May("sources.*.lateness", kNone, "", "How far out of place in time records may be."),
    May("sources.*.lateness.out_of_order", kDuration, "0s",
        "How much older than the newest record of its partition a record usually is at most."),
    May("sources.*.lateness.future_skew", kDuration, "10m",
        "How far ahead of its append time a record may be dated."),
    May("sources.*.lateness.retention", kDuration, "40d",
        "Records later than this are not applied but dead-lettered."),
    May("sources.*.lateness.future", kNone, "dead_letter",
        "What becomes of a record dated beyond `future_skew`.")
        .Words("dead_letter|keep"),
    May("sources.*.lateness.idle", kNone, "auto",
        "What moves time, live, when all records are read: the clock if the newest was appended "
        "within an hour of its event time, so that time stands where history ends (`auto`), or the "
        "clock whatever their age.")
        .Words("auto|clock"),
    May("sources.*.on_error", kNone, "dead_letter", "What becomes of a record that cannot be read.")
        .Words("dead_letter|skip|stop"),
    May("sources.*.description", kString, "", "What it is, for people: the catalog shows it."),
    May("sources.*.owner", kString, "", "Who answers for it."),

    May("entities", kNone, "", "What features are about, by name."),
    May("entities.*", kNone, "", "An entity: one or more key fields."),
    Must("entities.*.key", kNone, "Names of the key fields, as in the sources."),
    May("entities.*.key[]", kName, "", "A field."),
    May("entities.*.description", kString, "", "What it is, for people: the catalog shows it."),
    May("entities.*.owner", kString, "", "Who answers for it."),
};

}  // namespace

std::span<const KeySpec> SourceKeys() { return kKeys; }

}  // namespace millrace
