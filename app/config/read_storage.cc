// project, log, state, server.

#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "app/config/check.h"
#include "app/config/compile.h"
#include "app/config/durations.h"

namespace millrace {
namespace {

// Numbers that the table cannot bound.
constexpr int64_t kMaxPartitions = 1024;
constexpr int64_t kMaxShards = 4096;
constexpr int64_t kMinMemoryBytes = 16LL << 20;

std::string Resolve(const ProjectDraft& draft, const std::string& path) {
  return (std::filesystem::path(draft.directory) / path).lexically_normal().string();
}

// The path at `key`; one that a shell would have to read is reported.
std::string PathAt(const Section& section, absl::string_view key, const ProjectDraft& draft) {
  const ConfigNode* path = section.Find(key);
  if (path != nullptr && (path->text == "~" || absl::StartsWith(path->text, "~/"))) {
    draft.sink
        ->Error(ConfigErrorCode::kInvalidValue, path->place, "'~' is not the home folder here")
        .suggestion = "write the whole path, or ${HOME}";
  }
  return Resolve(draft, section.Text(key));
}

// The whole number at `key`, reported when it is out of [low, high].
int64_t Bounded(const Section& section, absl::string_view key, int64_t low, int64_t high,
                DiagnosticSink* sink) {
  const int64_t value = section.Int(key);
  if (value < low || value > high) {
    sink->Error(ConfigErrorCode::kOutOfRange, section.Find(key)->place,
                absl::StrCat("'", key, "' must be from ", low, " to ", high));
  }
  return value;
}

int64_t Positive(const Section& section, absl::string_view key, DiagnosticSink* sink) {
  const int64_t value = section.DurationMs(key);
  if (value <= 0) {
    sink->Error(ConfigErrorCode::kOutOfRange, section.Find(key)->place,
                absl::StrCat("'", key, "' must be longer than 0"));
  }
  return value;
}

void ReadLog(const Section& log, ProjectDraft* draft) {
  if (!log.present()) return;
  LogSpec* spec = &draft->project.log;
  if (log.Has("embedded") == log.Has("kafka")) {
    if (!log.incomplete()) {
      draft->sink->Error(ConfigErrorCode::kConflict, log.place(),
                         "'log' must have one of 'embedded' and 'kafka'");
    }
  }
  spec->kafka = log.Has("kafka");
  const Section embedded = log.At("embedded");
  spec->path = PathAt(embedded, "path", *draft);
  spec->partitions =
      static_cast<int32_t>(Bounded(embedded, "partitions", 1, kMaxPartitions, draft->sink));
  const Section kafka = log.At("kafka");
  spec->brokers = kafka.Text("brokers");
  const Section properties = kafka.At("properties");
  if (properties.present()) {
    for (const ConfigMember& member : properties.map()->members) {
      if (!member.value.bad) spec->properties[member.key.text] = member.value.text;
    }
  }
  const Section retain = log.At("retain");
  spec->sources.partitions = spec->partitions;
  if (const ConfigNode* sources = retain.Find("sources")) {
    if (const std::optional<int64_t> ms = ParseDuration(sources->text)) {
      spec->sources.retain_for = absl::Milliseconds(*ms);
    } else {
      spec->sources.retain_bytes = *ParseSize(sources->text);
    }
  }
  spec->predictions.retain_for = absl::Milliseconds(Positive(retain, "predictions", draft->sink));
  spec->examples.retain_for = absl::Milliseconds(Positive(retain, "examples", draft->sink));
}

void ReadState(const Section& state, ProjectDraft* draft) {
  StateSpec* spec = &draft->project.state;
  spec->path = PathAt(state, "path", *draft);
  spec->memory_bytes = state.SizeBytes("memory");
  if (spec->memory_bytes < kMinMemoryBytes) {
    draft->sink->Error(ConfigErrorCode::kOutOfRange, state.Find("memory")->place,
                       "'memory' must be at least 16MiB");
  }
  if (state.Find("disk") != nullptr) spec->disk_bytes = state.SizeBytes("disk");
  spec->shards = static_cast<int32_t>(Bounded(state, "shards", 1, kMaxShards, draft->sink));
  spec->commit_every_ms = Positive(state, "commit_every", draft->sink);
  spec->power_loss = state.Text("durability") == "power_loss";
}

bool IsLoopback(absl::string_view address) {
  const std::string host = AddressHost(address).value_or("");
  if (host == "localhost" || host == "::1") return true;
  // 127.0.0.0/8, as numbers only: "127.example.org" is somewhere else.
  return absl::StartsWith(host, "127.") &&
         host.find_first_not_of("0123456789.") == std::string::npos;
}

void ReadServer(const Section& server, ProjectDraft* draft) {
  ServerSpec* spec = &draft->project.server;
  spec->http = server.Text("http");
  spec->grpc = server.Text("grpc");
  spec->trusted_network = server.Bool("trusted_network");
  spec->drain_ms = server.DurationMs("drain");
  if (const ConfigNode* grpc = server.Find("grpc");
      grpc != nullptr && spec->http == spec->grpc && !absl::EndsWith(spec->http, ":0")) {
    draft->sink->Error(ConfigErrorCode::kConflict, grpc->place,
                       "'http' and 'grpc' need addresses of their own");
  }
  if (spec->trusted_network) return;
  for (absl::string_view key : {"http", "grpc"}) {
    const ConfigNode* address = server.Find(key);
    if (address == nullptr || IsLoopback(address->text)) continue;
    draft->sink
        ->Error(ConfigErrorCode::kOpenToNetwork, address->place,
                absl::StrCat("'", address->shown,
                             "' can be reached from the network, without authentication"))
        .suggestion = "use 127.0.0.1, or set server.trusted_network: true";
  }
}

}  // namespace

void ReadStorage(const Section& root, ProjectDraft* draft) {
  draft->project.name = root.Text("project");
  if (const ConfigNode* name = root.Find("project"); name != nullptr && !IsValidName(name->text)) {
    draft->sink
        ->Error(ConfigErrorCode::kInvalidName, name->place,
                absl::StrCat("'", name->shown, "' is not a valid name"))
        .suggestion = NameAdvice(name->text);
  }
  ReadLog(root.At("log"), draft);
  ReadState(root.At("state"), draft);
  ReadServer(root.At("server"), draft);
}

}  // namespace millrace
