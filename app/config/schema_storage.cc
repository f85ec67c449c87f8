// The keys version, project, log, state and server.

#include "app/config/schema_table.h"

namespace millrace {
namespace {

using enum ValueKind;

constexpr KeySpec kKeys[] = {
    Must("version", kNone, "Version of the configuration language.").Words("1"),
    Must("project", kString, "Name of the project; Millrace's own topics begin with it."),

    Must("log", kNone, "Where the records are: one of `embedded` and `kafka`."),
    May("log.embedded", kNone, "", "A durable log in a folder of this machine."),
    Must("log.embedded.path", kString, "Folder of the log, relative to this file."),
    May("log.embedded.partitions", kInt, "1",
        "Partitions of a source's topic that is made at start."),
    May("log.kafka", kNone, "", "A Kafka cluster."),
    Must("log.kafka.brokers", kString, "Bootstrap brokers, as `host:port,host:port`."),
    May("log.kafka.properties", kNone, "", "Any property of librdkafka, by its name.").FreeKeys(),
    May("log.retain", kNone, "", "How long records are kept; on the embedded log by append time."),
    May("log.retain.sources", kDurationOrSize, "",
        "Age, or size of a partition, beyond which records of sources are deleted; without it none "
        "is."),
    May("log.retain.predictions", kDuration, "30d", "Age beyond which predictions are deleted."),
    May("log.retain.examples", kDuration, "90d", "Age beyond which examples are deleted."),

    Must("state", kNone, "Where and how state is kept."),
    Must("state.path", kString, "Folder of the state, relative to this file."),
    May("state.memory", kSize, "1GiB", "Memory for caches and buffers of the state."),
    May("state.disk", kSize, "",
        "Room for the state: `millrace validate --explain` refuses views that would take more."),
    May("state.shards", kInt, "64", "Logical shards; state built with another number is refused."),
    May("state.commit_every", kDuration, "5s", "How often changes and positions are committed."),
    NotYet("state.checkpoint_every", "How often a checkpoint is made."),
    NotYet("state.checkpoint_to", "Folder or S3 URL for checkpoints."),
    May("state.durability", kNone, "process",
        "What an acknowledged write survives: the end of the process, or loss of power.")
        .Words("process|power_loss"),

    May("server", kNone, "", "Addresses that are served."),
    May("server.http", kAddress, "127.0.0.1:7470", "Address of HTTP: API, metrics, health."),
    May("server.grpc", kAddress, "127.0.0.1:7471", "Address of gRPC."),
    May("server.trusted_network", kBool, "false",
        "Allows addresses other than the loopback without TLS and authentication."),
    NotYet("server.tls", "TLS of both servers."),
    NotYet("server.tls.cert", "Certificate chain, PEM."),
    NotYet("server.tls.key", "Private key, PEM."),
    NotYet("server.tls.client_ca", "Certificate authority of clients."),
    NotYet("server.auth", "Who may do what."),
    NotYet("server.auth.tokens_file", "File of bearer tokens."),
    NotYet("server.auth.mtls", "Roles by client certificate."),
    May("server.drain", kDuration, "5s", "How long requests in progress may take at a stop."),
};

}  // namespace

std::span<const KeySpec> StorageKeys() { return kKeys; }

}  // namespace millrace
