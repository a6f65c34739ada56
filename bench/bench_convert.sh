#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# bench_convert.sh - what `rill convert` costs for each event, beside its floor: reading the same file and writing the same
# number of bytes, by dd in pieces of the same size.
#
#     BENCH_EVENTS=N     events of the trace, 10 million unless told
set -euo pipefail
build=$(cd "${RILL_BUILD:-build/host}" && pwd)
events=${BENCH_EVENTS:-10000000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cpu_ms() { "$build/tests/measure" "$work/took" "$@" >/dev/null 2>&1; awk '{ print $2 }' "$work/took"; }

# The least of three.
best()
{
	local least='' ms
	for _ in 1 2 3; do
		ms=$(cpu_ms "$@")
		[ -n "$least" ] && [ "$ms" -ge "$least" ] || least=$ms
	done
	echo "$least"
}

# row WHAT INPUT OUTPUT EVENTS
row()
{
	local convert floor rss_kb

	convert=$(best "$build/rill" convert "$2" -o "$3")
	read -r rss_kb _ <"$work/took"
	# Bytes out, from memory that is read once: what is written cannot cost less.
	floor=$(($(best dd "if=$2" of=/dev/null bs=256k) + $(best dd "if=$3" "of=$work/copy" bs=1M)))
	awk -v what="$1" -v ms="$convert" -v floor="$floor" -v events="$4" -v rss="$rss_kb" 'BEGIN {
		printf "bench=convert case=%s events=%d ns_per_event=%.1f floor_ns_per_event=%.1f million_per_s=%.1f rss_kb=%d\n",
			what, events, ms * 1e6 / events, floor * 1e6 / events, events / (ms ? ms : 1) / 1000, rss }'
	rm -rf "$work/copy"
}

"$build/tests/trace_maker" packets "$events" >"$work/in.rill"
row rill-rill "$work/in.rill" "$work/out.rill" "$events"
row rill-json "$work/in.rill" "$work/out.json" "$events"
row rill-text "$work/in.rill" "$work/out.txt" "$events"
row rill-folded "$work/in.rill" "$work/out.folded" "$events"
rm -f "$work"/out.*
"$build/tests/trace_maker" json $((events / 5)) >"$work/in.json"
row json-json "$work/in.json" "$work/out.json" $((events / 5))
row json-rill "$work/in.json" "$work/out.rill" $((events / 5))
