#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# demo.sh - `make demo` does what it promises, and its program, the compressor press, is a real one: the
# archive holds the files, and the trace holds what press did.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$(realpath --relative-to=. "${RILL_BUILD:-build/host}")
input=${DEMO_DIR:-/usr/share/doc}
press=$build/examples/press
trace=$build/demo/press.json
archive=$build/demo/doc.tar.gz
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
passed=0 failed=0

# is WHAT GOT WANTED
is()
{
	if [ "$2" = "$3" ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf '%s: %s instead of %s\n' "$1" "$2" "$3"
	fi
}

# exits CODE WANTED-IN-OUTPUT COMMAND...
exits()
{
	local code=$1 words=$2 rc=0
	shift 2
	"$@" >"$scratch/out" 2>&1 || rc=$?
	is "exit code of $*" "$rc" "$code"
	[ -z "$words" ] || grep -qF -- "$words" "$scratch/out" && rc=yes || rc=no
	is "'$words' in what $* says" "$rc" yes
}

# ---- the demo --------------------------------------------------------------------------------------

rc=0
"${MAKE:-make}" --no-print-directory O="$build" DEMO_DIR="$input" demo >"$scratch/demo" 2>&1 || rc=$?
cat "$scratch/demo"
is 'exit code of make demo' "$rc" 0
line=$(grep -E '^rill: [0-9]+ events, 0 lost, 7 threads, .*press\.json \(' "$scratch/demo" || true)
is 'closing lines with 0 lost and 7 threads' "$(grep -c . <<<"$line")" 1
events=$(sed -E 's/^rill: ([0-9]+) events.*/\1/' <<<"$line")
is 'report names the work' "$(grep -cE ' press +(deflate|read|write)$' "$scratch/demo")" 3

exits 0 whole "$press" -t "$archive"
exits 0 '' gzip -t "$archive"
# Times are whole seconds in the archive; everything else must be the same.
difference=$(tar -C / -dzf "$archive" 2>&1 | grep -v ': Mod time differs$' || true)
is 'differences between archive and files' "$difference" ''
is 'entries of the archive' "$(tar -tzf "$archive" | wc -l)" "$(find "$input" | wc -l)"

# ---- the trace -------------------------------------------------------------------------------------

exits 0 '' python3 -m json.tool "$trace" /dev/null
# An X stands for two events, M for none.
count='map(if .ph == "X" then 2 elif .ph == "M" then 0 else 1 end) | add'
is 'events in the file' "$(jq "$count" "$trace")" "$events"
phase='[.[] | select(.ph == $p and .name == $n)]'
number() { jq --arg p "$1" --arg n "$2" "$phase | length" "$trace"; }
files=$(tar -tvzf "$archive" | grep -c '^-')
is 'spans begun' "$(number b file)" "$files"
is 'spans ended' "$(number e file)" "$files"
chunks=$(number X deflate)
is 'chunks written' "$(number X write)" "$chunks"
for p in s t f; do
	is "flow events '$p'" "$(number $p chunk)" "$chunks"
done
bytes=$(jq '[.[] | select(.ph == "C" and .name == "bytes")] | last | .args.out' "$trace")
is 'bytes by the last counter event' "$bytes" "$(stat -c %s "$archive")"
names=$(jq -r 'map(select(.ph == "M" and .name == "thread_name") | .args.name) | sort | join(",")' "$trace")
is 'threads' "$names" 'main,reader,worker 1,worker 2,worker 3,worker 4,writer'
longest=$(jq -r '[.[] | select(.ph == "b") | .args.path] | max_by(length)' "$trace")
is 'a file by the longest name in the trace' "$([ -f "$longest" ] && echo there)" there

# ---- press by itself -------------------------------------------------------------------------------

deep=$scratch/in/$(printf 'd%.0s' {1..120})/$(printf 'e%.0s' {1..120})
mkdir -p "$deep" "$scratch/in/empty"
printf 'x' >"$deep/$(printf 'f%.0s' {1..120})"
head -c 400000 /dev/urandom >"$scratch/in/big"
head -c 131072 /dev/zero >"$scratch/in/chunk"
: >"$scratch/in/nothing"
printf 'y' >"$scratch/in/"$'new\nline 9 size=5\n'
ln -s "$(printf 'target/%.0s' {1..30})" "$scratch/in/link"
exits 0 '4 files' "$press" -j 2 -o "$scratch/a.tar.gz" "$scratch/in/big" "$scratch/in/chunk" "$scratch/in/nothing" "$deep"
exits 0 '5 files' "$press" -j 1 -o "$scratch/a.tar.gz" "$scratch/in"
exits 0 '10 entries' "$press" -t "$scratch/a.tar.gz"
mkdir "$scratch/out.d"
tar -C "$scratch/out.d" -xzf "$scratch/a.tar.gz"
exits 0 '' diff -r --no-dereference "$scratch/in" "$scratch/out.d$scratch/in"
"$press" -j 3 "$scratch/in" 2>/dev/null | cmp - "$scratch/a.tar.gz" && rc=same || rc=different
is 'the archive of other workers on standard output' "$rc" same

size=$(stat -c %s "$scratch/a.tar.gz")
for cut in 1 20 1000 $((size / 2)) $((size - 1)); do
	head -c $((size - cut)) "$scratch/a.tar.gz" >"$scratch/cut.gz"
	exits 1 'press: ' "$press" -t "$scratch/cut.gz"
done
printf 'rill' | dd of="$scratch/a.tar.gz" bs=1 seek=$((size / 2)) conv=notrunc status=none
exits 1 'press: ' "$press" -t "$scratch/a.tar.gz"
exits 1 'not a gzip file' "$press" -t README.md
mkfifo "$scratch/in/fifo"
exits 1 'fifo: is neither file' "$press" -o "$scratch/b.tar.gz" "$scratch/in"
exits 0 '10 entries' "$press" -t "$scratch/b.tar.gz"
exits 1 'cannot be found' "$press" -o "$scratch/b.tar.gz" "$scratch/in/big" "$scratch/none"
exits 1 'No space left' "$press" -o /dev/full "$scratch/in/big"
exits 1 'cannot create' "$press" -o "$scratch/none/x" "$scratch/in"
exits 2 usage "$press"
exits 2 '1 to 256' "$press" -j 0 "$scratch/in"
# Traced, it ends with the same code, and its error is an event.
exits 1 ' 0 lost' "$build/rill" record -o "$scratch/error.json" -- "$press" -o "$scratch/b.tar.gz" "$scratch/none"
is 'error events' "$(jq '[.[] | select(.name == "error" and .args.errno == 2)] | length' "$scratch/error.json")" 1

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
