#!/bin/bash
# Runs the commands of a page as a reader would: every ```sh block, in order, in one shell in a new
# directory. `./dev demo` there is the demo of the build under test, in short; other ./dev commands
# must exist. Ports of the page are replaced by free ones. What the page starts in the background is
# ended with it.
#
#   run_page.sh REPOSITORY MILLRACE PAGE
set -euo pipefail

repository="$1" millrace="$2" page="$3"
dir="$(mktemp -d)"
# The page's processes are a session of their own, so that all of them can be ended.
cleanup() {
  local code=$?
  [[ -z "${session:-}" ]] || kill -KILL -- "-$session" 2>/dev/null || true
  rm -rf "$dir"
  exit "$code"
}
trap cleanup EXIT

free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 10000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  printf '%s' "$port"
}
http="$(free_port)"
grpc="$(free_port)"

cat >"$dir/dev" <<DEV
#!/bin/bash
set -euo pipefail
case "\$1" in
  demo) shift; exec "$millrace" demo flights -C "$dir/demo" --month 1 --speed max --exit "\$@" ;;
  *) "$repository/dev" help | grep -qE "^\./dev \$1\b" || { echo "no such command: ./dev \$1" >&2; exit 1; } ;;
esac
DEV
chmod +x "$dir/dev"
mkdir "$dir/bin"
ln -s "$millrace" "$dir/bin/millrace"

# A line `millrace serve` is the reader's first shell: it stays, and the second begins when it is ready.
awk '/^```sh$/ {inside = 1; next} /^```/ {inside = 0} inside' "$repository/$page" |
  sed 's|^millrace serve$|millrace serve \& until curl -sf "http://127.0.0.1:7470/readyz" >/dev/null; do sleep 0.1; done|' |
  sed -e "s/\b7470\b/$http/g" -e "s/\b7471\b/$grpc/g" >"$dir/page.sh"
if [[ ! -s "$dir/page.sh" ]]; then
  echo "$page shows no commands" >&2
  exit 1
fi

cd "$dir"
export PATH="$dir/bin:$PATH" HOME="$dir" MILLRACE_SERVER_HTTP="127.0.0.1:$http" MILLRACE_SERVER_GRPC="127.0.0.1:$grpc"
setsid bash -euo pipefail -x page.sh </dev/null &
session=$!
wait "$session"
