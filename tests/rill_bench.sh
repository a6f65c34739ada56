#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# rill_bench.sh - rill-bench is one static file, says what it measured in lines that a script can read, and its books close; never
# how fast anything was.
#
# On another processor in the emulator: RUN is in the environment.
set -euo pipefail
build=$(cd "${RILL_BUILD:-build/host}" && pwd)
read -ra run <<<"${RUN:-}"
[[ ${run[0]:-} == qemu-* ]] || run=()		# a static program needs no loader
bench=$build/bench/rill-bench
scratch=$(mktemp -d)
trap 'chmod 700 "$scratch"/*; rm -rf "$scratch"' EXIT
passed=0 failed=0

ok() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "FAIL $1"; [ -z "${2:-}" ] || head -n 40 "$2"; }
on() { grep -qx "CONFIG_RILL_$1=y" "$build/include/config/auto.conf"; }

# start EXIT_CODE ARGUMENTS...: output in $scratch/out and $scratch/err
start()
{
	local expected=$1 rc=0
	shift
	(cd "$scratch/here" && exec "${run[@]}" "$bench" "$@") >"$scratch/out" 2>"$scratch/err" </dev/null || rc=$?
	if [ $rc = "$expected" ]; then ok; else bad "rill-bench $*: exit code $rc instead of $expected" "$scratch/err"; fi
}

# has FILE EXPRESSION: a line matches
has() { if [ "$(grep -cE -- "$2" "$1")" != 0 ]; then ok; else bad "no line '$2'" "$1"; fi; }

mkdir "$scratch/here"
headers=$(readelf -lW "$bench")
case $headers in *INTERP*) bad 'rill-bench needs a dynamic linker' ;; *) ok ;; esac
# For boards; a compiler or a sysroot of one's own brings a C library of its own, and this machine's is no board's.
if [[ -n ${RUN:-} && ${CC:-} == *-gcc && ${TARGET_FLAGS:-} == *--sysroot=*/build/sysroot/* ]]; then
	bytes=$(stat -c %s "$bench")
	if [ "$bytes" -le 700000 ]; then ok; else bad "rill-bench has $bytes bytes, more than 700000"; fi
fi

start 0 --seconds 1
cp "$scratch/out" "$scratch/first"
number='-?[0-9]+\.[0-9]+'
for case in loop clock_read clock_read_and_store disabled disabled_1 disabled_2 disabled_text enabled_0 enabled_int64 enabled_2_int64 \
		enabled_2_int_text16 scope threads; do
	has "$scratch/first" "^bench case=$case threads=1 ns_min=$number ns_med=$number floor_ns=$number ratio=$number\$"
done
has "$scratch/first" '^(bench case=nested threads=1 ns_min=|left_out case=nested)'
has "$scratch/first" '^clock name=[a-z0-9-]+ read_ns='"$number"' ordered_ns='"$number"' hz=[1-9][0-9]*$'
has "$scratch/first" '^memory ring_bytes=262144 resident_before_kib=[0-9]+ resident_kib=[0-9]+$'
if on SINK_MEMORY && on BINARY; then has "$scratch/first" '^bench case=consumer_binary .* events_per_s=[1-9][0-9]* lost=0$'; fi
if on SINK_MEMORY && on JSON; then has "$scratch/first" '^bench case=consumer_json .* events_per_s=[1-9][0-9]* lost=0$'; fi
if awk '/^books / { split($2, e, "="); split($3, d, "="); split($4, l, "="); right = e[2] > 10000 && e[2] == d[2] + l[2] }
		END { exit !right }' "$scratch/first"; then ok; else bad 'the books do not close' "$scratch/first"; fi
# No line is half a line, and each begins with a word that is known.
if [ "$(sed -n '/^clock name=/,$p' "$scratch/first" | grep -cvE '^(clock|bench|left_out|books|memory|trace) [a-z_]+=[^ ]+( [a-z_]+=[^ ]+)*$')" = 0 ]
then ok; else bad 'lines that are not key=value' "$scratch/first"; fi

if on BINARY && on SINK_FILE; then
	has "$scratch/first" '^trace file=.*/?rill-bench\.rill$'
	if [ -s "$scratch/here/rill-bench.rill" ]; then ok; else bad 'it left no trace of itself'; fi
	reader=build/host/rill
	[ ! -x "$build/rill" ] || [ -n "${RUN:-}" ] || reader=$build/rill
	if [ -x "$reader" ]; then
		"$reader" convert "$scratch/here/rill-bench.rill" -o "$scratch/own.json" 2>"$scratch/err" || bad 'its trace cannot be read' "$scratch/err"
		for name in emit threads nested consumer board; do has "$scratch/own.json" "\"name\":\"$name\""; done
	fi
	# A place that cannot be written to is no reason not to measure.
	start 0 --seconds 1 -o "$scratch/nowhere/x.rill"
	has "$scratch/out" '^no trace of this run: .*nowhere'
	has "$scratch/out" '^books '
fi

start 0 --help
has "$scratch/out" '^usage: rill-bench'
for wrong in '--seconds 0' '--seconds 1x' '--seconds' '-o' '--fast' 'file'; do
	start 2 $wrong
	has "$scratch/err" '^rill-bench: .*--help'
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
