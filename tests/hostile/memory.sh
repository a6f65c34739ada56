#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# memory.sh - the tool reads what was made to fill its memory: each kind of it (the list `kinds`) by each verb and into each
# format, through a pipe. It comes to an end by itself, and its resident size stays below 256 MB.
#
#     tests/hostile/memory.sh [--long] [KIND...]     --long: far more of each, and all formats
set -euo pipefail
here=tests/hostile
build=$(cd "${RILL_BUILD:-build/host}" && pwd)
rill=$build/rill
limit_kb=$((256 << 10))
passed=0 failed=0 largest=0
long=
[ "${1-}" != --long ] || { long=1; shift; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

formats=(json text)
verbs=('check -' 'report -')
if [ -n "$long" ]; then
	# "... writes rill, json, text or folded"
	read -ra formats < <("$rill" convert - -o x --to nothing 2>&1 </dev/null | sed -n 's/.*writes \([^(]*\)(.*/\1/p' | sed 's/,\| or / /g')
fi
for format in "${formats[@]}"; do
	verbs+=("convert - -o $work/out --to $format")
done

try()
{
	local kind=$1 count=$2 rss_kb cpu_ms code
	shift 2

	# The tool may stop to read what makes no sense; the maker then ends by a broken pipe.
	{ "$build/tests/trace_maker" "$kind" "$count" 2>/dev/null || true; } |
		{ timeout -k 5 300 "$build/tests/measure" "$work/took" "$rill" "$@" >"$work/said" 2>&1 || true; cat >/dev/null; }
	read -r rss_kb cpu_ms code <"$work/took"
	[ "$rss_kb" -lt "$largest" ] || largest=$rss_kb
	if [ "$rss_kb" -lt $limit_kb ] && [ "$code" -le 1 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "$kind $count: rill $*: exit code $code, $((rss_kb >> 10)) MB resident, $cpu_ms ms; it said:"
		tail -n 3 "$work/said" | cut -c 1-300
	fi
	rm -rf "$work/out" "$work/took"
}

while read -r kind short many _; do
	case $kind in '' | '#'*) continue ;; esac
	[ $# = 0 ] || [[ " $* " = *" $kind "* ]] || continue
	[ -z "$long" ] || short=$many
	for verb in "${verbs[@]}"; do
		try "$kind" "$short" $verb
	done
done <"$here/kinds"
echo "the largest resident size was $((largest >> 10)) MB"
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
