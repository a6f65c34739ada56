#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# sizes.sh - an event takes no more bytes in a file than doc/format.md promises: 10^6 of a kind, back to back, packets of 4 KiB, no
# compression, all overhead included.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
passed=0 failed=0 skipped=0

# shellcheck disable=SC2086 # CC may hold options
${CC:-gcc} -std=gnu11 -O2 -Iinclude bench/bench_size.c -o "$scratch/bench_size" -L"$RILL_BUILD" -lrill -Wl,-rpath,"$RILL_BUILD"
"$scratch/bench_size" "$scratch/t.rill" plain >"$scratch/sizes" || { cat "$scratch/sizes"; exit 1; }
value() { awk -v event="case=size_$1" -v packet="packet_bytes=4096" -v key="$2=" \
	'$2 == event && $0 ~ " " packet " " { for (i = 1; i <= NF; i++) if (index($i, key) == 1) print substr($i, length(key) + 1) }' \
	"$scratch/sizes"; }

# bar EVENT MOST
bar()
{
	local bytes emit
	bytes=$(value "$1" bytes) emit=$(value "$1" emit_ns)
	printf '  %s: %s bytes, at most %s; an event each %s ns\n' "$1" "$bytes" "$2" "$emit"
	if awk -v bytes="$bytes" -v most="$2" 'BEGIN { exit !(bytes > 0 && bytes <= most) }'; then
		passed=$((passed + 1))
	# From 127 ns on a distance takes two bytes: then these were not back to back.
	elif awk -v emit="$emit" 'BEGIN { exit !(emit >= 127) }'; then
		skipped=$((skipped + 1))
		echo "skipped: $1: this machine was too slow to emit them back to back"
	else
		failed=$((failed + 1))
	fi
}
bar none 3
bar int64 6
bar 2_ints_text16 12
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
