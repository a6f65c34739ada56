#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# linear.sh - four times the input costs the tool about four times the work, whatever the input was made for: each kind of the
# list `kinds`, counted in instructions (valgrind), so that it does not matter what else the machine does.
#
#     tests/hostile/linear.sh [--long] [KIND...]     without --long and names: those that were once slow, by `convert` alone
set -euo pipefail
here=tests/hostile
build=$(cd "${RILL_BUILD:-build/host}" && pwd)
passed=0 failed=0
long=
[ "${1-}" != --long ] || { long=1; shift; }
some=(compared-pairs json-half-events threads)
[ -z "$long" ] || some=()
[ $# = 0 ] || some=("$@")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

verbs=("convert - -o /dev/null --to json")
if [ -n "$long" ]; then
	verbs+=('report -' 'check -' 'convert - -o /dev/null --to rill' 'convert - -o /dev/null --to folded')
fi
if ! command -v valgrind >/dev/null || [ -n "${SAN-}" ]; then
	echo "skipped: valgrind counts instructions of a plain build, and is not here, or this build has a sanitizer"
	exit 77
fi

# instructions KIND COUNT VERB...
instructions()
{
	local kind=$1 count=$2
	shift 2
	"$build/tests/trace_maker" "$kind" "$count" >"$work/in" 2>/dev/null
	# What is wrong in the input may well be the exit code.
	{ valgrind --tool=callgrind --callgrind-out-file=/dev/null "$build/rill" "$@" <"$work/in" 2>&1 >/dev/null || true; } |
		sed -n 's/.*Collected : //p'
}

try()
{
	local kind=$1 count=$2 none one four
	shift 2

	none=$(instructions "$kind" 1 "$@")
	one=$(instructions "$kind" "$count" "$@")
	four=$(instructions "$kind" $((4 * count)) "$@")
	# What the program's start takes stands in both. Tables that grow cost a little more; the square would be 16.
	if ((four - none < 6 * (one - none) + 1000000)); then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "$kind: rill $*: $one instructions for $count, $four for four times as many"
	fi
}

while read -r kind _ _ count; do
	case $kind in '' | '#'*) continue ;; esac
	[ ${#some[@]} = 0 ] || [[ " ${some[*]} " = *" $kind "* ]] || continue
	for verb in "${verbs[@]}"; do
		try "$kind" "$count" $verb
	done
done <"$here/kinds"
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
