#!/bin/bash
# A real schema registry (Apicurio, from Maven Central) with Confluent's REST interface, in a folder
# of its own: for tests and for trying things out.
#
#   schema_registry.sh fetch            gets the registry once
#   schema_registry.sh start DIR        starts one that keeps nothing; prints its URL
#   schema_registry.sh stop DIR         stops it
#
#   APICURIO_VERSION          version, default 3.0.9
#   MILLRACE_APICURIO_HOME    where it is kept, default ~/.cache/millrace-apicurio
#   MILLRACE_REGISTRY_OWNER   process without which it is killed
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
version=${APICURIO_VERSION:-3.0.9}
home=${MILLRACE_APICURIO_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/millrace-apicurio}/$version

fail() {
  printf 'schema_registry.sh: %s\n' "$*" >&2
  exit 1
}

usage() {
  sed -n '2,/^set -euo/p' "$0" | sed -n 's/^# \{0,1\}//p' >&2
  exit 2
}

fetch() {
  command -v java >/dev/null || fail 'java not found: install a JRE, version 17 or later (Debian: openjdk-17-jre-headless)'
  [ -f "$home/complete" ] && return 0
  mkdir -p "$home"
  (
    flock 9  # several tests may want it at once
    [ -f "$home/complete" ] && exit 0
    command -v mvn >/dev/null || fail "mvn not found (Debian: maven); it fetches Apicurio $version once, into $home"
    # This old plugin takes the file alone; later ones insist on POMs that are not published.
    if ! mvn --batch-mode --quiet org.apache.maven.plugins:maven-dependency-plugin:2.10:copy \
        -Dartifact="io.apicurio:apicurio-registry-app:$version:tar.gz:all" \
        -DoutputDirectory="$home" >"$home/fetch.log" 2>&1; then
      fail "cannot fetch Apicurio $version from Maven Central (offline, or no such version?); see $home/fetch.log:
$(grep -m3 ERROR "$home/fetch.log" || tail -3 "$home/fetch.log")"
    fi
    mkdir -p "$home/app"
    tar -xzf "$home/apicurio-registry-app-$version-all.tar.gz" -C "$home/app"
    rm "$home/apicurio-registry-app-$version-all.tar.gz"
    touch "$home/complete"
  ) 9>"$home/lock"
}

running() {  # DIR
  [ -s "$1/pid" ] && kill -0 "$(<"$1/pid")" 2>/dev/null
}

launch() {  # DIR
  local dir=$1 pid runner
  runner=$(find "$home/app" -maxdepth 2 -name '*runner.jar' | head -n 1)
  [ -n "$runner" ] || fail "no runner in $home/app"
  : >"$dir/registry.log"
  # Port 0: the system chooses, and the log tells.
  setsid env QUARKUS_HTTP_PORT=0 QUARKUS_HTTP_HOST=127.0.0.1 \
    QUARKUS_LOG_CATEGORY__IO_QUARKUS__LEVEL=INFO java -Xmx384m -XX:TieredStopAtLevel=1 \
    -jar "$runner" >>"$dir/registry.log" 2>&1 </dev/null &
  pid=$!
  echo "$pid" >"$dir/pid"
  if [ -n "${MILLRACE_REGISTRY_OWNER:-}" ]; then
    setsid "$here/die_with.sh" "$MILLRACE_REGISTRY_OWNER" "$pid" </dev/null >/dev/null 2>&1 &
  fi
}

start() {  # DIR
  local dir=$1 deadline port
  fetch
  mkdir -p "$dir"
  dir=$(cd "$dir" && pwd)
  running "$dir" && fail "a registry of $dir is running already (process $(<"$dir/pid"))"
  launch "$dir"
  deadline=$((SECONDS + 120))
  while [ "$SECONDS" -lt "$deadline" ]; do
    running "$dir" || fail "the registry died, see $dir/registry.log: $(tail -3 "$dir/registry.log")"
    port=$(sed -nE 's|.*Listening on: .*http://[^:]*:([0-9]+).*|\1|p' "$dir/registry.log" | head -n 1)
    if [ -n "$port" ] && curl -fsS -o /dev/null "http://127.0.0.1:$port/apis/ccompat/v7/subjects" 2>/dev/null; then
      echo "http://127.0.0.1:$port/apis/ccompat/v7"
      return 0
    fi
    sleep 0.1
  done
  fail "not ready after 120 s, see $dir/registry.log: $(tail -3 "$dir/registry.log")"
}

stop() {  # DIR
  running "$1" || { rm -f "$1/pid"; return 0; }
  local pid
  pid=$(<"$1/pid")
  kill -9 "$pid" 2>/dev/null || true
  while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
  rm -f "$1/pid"
}

command=${1:-}
[ $# -gt 0 ] && shift
case $command in
  fetch) fetch ;;
  start) [ $# -eq 1 ] || usage; start "$1" ;;
  stop) [ $# -eq 1 ] || usage; stop "$1" ;;
  *) usage ;;
esac
