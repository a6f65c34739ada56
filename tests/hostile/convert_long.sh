#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# convert_long.sh - `rill convert` of a file of 1 GB, in each direction: all events arrive, the resident size stays below 64 MB,
# and the speed is shown in events for each second of the processor. From file to file, but that packets become eighteen times
# as many bytes of JSON: all of them go to /dev/null, and those of a tenth of the packets to a file.
#
#     CONVERT_BYTES=N     the input's size, 1 GB unless told; four times as much is wanted below TMPDIR
set -euo pipefail
build=$(cd "${RILL_BUILD:-build/host}" && pwd)
bytes=${CONVERT_BYTES:-1000000000}
limit_kb=$((64 << 10))
passed=0 failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# convert EVENTS WHAT INPUT OUTPUT LEAST: LEAST thousand events a second are wanted of a core of today; only a tenth of it fails,
# for others are slower, or busy.
convert()
{
	local events=$1 what=$2 in=$3 out=$4 least=$5 rss_kb cpu_ms code said rate
	said=$("$build/tests/measure" "$work/took" "$build/rill" convert "$in" -o "$out" --to "${what#*-}" 2>&1) || true
	read -r rss_kb cpu_ms code <"$work/took"
	rate=$((events / (cpu_ms ? cpu_ms : 1) * 1000))
	printf 'convert what=%s input_bytes=%s output_bytes=%s events=%s cpu_ms=%s events_per_s=%s wanted_per_s=%s rss_kb=%s\n' "$what" \
		"$(stat -c %s "$in")" "$(stat -c %s "$out" 2>/dev/null || echo 0)" "$events" "$cpu_ms" "$rate" "${least}000" "$rss_kb"
	if [ "$code" = 0 ] && [ "$rss_kb" -lt $limit_kb ] && [ $((10 * rate)) -ge "${least}000" ] &&
		[[ $said = *" $events events, nothing to mend"* ]]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "exit code $code, $((rss_kb >> 10)) MB resident; it said: $said"
	fi
}

# How many of them are so many bytes is told by the first million.
per_million=$("$build/tests/trace_maker" packets 1000000 | wc -c)
packets=$((bytes / (per_million / 1000) * 1000))
"$build/tests/trace_maker" packets "$packets" >"$work/in.rill"
convert "$packets" rill-rill "$work/in.rill" "$work/out.rill" 12000
cmp "$work/in.rill" "$work/out.rill" && passed=$((passed + 1)) || { failed=$((failed + 1)); echo 'the copy differs'; }
rm "$work/out.rill"
convert "$packets" rill-json "$work/in.rill" /dev/null 6000
"$build/tests/trace_maker" packets $((packets / 10)) >"$work/in.rill"
convert $((packets / 10)) rill-json "$work/in.rill" "$work/out.json" 6000
rm "$work"/in.rill "$work"/out.json

per_million=$("$build/tests/trace_maker" json 1000000 | wc -c)
lines=$((bytes / (per_million / 1000) * 1000))
"$build/tests/trace_maker" json "$lines" >"$work/in.json"
# The thread's name is a line like any other there.
convert $((lines + 1)) json-json "$work/in.json" "$work/out.json" 1000
rm "$work/out.json"
convert "$lines" json-rill "$work/in.json" "$work/out.rill" 200
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
