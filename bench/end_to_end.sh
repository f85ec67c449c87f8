#!/bin/bash
# The flights demo from its data to its report at full speed, RUNS times (default 5): records a second
# through decoding, features, decisions, label join, four learners and publication, all of it durable
# on the embedded log and state.
#
#   bench/end_to_end.sh PATH/millrace [RUNS]
set -euo pipefail

millrace="$1"
runs="${2:-5}"
dir="$(mktemp -d)"
trap 'rm -rf "$dir"' EXIT

# field NAME: its value in $report.
field() { [[ "$report" =~ \"$1\":\"?([0-9a-f.]+) ]] && printf '%s' "${BASH_REMATCH[1]}"; }

seconds=()
for ((run = 0; run < runs; ++run)); do
  rm -rf "$dir/demo"
  report="$("$millrace" demo flights -C "$dir/demo" --speed max --exit --json --quiet)"
  seconds+=("$(field seconds)")
  records="$(field records)"
  digest="$(field digest)"
  printf 'run %d: %s records in %.2f s, digest %s\n' $((run + 1)) "$records" "${seconds[-1]}" "$digest"
done
printf '%s\n' "${seconds[@]}" | sort -g | awk -v records="$records" '
  {s[NR] = $1}
  END {
    median = NR % 2 ? s[(NR + 1) / 2] : (s[NR / 2] + s[NR / 2 + 1]) / 2
    printf "median %.2f s (%.2f to %.2f), %.0f records/s\n", median, s[1], s[NR], records / median
  }'
