#!/bin/bash
# Runs the benchmarks one after the other and prints what they say; `./dev bench` builds and calls it.
#
#   bench/run.sh [BUILD_DIR [NAME…]]     names: decode expression embedded_log feature_engine learner
#                                        serving kafka_consume kafka_features end_to_end; default all
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

build="${1:-build/release}"
shift || true
names=("$@")
((${#names[@]} > 0)) ||
  names=(decode expression embedded_log feature_engine learner serving kafka_consume kafka_features end_to_end)

printf 'Machine: %s, %d processors, %s; load %s\n' \
  "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" "$(nproc)" \
  "$(awk '/^MemTotal:/ {printf "%.0f GB", $2 / 1e6}' /proc/meminfo)" "$(cut -d ' ' -f 1-3 /proc/loadavg)"

for name in "${names[@]}"; do
  printf '\n== %s\n' "$name"
  case "$name" in
    end_to_end) bench/end_to_end.sh "$build/bin/millrace" ;;
    feature_engine | kafka_consume) "$build/bench/${name}_bench" ;;
    kafka_features) "$build/bench/kafka_features_bench" "$build/bin/millrace" bench/kafka_features.yaml ;;
    decode | embedded_log | expression | learner | serving)
      # Five repetitions; the median, and the coefficient of variation as the spread.
      "$build/bench/${name}_bench" --benchmark_repetitions=5 --benchmark_min_time=0.2 \
        --benchmark_report_aggregates_only=true 2>/dev/null | grep -vE '_(mean|stddev)\b'
      ;;
    *)
      printf 'bench/run.sh: no benchmark %s\n' "$name" >&2
      exit 64
      ;;
  esac
done
