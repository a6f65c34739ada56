#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# bench_convert.sh - what `rill convert` and `rill report` cost for each event, in processor time, beside its floor: reading the same file
# and writing the same number of bytes, by dd in pieces of the same size.
#
#     BENCH_EVENTS=N     events of the trace, 10 million unless told
set -euo pipefail
build=$(cd "${RILL_BUILD:-build/host}" && pwd)
events=${BENCH_EVENTS:-10000000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cpu_ms() { "$build/tests/measure" "$work/took" "$@" >/dev/null 2>&1; awk '{ print $2 }' "$work/took"; }

# The least and the middle of three.
three()
{
	local i
	for i in 1 2 3; do cpu_ms "$@"; done | sort -n | awk '{ ms[NR] = $1 } END { print ms[1], ms[2] }'
}

# say CASE MS MIDDLE_MS FLOOR_MS EVENTS BYTES
say()
{
	awk -v what="$1" -v ms="$2" -v middle="$3" -v floor="$4" -v events="$5" -v bytes="$6" -v rss="$7" 'BEGIN {
		each = 1e6 / events
		printf "bench case=%s args=1 threads=1 ns_min=%.1f ns_med=%.1f insn=- floor_ns=%.2f ratio=%.3f lost=0 bytes=%.2f",
			what, ms * each, middle * each, floor * each, (floor ? ms / floor : 0), bytes / events
		printf " events=%d events_per_s=%.0f resident_kib=%d\n", events, events / (ms ? ms : 1) * 1000, rss }'
}

# row CASE INPUT OUTPUT EVENTS COMMAND...
row()
{
	local what=$1 in=$2 out=$3 events=$4 ms middle rss_kb reading writing
	shift 4

	read -r ms middle <<<"$(three "$build/rill" "$@")"
	read -r rss_kb _ <"$work/took"
	# Bytes out, from memory that is read once: what is written cannot cost less.
	read -r reading _ <<<"$(three dd "if=$in" of=/dev/null bs=256k)"
	read -r writing _ <<<"$(three dd "if=$out" "of=$work/copy" bs=1M)"
	say "$what" "$ms" "$middle" $((reading + writing)) "$events" "$(stat -c %s "$out")" "$rss_kb"
	rm -f "$work/copy"
}

convert() { row "convert_$1_$2" "$work/in.$1" "$work/out.$2" "$3" convert "$work/in.$1" -o "$work/out.$2"; }

"$build/tests/trace_maker" packets "$events" >"$work/in.rill"
for format in rill json txt folded; do convert rill $format "$events"; done
"$build/rill" report "$work/in.rill" >"$work/out.report"
row report_rill "$work/in.rill" "$work/out.report" "$events" report "$work/in.rill"
rm -f "$work"/out.*
"$build/tests/trace_maker" json $((events / 5)) >"$work/in.json"
for format in json rill; do convert json $format $((events / 5)); done
