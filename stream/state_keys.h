// The first byte of every key of the state store: which part owns it (docs/formats/state.md).

#ifndef MILLRACE_STREAM_STATE_KEYS_H_
#define MILLRACE_STREAM_STATE_KEYS_H_

namespace millrace {

inline constexpr char kMetaPrefix = 0x00;     // project, log identity
inline constexpr char kFeaturePrefix = 0x01;  // featurestore
inline constexpr char kOutboxPrefix = 0x02;   // channel, n → entry
inline constexpr char kChannelPrefix = 0x03;  // channel → last number
inline constexpr char kJoinPrefix = 0x04;     // task → open decisions, parked labels
inline constexpr char kTaskPrefix = 0x05;     // task → counters, pending decisions
inline constexpr char kInputPrefix = 0x06;    // source, partition → position
inline constexpr char kTrainerPrefix = 0x07;  // task → learners and metrics
inline constexpr char kIdPrefix = 0x08;      // source, event time, id → a record that was applied
inline constexpr char kLookupPrefix = 0x09;  // source, partition, offset → what records looked up
inline constexpr char kDeletionPrefix = 0x0a;  // shard, view, entity → when it was deleted

}  // namespace millrace

#endif  // MILLRACE_STREAM_STATE_KEYS_H_
