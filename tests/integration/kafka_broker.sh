#!/usr/bin/env bash
# One Apache Kafka broker (KRaft, one node) out of Maven Central's jars, for tests and for trying
# things by hand. Needs java >= 17; mvn for the first fetch only.
#
#   kafka_broker.sh fetch                          jars into the cache; nothing to do the second time
#   kafka_broker.sh start DIR PORT [key=value...]  start a broker with its files in DIR, wait until it
#                                                  answers. PORT 0: free ports; a DIR that ran before
#                                                  keeps its ports and, when none are given, its keys.
#                                                  Prints HOST:PORT; the port is also in DIR/port.
#   kafka_broker.sh wait DIR [SECONDS]             until the broker of DIR answers (default 120)
#   kafka_broker.sh stop DIR [-9]                  orderly, killed after 30 s; -9: at once
#   kafka_broker.sh topic DIR ARGS...              Kafka's topic tool: --list, --create --topic T ...
#   kafka_broker.sh produce DIR TOPIC              lines KEY:VALUE from stdin, by Kafka's own Java producer
#
# The broker's output stays in DIR/broker.log. Environment:
#   KAFKA_VERSION         default 3.9.1
#   MILLRACE_KAFKA_HOME   where the jars are kept, default ${XDG_CACHE_HOME:-~/.cache}/millrace-kafka
#   MILLRACE_KAFKA_OWNER  a process id: the broker is killed when that process is gone
#   MILLRACE_KAFKA_HEAP   JVM heap of the broker, default 512m
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
version=${KAFKA_VERSION:-3.9.1}
jars=${MILLRACE_KAFKA_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/millrace-kafka}/$version
heap=${MILLRACE_KAFKA_HEAP:-512m}
cluster_id=bWlsbHJhY2UtdGVzdHMtMQ  # 16 bytes in URL-safe base64, as the format tool wants

fail() {
  printf 'kafka_broker.sh: %s\n' "$*" >&2
  exit 1
}

usage() {
  sed -n '2,/^set -euo/p' "$0" | sed -n 's/^# \{0,1\}//p' >&2
  exit 2
}

need_java() {
  command -v java >/dev/null || fail 'java not found: install a JRE, version 17 or later (Debian: openjdk-17-jre-headless)'
  local banner major
  banner=$(java -version 2>&1 | grep -m1 ' version "') || fail 'java -version says nothing'
  major=$(sed -E 's/.*"([0-9]+).*/\1/' <<<"$banner")
  [ "$major" -ge 17 ] || fail "java 17 or later is needed, found: $banner"
}

fetch() {
  need_java
  [ -f "$jars/complete" ] && return 0
  mkdir -p "$jars"
  (
    flock 9  # several tests may want the jars at once
    [ -f "$jars/complete" ] && exit 0
    command -v mvn >/dev/null || fail "mvn not found (Debian: maven); it fetches Kafka $version once, into $jars"
    cat >"$jars/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>millrace</groupId>
  <artifactId>kafka-jars</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>$version</version>
    </dependency>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka-tools</artifactId>
      <version>$version</version>
      <!-- Only the tools themselves: what they need of the rest comes with the broker. -->
      <exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>
    </dependency>
    <dependency>
      <groupId>net.sourceforge.argparse4j</groupId>
      <artifactId>argparse4j</artifactId>
      <version>0.7.0</version>
    </dependency>
    <!-- Without a binding the broker logs nothing, not even why it stopped. -->
    <dependency>
      <groupId>org.slf4j</groupId>
      <artifactId>slf4j-simple</artifactId>
      <version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
POM
    if ! mvn --batch-mode --quiet --file "$jars/pom.xml" dependency:copy-dependencies \
        -DincludeScope=runtime -DoutputDirectory="$jars" >"$jars/fetch.log" 2>&1; then
      fail "cannot fetch Kafka $version from Maven Central (offline, or no such version?); see $jars/fetch.log:
$(grep -m3 ERROR "$jars/fetch.log" || tail -3 "$jars/fetch.log")"
    fi
    touch "$jars/complete"
  ) 9>"$jars/lock"
}

tool() {  # CLASS ARGS...: a short-lived Java program; tiered compilation cut short starts it sooner
  java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
    -Dorg.slf4j.simpleLogger.defaultLogLevel=error -cp "$jars/*" "$@"
}

running() {  # DIR
  [ -s "$1/pid" ] && kill -0 "$(<"$1/pid")" 2>/dev/null
}

listening() {  # PORT: does anything on this machine hold it?
  grep -qsi "^ *[0-9]*: [0-9A-F]*:$(printf '%04X' "$1") [0-9A-F]*:[0-9A-F]* 0A" /proc/net/tcp /proc/net/tcp6
}

free_port() {  # below the range from which the system gives ports to clients
  local port
  for _ in {1..200}; do
    port=$((15000 + (RANDOM * 32768 + RANDOM) % 16000))
    listening "$port" || { echo "$port"; return 0; }
  done
  fail 'no free port found'
}

write_properties() {  # DIR PORT CONTROLLER_PORT; the keys of DIR/given.properties come last and win
  cat >"$1/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$3
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:$2,CONTROLLER://127.0.0.1:$3
advertised.listeners=PLAINTEXT://127.0.0.1:$2
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL
log.dirs=$1/data
num.partitions=4
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
log.retention.ms=-1
log.cleaner.dedupe.buffer.size=33554432
log.cleaner.backoff.ms=1000
PROPERTIES
  cat "$1/given.properties" >>"$1/server.properties"
}

launch() {  # DIR: starts the process, records its id
  local dir=$1
  : >"$dir/broker.log"
  setsid java "-Xms$heap" "-Xmx$heap" -XX:+UseG1GC -Dorg.slf4j.simpleLogger.showDateTime=true \
    -cp "$jars/*" kafka.Kafka "$dir/server.properties" >>"$dir/broker.log" 2>&1 </dev/null &
  local pid=$!
  echo "$pid" >"$dir/pid"
  if [ -n "${MILLRACE_KAFKA_OWNER:-}" ]; then
    setsid "$here/die_with.sh" "$MILLRACE_KAFKA_OWNER" "$pid" </dev/null >/dev/null 2>&1 &
  fi
}

await() {  # DIR SECONDS: 0 ready, 1 died, 2 out of time
  local deadline=$((SECONDS + $2)) port
  port=$(<"$1/port")
  while [ "$SECONDS" -lt "$deadline" ]; do
    running "$1" || return 1
    if grep -qs 'Kafka Server started' "$1/broker.log" && (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      return 0
    fi
    sleep 0.1
  done
  return 2
}

reason() {  # DIR
  grep -m3 -E 'ERROR|Exception' "$1/broker.log" || tail -3 "$1/broker.log"
}

start() {  # DIR PORT [key=value...]
  [ $# -ge 2 ] || usage
  local dir=$1 want=$2 port controller code
  shift 2
  fetch
  mkdir -p "$dir"
  dir=$(cd "$dir" && pwd)
  running "$dir" && fail "a broker of $dir is running already (process $(<"$dir/pid"))"
  if [ $# -gt 0 ] || [ ! -f "$dir/given.properties" ]; then
    : >"$dir/given.properties"
    [ $# -eq 0 ] || printf '%s\n' "$@" >"$dir/given.properties"
  fi
  # Somebody else may take a free port before the broker does: then try others.
  for _ in {1..5}; do
    port=$want controller=
    if [ "$port" = 0 ]; then
      if [ -s "$dir/port" ]; then
        port=$(<"$dir/port")
      else
        port=$(free_port)
      fi
    fi
    [ -s "$dir/controller_port" ] && controller=$(<"$dir/controller_port")
    while [ -z "$controller" ] || [ "$controller" = "$port" ]; do controller=$(free_port); done
    echo "$port" >"$dir/port"
    echo "$controller" >"$dir/controller_port"
    write_properties "$dir" "$port" "$controller"
    if [ ! -f "$dir/data/meta.properties" ]; then
      tool kafka.tools.StorageTool format --ignore-formatted -t "$cluster_id" \
        -c "$dir/server.properties" >"$dir/format.log" 2>&1 || fail "cannot format $dir: $(tail -3 "$dir/format.log")"
    fi
    launch "$dir"
    code=0
    await "$dir" 120 || code=$?
    case $code in
      0) echo "127.0.0.1:$port"; return 0 ;;
      2) fail "not ready after 120 s, see $dir/broker.log: $(reason "$dir")" ;;
    esac
    if [ "$want" != 0 ] || ! grep -q 'Address already in use' "$dir/broker.log"; then
      fail "the broker died, see $dir/broker.log: $(reason "$dir")"
    fi
    rm -f "$dir/port" "$dir/controller_port"
  done
  fail 'found no ports that stayed free'
}

wait_for() {  # DIR [SECONDS]
  local code=0
  await "$1" "${2:-120}" || code=$?
  case $code in
    1) fail "no broker of $1 is running: $(reason "$1")" ;;
    2) fail "not ready, see $1/broker.log: $(reason "$1")" ;;
  esac
}

stop() {  # DIR [-9]
  running "$1" || { rm -f "$1/pid"; return 0; }
  local pid deadline=$((SECONDS + 30))
  pid=$(<"$1/pid")
  kill "${2:--TERM}" "$pid" 2>/dev/null || true
  while kill -0 "$pid" 2>/dev/null; do
    [ "$SECONDS" -lt "$deadline" ] || kill -9 "$pid" 2>/dev/null || true
    sleep 0.05
  done
  rm -f "$1/pid"
}

command=${1:-}
[ $# -gt 0 ] && shift
case $command in
  fetch) fetch ;;
  start) start "$@" ;;
  wait) [ $# -ge 1 ] || usage; wait_for "$@" ;;
  stop) [ $# -ge 1 ] || usage; stop "$@" ;;
  topic)
    [ $# -ge 1 ] || usage
    fetch
    dir=$1
    shift
    tool org.apache.kafka.tools.TopicCommand --bootstrap-server "127.0.0.1:$(<"$dir/port")" "$@"
    ;;
  produce)
    [ $# -eq 2 ] || usage
    fetch
    tool kafka.tools.ConsoleProducer --bootstrap-server "127.0.0.1:$(<"$1/port")" --topic "$2" \
      --property parse.key=true --property key.separator=:
    ;;
  *) usage ;;
esac
